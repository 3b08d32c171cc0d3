import math

import pytest
import torch

from ldyn.core import stream
from ldyn.landscape import spectral_density
from ldyn.linalg import LinearOperator, lanczos

VALUES = torch.cat([torch.linspace(-1, 2, 55), torch.tensor([5.0, 5, 5, 7, 11])]).double()


def operator():
    a = torch.randn(60, 60, generator=stream("slq"), dtype=torch.float64)
    q = torch.linalg.qr(a).Q
    matrix = q * VALUES @ q.T
    return LinearOperator(
        size=60, apply=lambda v: matrix @ v, dtype=matrix.dtype, device=matrix.device
    ), matrix


def test_the_quadrature_is_exact_up_to_its_degree_and_not_beyond():
    """prop-slq: z'A^k z for k ≤ 2m − 1."""
    a, matrix = operator()
    z = torch.randn(60, generator=stream("start"), dtype=torch.float64)
    z = z / z.norm()
    values, vectors, _ = lanczos(a, z, 4).ritz()
    power, gaps = z, []
    for k in range(9):
        gaps.append(abs((vectors[0].square() * values**k).sum() - z @ power).item() / 11**k)
        power = matrix @ power
    assert max(gaps[:8]) <= 1e-14
    assert gaps[8] > 1e-6


def test_with_all_steps_one_probe_gives_every_moment():
    a, matrix = operator()
    found = spectral_density(a, generator=stream("probe"), probes=1, steps=60)
    signs = 2 * torch.randint(2, (60,), generator=stream("probe")).double() - 1
    for f, true in [
        (torch.exp, torch.linalg.matrix_exp(matrix)),
        (lambda t: t**9, torch.linalg.matrix_power(matrix, 9)),
    ]:
        value, error = found.trace(f)
        assert value == pytest.approx((signs @ true @ signs).item(), rel=1e-9)
        assert math.isnan(error)


def test_traces_are_within_their_standard_errors():
    a, _ = operator()
    found = spectral_density(a, generator=stream("probes"), probes=400, steps=10)
    for f in (lambda t: t, torch.square, torch.exp):
        value, error = found.trace(f)
        assert abs(value - f(VALUES).sum().item()) <= 3 * error
    few = spectral_density(a, generator=stream("probes"), probes=100, steps=10)
    assert few.trace()[1] == pytest.approx(2 * found.trace()[1], rel=0.3)
    torch.testing.assert_close(found.weights.sum(1), torch.ones(400).double())


def test_the_standard_error_of_the_trace_is_that_of_random_signs():
    a, matrix = operator()
    found = spectral_density(a, generator=stream("signs"), probes=2000, steps=2)
    variance = 2 * (matrix.square().sum() - matrix.diagonal().square().sum()).item()
    assert found.trace()[1] ** 2 * 2000 == pytest.approx(variance, rel=0.15)


def test_the_smoothed_density_is_that_of_the_eigenvalues():
    a, _ = operator()
    found = spectral_density(a, generator=stream("probes"), probes=200, steps=40)
    grid = torch.linspace(-4, 14, 400).double()
    mean, error = found.density(grid, 0.5)
    true = torch.exp(-((grid[:, None] - VALUES) ** 2) / 0.5).mean(1) / (
        0.5 * math.sqrt(2 * math.pi)
    )
    assert ((mean - true).abs() <= 4.5 * error + 1e-6).all()
    assert torch.trapezoid(mean, grid).item() == pytest.approx(1, abs=1e-6)


def test_a_spectrum_of_few_values_fills_its_row_up():
    eye = LinearOperator(
        size=5, apply=lambda v: 3 * v, dtype=torch.float64, device=torch.device("cpu")
    )
    found = spectral_density(eye, generator=stream("eye"), probes=2, steps=4)
    assert found.nodes.tolist() == [[3, 0, 0, 0]] * 2
    assert found.weights.sum(1).tolist() == pytest.approx([1, 1])
    assert found.trace()[0] == pytest.approx(15)
    assert found.trace(lambda t: torch.ones_like(t))[0] == pytest.approx(5)


@pytest.mark.parametrize("bad", [{"probes": 0}, {"steps": 0}])
def test_bad_choices_are_refused(bad):
    a, _ = operator()
    with pytest.raises(ValueError, match=r"must be an integer >= 1"):
        spectral_density(a, generator=stream("bad"), **bad)
    with pytest.raises(ValueError, match="width"):
        spectral_density(a, generator=stream("x"), probes=1, steps=2).density(VALUES, 0.0)
