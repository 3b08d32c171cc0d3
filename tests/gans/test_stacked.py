"""Many GANs at once: each as it would be alone, normalised and penalised as it says."""

import pytest
import torch
from torch.nn import functional

from ldyn.core import stream
from ldyn.gans import GANTraining, grid, ring, sliced_distance, train_gans
from ldyn.gans.game import Game

F64 = torch.float64
SHORT = {"width": 16, "batch": 16, "steps": 20, "looks": 4, "warm": 5, "settle": 5}
ARMS = {
    "none": {},
    "penalty": {"penalty": 0.25},
    "norm": {"spectral": True},
    "both": {"spectral": True, "penalty": 0.25},
    "smooth": {"spectral": True, "penalty": 0.25, "activation": "elu"},
    "saturating not": {"spectral": True, "penalty": 0.25, "loss": "non-saturating"},
    "real only": {"penalty": 0.5, "penalty_at": "real", "loss": "non-saturating"},
    "paired": {"penalty": 0.5, "loss": "relativistic", "optimiser": "adam", "latent": 3},
}


def draw(count, generator):
    return ring(count, generator=generator)


def train(rates, seeds, **choices):
    training = GANTraining(**{**SHORT, **choices})
    return train_gans(draw, torch.tensor(rates, dtype=F64), seeds=seeds, training=training)


def numbers(fit):
    return [*fit.generator, *fit.critic, fit.distance.T, fit.value, fit.gap]


@pytest.mark.parametrize("arm", ARMS)
def test_together_is_alone(arm):
    rates, seeds = [0.01, 0.1, 0.3, 0.1], [0, 1, 0, "x"]
    together = train(rates, seeds, **ARMS[arm])
    assert together.distance.shape == (4, 4)
    for j in range(4):
        alone = train(rates[j : j + 1], seeds[j : j + 1], **ARMS[arm])
        for a, b in zip(numbers(together), numbers(alone), strict=True):
            torch.testing.assert_close(a[j], b[0], rtol=1e-12, atol=1e-12)


def test_a_member_that_diverges_is_reported_and_disturbs_nobody():
    calm, wild = train([0.1, 0.1], [0, 1]), train([0.1, 1e200, 0.1], [0, 5, 1])
    assert wild.diverged.tolist() == [False, True, False]
    assert wild.distance[-1].isinf().tolist() == [False, True, False]
    for a, b in zip(numbers(calm), numbers(wild), strict=True):
        torch.testing.assert_close(a, b[[0, 2]], rtol=1e-12, atol=1e-12)


def test_a_steeper_critic_is_a_longer_step():
    gentle = train([0.3], [0], spectral=True, slope=1.0, penalty=0.6)
    steep = train([0.1], [0], spectral=True, slope=3.0, penalty=0.2)
    moved = (gentle.generator[2] - train([0.1], [0], spectral=True, penalty=0.6).generator[2]).abs()
    apart = (gentle.generator[2] - steep.generator[2]).abs()
    assert apart.max() < 1e-4 * moved.max()


def test_members_of_one_seed_and_step_are_one():
    fit = train([0.1, 0.1, 0.1], [3, 3, 4])
    assert torch.equal(fit.generator[0][0], fit.generator[0][1])
    assert not torch.equal(fit.generator[0][0], fit.generator[0][2])
    assert torch.equal(fit.sample(5, "a")[0], fit.sample(5, "a")[1])


def test_the_first_steps_are_those_of_torch():
    training = GANTraining(**{**SHORT, "steps": 1, "looks": 1, "settle": 0, "penalty": 0.25})
    fit = train_gans(draw, torch.tensor([0.1], dtype=F64), seeds=[2], training=training)
    game = Game(draw, torch.tensor([0.1], dtype=F64), [2], training)
    draws = game.draws()
    nets = [
        [p[0].clone().requires_grad_() for p in stack] for stack in (game.critic, game.generator)
    ]
    adam = torch.optim.Adam(nets[0], 1e-3, betas=(0.0, 0.9))

    def critic(x):
        a1, b1, a2, b2, a3, b3 = nets[0]
        hidden = functional.leaky_relu(functional.leaky_relu(x @ a1 + b1, 0.2) @ a2 + b2, 0.2)
        return hidden @ a3 + b3

    def fakes(z):
        a1, b1, a2, b2, a3, b3 = nets[1]
        return functional.silu(functional.silu(z @ a1 + b1) @ a2 + b2) @ a3 + b3

    for _ in range(10):
        real, noise = (t[0] for t in next(draws))
        x = torch.cat([real, fakes(noise).detach()]).requires_grad_()
        (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
        penalty = 0.25 * slope.square().sum(1).mean()
        adam.zero_grad()
        (critic(x[:16]).mean() - critic(x[16:]).mean() + penalty).backward()
        adam.step()
    moved = torch.autograd.grad(critic(fakes(next(draws)[1][0])).mean(), nets[1])
    for got, before in zip(fit.critic, nets[0], strict=True):
        torch.testing.assert_close(got[0], before.detach(), rtol=0, atol=1e-9)
    for got, before, g in zip(fit.generator, nets[1], moved, strict=True):
        torch.testing.assert_close(got[0], before.detach() - 0.1 * g, rtol=0, atol=1e-9)


def test_norms_follow_a_critic_that_trains():
    rates = torch.full((4,), 0.1, dtype=F64)
    game = Game(draw, rates, range(4), GANTraining(**{**SHORT, "spectral": True}))
    draws = game.draws()
    for _ in range(300):
        game.improve(*next(draws))
    game.norms.advance(game.critic)
    for a in game.norms.divided(game.critic)[::2]:
        assert (torch.linalg.matrix_norm(a, 2) - 1).abs().max() < 0.15


def test_a_penalty_is_taken_where_it_says():
    rates = torch.full((2,), 0.1, dtype=F64)
    real, fake = torch.randn(2, 2, 16, 2, generator=stream("where"), dtype=F64)
    slopes = []
    for x in (real, fake):
        game = Game(draw, rates, [0, 1], GANTraining(**SHORT))
        points = x.clone().requires_grad_()
        (slope,) = torch.autograd.grad(game.phi(points).sum(), points)
        slopes.append(slope.square().sum(2).mean(1))
    plain = game.objective(real, fake, graph=False)
    for where, expected in (("real", slopes[0]), ("both", (slopes[0] + slopes[1]) / 2)):
        game = Game(draw, rates, [0, 1], GANTraining(**SHORT, penalty=0.7, penalty_at=where))
        found = (plain - game.objective(real, fake, graph=False)) / 0.7
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=0)


def test_adam_moves_a_generator_by_its_rate_at_first():
    fit = train([0.01, 0.02], [3, 3], steps=1, looks=1, optimiser="adam")
    game = Game(draw, torch.tensor([0.01, 0.02], dtype=F64), [3, 3], GANTraining(**SHORT))
    for got, before in zip(fit.generator, game.generator, strict=True):
        moved = (got - before).abs().flatten(1).amax(1)
        torch.testing.assert_close(moved, torch.tensor([0.01, 0.02], dtype=F64), rtol=1e-3, atol=0)


def test_samples_may_have_any_dimension():
    centre = torch.arange(5.0)

    def five(count, generator):
        return centre + 0.1 * torch.randn(count, 5, generator=generator)

    training = GANTraining(
        **{**SHORT, "steps": 400, "width": 32}, spectral=True, penalty=0.25, latent=4
    )
    seen = []

    def judge(real, fake):
        seen.append((real.shape, fake.shape))
        return sliced_distance(real, fake)

    fit = train_gans(five, torch.tensor([0.1, 0.1]), seeds=[0, 1], training=training, judge=judge)
    assert seen == [(torch.Size([2, 1000, 5]),) * 2] * 4
    assert fit.sample(7, "five").shape == (2, 7, 5)
    assert fit.distance[-1].max() < 0.05 * centre.square().mean()  # that of data and zero
    with pytest.raises(ValueError, match="must return"):
        train_gans(lambda n, g: torch.zeros(n), torch.tensor([0.1]), seeds=[0], training=training)
    with pytest.raises(ValueError, match="finite"):
        train_gans(
            lambda n, g: torch.full((n, 2), float("nan")),
            torch.tensor([0.1]),
            seeds=[0],
            training=training,
        )


def test_training_runs_on_one_thread_and_gives_the_others_back():
    seen, before = [], torch.get_num_threads()

    def watched(count, generator):
        seen.append(torch.get_num_threads())
        return draw(count, generator)

    torch.set_num_threads(2)
    try:
        training = GANTraining(**SHORT)
        train_gans(watched, torch.tensor([0.1]), seeds=[0], training=training)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert set(seen[1:]) == {1}


def test_training_brings_the_generator_to_the_data():
    fit = train([0.1], [0], steps=400, width=32, batch=64, spectral=True, penalty=0.25, looks=2)
    assert fit.distance[-1].item() < 0.3
    assert fit.value.item() > 0
    assert not fit.diverged.any()


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"loss": "hinge"}, "loss must be one of"),
        ({"penalty_at": "fake"}, "penalty_at must be one of"),
        ({"optimiser": "sgd"}, "optimiser must be one of"),
        ({"latent": 0}, "latent must be an integer"),
        ({"activation": "relu"}, "activation must be one of"),
        ({"batch": 0}, "batch must be an integer"),
        ({"penalty": -1.0}, "penalty must be a finite number >= 0"),
        ({"penalty": float("nan")}, "penalty must be a finite number"),
        ({"slope": 0.0}, "slope must be a finite number > 0"),
        ({"steps": 15, "looks": 4}, "multiple of looks"),
    ],
)
def test_bad_choices_say_what_to_do(choices, message):
    with pytest.raises(ValueError, match=message):
        GANTraining(**choices)


def test_bad_rates_and_samples_say_what_to_do():
    for rates, seeds in (([0.1], [0, 1]), ([0.0], [0]), ([], [])):
        with pytest.raises(ValueError, match="rates must be"):
            train(rates, seeds)
    with pytest.raises(ValueError, match="n = 3 as in x"):
        sliced_distance(torch.zeros(1, 3, 2), torch.zeros(1, 4, 2))
    with pytest.raises(ValueError, match="side must be an integer"):
        grid(3, side=0, generator=stream("grid"))
