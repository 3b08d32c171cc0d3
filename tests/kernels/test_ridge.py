from types import SimpleNamespace

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32, fit_ridge, fit_ridge_loo, ridge_path

RIDGES = [1e-3, 1e-1, 10.0]


def data(n=40, d=2, seed=0):
    draw = stream("ridge", n, d, seed)
    x = torch.rand(n, d, generator=draw, dtype=torch.float64)
    return x, torch.randn(n, generator=draw, dtype=torch.float64)


def test_path_equals_single_fits():
    x, y = data()
    path = ridge_path(x, y, kernel=Matern32(0.4), ridges=RIDGES)
    new = data(seed=1)[0]
    for i, ridge in enumerate(RIDGES):
        alone = fit_ridge(x, y, kernel=Matern32(0.4), ridge=ridge)(new)
        torch.testing.assert_close(path(new)[:, i], alone, rtol=1e-8, atol=1e-8)
        torch.testing.assert_close(path.member(i)(new), alone, rtol=1e-8, atol=1e-8)


def test_solution_is_stationary_for_the_penalised_sum():
    x, y = data()
    gram = Laplace(0.5)(x, x)
    c = ridge_path(x, y, kernel=Laplace(0.5), ridges=[0.3]).coefficients[:, 0]
    c.requires_grad_()
    objective = (y - gram @ c).square().sum() + 0.3 * c @ gram @ c
    assert torch.autograd.grad(objective, c)[0].abs().max() < 1e-10


@pytest.mark.parametrize("kernel", [Gaussian(0.3), Laplace(0.7)])
def test_leave_one_out_equals_refitting(kernel):
    x, y = data(n=25)
    path = ridge_path(x, y, kernel=kernel, ridges=RIDGES)
    for j, ridge in enumerate(RIDGES):
        for i in range(25):
            keep = torch.arange(25) != i
            left = fit_ridge(x[keep], y[keep], kernel=kernel, ridge=ridge)(x[i : i + 1])
            assert path.residuals[i, j] == pytest.approx((y[i] - left).item(), abs=1e-10)


def test_selection_is_the_least_of_the_grid_and_reports_edges():
    x, y = data()
    y = (4 * x[:, 0]).sin() + 0.1 * y
    chosen = fit_ridge_loo(x, y, kernel=Gaussian, bandwidths=[0.05, 0.3, 3.0], ridges=RIDGES)
    loo = [
        ridge_path(x, y, kernel=Gaussian(b), ridges=RIDGES).residuals.square().mean(0)
        for b in (0.05, 0.3, 3.0)
    ]
    torch.testing.assert_close(chosen.loo, torch.stack(loo))
    i, j = divmod(int(chosen.loo.argmin()), 3)
    assert (chosen.bandwidth, chosen.ridge) == ([0.05, 0.3, 3.0][i], RIDGES[j])
    alone = fit_ridge(x, y, kernel=Gaussian(chosen.bandwidth), ridge=chosen.ridge)
    torch.testing.assert_close(chosen.predictor(x), alone(x), rtol=1e-8, atol=1e-8)
    wild = fit_ridge_loo(x, y, kernel=Gaussian, bandwidths=[0.01, 0.02], ridges=RIDGES)
    assert wild.at_edge


@pytest.mark.parametrize(
    ("bandwidths", "ridges", "edge"),
    [
        ((0.2, 0.3, 0.4), (0.01, 0.1, 1.0), False),
        ((0.3, 0.4), (0.01, 0.1, 1.0), True),
        ((0.2, 0.3), (0.01, 0.1, 1.0), True),
        ((0.2, 0.3, 0.4), (0.1, 1.0), True),
        ((0.2, 0.3, 0.4), (0.01, 0.1), True),
        ((0.3,), (0.01, 0.1, 1.0), False),
        ((0.2, 0.3, 0.4), (0.1,), False),
    ],
)
def test_a_choice_at_any_end_of_a_grid_is_an_edge(monkeypatch, bandwidths, ridges, edge):
    def path(x, y, *, kernel, ridges):  # the least error is at bandwidth 0.3 and ridge 0.1
        far = [abs(kernel.bandwidth - 0.3) + abs(r - 0.1) for r in ridges]
        residuals = torch.tensor(far, dtype=torch.float64)[None]
        return SimpleNamespace(residuals=residuals, member=lambda j: None)

    monkeypatch.setattr("ldyn.kernels.ridge.ridge_path", path)
    grids = {"bandwidths": bandwidths, "ridges": ridges}
    chosen = fit_ridge_loo(*data(), kernel=Gaussian, **grids)
    assert (chosen.bandwidth, chosen.ridge, chosen.at_edge) == (0.3, 0.1, edge)


def test_many_points_and_points_of_another_dtype_are_answered():
    x, y = data(n=6)
    path, z = ridge_path(x, y, kernel=Gaussian(0.5), ridges=RIDGES), data(n=9000)[0]
    torch.testing.assert_close(path.member(1)(z), path(z)[:, 1])
    torch.testing.assert_close(path(z[:5].float()), path(z[:5]), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("kernel", "halved"),
    [(Gaussian(0.5), True), (Gaussian(2.0), True), (Gaussian(0.02), False), (Laplace(0.5), False)],
)
def test_kernels_of_low_rank_are_factored_and_lose_nothing(monkeypatch, kernel, halved):
    x, y = data(n=300)
    sizes, eigh = [], torch.linalg.eigh
    monkeypatch.setattr(torch.linalg, "eigh", lambda a: (sizes.append(len(a)), eigh(a))[1])
    path = ridge_path(x, y, kernel=kernel, ridges=RIDGES)
    assert (sizes[0] <= 150) == halved
    new = data(seed=1)[0]
    for j, ridge in enumerate(RIDGES):
        gram = kernel(x, x) + ridge * torch.eye(300, dtype=torch.float64)
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(gram))
        residuals = (inverse @ y) / inverse.diagonal()
        torch.testing.assert_close(path.residuals[:, j], residuals, rtol=0, atol=1e-8)
        alone = fit_ridge(x, y, kernel=kernel, ridge=ridge)(new)
        torch.testing.assert_close(path.member(j)(new), alone, rtol=0, atol=1e-8)


def test_float32_data_is_solved_in_float64_and_answered_in_float32():
    x, y = data()
    exact = fit_ridge(x, y, kernel=Gaussian(0.5), ridge=1e-6)(x)
    single = fit_ridge(x.float(), y.float(), kernel=Gaussian(0.5), ridge=1e-6)(x.float())
    assert single.dtype == torch.float32
    assert (single - exact).abs().max() < 1e-2


@given(
    ridge=st.sampled_from([0.0, -1.0, float("nan"), float("inf")]),
    n=st.integers(2, 5),
)
@settings(max_examples=10)
def test_bad_ridges_are_refused(ridge, n):
    x, y = data(n)
    for fit in (
        lambda: fit_ridge(x, y, kernel=Gaussian(1.0), ridge=ridge),
        lambda: ridge_path(x, y, kernel=Gaussian(1.0), ridges=[1.0, ridge]),
    ):
        with pytest.raises(
            ValueError, match=r"ridge.* must be a finite number( > 0)?, got .*; try"
        ):
            fit()


def test_empty_grids_and_bad_samples_are_refused():
    x, y = data(5)
    with pytest.raises(ValueError, match="at least one ridge"):
        ridge_path(x, y, kernel=Gaussian(1.0), ridges=[])
    with pytest.raises(ValueError, match="bandwidths"):
        fit_ridge_loo(x, y, kernel=Gaussian, bandwidths=[], ridges=[1.0])
    with pytest.raises(ValueError, match="at least 2"):
        ridge_path(x[:1], y[:1], kernel=Gaussian(1.0), ridges=[1.0])


def test_a_class_is_no_kernel_and_a_kernel_no_class():
    x, y = data(5)
    for fit in (
        lambda: fit_ridge(x, y, kernel=Gaussian, ridge=1.0),
        lambda: ridge_path(x, y, kernel=Gaussian, ridges=[1.0]),
    ):
        with pytest.raises(ValueError, match=r"got the class Gaussian; try Gaussian\(0.1\)"):
            fit()
    for bad, says in ((Gaussian(0.1), r"a class, got Gaussian; try type"), (list, "got list")):
        with pytest.raises(ValueError, match=says):
            fit_ridge_loo(x, y, kernel=bad, bandwidths=[0.1], ridges=[1.0])


def test_a_path_is_exact_at_ridges_near_rounding():
    x, y = data(60)
    for ridge in (1e-12, 1e-10):
        path = ridge_path(x, y, kernel=Gaussian(0.5), ridges=[ridge])
        alone = fit_ridge(x, y, kernel=Gaussian(0.5), ridge=ridge)(x)
        off = (path(x)[:, 0] - alone).abs().max()
        assert off < 1e-9
