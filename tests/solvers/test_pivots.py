import itertools
import math

import pytest
import torch

from ldyn.core import stream
from ldyn.kernels import Gaussian, Laplace, Matern32
from ldyn.solvers import rpcholesky


def points(n, d=2, dtype=torch.float64):
    return torch.rand(n, d, generator=stream("pivots", n, d), dtype=torch.float64).to(dtype)


def laws(gram, count):
    """Each sequence of `count` pivots with its probability and the trace that it leaves."""
    found = {}
    for pivots in itertools.permutations(range(len(gram)), count):
        left, p = gram.clone(), 1.0
        for i in pivots:
            p *= (left[i, i] / left.trace()).item()
            left = left - torch.outer(left[i], left[i]) / left[i, i]
        found[pivots] = p, left.trace().item()
    return found


@pytest.mark.parametrize("block", [1, 2, 7])
def test_blocks_have_the_law_of_one_at_a_time(block):
    x, draws = points(5), 4000
    law = laws(Gaussian(0.3)(x, x), 2)
    assert sum(p for p, _ in law.values()) == pytest.approx(1)
    generator, seen, left = stream("law", block), dict.fromkeys(law, 0), []
    for _ in range(draws):
        found = rpcholesky(x, kernel=Gaussian(0.3), rank=2, generator=generator, block=block)
        pivots = tuple(found.chosen.tolist())
        seen[pivots] += 1
        left.append(found.left)
        assert found.left == pytest.approx(law[pivots][1], abs=1e-12)
    for pivots, (p, _) in law.items():
        assert abs(seen[pivots] / draws - p) <= 6 * math.sqrt(p * (1 - p) / draws)
    mean = sum(p * t for p, t in law.values())
    spread = math.sqrt(sum(p * (t - mean) ** 2 for p, t in law.values()) / draws)
    assert abs(sum(left) / draws - mean) <= 6 * spread


@pytest.mark.parametrize(("kernel", "r", "eps"), [(Gaussian(0.4), 12, 0.5), (Laplace(0.5), 20, 1)])
def test_the_mean_trace_left_is_within_the_proved_bound(kernel, r, eps):
    x = points(200)
    values = torch.linalg.eigvalsh(kernel(x, x)).flip(0)
    tail = values[r:].sum().item()
    eta = tail / values.sum().item()
    k = math.ceil(r / eps + r * max(0.0, math.log(1 / (eps * eta))))
    assert k < 200
    generator = stream("bound", r)
    left = torch.tensor([rpcholesky(x, kernel=kernel, rank=k, generator=generator).left
                         for _ in range(100)])  # fmt: skip
    assert left.mean() + 6 * left.std() / 10 <= (1 + eps) * tail
    assert left.min() >= values[k:].sum() - 1e-10  # no rank k does better


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_factor_is_exact_in_the_chosen_rows_below_the_matrix_and_its_trace_left(dtype):
    x = points(300, 3, dtype)
    gram = Matern32(0.7)(x.double(), x.double())
    found = rpcholesky(x, kernel=Matern32(0.7), rank=90, generator=stream(1), block=32)
    assert found.factor.shape == (90, 300)
    assert found.factor.dtype == dtype
    assert len(set(found.chosen.tolist())) == 90
    rest = gram - (found.factor.T @ found.factor).double()
    eps = torch.finfo(dtype).eps
    assert rest[found.chosen].abs().max() <= 1e3 * eps
    assert torch.linalg.eigvalsh(rest).min() >= -1e3 * eps
    assert rest.trace().item() == pytest.approx(found.left, abs=1e4 * eps)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_copies_and_kernels_of_low_rank_end_early(dtype):
    x = points(40, 2, dtype).repeat(5, 1)
    found = rpcholesky(x, kernel=Laplace(0.5), rank=200, generator=stream(2))
    assert len(found.chosen) == 40
    assert len(x[found.chosen].unique(dim=0)) == 40
    wide = rpcholesky(points(400, 2, dtype), kernel=Gaussian(3.0), rank=400, generator=stream(3))
    assert len(wide.chosen) < 60
    assert wide.factor.isfinite().all()
    assert wide.left <= 400 * 64 * torch.finfo(dtype).eps
    one = rpcholesky(points(1, 2, dtype), kernel=Laplace(0.5), rank=3, generator=stream(4))
    assert (one.factor, one.left) == (1, 0)


def test_rounding_is_not_taken_for_a_pivot():
    x = points(2000, 2, torch.float32)
    gram = Gaussian(0.5)(x.double(), x.double())
    for seed in range(6):
        found = rpcholesky(x, kernel=Gaussian(0.5), rank=400, generator=stream(seed))
        rest = gram - (found.factor.T @ found.factor).double()
        assert rest.abs().max() <= 2 * 64 * torch.finfo(torch.float32).eps


def test_columns_are_computed_and_no_more():
    seen = []

    def kernel(a, b):
        seen.append(len(a) * len(b))
        return Laplace(0.5)(a, b)

    found = rpcholesky(points(300), kernel=kernel, rank=50, generator=stream(7), block=10)
    assert len(found.chosen) == 50
    assert sum(seen) <= 50 * 300 + 10 * 10 * (len(seen) // 2)


def test_it_stops_at_the_trace_asked_for():
    for stop in (30.0, 3.0, 400.0):
        found = rpcholesky(
            points(400), kernel=Gaussian(0.2), rank=400, generator=stream(5), block=8, stop=stop
        )
        assert found.left <= stop
        before = rpcholesky(
            points(400),
            kernel=Gaussian(0.2),
            rank=max(1, len(found.chosen) - 8),
            generator=stream(5),
            block=8,
        )
        assert before.left > stop or stop == 400
    assert found.factor.shape == (0, 400)


def test_a_rank_above_the_number_of_points_is_all_of_them():
    found = rpcholesky(points(5), kernel=Laplace(0.5), rank=50, generator=stream(8))
    assert sorted(found.chosen.tolist()) == [0, 1, 2, 3, 4]
    assert found.left == 0


def test_bad_choices_are_refused():
    ok = {"kernel": Gaussian(1.0), "rank": 3, "generator": stream(6)}
    for bad, words in (
        ({"rank": 0}, "rank must be an integer"),
        ({"block": 0}, "block must be an integer"),
        ({"stop": -1.0}, "stop must be >= 0"),
        ({"stop": float("nan")}, "stop must be a finite number"),
        ({"kernel": lambda a, b: 2 * Gaussian(1.0)(a, b)}, r"k\(x, x\) = 1, got 1 off"),
    ):
        with pytest.raises(ValueError, match=words):
            rpcholesky(points(5), **(ok | bad))
    with pytest.raises(ValueError, match="single or double precision"):
        rpcholesky(points(5).half(), **ok)
    with pytest.raises(ValueError, match="finite"):
        rpcholesky(points(5) / 0, **ok)
