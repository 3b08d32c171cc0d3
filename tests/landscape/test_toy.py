"""The reference toy: its numbers against SciPy and against those published with it."""

import pytest
import torch
from scipy.optimize import minimize
from torch.func import hessian

from ldyn.landscape import fukumizu_amari_toy, last_unit_forms

F64 = torch.float64


def test_the_narrow_minimum_is_that_of_scipy():
    toy = fukumizu_amari_toy()
    peer = minimize(
        lambda t: toy.loss(torch.from_numpy(t)).item(), [2.0, 0.2], method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 2000},
    )  # fmt: skip
    assert toy.theta.tolist() == pytest.approx(peer.x, abs=1e-6)
    assert toy.loss(toy.theta).item() == pytest.approx(peer.fun, abs=1e-12)


def test_its_numbers_to_eight_digits():
    toy = fukumizu_amari_toy()
    forms = last_unit_forms(toy.net, toy.theta, toy.x, toy.y)
    assert toy.theta.tolist() == pytest.approx([1.2793914539, 0.4098196100], abs=1e-9)
    assert toy.loss(toy.theta).item() == pytest.approx(0.7681280327, abs=1e-9)
    assert torch.linalg.eigvalsh(hessian(toy.loss)(toy.theta)).tolist() == pytest.approx(
        [1.13171416, 97.44423146], abs=1e-7
    )
    assert abs(forms.gate.item()) < 1e-13
    assert forms.curvature.item() == pytest.approx(1.3871655058, abs=1e-8)
    half = toy.net.replicate(toy.theta, torch.tensor([0.5, 0.5], dtype=F64))
    values = torch.linalg.eigvalsh(hessian(toy.loss)(half))
    assert values[:2].tolist() == pytest.approx([0, 0.6935827529], abs=1e-8)


def test_two_units_fit_it_exactly():
    toy = fukumizu_amari_toy()
    assert toy.loss(torch.tensor([2.0, 1.0, -1.0, 4.0], dtype=F64)) == 0
