"""Where pages and studies run; everything else follows its arguments."""

import torch


def default_device() -> torch.device:
    """Return the CUDA device when there is one, else the CPU.

    Only pages and studies call this: the library's functions follow their arguments.
    """
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
