"""Shared by all tests: one thread a worker, and the same drawn examples in every run.

HYPOTHESIS_EXPLORE=1 draws new examples instead; what it finds becomes a test of its own.
"""

import os

import torch
from hypothesis import settings

torch.set_num_threads(1)  # parallel workers would fight for cores

# Without a deadline: the time an example takes is the machine's, not the code's.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("HYPOTHESIS_EXPLORE") else "same")
