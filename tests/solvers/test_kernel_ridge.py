import numpy as np
import pytest
import torch
from lowcost_tables import table

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, fit_ridge
from ldyn.solvers import KernelRidge, kernel_ridge, loo_residuals, whole
from ldyn.solvers.cells import split

GIVEN = {"kernel": "gaussian", "penalty": 0.1, "bandwidth": 0.8}


def test_with_everything_given_it_is_kernel_ridge_regression():
    x, y = table()
    at, _ = table(50, name="at")
    ours = KernelRidge(**GIVEN).fit(x, y)
    exact = fit_ridge(x, y - y.mean(), kernel=Gaussian(0.8), ridge=0.1)
    assert torch.allclose(ours.predict(at), exact(at) + y.mean(), rtol=0, atol=1e-10)
    residuals = loo_residuals(Gaussian(0.8)(x, x), y - y.mean(), ridge=0.1)
    assert ours.record_.loo == pytest.approx(residuals.square().mean().item(), rel=1e-10)
    assert ours.record_.bandwidths == pytest.approx([0.8] * 3)


def test_one_bandwidth_a_column_drops_what_does_not_matter():
    x, y = table()
    record = KernelRidge().fit(x, y).record_
    one = min(error for _, count, error in record.candidates if count == 1)
    assert record.loo < 0.9 * one
    assert record.bandwidths[2] > 3 * record.bandwidths[0]
    assert 0.01 < record.loo < 0.016  # the noise alone is 0.01


def test_columns_of_noise_do_not_buy_bandwidths():
    generator = stream("pure noise")
    x = torch.randn(200, 6, generator=generator, dtype=torch.float64)
    record = KernelRidge().fit(x, torch.randn(200, generator=generator)).record_
    assert len(set(np.round(np.array(record.bandwidths) / x.std(0, correction=0).numpy(), 6))) == 1
    assert record.loo > 0.8


@pytest.mark.parametrize("kernel", ["gaussian", "laplace", "matern32"])
def test_conjugate_gradients_and_cholesky_agree(kernel):
    x, y = table(700)
    at, _ = table(50, name="at")
    given = {"kernel": kernel, "penalty": 0.05, "bandwidth": 1.0}
    exact = KernelRidge(**given, solver="cholesky").fit(x, y)
    steps = KernelRidge(**given, solver="pcg", tolerance=1e-6).fit(x, y)
    assert torch.allclose(steps.predict(at), exact.predict(at), rtol=0, atol=1e-4)
    assert steps.record_.residual <= 1e-6
    assert steps.record_.condition >= 1


def test_weights_in_all_three_solvers():
    x, y = table(600)
    w = torch.rand(600, generator=stream("weights"), dtype=torch.float64) + 0.1
    at, _ = table(50, name="at")
    y = torch.stack([y, -3 * y], 1)
    found = [
        KernelRidge(**GIVEN, solver=solver, tolerance=1e-7).fit(x, y, w).predict(at)
        for solver in ("cholesky", "pcg", "cells")
    ]
    centred = y - (w[:, None] * y).sum(0) / w.sum()
    lifted = Gaussian(0.8)(x, x) + torch.diag(0.1 / w)
    exact = Gaussian(0.8)(at, x) @ torch.linalg.solve(lifted, centred) + (y - centred)[0]
    assert torch.allclose(found[0], exact, rtol=0, atol=1e-9)
    assert torch.allclose(found[1], exact, rtol=0, atol=1e-4)
    assert torch.allclose(found[2], exact, rtol=0, atol=2e-2)  # two cells, each with the other near


def test_more_weight_is_more_rows():
    x, y = table(100)
    twice = KernelRidge(**GIVEN).fit(torch.cat([x, x[:20]]), torch.cat([y, y[:20]]))
    w = torch.ones(100)
    w[:20] = 2
    assert torch.allclose(KernelRidge(**GIVEN).fit(x, y, w).predict(x), twice.predict(x), atol=1e-9)


def test_local_problems_go_to_cells_and_others_do_not():
    generator = stream("locality")
    x = torch.rand(5000, 2, generator=generator, dtype=torch.float64)
    e = torch.randn(5000, generator=generator, dtype=torch.float64)
    rough = KernelRidge(kernel="laplace").fit(x, ((20 * x).sin().prod(1) > 0) + 0.05 * e)
    assert rough.record_.solver == "cells"
    assert rough.record_.gain < 0.02
    assert rough.record_.loo_rows == 5000
    x = torch.randn(5000, 8, generator=generator, dtype=torch.float64)
    smooth = KernelRidge(kernel="gaussian").fit(x, x.sum(1).sin() + 0.05 * e)
    assert smooth.record_.solver == "pcg"
    assert smooth.record_.gain > 0.02


def test_cells_leave_out_exactly():
    x, y = table(700, 2)
    model = KernelRidge(**GIVEN, solver="cells").fit(x, y)
    cell = model._cells[0]
    z = model._rows.double()
    own = len(cell.rows) - min(512, 700 - len(cell.rows) + len(cell.rows) // 2)
    assert 0 < own < len(cell.rows)
    gram = Gaussian(1.0)(z[cell.rows], z[cell.rows])
    exact = torch.linalg.solve(
        gram + 0.1 * torch.eye(len(gram)), (y - y.mean())[cell.rows].double()
    )
    assert torch.allclose(cell.coefficients[:, 0].double(), exact, rtol=0, atol=2e-3)


def test_deviations_cover():
    """y drawn from the process itself: 95 % of new ones lie within 1.96 deviations."""
    generator = stream("coverage")
    x = torch.rand(1600, 1, generator=generator, dtype=torch.float64) * 20
    gram = 4 * Gaussian(0.5)(x, x) + 0.25 * torch.eye(1600)
    factor = torch.linalg.cholesky(gram)
    y = factor @ torch.randn(1600, 100, generator=generator, dtype=torch.float64)
    inside = []
    for solver in ("cholesky", "cells"):
        model = KernelRidge("gaussian", 1 / 16, 0.5, solver=solver).fit(x[:800], y[:800])
        mean, deviation = model.predict(x[800:], return_std=True)
        inside.append((((mean - y[800:]) / deviation).abs() < 1.96).double().mean(0))
    for share in inside:
        error = share.std() / 10
        assert abs(share.mean() - 0.95) < 4 * error
        assert error < 0.01


def test_deviation_is_that_of_the_process():
    x, y = table(60)
    at, _ = table(5, name="at")
    model = KernelRidge(**GIVEN).fit(x, y)
    inverse = torch.linalg.inv(Gaussian(0.8)(x, x) + 0.1 * torch.eye(60))
    c = inverse @ (y - y.mean())
    cross = Gaussian(0.8)(at, x)
    variance = 1.1 - (cross @ inverse * cross).sum(1)
    scale = (c.square() / inverse.diagonal()).mean()
    _, found = model.predict(at, return_std=True)
    assert torch.allclose(found, (scale * variance).sqrt(), rtol=1e-8)
    with pytest.raises(ValueError, match="solver='cells'"):
        KernelRidge(**GIVEN, solver="pcg").fit(x, y).predict(at, return_std=True)


@pytest.mark.parametrize("solver", ["cells", "pcg"])
def test_a_killed_fit_goes_on_where_it_was(solver, tmp_path, monkeypatch):
    x, y = table(2000, 2)
    options = {"solver": solver, "kernel": "gaussian", "tolerance": 1e-8, "bandwidth": 0.2}
    whole_fit = KernelRidge(**options).fit(x, y)
    path = str(tmp_path / "fit.pt")
    monkeypatch.setattr("ldyn.solvers.record.SECONDS", 0.0)
    calls = []

    def killed(self, what):
        def report(done, of):
            calls.append(what)
            if calls.count(solver) == 2:
                raise KeyboardInterrupt

        return report

    with monkeypatch.context() as patch:
        patch.setattr(KernelRidge, "_progress", killed)
        with pytest.raises(KeyboardInterrupt):
            KernelRidge(**options, checkpoint=path).fit(x, y)
    with monkeypatch.context() as patch:
        patch.setattr(kernel_ridge, "choose", None)  # the choice is not made twice
        resumed = KernelRidge(**options, checkpoint=path, verbose=True).fit(x, y)
    assert torch.equal(resumed.predict(x), whole_fit.predict(x))
    assert resumed.record_.loo == whole_fit.record_.loo
    with pytest.raises(ValueError, match="another checkpoint"):
        KernelRidge(**options, checkpoint=path).fit(x, y + 1)


def test_progress_is_told(capsys):
    x, y = table(100)
    KernelRidge(verbose=True).fit(x, y)
    assert "3/3, about" in capsys.readouterr().err


def test_a_system_that_cannot_be_solved_says_why(monkeypatch):
    x, y = table(400, noise=0)
    monkeypatch.setattr(whole, "RANK", 1)
    monkeypatch.setattr(whole, "MOST", 3)
    with pytest.raises(ValueError, match=r"residual is .* take a factor of higher rank"):
        KernelRidge("gaussian", 1e-3, 1.0, solver="pcg", tolerance=1e-9).fit(x, y)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_answers_come_as_the_questions(dtype):
    x, y = table(100)
    model = KernelRidge(**GIVEN).fit(x.to(dtype), y.to(dtype))
    assert model.predict(x.to(dtype)).dtype == dtype
    assert isinstance(model.predict(x.numpy()), np.ndarray)
    assert model.predict(x[:0].reshape(0, 3).to(dtype) if False else x[:1]).shape == (1,)
    assert model.fit(x, torch.stack([y, y], 1)).predict(x).shape == (100, 2)
    assert model.score(x, torch.stack([y, y], 1)) > 0.9


def test_laplace_is_bounded():
    """Along h → ∞, λ → 0 with hλ fixed the error is flat: bounds keep the system regular."""
    x, y = table(600, 1)
    record = KernelRidge("laplace").fit(x, y).record_
    assert record.ridge >= 1e-3
    assert isinstance(Laplace(record.bandwidths[0]), Laplace)


def test_boxes_are_small_whatever_the_columns():
    """Columns of zeros and ones, mostly zeros, are cut too; equal rows alone stay together."""
    draw = stream("boxes")
    x = (
        torch.rand(3000, 6, generator=draw) < torch.tensor([0.5, 0.3, 0.1, 0.05, 0.6, 0.0])
    ).double()
    x[:, 5] = torch.rand(3000, generator=draw)
    boxes = list(split(x, size=100))
    assert sum(len(rows) for rows, _, _ in boxes) == 3000
    assert max(len(rows) for rows, _, _ in boxes) <= 100
    for rows, low, high in boxes:
        assert ((x[rows] >= low) & (x[rows] < high)).all()
    twice = list(split(torch.ones(500, 2), size=100))
    assert [len(rows) for rows, _, _ in twice] == [500]
