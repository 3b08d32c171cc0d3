"""CGNN: its score, its stack, its gradient, and what it decides on clear pairs."""

import itertools
import math

import pytest
import torch

from ldyn.causal import CGNN, CGNNLosses
from ldyn.causal.cgnn import _slope
from ldyn.core import stream
from ldyn.kernels import MultiGaussian, mean_features, squared_mmd
from ldyn.nets import forward

QUICK = CGNN(hidden=5, runs=2, steps=8)


def pairs(k, n, dtype=torch.float64):
    draw = stream("cgnn test", k, n)
    x = torch.randn(k, n, generator=draw, dtype=torch.float64)
    y = x**2 + 0.4 * torch.randn(k, n, generator=draw, dtype=torch.float64)
    return x.to(dtype), y.to(dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("n", [10, 57, 300])
def test_exchanging_the_columns_turns_the_sign_to_the_last_bit(dtype, n):
    x, y = (c[0] for c in pairs(1, n, dtype))
    there, back = QUICK.score(x, y), QUICK.score(y, x)
    assert there == -back
    assert there != 0


def test_many_rows_and_ties():
    x, y = (c[0].round(decimals=1) for c in pairs(1, 100_000))
    one = CGNN(hidden=2, runs=1, steps=1)
    assert one.score(x, y) == -one.score(y, x)


def test_identical_columns_have_no_direction_even_if_rounding_tells_the_members_apart(monkeypatch):
    x, y = (c[0] for c in pairs(1, 40))
    assert QUICK.score(x, x) == 0

    def rounded(parameters, runs, data):
        return (
            torch.tensor([1.0, 1.0 + 1e-6]).repeat(len(data) // 2, 1)[..., None].repeat(1, 1, runs)
        )

    monkeypatch.setattr("ldyn.causal.cgnn._judged", rounded)
    assert QUICK.score(x, x) == 0
    assert QUICK.score(x, y) == -QUICK.score(y, x) != 0


def test_shift_and_scale_do_not_matter():
    x, y = (c[0] for c in pairs(1, 60))
    there = QUICK.score(x, y)
    assert QUICK.score(4 * x, y / 8) == there
    assert QUICK.score(3.7 * x - 2, 0.01 * y + 5) == pytest.approx(there, rel=1e-4)
    assert QUICK.score(x.float(), y.float()) == pytest.approx(there, rel=1e-4)


def test_pairs_together_are_pairs_alone():
    x, y = pairs(5, 30)
    cgnn = CGNN(hidden=4, runs=2, steps=20)
    together = cgnn.losses(x, y)
    turned = cgnn.losses(y, x)
    for name in ("trained", "untrained", "constant"):
        whole = getattr(together, name)
        alone = torch.cat(
            [getattr(cgnn.losses(x[j : j + 1], y[j : j + 1]), name) for j in range(5)]
        )
        torch.testing.assert_close(whole, alone, rtol=0, atol=1e-12)
        assert torch.equal(whole, getattr(turned, name).flip(1))


def test_a_run_does_not_notice_the_others():
    x, y = pairs(2, 30)
    few, many = (CGNN(hidden=4, runs=r, steps=20).losses(x, y).trained for r in (1, 3))
    torch.testing.assert_close(many[:, :, :1], few, rtol=0, atol=1e-12)


def test_a_chunk_of_pairs_does_not_notice_the_others(monkeypatch):
    x, y = pairs(3, 20)
    whole = QUICK.losses(x, y).trained
    monkeypatch.setattr("ldyn.causal.cgnn._ANGLES", 1)
    torch.testing.assert_close(QUICK.losses(x, y).trained, whole, rtol=0, atol=1e-12)


def test_a_run_that_diverges_is_left_out():
    losses = torch.tensor([[[1.0, math.nan], [3.0, 2.0]], [[1.0, 1.0], [math.inf, math.nan]]])
    found = CGNNLosses(trained=losses, untrained=losses, constant=losses[:, :, :1]).scores()
    assert found.tolist() == [0.5, 0.0]


def test_a_pair_that_diverges_disturbs_nobody(monkeypatch):
    """The weights of the first pair's runs are spoiled: the second pair gets what it got."""
    import ldyn.causal.cgnn as module

    x, y = pairs(2, 30)
    right, starts = QUICK.losses(x, y).trained, module._starts

    def spoiled(hidden, runs, data):
        parameters = starts(hidden, runs, data)
        for p in parameters:
            p[: 2 * runs] = math.nan
        return parameters

    monkeypatch.setattr(module, "_starts", spoiled)
    found = QUICK.losses(x, y).trained
    assert found[0].isnan().all()
    torch.testing.assert_close(found[1], right[1], rtol=0, atol=1e-12)


def test_the_slope_is_the_gradient():
    draw = stream("slope")
    fake = torch.randn(4, 9, 2, generator=draw, dtype=torch.float64, requires_grad=True)
    data = torch.randn(2, 9, 2, generator=draw, dtype=torch.float64)
    w = torch.randn(7, 2, generator=draw, dtype=torch.float64)
    real = mean_features(data, frequencies=w)
    loss = (mean_features(fake, frequencies=w) - real.repeat_interleave(2, 0)).square().sum()
    (expected,) = torch.autograd.grad(loss, fake)
    torch.testing.assert_close(_slope(fake.detach(), real, w), expected, rtol=0, atol=1e-14)


def test_the_judges_estimate_the_exact_distance():
    """The generator that answers 0: MMD² by features against that of the kernel."""
    x, y = ((c - c.mean()) / c.std(correction=0) for c in (z[0] for z in pairs(1, 200)))
    found = CGNN(hidden=1, runs=1, steps=1).losses(x[None], y[None]).constant[0, :, 0]
    kernel, o = MultiGaussian(1.0), torch.zeros_like(x)
    for got, (a, b) in zip(found, ((x, y), (y, x)), strict=True):
        exact = squared_mmd(torch.stack([a, b], 1), torch.stack([a, o], 1), kernel=kernel)
        assert abs(got / exact - 1) < 0.1


def test_a_parabola_is_recognised():
    x, y = pairs(4, 100, torch.float32)
    losses = CGNN(runs=2, steps=150).losses(x, y)
    assert (losses.scores() > 0).all()
    assert (losses.trained.mean(2) < losses.untrained.mean(2)).all()


def test_as_many_units_as_gaps_learn_a_sample_by_heart_in_both_directions():
    """thm-capacity (3): the broken line through n points has n − 1 units and the loss 0."""
    for a, b in itertools.permutations(c[0] for c in pairs(1, 12)):
        x, order = a.sort()
        slopes = b[order].diff() / x.diff()
        first = torch.stack([torch.ones(11).double(), torch.zeros(11).double()])  # no noise
        bends = torch.cat([slopes[:1], slopes.diff()])
        net = [first, -x[None, :-1], bends[:, None], b[order[:1]][None]]
        e = torch.randn(12, generator=stream("by heart")).double()
        made = forward([p[None] for p in net], torch.stack([a, e], 1)[None])[0, :, 0]
        torch.testing.assert_close(made, b, rtol=0, atol=1e-12)


def test_two_units_one_way_and_four_the_other():
    """Of ex-two-units: y = |x|, and x = ±y from y and noise, up to rare mistakes."""
    x, e = torch.randn(2, 10_000, generator=stream("four units"), dtype=torch.float64)
    y, steep = x.abs(), 1e5

    def unit(a, b):
        return torch.relu(a * y + b * steep * e)

    made = unit(1, 1) - unit(0, 1) - unit(1, -1) + unit(0, -1)
    assert torch.equal(torch.relu(x) + torch.relu(-x), y)
    assert ((made - y * e.sign()).abs() < 1e-9).double().mean() > 0.999


def test_bad_input_is_refused():
    x, y = (c[0] for c in pairs(1, 20))
    with pytest.raises(ValueError, match="at least 10 rows"):
        QUICK.score(x[:9], y[:9])
    with pytest.raises(ValueError, match="is constant"):
        QUICK.score(x, torch.ones(20))
    with pytest.raises(ValueError, match="NaN"):
        QUICK.score(x.log(), y)
    with pytest.raises(ValueError, match="one length"):
        QUICK.score(x, y[1:])
    with pytest.raises(ValueError, match="column of numbers"):
        QUICK.score(["a"] * 20, y)
    with pytest.raises(ValueError, match="hidden must be"):
        CGNN(hidden=0)
    with pytest.raises(ValueError, match="rate must be"):
        CGNN(rate=0.0)


@pytest.mark.gpu
def test_the_same_code_runs_on_cuda():
    x, y = pairs(2, 60)
    there = QUICK.losses(x.cuda(), y.cuda()).trained
    torch.testing.assert_close(there.cpu(), QUICK.losses(x, y).trained, rtol=1e-6, atol=1e-9)
