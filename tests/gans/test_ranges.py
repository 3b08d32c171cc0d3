"""What lies outside of a function's range is refused, or has the answer of its limit."""

import math

import pytest
import torch
from public.gans_samples import TINY, cloud, draw

from ldyn.core import stream
from ldyn.gans import (
    GANTraining,
    Smoothness,
    TinyGAN,
    dirac,
    kernel_norm,
    particle_descent,
    penalty_series,
    play,
    search_largest,
    sinkhorn_slope,
    sliced_distance,
    train_gans,
)
from ldyn.gans.conventions import entropic_plan

F64 = torch.float64


def test_where_critics_never_change_no_step_is_too_long():
    assert Smoothness(slope=1.0, curvature=0.0, sensitivity=0.0).particle_step() == math.inf
    assert Smoothness(slope=1.0, curvature=math.inf, sensitivity=0.0).particle_step() == 0


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        (TinyGAN, {"centre": 0.5}, "centre needs a penalty"),
        (TinyGAN, {"penalty": 1.0, "centre": -0.5}, "centre must be a finite number > 0"),
        (TinyGAN, {"penalty": 1.0, "centre": math.inf}, "centre must be a finite number"),
        (TinyGAN, {"penalty": True}, "penalty must be a number, got True"),
        (TinyGAN, {"noise": math.nan}, "noise must be a finite number, got nan"),
        (TinyGAN, {"model": 3}, "model must be a str"),
        (GANTraining, {"spectral": "no"}, "spectral must be a bool, got 'no'"),
        (GANTraining, {"penalty": "0.1"}, "penalty must be a number, got '0.1'"),
        (GANTraining, {"critic_rate": math.nan}, "critic_rate must be a finite number"),
        (GANTraining, {"steps": 10.0}, "steps must be an integer"),
        (GANTraining, {"warm": -1}, "warm must be an integer >= 0"),
        (Smoothness, {"slope": True, "curvature": 1.0, "sensitivity": 1.0}, "slope must be a"),
    ],
)
def test_a_record_holds_what_its_annotations_say(kind, fields, told):
    with pytest.raises(ValueError, match=told):
        kind(**fields)


def test_numbers_of_numpy_and_torch_become_pythons():
    steps = torch.tensor(20)
    training = GANTraining(steps=steps, penalty=torch.tensor(0.5, dtype=F64))
    assert (type(training.steps), training.penalty) == (int, 0.5)


@pytest.mark.parametrize("eps", [1e-320, 1e-3, 0.02])
def test_a_regularisation_for_which_sinkhorn_has_no_answer_is_refused(eps):
    x = torch.rand(3, 2, generator=stream("near"), dtype=F64)
    for debiased in (False, True):
        with pytest.raises(ValueError, match="regularisation must be larger"):
            sinkhorn_slope(x, cloud(4, "mu"), cloud(5, "data"), regularisation=eps, iterations=3,
                           debiased=debiased)  # fmt: skip


def test_points_without_weight_do_not_matter():
    (a, log_a), data, x = cloud(4, "mu"), cloud(5, "data"), torch.rand(2, 2, dtype=F64)
    more = torch.cat([a, a[:1] + 1]), torch.cat([log_a, torch.tensor([-math.inf], dtype=F64)])
    for debiased in (False, True):
        found, again = (
            sinkhorn_slope(x, mu, data, regularisation=1.0, debiased=debiased)
            for mu in ((a, log_a), more)
        )
        torch.testing.assert_close(found, again)


@pytest.mark.parametrize("field", [lambda x: x[:1], lambda x: x.sum(), lambda x: x.float()])
def test_a_field_of_another_shape_or_precision_is_refused(field):
    start = torch.ones(3, 2, dtype=F64)
    with pytest.raises(ValueError, match=r"field must keep the shape \(3, 2\)"):
        particle_descent(field, start, step=0.1, steps=2, looks=1)
    with pytest.raises(ValueError, match=r"field must keep the shape \(2, 2\)"):
        play(field, start[:2], step=0.1, steps=2, rule="simultaneous")


def test_steps_are_not_broadcast_beyond_the_states():
    start = torch.ones(2, 3, dtype=F64)
    for step in (torch.ones(3, 1), torch.ones(2, 3), torch.ones(2)):
        with pytest.raises(ValueError, match=r"step must be > 0, one number or \(3,\)"):
            play(TinyGAN().field, start, step=step.double(), steps=1, rule="alternating")
    one, game = torch.ones(3, 1, dtype=F64), TinyGAN()
    path = play(game.field, start[..., None], step=one, steps=1, rule="alternating")
    assert path.shape == (2, 2, 3, 1)


def test_a_play_that_diverges_is_followed_to_the_end():
    start = torch.full((2,), 1e300, dtype=F64)
    game = TinyGAN(loss="wasserstein", penalty=1.0)
    path = play(game.field, start, step=1e10, steps=5, rule="simultaneous")
    assert not path[-1].isfinite().any()


def test_starts_with_a_gradient_are_starts():
    starts = torch.ones(2, 1, dtype=F64, requires_grad=True)
    assert search_largest(lambda p: -p.square().sum(1), 1 * starts, steps=5) <= 0
    assert starts.grad is None


def test_pairs_far_apart_add_nothing_to_a_series():
    near, c = torch.zeros(1, 1, dtype=F64), torch.tensor([1.0, 2.0], dtype=F64)
    far = torch.tensor([[0.0], [1e9]], dtype=F64)
    found = penalty_series(far, c, bandwidth=1.0, terms=60)
    alone = penalty_series(near, c[:1], bandwidth=1.0, terms=60)
    torch.testing.assert_close(found, 5 * alone)


def test_measures_that_a_kernel_does_not_tell_apart_are_at_no_distance():
    """The square is of the size of rounding, and of any sign."""
    v, data = torch.rand(5, generator=stream("feature"), dtype=F64), torch.full((5,), 0.2).double()
    loss = kernel_norm(torch.outer(v, v))
    for k in range(20):
        move = torch.randn(5, generator=stream("move", k), dtype=F64)
        mu = data + 0.01 * (move - (move @ v) / (v @ v) * v)
        assert 0 <= loss.value(mu, data) < 1e-8


def test_a_judge_gives_one_distance_a_member():
    rates = torch.tensor([0.1, 0.2], dtype=F64)
    with pytest.raises(ValueError, match=r"judge must give one distance a member, \(2,\)"):
        train_gans(draw, rates, seeds=[0, 1], training=TINY, judge=lambda x, y: x.mean())
    with pytest.raises(ValueError, match="directions"):
        sliced_distance(torch.ones(1, 3, 2), torch.ones(1, 3, 2), directions=0)
    with pytest.raises(ValueError, match="count"):
        train_gans(draw, rates, seeds=[0, 1], training=TINY).sample(0)


def test_a_plan_at_rest_is_that_of_all_iterations():
    """The first potential may be zero and the other one not yet."""
    cost = torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]], dtype=F64)
    for given in (cost, cost - cost.exp().mean(1, keepdim=True).log()):
        plan, _ = entropic_plan(given, regularisation=1.0)
        assert torch.allclose(plan.sum(1), torch.full((3,), 1 / 3, dtype=F64))
        assert torch.allclose(plan.sum(0), torch.full((2,), 1 / 2, dtype=F64))


@pytest.mark.parametrize("loss", ["minimax", "non-saturating", "wasserstein", "relativistic"])
@pytest.mark.parametrize(
    ("model", "noise", "near"),
    [("dirac", 0.1, 3), ("dirac", 1.0, 3), ("dirac", 3.0, 3), ("gaussian", 0.0, 1)],
)
@pytest.mark.parametrize("dtype", [torch.float32, F64])
def test_expectations_are_as_accurate_as_is_said(monkeypatch, loss, model, noise, near, dtype):
    theta, share = torch.cartesian_prod(*torch.tensor([[0.2, 1, 1.5, 3], [-1, -0.4, 0.7, 1]])).T
    unit = share / (noise or theta.square().clamp(min=1))
    game = TinyGAN(model=model, loss=loss, noise=noise)
    states = [torch.stack([theta, reach * unit]).to(dtype) for reach in (near, 100)]
    found = [game.field(s).double() for s in states]
    assert game.field(states[0]).dtype == dtype
    z = torch.linspace(-9, 9, 451, dtype=F64)
    w = (-z.square() / 2).exp()
    monkeypatch.setattr(dirac, "_quadrature", lambda: (z, w / w.sum()))
    for v, state, error in zip(found, states, (1e-6, 0.25), strict=True):
        exact = torch.stack([game.field(s) for s in state.double().T], 1)
        assert ((v - exact).abs() <= error * (1 + exact.abs())).all()
