"""The fits in the page are those of the library."""

import json

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian
from ldyn.solvers import KernelRidge, loo_residuals


def test_fit_band_and_leave_one_out_in_the_page_are_those_of_the_library(js):
    x, z = torch.rand(2, 12, generator=stream("loo map"), dtype=torch.float64)
    b, ridge, jump, growth = 0.15, 0.03, 0.7, 0.4
    text = f"{json.dumps(x.tolist())}, {json.dumps(z.tolist())}"
    y = torch.tensor(js("loo-map", f"sample({text}, {jump}, {growth})"), dtype=torch.float64)
    data = f"{json.dumps(x.tolist())}, {json.dumps(y.tolist())}"
    model = KernelRidge(kernel="gaussian", bandwidth=b, penalty=ridge).fit(x[:, None], y)
    mean, deviation = model.predict(torch.tensor([[0.4]], dtype=torch.float64), return_std=True)
    found = f"predict(0.4, {json.dumps(x.tolist())}, {b}, {ridge}, fit({data}, {b}, {ridge}))"
    assert js("loo-map", found) == pytest.approx([mean.item(), deviation.item()], rel=1e-9)
    residuals = loo_residuals(Gaussian(b)(x[:, None], x[:, None]), y - y.mean(), ridge=ridge)
    loo = js("loo-map", f"fit({data}, {b}, {ridge}).loo")
    assert loo == pytest.approx(residuals.square().mean().item(), rel=1e-9)


def test_the_share_inside_a_band_in_the_page_is_that_of_the_normal_law(js):
    found = js("loo-map", "coverage(0.2, truth(0.2, 0) + 0.1, 0.25, 0, 0)")
    ends = torch.tensor([0.1 + 1.96 * 0.25, 0.1 - 1.96 * 0.25]).double() / 0.25
    right = torch.special.ndtr(ends)
    assert found == pytest.approx((right[0] - right[1]).item(), abs=2e-7)
