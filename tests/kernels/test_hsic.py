"""HSIC against its definition, and its unbiased estimate against every sample of a small law."""

from itertools import permutations, product

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, hsic, median_bandwidth

F64 = torch.float64
K, L = Gaussian(0.7), Laplace(1.3)


def sample(n, d=1, e=1):
    g = stream("hsic", n)
    x = torch.randn(n, d, generator=g, dtype=F64)
    return x, x[:, :1].sin() + 0.3 * torch.randn(n, e, generator=g, dtype=F64)


@pytest.mark.parametrize(("n", "d", "e"), [(2, 1, 1), (40, 3, 1), (600, 1, 2)])  # 600: three blocks
def test_the_biased_value_is_the_trace(n, d, e):
    x, y = sample(n, d, e)
    centring = torch.eye(n, dtype=F64) - 1 / n
    trace = (K(x, x) @ centring @ L(y, y) @ centring).trace() / n**2
    assert hsic(x, y, kernel_x=K, kernel_y=L) == pytest.approx(trace.item(), rel=1e-10, abs=1e-16)


def test_it_is_the_squared_mmd_of_the_sample_and_the_product_of_its_columns():
    x, y = sample(9)
    k, l = K(x, x), L(y, y)  # noqa: E741
    joint = (k * l).mean()
    apart = torch.einsum("ij,kl->", k, l) / 9**4
    mixed = torch.einsum("ij,ik->", k, l) / 9**3
    assert hsic(x, y, kernel_x=K, kernel_y=L) == pytest.approx((joint + apart - 2 * mixed).item())


@pytest.mark.parametrize("n", [4, 7])
def test_the_unbiased_value_averages_over_quadruples(n):
    x, y = sample(n)
    k, l = K(x, x), L(y, y)  # noqa: E741
    terms = [
        k[i, j] * (l[i, j] + l[q, r] - 2 * l[i, q]) for i, j, q, r in permutations(range(n), 4)
    ]
    found = hsic(x, y, kernel_x=K, kernel_y=L, unbiased=True)
    assert found == pytest.approx((sum(terms) / len(terms)).item(), rel=1e-10)


def test_the_unbiased_value_is_unbiased():
    """Over all samples of five rows from a law on three points, weighted by their chances."""
    atoms = torch.tensor([[0.0, 1.0], [0.5, -0.2], [2.0, 0.3]], dtype=F64)
    chances = torch.tensor([0.5, 0.2, 0.3], dtype=F64)
    k, l = (f(a, a) for f, a in zip((K, L), atoms.T[:, :, None], strict=True))  # noqa: E741
    both = torch.einsum("i,j,ij,ij->", chances, chances, k, l)
    exact = both + (chances @ k @ chances) * (chances @ l @ chances)
    exact -= 2 * (chances * (k @ chances) * (l @ chances)).sum()
    means = dict.fromkeys((True, False), 0.0)
    for rows in product(range(3), repeat=5):
        drawn, chance = atoms[list(rows)], chances[list(rows)].prod().item()
        for unbiased in means:
            value = hsic(drawn[:, :1], drawn[:, 1:], kernel_x=K, kernel_y=L, unbiased=unbiased)
            means[unbiased] += chance * value.item()
    assert means[True] == pytest.approx(exact.item(), rel=1e-10)
    assert abs(means[False] - exact) > 0.005


def test_independent_columns_have_zero_on_average():
    values = []
    for s in range(400):
        x, y = torch.randn(2, 30, 1, generator=stream("apart", s), dtype=F64)
        values.append(hsic(x, y, kernel_x=K, kernel_y=L, unbiased=True).item())
    values = torch.tensor(values)
    assert values.mean().abs() < 4 * values.std() / 20


def test_samples_that_do_not_fit_are_refused():
    x, y = sample(10)
    for bad in (y[:9], y.float(), y[:, 0]):
        with pytest.raises(ValueError, match=r"n = 10 as in x|share their dtype|shape \(n, e\)"):
            hsic(x, bad, kernel_x=K, kernel_y=L)
    with pytest.raises(ValueError, match="at least 4"):
        hsic(x[:3], y[:3], kernel_x=K, kernel_y=L, unbiased=True)


def test_the_median_bandwidth_follows_the_points():
    x = torch.tensor([[0.0], [1.0], [3.0]], dtype=F64)  # distances 1, 2, 3
    assert median_bandwidth(x) == pytest.approx(2 / 2**0.5)
    assert median_bandwidth(5 * x - 1) == pytest.approx(10 / 2**0.5)
    many = torch.cat([x[:1]] * 50 + [x])  # pairs of tied points are no distances
    assert median_bandwidth(many) == pytest.approx(2 / 2**0.5)
    assert median_bandwidth(x[:1].expand(5, 1)) == 1.0
    line = torch.linspace(0, 1, 20_000, dtype=F64)[:, None]
    assert median_bandwidth(line) == pytest.approx((1 - 0.5**0.5) / 2**0.5, rel=0.01)
