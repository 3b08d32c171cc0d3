"""What the figure leaves out is what the library leaves out, and what is left when it is gone."""

import json

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian
from ldyn.solvers import loo_residuals

NAME = "left-out"
F64 = torch.float64
X = torch.rand(14, generator=stream("left out"), dtype=F64)
Y = (6 * X).sin() + 0.3 * torch.randn(14, generator=stream("left out", 1), dtype=F64)
DATA = f"{X.tolist()}, {Y.tolist()}"
WIDTHS, RIDGES = [0.02, 0.1, 0.3, 1.0], [1e-3, 0.1, 10.0]


def column(x):
    return x[:, None]


def fit(js, h, ridge, what):
    return torch.tensor(js(NAME, f"fit({DATA}, {h}, {ridge}).{what}"), dtype=F64)


@pytest.mark.parametrize(("h", "ridge"), [(0.02, 1e-3), (0.2, 0.1), (1.0, 10.0)])
def test_residuals_left_out_are_the_library_s(js, h, ridge):
    gram, centred = Gaussian(h)(column(X), column(X)), Y - Y.mean()
    wanted = loo_residuals(gram, centred, ridge=ridge)
    assert torch.allclose(fit(js, h, ridge, "left"), wanted, atol=1e-9)
    values = gram @ torch.linalg.solve(gram + ridge * torch.eye(14, dtype=F64), centred)
    assert torch.allclose(fit(js, h, ridge, "own"), centred - values, atol=1e-9)


def test_the_dashed_curve_misses_its_point_by_the_residual_left_out(js):
    h, ridge = 0.2, 0.05
    left = fit(js, h, ridge, "left")
    for i in (0, 6, 13):
        rest = f"without({DATA}, {i}, {h}, {ridge})"
        code = f"values([{X[i]}], {rest}.x, {h}, {rest})"
        assert (Y[i] - js(NAME, code)[0]).item() == pytest.approx(left[i].item(), abs=1e-9)


def test_the_choice_is_the_least_of_the_library_s_errors(js):
    found = js(NAME, f"path({DATA}, {WIDTHS}, {RIDGES})")
    table = torch.tensor(
        [
            [
                loo_residuals(Gaussian(h)(column(X), column(X)), Y - Y.mean(), ridge=r)
                .square()
                .mean()
                for r in RIDGES
            ]
            for h in WIDTHS
        ]
    )
    assert [f["left"] for f in found] == pytest.approx(table.amin(1).tolist())
    assert [f["ridge"] for f in found] == [RIDGES[k] for k in table.argmin(1)]
    assert js(NAME, f"least({json.dumps(found)})") == table.amin(1).argmin()
