"""The floor of the library: devices, random streams, results, intervals, answers."""

from ldyn.core.answers import (
    Judge,
    Verdict,
    check_answer,
    judge_function,
    judge_number,
    judge_tensor,
)  # fmt: skip
from ldyn.core.device import default_device
from ldyn.core.intervals import (
    Interval,
    crossed_interval,
    log_contrast,
    mean_interval,
    share_interval,
    student_quantile,
)  # fmt: skip
from ldyn.core.rates import Slope, log_slope, slope, slope_difference
from ldyn.core.results import Frozen, frozen, results_folder
from ldyn.core.streams import stream
from ldyn.core.threads import few_threads
from ldyn.gate import enforce
from ldyn.gate.checks import (
    require_choice,
    require_count,
    require_points,
    require_positive,
    require_samples,
)  # fmt: skip

# fmt: off
__all__ = [
    "Frozen", "Interval", "Judge", "Slope", "Verdict", "check_answer", "crossed_interval",
    "default_device", "few_threads", "frozen", "judge_function", "judge_number", "judge_tensor",
    "log_contrast", "log_slope", "mean_interval", "require_choice", "require_count",
    "require_points", "require_positive", "require_samples", "results_folder", "share_interval",
    "slope", "slope_difference", "stream", "student_quantile",
]
# fmt: on

enforce(globals())
