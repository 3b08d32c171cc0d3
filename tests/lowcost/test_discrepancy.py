"""The box discrepancy against quadrature and averages, dimension and leverage by definition."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace
from ldyn.lowcost import box_discrepancy, effective_dimension, leverage_scores
from ldyn.lowcost.discrepancy import _mean_sinc, _means
from ldyn.solvers import uniform_points

BOX = torch.tensor([1.5, 0.7], dtype=torch.float64)
KERNEL = Gaussian(0.4)


def frequencies(count, dim, *names, sampler="iid", kernel=KERNEL):
    points = uniform_points(count, dim + 1, sampler=sampler, generator=stream(*names))
    return kernel.frequencies(points)


def f64(values):
    return torch.tensor(values, dtype=torch.float64)


def sinc(u, v, b):
    return np.sinc(b * (u - v) / math.pi) * b / math.pi


@pytest.mark.parametrize("w", [0.0, 0.3, 7.1, 80.0, 900.0])
@pytest.mark.parametrize(("b", "h"), [(0.2, 0.5), (1.0, 0.25), (1.0, 40.0), (40.0, 0.5)])
def test_the_mixed_term_is_that_of_quadrature(w, b, h):
    top = min(b, 12 * h)
    exact = quad(lambda t: math.exp(-((t / h) ** 2) / 2), 0, top, weight="cos", wvar=w,
                 epsabs=1e-14, epsrel=1e-13, limit=500)[0] / b  # fmt: skip
    found = _means(f64([[w]]), f64([b]), h)
    assert abs(found.item() - exact) < 1e-14


def test_the_mixed_term_is_the_mean_over_the_law_of_frequencies():
    """∫ sinc_b(ω, β) dp(β), the integral over β itself."""
    for w in (0.0, 1.3, 6.0):
        law = norm(scale=1 / KERNEL.bandwidth)
        exact = quad(lambda v, w=w, law=law: sinc(w, v, 1.5) * law.pdf(v), -25, 25,
                     epsabs=1e-13, limit=500)[0]  # fmt: skip
        found = _means(f64([[w]]), BOX[:1], KERNEL.bandwidth).item() * 1.5 / math.pi
        assert abs(found - exact) < 1e-12


def test_the_three_terms_add_up():
    """At M = 1, D² = ∬ s dp dp − 2 ∫ s(ω, β) dp(β) + s(ω, ω), each by quadrature over its box."""
    w = torch.tensor([[2.0, -3.0]], dtype=torch.float64)
    h, terms = KERNEL.bandwidth, [1.0, 1.0, 1.0]
    for j, b in enumerate(BOX.tolist()):
        v = w[0, j].item()
        terms[0] *= quad(lambda t: math.exp(-((t / h) ** 2)) / math.pi, 0, b, epsabs=1e-14)[0]
        terms[1] *= quad(lambda t, v=v: math.cos(v * t) * math.exp(-((t / h) ** 2) / 2) / math.pi,
                         0, b, epsabs=1e-14)[0]  # fmt: skip
        terms[2] *= b / math.pi
    exact = terms[0] - 2 * terms[1] + terms[2]
    assert abs(box_discrepancy(w, kernel=KERNEL, box=BOX).item() - exact) < 1e-13


def test_the_sum_over_pairs_is_that_of_the_definition(monkeypatch):
    w = frequencies(37, 3, "pairs")
    exact = np.mean([[np.prod(np.sinc(a - b)) for a in w.numpy()] for b in w.numpy()])
    assert abs(_mean_sinc(w).item() - exact) < 1e-14
    monkeypatch.setattr("ldyn.lowcost.discrepancy._PAIRS", 100)
    assert abs(_mean_sinc(w).item() - exact) < 1e-14


@pytest.mark.parametrize("sampler", ["iid", "sobol"])
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_it_is_the_mean_squared_error_over_the_box(dim, sampler):
    """E_δ |k̂(δ) − k(δ)|² = (π^d / Π b_j) D², to 1 %; of cosines alone, with −ω."""
    box = torch.tensor([1.5, 0.7, 1.1], dtype=torch.float64)[:dim]
    w = frequencies(64, dim, "box", sampler=sampler)
    unit = uniform_points(2**17, dim, generator=stream("displacements"))
    delta = (2 * unit - 1) * box
    angles = delta @ w.T
    real = angles.cos().mean(1) - KERNEL.profile(delta.norm(dim=1) / KERNEL.bandwidth)
    error = (real.square() + angles.sin().mean(1).square()).mean()
    found = box_discrepancy(w, kernel=KERNEL, box=box) * (math.pi / box).prod()
    assert abs(error / found - 1) < 0.01
    both = box_discrepancy(torch.cat([w, -w]), kernel=KERNEL, box=box) * (math.pi / box).prod()
    assert abs(real.square().mean() / both - 1) < 0.01


def test_its_mean_over_independent_frequencies_is_exact():
    """E D² = (Π b_j/π − ∬ s dp dp) / M, within six standard errors; one box for all axes."""
    count, b, h = 16, 0.9, KERNEL.bandwidth
    values = torch.stack([
        box_discrepancy(frequencies(count, 2, "mean", s), kernel=KERNEL, box=b) for s in range(1000)
    ])  # fmt: skip
    inner = (h * math.erf(b / h) / (2 * math.sqrt(math.pi))) ** 2
    exact = ((b / math.pi) ** 2 - inner) / count
    error = values.std().item() / len(values) ** 0.5
    assert error < 0.02 * exact
    assert abs(values.mean().item() - exact) < 6 * error


def test_what_box_discrepancy_refuses():
    w = frequencies(4, 2, "bad")
    with pytest.raises(ValueError, match="kernel must be a Gaussian, got Laplace; try"):
        box_discrepancy(w, kernel=Laplace(1.0), box=1.0)
    for box, says in ((0.0, "> 0"), (-1.0, "> 0"), (math.inf, "finite"), (BOX.tile(2), "shape")):
        with pytest.raises(ValueError, match=f"box must be .*{says}"):
            box_discrepancy(w, kernel=KERNEL, box=box)
    with pytest.raises(ValueError, match="frequencies must be a tensor of shape"):
        box_discrepancy(w[0], kernel=KERNEL, box=1.0)


@pytest.mark.parametrize("ridge", [1e-6, 0.1, 30.0])
def test_effective_dimension_and_leverage_scores_are_their_definitions(ridge):
    x = torch.randn(40, 2, generator=stream("leverage"), dtype=torch.float64)
    gram = Gaussian(0.8)(x, x)
    lifted = gram + ridge * torch.eye(40, dtype=torch.float64)
    exact = torch.linalg.solve(lifted, gram).diagonal()
    scores = leverage_scores(gram, ridge=ridge)
    torch.testing.assert_close(scores, exact, rtol=1e-8, atol=1e-8)
    size = effective_dimension(gram, ridge=ridge)
    torch.testing.assert_close(size, exact.sum(), rtol=1e-8, atol=0)
    torch.testing.assert_close(size, scores.sum())
    torch.testing.assert_close(effective_dimension(torch.linalg.eigvalsh(gram), ridge=ridge), size)
    assert (scores >= 0).all()
    assert (scores <= 1).all()


def test_an_eigenvalue_below_zero_by_rounding_counts_as_zero():
    values = torch.tensor([-2e-16, 1.0], dtype=torch.float64)
    assert effective_dimension(values, ridge=1e-16) == 1


def test_what_effective_dimension_refuses():
    gram = torch.eye(3, dtype=torch.float64)
    with pytest.raises(ValueError, match="ridge must be a finite number > 0"):
        effective_dimension(gram, ridge=0.0)
    with pytest.raises(ValueError, match="gram must be a tensor of shape"):
        leverage_scores(gram[:2], ridge=1.0)
    with pytest.raises(ValueError, match=r"gram must be .*\(n, 2\), got shape \(2, 3\)"):
        effective_dimension(gram[:2], ridge=1.0)
    for bad in (-gram, -gram.diagonal()):
        with pytest.raises(ValueError, match=">= 0 but for rounding, got -1; try"):
            effective_dimension(bad, ridge=1.0)
