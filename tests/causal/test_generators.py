"""Families of pairs: the moments and properties that their definitions give."""

import pytest
import torch
from scipy import stats

from ldyn.causal import FAMILIES, PRIORS, sample_pairs, sample_tasks
from ldyn.causal import generators as families
from ldyn.core import stream
from ldyn.data.laws import (
    normal,
    rows_standardised,
    uniform,
)


def near(values, expected, errors=6.0):
    """Whether the mean of independent values is the expected one within six standard errors."""
    values = values.double().flatten()
    return abs(values.mean() - expected) <= errors * values.std() / len(values) ** 0.5


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_finite_varies_and_comes_from_its_seed(family):
    x, y = sample_pairs(family, 40, 60, seed=1)
    assert x.shape == y.shape == (40, 60)
    assert x.dtype == y.dtype == torch.float64
    assert x.isfinite().all()
    assert y.isfinite().all()
    assert x.std(1).min() > 1e-6
    assert y.std(1).min() > 1e-6
    again, other = (sample_pairs(family, 40, 60, seed=s) for s in (1, 2))
    assert torch.equal(torch.stack(again), torch.stack((x, y)))
    assert not torch.equal(other[0], x)
    # rows are tasks of their own: no two share a cause or an effect
    for column in (x, y):
        assert torch.corrcoef(column).fill_diagonal_(0).abs().max() < 0.95


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"multi", "mixture"}))
def test_effects_of_every_family_depend_on_their_causes(family):
    x, y = sample_pairs(family, 60, 200, seed=3)
    neighbours = y.gather(1, x.argsort(1))
    steps = neighbours.diff(dim=1).square().mean(1) / y.var(1) / 2  # 1 if y ignores x
    assert steps.median() < 0.9


def test_causes_of_an_and_ls_are_normal_scale_mixtures():
    for family in ("an", "ls"):
        x, _ = sample_pairs(family, 100, 200, seed=0)
        assert near(x, 0.0)
        assert near(x.square(), 1.5)  # E v, v uniform on [1, 2]
        assert near(x.pow(4), 7.0)  # 3 E v² = 3 · 7/3


def test_an_adds_noise_and_ls_scales_it():
    draws = [families._tagasovska(300, 50, stream("pairs", f, 50, 0)) for f in ("an", "ls")]
    for (x, f, e), family in zip(draws, ("an", "ls"), strict=True):
        assert near(e.square(), 0.04 * 1.5)
        assert near((f * e).mean(1), 0.0)
        assert near(f.square().mean(1), 1.0)
        cause, effect = sample_pairs(family, 300, 50, seed=0)
        assert torch.equal(cause, x)
        scale = 1.0 if family == "an" else f - f.min(1, keepdim=True).values
        torch.testing.assert_close(effect - f, scale * e)


def test_multi_has_thirty_one_cases_of_equal_share():
    """All but Gaussian–linear–Gaussian–additive; one that stays, a line of x + e, is no better."""
    kinds = families._multi_kinds(40_000, stream("multi"))[..., 0].long()
    case = (kinds * 2 ** torch.arange(5)[:, None]).sum(0)
    shares = torch.bincount(case, minlength=32)
    assert shares[0] == 0
    for k in range(1, 32):
        assert near(case == k, 1 / 31), k


def test_multi_is_its_definition_task_by_task():
    count, n = 64, 30
    x, y = sample_pairs("multi", count, n, seed=0)
    draw = stream("pairs", "multi", n, 0)
    kinds = families._multi_kinds(count, draw)[..., 0].tolist()
    a, b = normal(draw, 2, 3, count, 1)[..., 0].tolist()
    samples = [(uniform(draw, count, n), normal(draw, count, n)) for _ in "xe"]
    standard = lambda v: (v - v.mean()) / (v.std(correction=0) + 1e-3)  # noqa: E731
    for t in range(count):
        cause_flat, noise_flat, bent, inside, product = (kind[t] for kind in kinds)
        columns = []
        for i, flat in enumerate((cause_flat, noise_flat)):
            even, bell = (sample[t] for sample in samples[i])
            even = (even - even.mean()) / even.std(correction=0)
            columns.append(a[i][t] * (even if flat else bell) + b[i][t])
        c, e = columns
        f = (lambda z: a[2][t] * z**2 + b[2][t]) if bent else (lambda z: a[2][t] * z + b[2][t])  # noqa: B023
        if inside:
            effect = f(c * e) if product else f(c + e)
        else:
            effect = f(c) * e if product else f(c) + e
        torch.testing.assert_close(x[t], standard(c))
        torch.testing.assert_close(y[t], standard(effect))


def test_net_is_standardised_and_has_a_normal_noise():
    x, y = sample_pairs("net", 300, 100, seed=0)
    for column in (x, y):
        assert column.mean(1).abs().max() < 1e-12
        torch.testing.assert_close(column.square().mean(1), torch.ones(300, dtype=torch.float64))
    e = normal(stream("e"), 2000, 50)
    made = families._random_net(torch.zeros_like(e), 0 * e, stream("net"))
    # with x = e = 0: Σ_k a_k tanh(b_k), variance 20 E tanh² of a standard normal
    assert near(made[:, 0].square(), 20 * 0.3942944)


def test_sim_has_measurement_noise_on_standardised_columns():
    """E N² of N drawn from Γ(2, 0.1) is 0.06, so columns have the mean square 1.06."""
    for family in ("sim", "sim-c", "sim-like"):
        for column in sample_pairs(family, 400, 60, seed=0):
            assert near(column.square().mean(1), 1.06), family


def test_sim_resembles_the_published_file():
    """Means over 100 pairs of two shapes that tell generators apart: skewness, straightness."""
    from ldyn.data import DataError, cause_effect_pairs

    try:
        files = cause_effect_pairs("SIM")
    except DataError as problem:
        pytest.skip(str(problem))
    ours = list(zip(*sample_pairs("sim", 200, 200, seed=0), strict=True))
    theirs = [(p.x[:200], p.y[:200]) if p.target > 0 else (p.y[:200], p.x[:200]) for p in files]
    for measure in (lambda x, y: abs(stats.skew(x)), lambda x, y: abs(stats.spearmanr(x, y)[0])):
        a, b = ([float(measure(x.numpy(), y.numpy())) for x, y in rows] for rows in (ours, theirs))
        assert stats.mannwhitneyu(a, b).pvalue > 1e-4


def test_poisson_counts_and_latent_classes_split():
    _, y = sample_pairs("poisson", 50, 100, seed=0)
    assert torch.equal(y, y.round())
    assert y.min() >= 0
    x, e = normal(stream("x"), 2000, 40), torch.zeros(2000, 40).double()
    y = families._latent_class(x, e, stream("classes"))
    repeated = families._latent_class(x[:, :1].expand(2000, 40), e, stream("classes"))
    assert y.shape == x.shape
    values = torch.tensor([len(row.round(decimals=9).unique()) for row in repeated])
    assert values.max() <= 2  # at one x without noise an effect is one of two


def test_classical_effects_without_noise_are_functions_of_their_cause():
    half = normal(stream("half"), 40, 50)
    x = torch.cat([half, half], 1)
    for form in (
        families._additive,
        families._post_nonlinear,
        families._location_scale,
        families._field,
        families._flow,
    ):
        y = form(x, torch.zeros_like(x), stream(form.__name__))
        torch.testing.assert_close(y[:, :50], y[:, 50:])


def test_the_wide_prior_has_its_shares_of_families_signs_and_rounding():
    x, y = sample_tasks("wide", 4000, 100, seed=0)
    for column in (x, y):
        skew = column.sub(column.mean(1, keepdim=True)).pow(3).mean(1).sign()
        assert near(skew, 0.0)
    distinct = torch.tensor([len(row.unique()) for row in x])
    assert near(distinct < 90, 0.2, errors=10)  # a fine step on 100 points may round none together
    assert torch.equal(x, sample_tasks("wide", 4000, 100, seed=0)[0])
    narrow, _ = sample_tasks("narrow", 300, 30, seed=0)
    deviation = narrow.std(1, correction=0)
    assert near((deviation < 1 - 1e-6), 1 / 3)  # CE-Multi alone divides by more than the deviation


def test_cause_and_noise_of_the_wide_prior_share_a_law():
    """No rule on the cause's marginal alone: kurtosis of causes equals that of noises."""
    seen = []

    def form(x, e, draw):
        seen.extend((x, e))
        return x + e

    families._classical(form)(3000, 50, stream("classical"))
    bent = [rows_standardised(column).pow(4).mean(1) for column in seen]
    assert near(bent[0] - bent[1], 0.0)


def test_bad_arguments_are_refused():
    for call, message in (
        (lambda: sample_pairs("sims", 2, 20, seed=0), "family must be one of an, anm"),
        (lambda: sample_pairs("sim", 0, 20, seed=0), "count must be an integer >= 1"),
        (lambda: sample_pairs("sim", 2, 1, seed=0), "n must be an integer >= 2"),
        (lambda: sample_tasks("vast", 2, 20, seed=0), "prior must be one of"),
        (lambda: sample_tasks("wide", 0, 20, seed=0), "count must be an integer >= 1"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    assert set(PRIORS["wide"]) <= set(FAMILIES)
