"""Chapter 4, distances between samples and CGNN: what the pages say of estimates and decisions."""

import itertools
from functools import partial

import pytest
import torch

import ldyn.causal.cgnn as module
from ldyn.causal import CGNN, Evaluation, accuracy_difference, sample_pairs
from ldyn.core import frozen, mean_interval, share_interval, stream
from ldyn.kernels import (
    Gaussian,
    Laplace,
    MultiGaussian,
    hsic,
    linear_squared_mmd,
    mmd_variance,
    squared_mmd,
)

F64 = torch.float64


def normals(*names, size):
    return torch.randn(*size, generator=stream("claims cgnn", *names), dtype=F64)


def every_sample(atoms, others, size, estimate):
    """The estimates of all samples of `size` points of either, atoms being equally likely."""
    samples = (
        [list(s) for s in itertools.product(range(len(a)), repeat=size)] for a in (atoms, others)
    )
    return torch.stack([estimate(atoms[x], others[y]) for x, y in itertools.product(*samples)])


def test_estimates_of_mmd_have_the_means_and_the_variance_of_the_page(claim):
    atoms, others = (torch.tensor(a, dtype=F64)[:, None] for a in ((0.0, 0.8, 1.9), (0.4, 1.2)))
    means, variances = [], []
    for kernel in (Gaussian(0.6), Laplace(1.0), MultiGaussian(1.0)):
        mmd = partial(squared_mmd, kernel=kernel)
        linear = partial(linear_squared_mmd, kernel=kernel)
        truth = mmd(atoms, others)
        bias = sum((1 - kernel(a, a).mean()) / 3 for a in (atoms, others))
        unbiased = every_sample(atoms, others, 3, partial(mmd, unbiased=True))
        means += [
            unbiased.mean() / truth,
            every_sample(atoms, others, 3, mmd).mean() / (truth + bias),
        ]
        means += [every_sample(atoms, others, 4, lambda *s, f=linear: f(*s)[0]).mean() / truth]
        variance = mmd_variance(atoms, others, kernel=kernel, sizes=(3, 3))
        variances.append(unbiased.var(correction=0) / variance)
    for name, found in (("mmd-means", means), ("mmd-variance", variances)):
        largest = max(abs(ratio.item() - 1) for ratio in found)
        claim(name, measured="≤ 1e-12" if largest <= 1e-12 else f"{largest:.0e}")
        assert largest <= 1e-12


def test_hsic_of_normal_columns_is_the_closed_form(claim):
    one, off = Gaussian(1.0), []
    for rho in (0.0, 0.3, 0.6, 0.9):
        z = normals("hsic", size=(60, 2, 150, 1))
        found = torch.stack(
            [
                hsic(
                    a, rho * a + (1 - rho**2) ** 0.5 * b, kernel_x=one, kernel_y=one, unbiased=True
                )
                for a, b in z
            ]
        )
        exact = (9 - 4 * rho**2) ** -0.5 + 1 / 3 - 2 * (9 - rho**2) ** -0.5
        off.append(abs(found.mean().item() - exact) / (found.std().item() / len(z) ** 0.5))
    claim("hsic-normal", measured=max(off))
    assert max(off) < 4


def test_the_perfect_generator_has_the_loss_of_the_formula(claim):
    n, kernel = 100, MultiGaussian(1.0)
    rates = torch.tensor(kernel.rates, dtype=F64)
    x, e, f = normals("floor", size=(3, 300, n))
    y, z = ((x**2 - 1 + 0.4 * s) / 2.16**0.5 for s in (e, f))
    losses = torch.stack(
        [
            squared_mmd(torch.stack([a, b], 1), torch.stack([a, c], 1), kernel=kernel)
            for a, b, c in zip(x, y, z, strict=True)
        ]
    )
    formula = 2 / n * (1 - (1 + 2 * rates * 0.32 / 2.16).rsqrt().mean())
    ratio = mean_interval(losses / formula)
    claim("cgnn-floor", measured=ratio.value, low=ratio.low, high=ratio.high)
    assert ratio.low < 1 < ratio.high


def test_a_constant_decides_between_independent_columns_by_their_marginals(claim):
    """Normal against uniform, Laplace and exponential: the verdict is that of the marginals."""
    k, n, alike = 16, 150, []
    u = torch.rand(3, k, n, generator=stream("claims cgnn", "laws"), dtype=F64)
    laws = {
        "uniform": u[0],
        "laplace": (0.5 - u[1]).sign() * torch.log(1 - 2 * (u[1] - 0.5).abs()),
        "exponential": -torch.log(1 - u[2]),
    }
    x = normals("normal", size=(k, n))
    for y in laws.values():
        scores = CGNN(steps=1, runs=1).losses(x.float(), y.float()).scores("constant")
        (right,) = verdict(x.flatten(), y.flatten()).sign()[None]
        alike += (scores.sign() == right).tolist()
    found = share_interval(sum(alike), len(alike))
    claim("cgnn-constant", measured=found.value, low=found.low, high=found.high)
    assert found.low > 0.8


def verdict(x, y):
    """S₀(y → x) − S₀(x → y) of independent columns, from the formula, each rate by itself."""
    x, y = (((s - s.mean()) / s.std())[:800, None] for s in (x, y))
    total = torch.zeros((), dtype=F64)
    for rate in MultiGaussian.rates:
        kernel = MultiGaussian(1.0, (rate,))
        norms = [kernel(s, s).mean() for s in (x, y)]
        tops = [kernel(s, torch.zeros_like(s[:1])).mean() for s in (x, y)]
        total += norms[1] * (1 - 2 * tops[0]) - norms[0] * (1 - 2 * tops[1])
    return total


def test_stacked_cgnns_are_those_trained_alone(claim):
    x, y = sample_pairs("multi", 4, 30, seed="claims")
    cgnn = CGNN(hidden=6, runs=2, steps=20)
    together = cgnn.losses(x, y).trained
    alone = torch.cat([cgnn.losses(a[None], b[None]).trained for a, b in zip(x, y, strict=True)])
    largest = max(
        (together - alone).abs().max().item(),
        (together - cgnn.losses(y, x).trained.flip(1)).abs().max().item(),
    )
    claim("cgnn-alone", measured="≤ 1e-12" if largest <= 1e-12 else f"{largest:.0e}")
    assert largest <= 1e-12


def exact_slope(fake, data, _):
    """The gradient of the exact MMD², in the place of that from random frequencies."""
    real, out = data.repeat_interleave(len(fake) // len(data), 0), torch.zeros_like(fake)
    for other, sign in ((fake, 1), (real, -1)):
        u = fake[:, :, None] - other[:, None]
        squares = u.square().sum(3, keepdim=True)
        k = sum(g * (-g * squares).exp() for g in MultiGaussian.rates) / len(MultiGaussian.rates)
        out -= sign * 4 * (u * k).sum(2) / fake.shape[1] ** 2
    return out


def test_exact_gradients_decide_like_random_ones_as_often_as_another_start(claim, monkeypatch):
    x, y = (c.float() for c in sample_pairs("multi", 16, 30, seed="claims exact"))
    cgnn, features, judged = (
        CGNN(hidden=10, runs=3, steps=100),
        module.mean_features,
        module._judged,
    )
    random = cgnn.losses(x, y).trained

    def judge(*arguments):  # with features; in between the data themselves take their place
        with monkeypatch.context() as patch:
            patch.setattr(module, "mean_features", features)
            return judged(*arguments)

    monkeypatch.setattr(module, "_judged", judge)
    monkeypatch.setattr(module, "_slope", exact_slope)
    monkeypatch.setattr(module, "mean_features", lambda data, frequencies: data)
    one, other = (t[:, 0] < t[:, 1] for t in (random, cgnn.losses(x, y).trained))
    same = (one == other).double().mean(1)
    starts = [
        (s[:, i] == s[:, j]).double() for s in (one, other) for i in range(3) for j in range(i)
    ]
    gain = mean_interval(same - torch.stack(starts).mean(0))
    claim("cgnn-exact", measured=gain.value, low=gain.low, high=gain.high)
    assert gain.high > 0


def gain(family, one, other):
    """The accuracy of one (hidden, kind) minus another's on the pairs of a family."""
    table = frozen("capacity").where(family=family)

    def evaluation(hidden, kind):
        (row,) = table.where(hidden=hidden).rows
        support = torch.tensor(row[kind], dtype=F64)
        return Evaluation(support=support, weights=torch.ones_like(support))

    return accuracy_difference(evaluation(*one), evaluation(*other))


FAMILIES = ("multi", "net", "an", "sim")


def test_too_few_units_decide_worse(claim):
    found = [gain(f, (20, "trained"), (2, "trained")) for f in ("multi", "an")]
    least = min(found, key=lambda g: g.value)
    claim("cgnn-few", measured=least.value, low=least.low, high=least.high)
    assert all(g.low > 0 for g in found)


@pytest.mark.xfail(strict=True, reason="with 100 units as many decisions are right as with 20")
def test_too_many_units_decide_worse(claim):
    found = [gain(f, (20, "trained"), (100, "trained")) for f in FAMILIES]
    least = min(found, key=lambda g: g.value)
    claim("cgnn-many", measured=least.value, low=least.low, high=least.high)
    assert all(g.low > 0 for g in found)


@pytest.mark.xfail(strict=True, reason="on Multi the constant generator is as often right")
def test_training_beats_the_constant_generator(claim):
    found = [gain(f, (20, "trained"), (20, "constant")) for f in FAMILIES]
    least = min(found, key=lambda g: g.value)
    claim("cgnn-beats-constant", measured=least.value, low=least.low, high=least.high)
    assert all(g.low > 0 for g in found)


def test_two_runs_often_decide_differently(claim):
    shares = [r["agreement"] for r in frozen("capacity").where(hidden=20).rows]
    claim("cgnn-runs", measured=sum(shares) / 4, low=min(shares), high=max(shares))
    assert len(shares) == 4
    assert max(shares) < 0.8
