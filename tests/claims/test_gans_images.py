"""Chapter 3's claims about pictures and about the weight of R1 and R2."""

import torch

from ldyn.core import frozen

IMAGES, TRIAL = frozen("images"), frozen("gamma_rule")
DATA = ("digits", "fashion")
FACTORS = TRIAL.values("factor")


def trained(data):
    return [r for r in IMAGES.where(data=data).rows if r["arm"] != "real"]


def chosen(data, arm):
    """The rows of a game at the rate that the part for choosing chooses, one a seed."""
    rows = [r for r in trained(data) if r["arm"] == arm]
    by_rate = {}
    for r in rows:
        value = float("inf") if r["choose"] is None else r["choose"]
        by_rate.setdefault(r["exponent"], []).append(value)
    best = min(by_rate, key=lambda e: sum(by_rate[e]))
    return [r for r in rows if r["exponent"] == best]


def games(data):
    return sorted({r["arm"] for r in trained(data)})


def errors(data, factor):
    """Errors (seeds, steps), infinite where training diverged, and the steps' exponents."""
    rows = TRIAL.where(data=data, factor=factor).rows
    rows = sorted(rows, key=lambda r: (r["seed"], r["exponent"]))
    values = [float("inf") if r["error"] is None else r["error"] for r in rows]
    steps = torch.tensor(sorted({r["exponent"] for r in rows}), dtype=torch.float64)
    return torch.tensor(values, dtype=torch.float64).reshape(-1, len(steps)), steps
