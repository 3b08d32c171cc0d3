"""Many networks at once equal each alone; divergence stays with its member; the best is kept."""

import math

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

from ldyn.core import stream
from ldyn.nets import Training, fit_net, fit_nets, initialise

SMALL = Training(hidden=(6, 5), steps=60, batch=16, check_every=20, rate=1e-2)
RECORDS = ("train", "valid", "best_step", "diverged", "centre", "scale")


def data(k=3, n=40, d=2):
    draw = stream("nets", k, n, d)
    x = torch.rand(k, n, d, generator=draw, dtype=torch.float64)
    noise = torch.randn(k, n, generator=draw, dtype=torch.float64)
    return x, (x[..., 0] >= 0.4).double() + 0.3 * noise


@pytest.mark.parametrize("validation", [0.0, 0.2])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_together_equals_alone(validation, activation):
    x, y = data()
    choices = Training(
        hidden=(6, 5), steps=60, batch=16, check_every=20, activation=activation,
        validation=validation,
    )  # fmt: skip
    together = fit_nets(x, y, seeds=["a", "b", "c"], training=choices)
    new = data(k=1, n=50)[0][0]
    for j, seed in enumerate(["a", "b", "c"]):
        alone = fit_nets(x[j : j + 1], y[j : j + 1], seeds=[seed], training=choices)
        for p, q in zip(together.parameters, alone.parameters, strict=True):
            torch.testing.assert_close(p[j], q[0], rtol=0, atol=1e-12)
        for name in RECORDS:
            whole, part = getattr(together, name), getattr(alone, name)
            torch.testing.assert_close(whole[..., j], part[..., 0], rtol=0, atol=1e-12)
        single = fit_net(x[j], y[j], seed=seed, training=choices)
        torch.testing.assert_close(single(new), together.predict(new)[j], rtol=0, atol=1e-12)


def test_a_run_is_its_loop_written_out():
    (x,), (y,) = data(k=1)
    choices = Training(
        hidden=(5,), activation="tanh", steps=7, batch=8, check_every=3, rate=0.05, decay=0.5,
        validation=0.0,
    )  # fmt: skip
    fit = fit_nets(x[None], y[None], seeds=["by hand"], training=choices)
    order = torch.randperm(40, generator=stream("split", "by hand"))
    z, target = 2 * x[order] - 1, (y[order] - y.mean()) / y.std()
    weights = initialise((2, 5, 1), ["by hand"], like=x, activation="tanh")
    a, b, c, d = (w[0].clone().requires_grad_() for w in weights)
    walk = torch.optim.AdamW([a, b, c, d], weight_decay=0.5)
    draw, peak, rows = stream("minibatches", "by hand"), 0.3 * 8 - 1, None
    for step in range(7):
        if step % 3 == 0:
            rows = torch.randint(40, (3, 8), generator=draw)
        # one cycle: half a cosine up from rate/25, and half a cosine down to 10⁻⁴ of that
        start, end, way = 0.002, 0.05, step / peak
        if step > peak:
            start, end, way = 0.05, 2e-7, (step - peak) / (7 - peak)
        walk.param_groups[0]["lr"] = end + (start - end) * (1 + math.cos(math.pi * way)) / 2
        batch = rows[step % 3]
        walk.zero_grad()
        error = ((z[batch] @ a + b).tanh() @ c + d)[:, 0] - target[batch]
        error.square().mean().backward()
        walk.step()
    for p, q in zip((a, b, c, d), fit.parameters, strict=True):
        torch.testing.assert_close(q[0].detach(), p.detach(), rtol=0, atol=1e-12)


def test_a_batch_is_no_larger_than_the_sample():
    x, y = data(k=1, n=10)
    small, large = (
        fit_nets(x, y, seeds=[0], training=Training(hidden=(3,), steps=5, batch=b))
        for b in (8, 1000)
    )
    assert torch.equal(small.predict(x), large.predict(x))


@pytest.mark.parametrize("scale", [1e160, 1e300])
def test_a_diverging_member_is_reported_and_leaves_the_others_alone(scale):
    x, y = data()
    calm = fit_nets(x, y, seeds=[0, 1, 2], training=SMALL)
    wild = y.clone()
    wild[1] *= scale
    fit = fit_nets(x, wild, seeds=[0, 1, 2], training=SMALL)
    assert fit.diverged.tolist() == [False, True, False]
    assert not calm.diverged.any()
    for j in (0, 2):
        for p, q in zip(fit.parameters, calm.parameters, strict=True):
            torch.testing.assert_close(p[j], q[j], rtol=0, atol=1e-12)
        torch.testing.assert_close(fit.valid[:, j], calm.valid[:, j], rtol=0, atol=1e-12)
        assert fit.best_step[j] == calm.best_step[j]
    assert all(p.isfinite().all() for p in fit.parameters)


def test_a_member_whose_responses_overflow_is_reported():
    x, y = data()
    huge = y.clone()
    huge[2] *= 1e200
    fit = fit_nets(x, huge, seeds=[0, 1, 2], training=SMALL)
    assert fit.diverged.tolist() == [False, False, True]


def test_a_rate_at_which_descent_explodes_is_reported_and_finite_weights_are_kept():
    x, y = data()
    choices = Training(hidden=(6, 5), steps=60, batch=16, check_every=20, rate=1e200)
    fit = fit_nets(x, y, seeds=[0, 1, 2], training=choices)
    assert fit.diverged.all()
    assert fit.best_step.tolist() == [0, 0, 0]
    assert fit.predict(x).isfinite().all()


def test_early_stopping_keeps_the_best_look_of_each_member():
    x, y = data(k=4)
    choices = Training(hidden=(16, 16), steps=400, batch=32, check_every=10, rate=3e-2)
    fit = fit_nets(x, y, seeds=range(4), training=choices)
    assert fit.valid.shape == fit.train.shape == (41, 4)
    least = fit.valid.argmin(0)
    assert torch.equal(fit.best_step, least * 10)
    # 32 training points and noise: the last look is not the best one
    assert (fit.best_step < 400).all()
    # the kept weights have the validation risk of the best look, on the held-out part itself
    for j in range(4):
        order = torch.randperm(40, generator=stream("split", j))[:8]
        held = (fit.member(j)(x[j, order]) - y[j, order]).square().mean()
        torch.testing.assert_close(held, fit.valid[least[j], j], rtol=1e-12, atol=0)


def test_without_validation_the_last_weights_are_kept():
    x, y = data()
    choices = Training(hidden=(6, 5), steps=45, batch=2, check_every=20, validation=0.0, rate=1.0)
    fit = fit_nets(x, y, seeds=[0, 1, 2], training=choices)
    assert (fit.train.argmin(0) < 3).any(), "the last look should not be the best one here"
    assert fit.best_step.tolist() == [45, 45, 45]
    assert len(fit.valid) == 4
    torch.testing.assert_close(fit.valid, fit.train, rtol=0, atol=1e-15)
    last = (fit.predict(x) - y).square().mean(1)
    torch.testing.assert_close(last, fit.train[-1], rtol=1e-12, atol=0)


def test_members_and_predictions_agree():
    x, y = data()
    fit = fit_nets(x, y, seeds=[0, 1, 2], training=SMALL)
    own, shared = fit.predict(x), fit.predict(x[0])
    assert own.shape == shared.shape == (3, 40)
    for j in range(3):
        torch.testing.assert_close(fit.member(j)(x[j]), own[j], rtol=0, atol=1e-14)
        torch.testing.assert_close(fit.member(j)(x[0]), shared[j], rtol=0, atol=1e-14)
    for j in (3, -1):
        with pytest.raises(ValueError, match=rf"member must be 0 … 2, got {j}; try"):
            fit.member(j)


def test_a_seed_names_the_whole_run():
    x, y = data(k=1)
    one, same, other = (fit_net(x[0], y[0], seed=s, training=SMALL)(x[0]) for s in (5, 5, 6))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_shifted_and_scaled_responses_give_shifted_and_scaled_networks():
    x, y = data()
    plain = fit_nets(x, y, seeds=[0, 1, 2], training=SMALL)
    moved = fit_nets(x, 8 * y + 4, seeds=[0, 1, 2], training=SMALL)
    torch.testing.assert_close(moved.predict(x), 8 * plain.predict(x) + 4, rtol=0, atol=1e-10)
    torch.testing.assert_close(moved.valid, 64 * plain.valid, rtol=1e-10, atol=0)


def test_training_learns_a_line():
    x = torch.rand(1, 200, 1, generator=stream("line"), dtype=torch.float64)
    fit = fit_nets(x, 3 * x[..., 0] - 1, seeds=[0], training=Training(hidden=(16,), steps=1000))
    assert (fit.predict(x) - (3 * x[..., 0] - 1)).abs().max() < 0.1


def test_constant_responses_are_reproduced():
    x, _ = data()
    fit = fit_nets(x, torch.full((3, 40), 2.0).double(), seeds=[0, 1, 2], training=SMALL)
    assert not fit.diverged.any()
    torch.testing.assert_close(fit.predict(x), torch.full((3, 40), 2.0).double(), atol=1e-6, rtol=0)


@given(
    field=st.sampled_from(["steps", "batch", "check_every"]),
    value=st.sampled_from([0, -3, 1.5, True, "many"]),
)
@settings(max_examples=25)
def test_counts_are_counts(field, value):
    with pytest.raises(ValueError, match=f"{field} must be an integer >= 1, got .*; try"):
        Training(**{field: value})


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"rate": 0.0}, "rate must be a finite number > 0"),
        ({"rate": float("nan")}, "rate must be a finite number > 0"),
        ({"validation": 1.0}, r"share in \[0, 1\), got 1.0; try 0.2"),
        ({"validation": float("nan")}, r"share in \[0, 1\), got nan; try 0.2"),
        ({"decay": -0.1}, "decay must be a finite number >= 0, got -0.1; try"),
        ({"decay": float("inf")}, "decay must be a finite number >= 0, got inf; try"),
        ({"hidden": ()}, r"hidden must name .*; try"),
        ({"hidden": (8, 0)}, "hidden.*integer >= 1"),
        ({"activation": "swish"}, "activation must be one of gelu"),
    ],
)
def test_bad_choices_are_refused(choice, says):
    with pytest.raises(ValueError, match=says):
        Training(**choice)


@pytest.mark.parametrize(("rate", "scale"), [(1e30, 1.0), (5e-3, 1e200)])
def test_one_net_that_diverges_is_no_predictor(rate, scale):
    x, y = data(k=1, n=40)
    training = Training(hidden=(3,), steps=40, check_every=5, rate=rate)
    with pytest.raises(ValueError, match=r"loss finite, got .* at rate .*; try a smaller rate"):
        fit_net(x[0], scale * y[0], training=training)
    stack = fit_nets(x, scale * y, seeds=[0], training=training)
    assert stack.diverged.tolist() == [True]


def test_points_outside_the_cube_are_refused():
    x, y = data(k=1, n=40)
    with pytest.raises(ValueError, match=r"x must lie in the unit cube, got .*; try"):
        fit_net(2 * x[0], y[0], training=SMALL)
    with pytest.raises(ValueError, match=r"x must lie in the unit cube"):
        fit_net(x[0], y[0], training=SMALL)(x[0] - 1)


def test_bad_stacks_are_refused():
    x, y = data()
    for bad in ((x[0], y[0], [0]), (x, y[:2], [0, 1, 2]), (x, y, [0, 1]), (x[:0], y[:0], [])):
        with pytest.raises(ValueError, match=r"expected k = 3 seeds.*fit_net|of shape \(k, n"):
            fit_nets(bad[0], bad[1], seeds=bad[2], training=SMALL)
    with pytest.raises(ValueError, match=r"x must be a torch tensor, got list"):
        fit_nets([[0.0]], y, seeds=[0, 1, 2], training=SMALL)
    with pytest.raises(ValueError, match="finite"):
        fit_nets(x, y / 0, seeds=[0, 1, 2], training=SMALL)
    with pytest.raises(ValueError, match="at least 4"):
        fit_nets(x[:, :3], y[:, :3], seeds=[0, 1, 2], training=SMALL)
    for share in (0.01, 0.75, 0.9):
        few = Training(validation=share, steps=5)
        with pytest.raises(ValueError, match="validation share"):
            fit_nets(x[:, :4], y[:, :4], seeds=[0, 1, 2], training=few)
