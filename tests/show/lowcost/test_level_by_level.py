"""The levels in the page are those of the library."""

import json

import pytest
import torch

from ldyn.kernels import Laplace
from ldyn.layers import Wendland, residual_correction

F64 = torch.float64


@pytest.mark.parametrize(("name", "kind"), [("Laplace", Laplace), ("Wendland", Wendland)])
@pytest.mark.parametrize("truth", ["jump", "smooth"])
def test_levels_in_the_page_are_those_of_the_library(js, name, kind, truth):
    count, width, at = 3, 2, [0.1, 0.41, 0.77]
    sites = [torch.tensor(js("level-by-level", f"sites({j})"), dtype=F64) for j in (1, 2, 3)]
    coarse = [torch.isin(sites[-1], s) for s in sites]
    x = torch.cat([sites[0], sites[1][~torch.isin(sites[1], sites[0])], sites[2][~coarse[1]]])
    y = torch.tensor(
        js("level-by-level", f"{json.dumps(x.tolist())}.map(TRUTHS.{truth})"), dtype=F64
    )
    kernels = [kind(width / 2 ** (j + 1)) for j in (1, 2, 3)]
    fit = residual_correction(x[:, None], y, kernels=kernels, rows=[len(s) for s in sites])
    expected = fit.partial(torch.tensor(at, dtype=F64)[:, None])
    parts = f"corrections(TRUTHS.{truth}, PROFILES.{name}, {width}, {count})"
    found = js(
        "level-by-level",
        f"{parts}.map((p) => {json.dumps(at)}.map((t) => value(t, p, PROFILES.{name})))",
    )
    found = torch.tensor(found, dtype=F64).cumsum(0)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)


def test_the_error_in_the_page_is_a_root_mean_square(js):
    assert js("level-by-level", "rootMeanSquare([3, 4, 0, 0])") == pytest.approx(2.5)
