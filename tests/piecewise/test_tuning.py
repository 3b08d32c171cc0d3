"""Every method meets the same two choices: the oracle's and the data's."""

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Laplace, fit_ridge
from ldyn.piecewise import (
    LINEAR,
    METHODS,
    candidates,
    choose,
    disk,
    fit_cosine,
    fit_dyadic_tree,
    fit_forest,
    fit_haar_projection,
    fit_neighbours,
    fit_spline,
    fit_tree,
    oracle_and_validated,
    sample,
    step,
)
from ldyn.piecewise.tuning import BANDWIDTHS, RIDGES

CASES = [(m, d) for m in METHODS for d in (1, 2) if not (m == "spline" and d == 2)]


def setting(dim, n=40, seed=0, m=120):
    target = step(0.37) if dim == 1 else disk()
    draw = stream("tuning", dim, n, seed)
    data = sample(target, n, noise=0.3, generator=draw)
    z = torch.rand(m, dim, generator=draw, dtype=torch.float64)
    return data.x, data.y, z, target(z)


def test_choose_takes_the_least_and_says_which():
    truth = torch.tensor([0.0, 1.0])
    fits = {"a": torch.tensor([1.0, 1.0]), "b": torch.tensor([0.0, 0.8]), "c": torch.ones(2) * 9}
    choice = choose(fits, truth)
    assert choice.label == "b"
    assert choice.risk == pytest.approx(0.02)
    assert torch.equal(choice.fit, fits["b"])
    with pytest.raises(ValueError, match=r"no candidates.*wider grid"):
        choose({}, truth)


@pytest.mark.parametrize(("method", "dim"), CASES)
def test_candidates_are_one_fit_a_grid_point(method, dim):
    x, y, z, _ = setting(dim)
    fits, loo = candidates(method, x, y, z)
    assert len(fits) >= 3
    assert all(v.shape == (120,) and v.isfinite().all() for v in fits.values())
    assert loo is None or set(loo) == set(fits)
    assert (loo is not None) == method.startswith("ridge")


def test_labels_name_the_setting():
    x, y, z, _ = setting(1)
    direct = {
        "cosine": {"3": fit_cosine(x, y, cutoff=3)},
        "neighbours": {"5": fit_neighbours(x, y, neighbours=5)},
        "haar cut": {"0": fit_haar_projection(x, y, level=0)},
        "spline": {"0.001": fit_spline(x, y, penalty=1e-3)},
        "dyadic tree": {"0.5": fit_dyadic_tree(x, y, noise=0.3, factor=0.5)},
        "tree": {"4": fit_tree(x, y, leaves=4)},
        "forest": {"5": fit_forest(x, y, leaf=5)},
        "ridge Laplace": {"1/0.1": fit_ridge(x, y, kernel=Laplace(1.0), ridge=0.1)},
    }
    for method, fits in direct.items():
        values = candidates(method, x, y, z)[0]
        for label, fit in fits.items():
            torch.testing.assert_close(values[label], fit(z), rtol=0, atol=1e-9)
    values = candidates("dyadic tree", x, y, z, noise=0.1)[0]
    assert torch.equal(values["1"], fit_dyadic_tree(x, y, noise=0.1)(z))
    assert not torch.equal(values["1"], fit_dyadic_tree(x, y, noise=0.3)(z))
    assert set(LINEAR) < set(METHODS)
    assert not {"tree", "forest", "dyadic tree"} & set(LINEAR)


def test_the_finest_cells_are_half_as_many_again_as_the_sample():
    x, y, z, _ = setting(1, n=40)
    assert list(candidates("haar cut", x, y, z)[0]) == [str(j) for j in range(7)]


def test_the_largest_cosine_fit_has_a_third_of_the_sample_as_coefficients():
    x, y, z, _ = setting(2, n=75)
    assert max(map(int, candidates("cosine", x, y, z)[0])) == 5


def test_the_noise_reaches_the_tree_of_both_choices():
    for choice in oracle_and_validated("dyadic tree", *setting(2), noise=30.0):
        assert len(choice.fit.unique()) == 1, "so much noise leaves one cell"


@pytest.mark.parametrize("method", ["ridge Gaussian", "ridge Laplace"])
def test_the_data_choose_ridges_by_exact_leave_one_out(method):
    x, y, z, truth = setting(2, n=25)
    _, chosen = oracle_and_validated(method, x, y, z, truth)
    kernel = next(k for k in BANDWIDTHS if method.endswith(k.__name__))
    bandwidth, ridge = chosen.label.split("/")
    loo = candidates(method, x, y, z)[1]
    assert min(loo, key=lambda k: loo[k]) == chosen.label
    # the error of the chosen label, by leaving one out 25 times
    exact = next(r for r in RIDGES if f"{r:.3g}" == ridge)
    errors = []
    for i in range(25):
        keep = torch.arange(25) != i
        fit = fit_ridge(x[keep], y[keep], kernel=kernel(float(bandwidth)), ridge=exact)
        errors.append((y[i] - fit(x[i : i + 1])[0]).square())
    assert loo[chosen.label] == pytest.approx(torch.stack(errors).mean().item(), rel=1e-6)
    values = candidates(method, x, y, z)[0][chosen.label]
    assert chosen.risk == pytest.approx((values - truth).square().mean().item())


@pytest.mark.parametrize("method", ["neighbours", "haar cut", "tree"])
def test_the_others_validate_on_the_last_fifth(method):
    x, y, z, truth = setting(1)
    _, chosen = oracle_and_validated(method, x, y, z, truth)
    held = candidates(method, x[:-8], y[:-8], x[-8:])[0]
    label = choose(held, y[-8:]).label
    assert chosen.label == label
    torch.testing.assert_close(chosen.fit, candidates(method, x[:-8], y[:-8], z)[0][label])
    assert chosen.risk == pytest.approx((chosen.fit - truth).square().mean().item())


@pytest.mark.parametrize("method", ["ridge Gaussian", "ridge Laplace"])
@pytest.mark.parametrize("seed", range(5))
def test_the_oracle_is_never_worse_among_the_same_fits(method, seed):
    oracle, chosen = oracle_and_validated(method, *setting(2, seed=seed))
    assert oracle.risk <= chosen.risk


@pytest.mark.parametrize("method", ["cosine", "neighbours", "haar cut", "dyadic tree"])
def test_the_oracle_is_better_on_average(method):
    # The data's choice fits on fewer samples, so that a single draw may go the other way.
    pairs = [oracle_and_validated(method, *setting(2, seed=s)) for s in range(20)]
    assert sum(o.risk for o, _ in pairs) < sum(c.risk for _, c in pairs)


def test_the_oracle_is_the_least_true_risk():
    x, y, z, truth = setting(2)
    oracle, _ = oracle_and_validated("neighbours", x, y, z, truth)
    risks = {
        k: (v - truth).square().mean().item()
        for k, v in candidates("neighbours", x, y, z)[0].items()
    }
    assert oracle.risk == min(risks.values())
    assert oracle.label == min(risks, key=lambda k: risks[k])


def test_bad_input_is_refused():
    x, y, z, truth = setting(1)
    with pytest.raises(ValueError, match=r"method must be one of cosine, .*got 'magic'"):
        candidates("magic", x, y, z)
    with pytest.raises(ValueError, match="method must be one of"):
        oracle_and_validated("magic", x, y, z, truth)
    with pytest.raises(ValueError, match="at least 8 samples, got 7; draw"):
        candidates("cosine", x[:7], y[:7], z)
    with pytest.raises(ValueError, match=r"z must be .* with d = 1 as in x, got shape \(120, 2\)"):
        candidates("neighbours", x, y, z.expand(-1, 2))
