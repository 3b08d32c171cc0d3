"""The floor of the library: checks, devices, random streams, frozen results, slopes, answers."""

from ldyn.core.answers import (
    Judge,
    Verdict,
    check_answer,
    judge_function,
    judge_number,
    judge_tensor,
)
from ldyn.core.checks import (
    require_choice,
    require_count,
    require_points,
    require_positive,
    require_samples,
)
from ldyn.core.device import default_device
from ldyn.core.rates import Slope, slope
from ldyn.core.results import Frozen, frozen, results_folder
from ldyn.core.streams import stream
from ldyn.core.threads import few_threads

__all__ = [
    "Frozen",
    "Judge",
    "Slope",
    "Verdict",
    "check_answer",
    "default_device",
    "few_threads",
    "frozen",
    "judge_function",
    "judge_number",
    "judge_tensor",
    "require_choice",
    "require_count",
    "require_points",
    "require_positive",
    "require_samples",
    "results_folder",
    "slope",
    "stream",
]
