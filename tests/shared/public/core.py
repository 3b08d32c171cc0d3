"""Valid calls of the floor: checks, intervals, rates, judges and frozen results."""

import torch

from ldyn.core import stream
from public.calls import Call

F64 = torch.float64
ALWAYS = "computes in double precision"


def _risks():
    return torch.rand(3, 4, generator=stream("public core"), dtype=F64) + 0.5


def _sizes():
    return torch.tensor([1, 2, 4, 8], dtype=F64)


CALLS = {
    "check_answer": Call(
        given=lambda: {"exercises": {"ex-a": lambda a: ""}, "exercise": "ex-a", "answer": 3}
    ),
    "crossed_interval": Call(given=lambda: {"values": _risks(), "level": 0.9}, values=ALWAYS),
    "default_device": Call(given=dict),
    "few_threads": Call(given=dict),
    "frozen": Call(given=lambda: {"study": "plateau"}),
    "judge_function": Call(
        given=lambda: {"reference": lambda n: n, "grid": {"n": (1.0, 2.0)}, "tolerance": 1e-4}
    ),
    "judge_number": Call(given=lambda: {"reference": lambda: 3.0, "tolerance": 1e-4}),
    "judge_tensor": Call(given=lambda: {"reference": lambda: [3.0], "tolerance": 1e-4}),
    "log_contrast": Call(
        given=lambda: {"samples": _risks(), "weights": _sizes(), "level": 0.9},
        values=ALWAYS,
        double=ALWAYS,
    ),
    "log_slope": Call(given=lambda: {"sizes": _sizes(), "values": _risks()[0]}),
    "mean_interval": Call(given=lambda: {"values": _sizes(), "level": 0.9}, values=ALWAYS),
    "require_choice": Call(given=lambda: {"value": "a", "choices": ["a", "b"], "name": "letter"}),
    "require_count": Call(
        given=lambda: {"value": 2, "name": "n", "at_least": 1}, signed=("at_least",)
    ),
    "require_points": Call(given=lambda: {"x": _risks(), "name": "x", "dim": 4}),
    "require_positive": Call(given=lambda: {"value": 2.0, "name": "scale"}),
    "require_samples": Call(
        given=lambda: {"x": _risks(), "y": _sizes()[:3], "at_least": 2}, signed=("at_least",)
    ),
    "results_folder": Call(given=dict),
    "share_interval": Call(given=lambda: {"count": 3, "total": 8, "level": 0.9}),
    "slope": Call(
        given=lambda: {"sizes": _sizes(), "risks": _risks(), "level": 0.9}, values=ALWAYS
    ),
    "slope_difference": Call(
        given=lambda: {"sizes": _sizes(), "risks": _risks(), "others": _risks() + 1, "level": 0.9},
        values=ALWAYS,
    ),
    "stream": Call(given=lambda: {"names": ("a", 1), "device": "cpu"}),
    "student_quantile": Call(
        given=lambda: {"probability": 0.9, "degrees": torch.tensor(3.0, dtype=F64)},
        shapeless=("degrees",),
        values=ALWAYS,
        double=ALWAYS,
    ),
}
