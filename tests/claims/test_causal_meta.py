"""Chapter 4, a prior in place of capacity: what it can do, and whether the skill transfers."""

from itertools import product
from math import lgamma

import pytest
import torch

from ldyn.core import Interval, frozen, log_slope, mean_interval, stream

BINARY = (47, 70, 107)
CODE = {"+": 1.0, "0": 0.5, "-": 0.0}
WIDE = {"prior": "wide", "encoder": "deepsets", "film": True, "labelled": True, "goal": "generate"}
DECIDE, FREE = {**WIDE, "goal": "decide"}, {**WIDE, "labelled": False}
ZERO, UNTRAINED = ({**WIDE, "prior": "none", "encoder": e} for e in ("constant", "deepsets"))


def log_evidence(cause, effect, alpha, beta):
    """log m of two columns of bits: Beta(α, α) for the cause, Beta(β, β) for each conditional."""

    def ratio(u, v, a):
        return lgamma(u + a) + lgamma(v + a) - lgamma(u + v + 2 * a) - 2 * lgamma(a) + lgamma(2 * a)

    count = lambda a, b: sum((c, e) == (a, b) for c, e in zip(cause, effect, strict=True))  # noqa: E731
    n = {(a, b): count(a, b) for a in (0, 1) for b in (0, 1)}
    total = ratio(n[1, 0] + n[1, 1], n[0, 0] + n[0, 1], alpha)
    return total + sum(ratio(n[a, 1], n[a, 0], beta) for a in (0, 1))


def bits(n, alpha, beta):
    """All pairs of columns of n bits, m of each and m of it turned round."""
    columns = list(product((0, 1), repeat=n))
    pairs = [(c, e) for c in columns for e in columns]
    ways = ([log_evidence(*p[::way], alpha, beta) for p in pairs] for way in (1, -1))
    return [torch.tensor(v, dtype=torch.float64).exp() for v in ways]


def test_no_rule_beats_the_ratio_of_the_priors(claim):
    forth, back = bits(4, 1.0, 4.0)
    assert forth.sum() == pytest.approx(1, abs=1e-12)
    best = 0.5 + (forth - back).abs().sum() / 4  # ½ + ½ TV
    sign = ((forth > back).double() + (forth >= back).double()) / 2
    right = lambda r: (r * forth + (1 - r) * back).sum() / 2  # noqa: E731
    assert right(sign) == pytest.approx(best.item(), abs=1e-12)
    assert best > 0.51
    rules = torch.rand(2000, len(forth), generator=stream("rules"), dtype=torch.float64)
    rules[1000:] = rules[1000:].round()
    largest = max(right(r) for r in rules)
    claim("meta-best-rule", measured=(largest - best).item())
    assert largest <= best


def test_two_bits_of_one_prior_have_no_direction(claim):
    gaps = dict.fromkeys((0.25, 0.5, 2.0), 0.0)
    for beta in gaps:
        forth, back = bits(4, 2 * beta, beta)
        gaps[beta] = (forth.log() - back.log()).abs().max().item()
    claim("meta-two-bits", measured=max(gaps.values()))
    assert max(gaps.values()) < 1e-12
    forth, back = bits(4, 1.0, 0.25)
    assert (forth.log() - back.log()).abs().max() > 0.1


def table(causes, effects):
    """T of each outcome, (outcomes, 4): the shares of rows with (x, y) = 00, 01, 10, 11."""
    out = torch.zeros(len(effects), 4, dtype=torch.float64)
    for row, x in enumerate(causes):
        out[:, 2 * x] += (1 - effects[:, row]) / len(causes)
        out[:, 2 * x + 1] += effects[:, row] / len(causes)
    return out


def test_the_best_generator_is_the_posterior_prediction(claim):
    """Three rows of bits, two mechanisms, S the causes and the sum of the effects."""
    mechanisms = torch.tensor(
        [[0.1, 0.7], [0.6, 0.5]]
    ).double()  # P(y = 1 | x = 0), P(y = 1 | x = 1)
    worst, gains = 0.0, []
    for causes, total in product(product((0, 1), repeat=3), range(4)):
        rows = [y for y in product((0, 1), repeat=3) if sum(y) == total]
        effects = torch.tensor(rows, dtype=torch.float64)
        q = mechanisms[:, list(causes)][:, None]  # (mechanisms, 1, rows)
        weight = (effects * q + (1 - effects) * (1 - q)).prod(2).sum(0)
        weight = weight / weight.sum()
        outcomes = table(causes, effects)
        mean = weight @ outcomes
        spread = weight @ (outcomes - mean).square().sum(1)
        posterior = table(causes, (weight @ effects)[None])[0]
        worst = max(worst, (posterior - mean).abs().max().item())
        others = torch.rand(20, 3, generator=stream("other", str(causes), total)).double()
        draws = torch.tensor(list(product((0, 1), repeat=3)), dtype=torch.float64)
        apart = (outcomes[:, None] - table(causes, draws)).square().sum(2)
        for p, made in zip(others, table(causes, others), strict=True):
            cost = weight @ (outcomes - made).square().sum(1)
            worst = max(worst, (cost - spread - (mean - made).square().sum()).abs().item())
            gains.append((cost - spread).item())
            noisy = weight @ apart @ (draws * p + (1 - draws) * (1 - p)).prod(1)
            own = (1 - p.square() - (1 - p).square()).sum() / 9  # ‖ψ‖² − ‖E ψ‖² a row
            worst = max(worst, (noisy - cost - own).abs().item())
    claim("meta-posterior", measured=worst)
    assert worst < 1e-12
    assert min(gains) >= -1e-15


def zeros_cost(x, y, p, gamma):
    """The population cost of ŷ = 0 for rows (x, y) with probabilities p."""
    k, joint = ((-gamma * (c[:, None] - c).square()).exp() for c in (x, y))
    point = (-gamma * y.square()).exp()
    return p @ (k * (joint - point[:, None] - point + 1)) @ p


def test_zeros_are_near_the_column_with_heavier_tails(claim):
    """The errors of both expansions to γ³ fall like γ⁴, for three laws of nine dependent atoms."""
    slopes, gammas = [], 2.0 ** torch.arange(-10, -4, dtype=torch.float64)
    for k in range(3):
        draw = stream("atoms", k)
        e = torch.randn(2, 9, generator=draw, dtype=torch.float64)
        p = torch.rand(9, generator=draw, dtype=torch.float64) + 0.1
        p = p / p.sum()
        z = torch.stack([e[0], e[0] + e[1].exp()])
        z = z - (z @ p)[:, None]
        x, y = z / (z.square() @ p).sqrt()[:, None]
        tail = lambda c: 5 * (p @ c**4) - 10 / 3 * (p @ c**3) ** 2  # noqa: B023, E731
        tau = lambda a, b: tail(b) - 4 * (p @ b**3) * (p @ (a**2 * b))  # noqa: B023, E731
        alone = [zeros_cost(0 * x, y, p, g) - 3 * g**2 + tail(y) * g**3 for g in gammas]
        gaps = [zeros_cost(x, y, p, g) - zeros_cost(y, x, p, g) for g in gammas]
        gaps = [gap - (tau(y, x) - tau(x, y)) * g**3 for gap, g in zip(gaps, gammas, strict=True)]
        slopes += [log_slope(gammas, torch.stack(errors).abs()) for errors in (alone, gaps)]
    claim("meta-tails", measured=min(slopes))
    assert min(slopes) > 3.8


def rights(field, **arm):
    if isinstance(field, tuple):
        return torch.cat([rights(name, **arm) for name in field], 1)
    rows = frozen("meta_cgnn").where(**arm).rows
    last = max(r["step"] for r in rows)
    return torch.tensor([[CODE[s] for s in r[field]] for r in rows if r["step"] == last]).double()


def weights(field):
    if field != "tuebingen":
        sets = len(field) if isinstance(field, tuple) else 1
        return torch.ones(100 * sets, dtype=torch.float64)
    rows = frozen("protocols").rows
    return torch.tensor([r["weight"] for r in rows if r["pair"] not in BINARY]).double()


def again(r, name):
    """Seed means of each pair with the seeds drawn again, (4000, pairs)."""
    at = torch.randint(len(r), (4000, len(r)), generator=stream("seeds", name))
    return torch.stack([(at == k).double().mean(1) for k in range(len(r))], 1) @ r


def difference(one, other, field):
    """Seed mean minus seed mean in points, with the bootstrap over seeds and pairs together."""
    w = weights(field)
    a, b = rights(field, **one), rights(field, **other)
    gap = 100 * (again(a, "one") - again(b, "other"))
    at = torch.randint(len(w), (4000, len(w)), generator=stream("pairs drawn again"))
    means = (w[at] * gap.gather(1, at)).sum(1) / w[at].sum(1)
    low, high = means.quantile(torch.tensor([0.025, 0.975]).double()).tolist()
    value = 100 * (w @ (a.mean(0) - b.mean(0)) / w.sum()).item()
    return Interval(value=value, low=low, high=high, level=0.95)


def test_deciding_raises_synthetic_accuracy(claim):
    gaps = [difference(DECIDE, WIDE, field) for field in ("AN", "LS")]
    least = min(gaps, key=lambda g: g.value)
    claim("meta-decide-synthetic", measured=least.value, low=least.low, high=least.high)
    assert all(g.low > 0 for g in gaps)


@pytest.mark.xfail(strict=True, reason="five seeds and 99 pairs leave it undecided")
def test_deciding_lowers_the_real_accuracy(claim):
    gap = difference(DECIDE, WIDE, "tuebingen")
    claim("meta-decide-real", measured=gap.value, low=gap.low, high=gap.high)
    assert gap.high < 0


def test_labels_help_on_synthetic_pairs(claim):
    """Four sets of 100 pairs, taken as one list of 400."""
    gap = difference(WIDE, FREE, ("SIM", "SIM-c", "AN", "LS"))
    claim("meta-labels-synthetic", measured=gap.value, low=gap.low, high=gap.high)
    assert gap.low > 0


@pytest.mark.xfail(strict=True, reason="five seeds and 99 pairs leave it undecided")
def test_labels_help_on_real_pairs(claim):
    gap = difference(WIDE, FREE, "tuebingen")
    claim("meta-labels-real", measured=gap.value, low=gap.low, high=gap.high)
    assert gap.low > 0


@pytest.mark.xfail(strict=True, reason="both controls are ahead")
def test_the_skill_of_generating_shows_on_real_pairs(claim):
    """Ahead of both controls that have learnt nothing."""
    gaps = [difference(WIDE, control, "tuebingen") for control in (ZERO, UNTRAINED)]
    least = min(gaps, key=lambda g: g.value)
    claim("meta-transfer", measured=least.value, low=least.low, high=least.high)
    assert all(g.low > 0 for g in gaps)


@pytest.mark.xfail(strict=True, reason="no arm is near on SIM and on the CE families")
def test_a_generator_reaches_the_accuracies_of_hand_made_methods(claim):
    """The best of four arms on each set, against what was hoped for."""
    hoped = {"SIM": 83, "SIM-c": 84, "multi": 90, "net": 90, "AN": 97, "LS": 97}
    arms = [
        {**WIDE, "prior": p, "encoder": e} for p in ("narrow", "wide") for e in ("deepsets", "cme")
    ]
    best = {s: max(100 * rights(s, **arm).mean().item() for arm in arms) for s in hoped}
    margin = min(best[s] - hoped[s] for s in hoped)
    claim("meta-hoped", measured=margin)
    assert margin >= 0


def test_an_untrained_network_decides_like_zeros(claim):
    w, zero = weights("tuebingen"), rights("tuebingen", **ZERO)
    agree = (rights("tuebingen", **UNTRAINED) == zero).double() @ w / w.sum()
    found = mean_interval(100 * agree)
    claim("meta-untrained", measured=found.value, low=found.low, high=found.high)
    assert found.low > 75


def test_what_the_page_says_of_the_arms():
    """The sentences below the tables, on the frozen signs."""
    cme, off = ({**WIDE, "encoder": "cme", "film": film} for film in (True, False))
    alone = {**WIDE, "encoder": "none"}
    tails = {**ZERO, "encoder": "tails"}
    assert difference(cme, WIDE, "AN").low > 0
    assert difference(WIDE, alone, "AN").low > 40
    film = difference(cme, off, "AN")
    assert film.low < 0 < film.high
    mean = lambda arm, field: 100 * (rights(field, **arm).mean(0) @ weights(field))  # noqa: E731
    real = {k: mean(arm, "tuebingen") / weights("tuebingen").sum() for k, arm in
            {"zero": ZERO, "tails": tails, "wide": WIDE, "cme": cme}.items()}  # fmt: skip
    assert min(real["zero"], real["tails"]) > max(real["wide"], real["cme"]) + 10
    assert mean(ZERO, "multi") / 100 > 80
    assert max(mean(UNTRAINED, field) / 100 for field in ("SIM", "AN")) < 50
