"""The diagonal of the inverse from few solves: unbiased, and with the spread that it says."""

import pytest
import torch
from lowcost_tables import inverse
from lowcost_tables import noisy_rows as data

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32
from ldyn.lowcost import stochastic_diagonal
from ldyn.solvers import pcg, rpcholesky


@pytest.mark.parametrize("kernel", [Gaussian(0.3), Laplace(0.5)])
@pytest.mark.parametrize("rank", [5, 60])
def test_the_stochastic_diagonal_is_unbiased(kernel, rank):
    x, _ = data(150)
    gram, ridge, probes = kernel(x, x), 0.3, 4000
    truth = inverse(gram, ridge)
    exact = truth.diagonal()
    factor = rpcholesky(x, kernel=kernel, rank=rank, generator=stream("diagonal")).factor
    found, error = stochastic_diagonal(
        lambda v: truth @ v, factor, ridge=ridge, probes=probes, generator=stream("probes", rank)
    )
    assert ((found - exact).abs() <= 6 * error + 1e-12).all()
    inside = (exact > 1 / (1 + ridge) + 6 * error) & (exact < 1 / ridge - 6 * error)
    assert inside.all()  # so that the clamp, which is biased, does nothing
    # the variance of z_i Σ_j E_ij z_j is Σ_{j≠i} E_ij², E the difference of the inverses
    d = 1 - factor.square().sum(0) + ridge
    rest = truth - torch.linalg.inv(factor.T @ factor + torch.diag(d))
    spread = (rest.square().sum(1) - rest.diagonal().square()).sqrt() / probes**0.5
    torch.testing.assert_close(error, spread, rtol=0.15, atol=1e-12)


def test_the_better_the_factor_the_smaller_the_error():
    x, _ = data(300)
    kernel, ridge = Gaussian(0.2), 0.01
    truth = inverse(kernel(x, x), ridge)
    errors = []
    for rank in (1, 30, 150):
        factor = rpcholesky(x, kernel=kernel, rank=rank, generator=stream("better")).factor
        found, error = stochastic_diagonal(
            lambda v: truth @ v, factor, ridge=ridge, probes=32, generator=stream("few")
        )
        assert (found >= 1 / (1 + ridge)).all()
        assert (found <= 1 / ridge).all()
        errors.append(error.mean().item())
    assert errors[0] > errors[1] > 10 * errors[2]


def test_solves_by_conjugate_gradients_serve_the_diagonal():
    x, _ = data(200)
    kernel, ridge = Matern32(0.3), 0.1
    gram = kernel(x, x)
    factor = rpcholesky(x, kernel=kernel, rank=60, generator=stream("serve")).factor
    solve = lambda v: pcg(gram, v, ridge=ridge, factor=factor, tolerance=1e-4).coefficients  # noqa: E731
    found, error = stochastic_diagonal(
        solve, factor, ridge=ridge, probes=256, generator=stream("serve", 1)
    )
    exact = inverse(gram, ridge).diagonal()
    assert ((found - exact).abs() <= 6 * error + 1e-3 * exact).all()
    for bad, words in (({"ridge": 0.0}, "ridge must be"), ({"probes": 1}, "probes must be")):
        with pytest.raises(ValueError, match=words):
            stochastic_diagonal(
                solve, factor, **({"ridge": 0.1, "probes": 2} | bad), generator=stream("bad")
            )
