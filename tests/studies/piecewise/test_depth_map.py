"""The study of the depth map, on a scene made here: no data are read."""

import pytest
import torch

from ldyn.data import DataError, Disparity
from ldyn.kernels import Laplace, fit_ridge, ridge_path
from ldyn.studies.piecewise import depth_map
from ldyn.studies.piecewise.depth_map import Cell, problem, run_group


@pytest.fixture
def scene(monkeypatch):
    """A near disk before a slanted wall, 60 × 90 pixels, with a corner unknown."""
    rows, columns = torch.arange(60.0).double()[:, None], torch.arange(90.0).double()[None]
    near = (rows - 35) ** 2 + (columns - 45) ** 2 < 15**2
    values = torch.where(near, 40.0, 10 + columns / 9 + 0 * rows)
    values[:5, :5] = 0
    made = Disparity(
        values=values, known=values > 0, image=torch.zeros(60, 90, 3, dtype=torch.uint8)
    )
    monkeypatch.setattr(depth_map, "cones", lambda: made)
    problem.cache_clear()
    yield made
    problem.cache_clear()


def test_the_scene_becomes_a_problem_on_the_unit_square(scene):
    p = problem()
    assert len(p.f) == 60 * 90 - 25
    assert (p.f.min(), p.f.max(), p.unit, p.lowest) == (0, 1, 30.0, 10.0)
    assert 0 < p.x.min() < p.x.max() < 1
    at = (p.x * torch.tensor([90.0, 60.0]).double() - 0.5).round().long()
    assert torch.allclose(p.lowest + p.unit * p.f, scene.values[at[:, 1], at[:, 0]])
    # Judged on every third pixel of every third row, less the unknown corner's.
    assert len(p.judge) == 20 * 30 - 4
    assert len(p.row) == 45
    assert 0 < p.edge.double().mean() < 0.3


def test_samples_are_known_pixels_with_the_stated_noise(scene):
    data = depth_map.make_sample(1024, 0)
    p = problem()
    at = torch.cdist(data.x, p.x).argmin(1)
    assert torch.equal(p.x[at], data.x)
    noise = data.y - p.f[at]
    # The standard error of a standard deviation from n normals is σ/√(2n).
    error = depth_map.NOISE / (2 * 1024) ** 0.5
    assert noise.std().item() == pytest.approx(depth_map.NOISE, abs=4 * error)


@pytest.mark.parametrize("method", ["cosine", "neighbours", "ridge Laplace", "tree", "forest"])
def test_no_choice_beats_its_oracle_and_all_beat_the_mean(scene, method):
    (found,) = run_group([Cell(method=method, n=256, seed=0)])
    assert 0 < found["oracle"] < problem().f.var().item() / 2
    assert found["oracle"] < found["oracle_edge"]
    # The choice by 80 % of the sample may be lucky, by a little.
    assert found["oracle"] <= 1.1 * found["validated"]
    if "profile" in found:
        assert len(found["profile"]) == len(problem().row)


def test_large_samples_get_the_full_kernel_system_at_every_ridge(scene, monkeypatch):
    monkeypatch.setattr(depth_map, "RANK", 20)
    data, z = depth_map.make_sample(600, 0), problem().x[:200]
    values = depth_map.laplace_grid(data.x, data.y, z)
    assert list(values) == [f"1/{ridge:g}" for ridge in depth_map.RIDGES]
    for ridge, found in zip(depth_map.RIDGES, values.values(), strict=True):
        exact = fit_ridge(data.x, data.y, kernel=Laplace(1.0), ridge=ridge)(z)
        # The residual is below TOLERANCE times the size of y, and the fit is nearer than that.
        assert (found - exact).square().mean().sqrt() < depth_map.TOLERANCE


def test_the_largest_samples_have_no_ends_of_the_grid(scene, monkeypatch):
    monkeypatch.setattr(depth_map, "SLOW", 200)
    data, z = depth_map.make_sample(300, 0), problem().x[:10]
    labels = list(depth_map.laplace_grid(data.x, data.y, z))
    assert labels == [f"1/{ridge:g}" for ridge in depth_map.RIDGES[1:-1]]


def test_large_samples_choose_their_ridge_by_leave_one_out(scene):
    data, z = depth_map.make_sample(1500, 0), problem().x[:500]
    label, values = depth_map.laplace_choice(data.x, data.y, z)
    chosen = float(label.removeprefix("1/"))
    centred, kernel = data.y - data.y.mean(), Laplace(1.0)
    exact = data.y.mean() + fit_ridge(data.x, centred, kernel=kernel, ridge=chosen)(z)
    assert (values - exact).square().mean().sqrt() < 1e-3
    path = ridge_path(data.x, centred, kernel=kernel, ridges=[chosen, *depth_map.RIDGES])
    loo = path.residuals.square().mean(0)
    # By patches of rows it is chosen, and near the best that all rows together would choose.
    assert loo[0] < 1.05 * loo.min()


def test_beyond_the_eigenproblems_the_row_is_of_the_same_kind(scene, monkeypatch):
    cell = Cell(method="ridge Laplace", n=512, seed=0)
    (small,) = run_group([cell])
    monkeypatch.setattr(depth_map, "EIGEN", 256)
    (large,) = run_group([cell])
    assert small.keys() == large.keys()
    assert large["oracle"] == pytest.approx(small["oracle"], rel=0.05)
    assert large["oracle"] <= 1.1 * large["validated"]


def test_a_system_that_is_not_solved_is_an_error(scene, monkeypatch):
    monkeypatch.setattr(depth_map, "TOLERANCE", 1e-30)
    data = depth_map.make_sample(300, 0)
    with pytest.raises(ValueError, match="residual"):
        depth_map.laplace_grid(data.x, data.y, data.x)


def test_networks_are_chosen_by_validation_and_averaged(scene, monkeypatch):
    monkeypatch.setitem(depth_map.STEPS, 128, 40)
    asked = [Cell(method=m, n=128, seed=s) for m in depth_map.NETWORKS for s in (0, 1)]
    assert len({depth_map.group(c) for c in asked}) == 1
    found = run_group(asked)
    assert [f["label"] for f in found[2:]] == ["mean", "mean"]
    assert all(f["label"] in ("0", "1") and not f["diverged"] for f in found[:2])
    assert all(f["oracle"] <= f["validated"] for f in found)


def test_nested_cosines_are_the_fits_of_each_cutoff(scene):
    from ldyn.piecewise import fit_cosine

    data = depth_map.make_sample(300, 1)
    z = problem().x[:50]
    values = depth_map._cosine(data.x, data.y, z)
    for cutoff in ("1", "3", "7"):
        exact = fit_cosine(data.x, data.y, cutoff=int(cutoff))(z)
        assert torch.allclose(values[cutoff], exact, atol=1e-8)


def test_without_data_the_study_fails_with_the_loaders_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("LDYN_DATA", str(tmp_path))
    problem.cache_clear()
    with pytest.raises(DataError, match="LDYN_DATA is set, but"):
        run_group([Cell(method="cosine", n=256, seed=0)])


def test_every_cell_of_every_scale_has_a_method(scene):
    for scale in ("smoke", "laptop", "full"):
        methods = {c.method for c in depth_map.cells(scale)}
        known = {*depth_map.LINEAR, *depth_map.ADAPTIVE, *depth_map.NETWORKS, "scene"}
        assert methods <= known
