"""Chapter 3, the smoothness theorem: the constant against what is measured."""

import pytest
import torch
from torch.func import grad

from ldyn.core import frozen
from ldyn.gans import gaussian_mmd_smoothness, mmd_hessian

F64 = torch.float64


def test_no_curvature_exceeds_the_constant(claim):
    ratios = frozen("particles").column("ratio")
    claim("gan-constant", measured=max(ratios))
    assert 0.4 < max(ratios) <= 1


def test_two_particles_attain_the_smaller_constant(claim):
    loss = gaussian_mmd_smoothness(1.0)
    datum = torch.tensor([[3**0.5, 0.0]], dtype=F64)
    hessian = mmd_hessian(torch.zeros(2, 2, dtype=F64), datum, bandwidth=1.0)
    ratio = torch.linalg.eigvalsh(hessian).abs().max().item() / loss.descent_constant(speed=2**-0.5)
    claim("gan-no-sensitivity", measured=ratio)
    assert ratio == pytest.approx(loss.curvature / (loss.curvature + loss.sensitivity), rel=1e-12)
    assert max(frozen("particles").column("ratio")) <= ratio


def test_steps_of_the_theorem_descend(claim):
    study = frozen("particles")
    safe = [row["falls"] for row in study.rows if row["factor"] <= 1]
    claim("gan-descent", measured=f"{sum(safe)} of {len(safe)}")
    assert len(safe) > 100
    assert all(safe)
    assert not all(study.where(factor=max(study.values("factor"))).column("falls"))


def test_first_moments_are_not_enough(claim):
    zero = torch.zeros((), dtype=F64)
    for p in (1.0, 0.3, 0.1, 0.03, 0.01):

        def objective(theta, p=p):
            return p * (theta / p).cosh().log()

        found = grad(grad(objective))(zero).item()
        assert found == pytest.approx(1 / p, rel=1e-6)
    claim("gan-first-moment", measured=found)
