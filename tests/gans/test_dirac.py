"""GANs of two numbers: fields against values, Jacobians, and the longest steps by playing."""

import math

import pytest
import torch
from torch.func import grad, jacrev

from ldyn.core import stream
from ldyn.gans import TinyGAN, play, step_limit, step_matrix

F64 = torch.float64

METHODS = {
    "minimax": TinyGAN(),
    "non-saturating": TinyGAN(loss="non-saturating"),
    "Wasserstein": TinyGAN(loss="wasserstein"),
    "relativistic": TinyGAN(loss="relativistic"),
    "R1": TinyGAN(penalty=0.3),
    "R2, overdamped": TinyGAN(penalty=1.7, on="fakes"),
    "Wasserstein, R1": TinyGAN(loss="wasserstein", penalty=0.5),
    "relativistic, R1 and R2": TinyGAN(loss="relativistic", penalty=0.2, on="both"),
    "instance noise": TinyGAN(noise=0.7),
    "consensus": TinyGAN(consensus=0.6),
    "consensus and R1": TinyGAN(consensus=0.6, penalty=0.4),
    "generator's": TinyGAN(generator=0.8),
    "generator's, noise": TinyGAN(generator=0.8, noise=1.1),
    "Gaussian": TinyGAN(model="gaussian"),
    "Gaussian, Wasserstein": TinyGAN(model="gaussian", loss="wasserstein"),
    "Gaussian, Wasserstein, R1": TinyGAN(model="gaussian", loss="wasserstein", penalty=0.2),
    "Gaussian, relativistic": TinyGAN(model="gaussian", loss="relativistic"),
    "Gaussian, R1": TinyGAN(model="gaussian", penalty=0.1),
    "Gaussian, R2": TinyGAN(model="gaussian", penalty=0.1, on="fakes"),
    "Gaussian, relativistic, R1 and R2": TinyGAN(
        model="gaussian", loss="relativistic", penalty=0.3, on="both"
    ),
    "Gaussian, consensus": TinyGAN(model="gaussian", consensus=0.2),
    "Gaussian, generator's": TinyGAN(model="gaussian", loss="wasserstein", generator=0.5),
}


def by_eigenvalue(a):
    values = torch.linalg.eigvals(a)
    return values[torch.argsort(values.real * 1e3 + values.imag)]


@pytest.mark.parametrize("name", METHODS)
def test_eigenvalues_are_those_of_the_field_by_automatic_differentiation(name):
    game = METHODS[name]
    found = jacrev(game.field)(game.goal)
    assert game.field(game.goal).abs().max() < 1e-14
    assert torch.allclose(game.jacobian(), found, rtol=0, atol=1e-10)
    off = by_eigenvalue(game.jacobian()) - by_eigenvalue(found)
    assert off.abs().max() < 1e-10


@pytest.mark.parametrize("model", ["dirac", "gaussian"])
@pytest.mark.parametrize("loss", ["minimax", "non-saturating", "wasserstein", "relativistic"])
def test_the_field_is_made_of_the_gradients_of_both_values(model, loss):
    """By a sum over the noise five times as fine as the library's."""
    game = TinyGAN(model=model, loss=loss, penalty=0.3, on="both")
    z = torch.linspace(-9, 9, 241, dtype=F64)
    w = torch.exp(-(z**2) / 2)
    w = w / w.sum()
    if model == "dirac":
        z, w = z[:1] * 0, w[:1] * 0 + 1
    f = (lambda t: t) if loss == "wasserstein" else torch.nn.functional.logsigmoid

    def values(state):
        theta, psi = state
        fake, data = (theta + 0 * z, 0 * z) if model == "dirac" else (theta**2 * z**2, z**2)
        slopes = 2 if model == "dirac" else 4 * (1 + theta**2)
        fine = 0.3 / 2 * slopes * psi**2
        if loss == "relativistic":
            gap = psi * (fake[:, None] - data)
            both = w[:, None] * w
            return -(both * f(-gap)).sum(), (both * f(gap)).sum() - fine
        value = (w * (f(psi * fake) + f(-psi * data))).sum()
        lowered = -(w * f(-psi * fake)).sum() if loss == "non-saturating" else value
        return lowered, value - fine

    for state in 0.7 * torch.randn(5, 2, generator=stream("fields"), dtype=F64) + game.goal:
        down = grad(lambda s: values(s)[0])(state)[0]
        up = grad(lambda s: values(s)[1])(state)[1]
        # the poles of a sigmoid of a square limit the library's coarser sum
        assert torch.allclose(game.field(state), torch.stack([-down, up]), rtol=0, atol=1e-6)


def test_noise_consensus_and_the_generators_gradient_are_what_they_say():
    state = torch.tensor([0.8, -0.6], dtype=F64)
    draw = 0.7 * torch.randn(2, 400_000, generator=stream("noise"), dtype=F64)
    theta, psi = state
    fake, data = theta + draw[0], draw[1]
    up = fake * torch.sigmoid(-psi * fake) - data * torch.sigmoid(psi * data)
    down = -psi * torch.sigmoid(-psi * fake)
    found = TinyGAN(noise=0.7).field(state)
    for one, many in zip(found, (down, up), strict=True):
        assert (one - many.mean()).abs() < 4 * many.std() / 400_000**0.5
    plain = TinyGAN().field
    length = grad(lambda s: plain(s).square().sum() / 2)(state)
    assert torch.allclose(TinyGAN(consensus=0.6).field(state), plain(state) - 0.6 * length)
    lift = grad(lambda s: plain(s)[1].square() / 2)(state)[0]
    found = TinyGAN(generator=0.8).field(state)
    assert torch.allclose(found, torch.stack([plain(state)[0] - 0.8 * lift, plain(state)[1]]))


RUNS = [(name, rule, 0.0) for name in METHODS for rule in ("simultaneous", "alternating")]
RUNS += [(name, rule, 0.0) for name in METHODS for rule in ("extragradient", "optimistic")]
RUNS += [(name, rule, m) for name in ("minimax", "Wasserstein", "Gaussian, Wasserstein")
         for rule in ("simultaneous", "alternating") for m in (-0.5, -0.2, -0.9, 0.3)]  # fmt: skip


def radius(a, rule, step, momentum):
    matrix = step_matrix(a, rule=rule, step=step, momentum=momentum)
    return torch.linalg.eigvals(matrix).abs().max().item()


@pytest.mark.parametrize(("name", "rule", "momentum"), RUNS)
def test_below_the_limit_the_spectral_radius_is_below_one(name, rule, momentum):
    a = METHODS[name].jacobian()
    limit = step_limit(a, rule=rule, momentum=momentum)
    steps = [0.02, 0.1, 0.5, 1.0]
    if limit == 0:
        assert all(radius(a, rule, h, momentum) > 1 - 1e-7 for h in steps)
        return
    assert all(radius(a, rule, h * limit, momentum) < 1 for h in (*steps[:-1], 0.9, 1 - 1e-6))
    assert radius(a, rule, limit * (1 + 1e-6), momentum) > 1


def test_a_player_who_leaves_by_himself_is_not_given_a_step():
    """With a > 0 the formula of alternating steps does not hold: here no step is stable."""
    a = torch.tensor([[1.0, 1.0], [-1.0, -10.0]], dtype=F64)
    assert all(radius(a, "alternating", h, 0.0) > 1 for h in (1e-3, 0.01, 0.1, 0.2, 1.0))
    with pytest.raises(ValueError, match="a, d <= 0"):
        step_limit(a, rule="alternating")


PLAYED = [
    (name, rule, 0.0)
    for rule in ("simultaneous", "alternating")
    for name in ("R1", "R2, overdamped", "consensus and R1", "generator's", "Gaussian, R1")
]
PLAYED += [(n, r, 0.0) for n in ("R1", "Wasserstein") for r in ("extragradient", "optimistic")]
PLAYED += [("minimax", "alternating", -0.5), ("Gaussian, Wasserstein", "alternating", -0.2)]


@pytest.mark.parametrize(("name", "rule", "momentum"), PLAYED)
def test_the_limit_is_found_by_playing_to_a_thousandth(name, rule, momentum):
    """From 1e-9, where the play is linear: it comes back below the limit and leaves above it."""
    game = METHODS[name]
    limit = step_limit(game.jacobian(), rule=rule, momentum=momentum)
    steps = torch.tensor([1 - 1e-3, 1 + 1e-3], dtype=F64) * limit
    start = game.goal[:, None] + torch.tensor([[1e-9], [1e-9]], dtype=F64).expand(2, 2)
    path = play(game.field, start, step=steps, steps=1500, rule=rule, momentum=momentum)
    far = (path - game.goal[:, None]).square().sum(1).log()
    growth = far[-300:].mean(0) - far[300:600].mean(0)
    assert growth[0] < 0 < growth[1]
    assert limit > 0


def test_the_formulas_of_the_page():
    """Half a slope at zero: κ = ½ on Dirac's GAN."""
    limit = lambda rule, m=0.0, **game: step_limit(  # noqa: E731
        TinyGAN(**game).jacobian(), rule=rule, momentum=m
    )
    for gamma in (0.2, 0.9, 1.0, 3.0):
        long = gamma <= 1
        right = 4 * gamma if long else 2 / (gamma / 2 + math.sqrt(gamma**2 / 4 - 0.25))
        assert limit("simultaneous", penalty=gamma) == pytest.approx(right, rel=1e-6)
        right = 4 * (math.sqrt(gamma**2 + 1) - gamma)
        assert limit("alternating", penalty=gamma) == pytest.approx(right, rel=1e-12)
        right = 8 * gamma / (gamma**2 + 4)
        assert limit("simultaneous", consensus=gamma) == pytest.approx(right, rel=1e-12)
        right = 2 / (0.5 * (1 + gamma * 0.5))
        assert limit("alternating", consensus=gamma) == pytest.approx(right, rel=1e-12)
        same = limit("simultaneous", noise=gamma), limit("simultaneous", penalty=gamma**2 / 2)
        assert same[0] == pytest.approx(same[1], rel=1e-6)
    assert limit("extragradient") == pytest.approx(2, rel=1e-9)
    assert limit("optimistic") == pytest.approx(2 / math.sqrt(3), rel=1e-9)
    assert limit("alternating", -0.5) == pytest.approx(2)
    assert limit("simultaneous", -0.5) == 0 == limit("simultaneous") == limit("alternating")


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_critic_of_several_steps_lets_the_generator_go_as_far_as_the_formula(count):
    """The limit is (2/L)(1 + q)/(1 − q), q = (1 − rd)^n, L = κ²/d, for a critic with rate r."""
    kappa, d, rate = 1.0, 0.4, 0.5
    q, bend = (1 - rate * d) ** count, kappa**2 / d
    limit = 2 / bend * (1 + q) / (1 - q)
    for factor, comes_back in ((1 - 1e-3, True), (1 + 1e-3, False)):
        h = factor * limit  # the critic's step is h too, so its field is scaled to the rate
        field = lambda s, h=h: torch.stack(  # noqa: E731
            [-kappa * s[1], rate / h * (kappa * s[0] - d * s[1])]
        )
        start = torch.full((2,), 1e-9, dtype=F64)
        path = play(field, start, step=h, steps=6000, rule="alternating", critic_steps=count)
        assert (path[-1].norm() < 1e-9) == comes_back


def test_bad_input_is_answered_with_what_to_try():
    with pytest.raises(ValueError, match="loss must be one of"):
        TinyGAN(loss="hinge")
    with pytest.raises(ValueError, match="penalty must be a finite number > 0"):
        TinyGAN(penalty=-1.0)
    with pytest.raises(ValueError, match="try noise=0"):
        TinyGAN(model="gaussian", noise=0.1)
    with pytest.raises(ValueError, match="jumps at the goal"):
        TinyGAN(penalty=1.0, centre=1.0).jacobian()
    with pytest.raises(ValueError, match="rule must be one of"):
        step_limit(TinyGAN().jacobian(), rule="both")
    with pytest.raises(ValueError, match="try momentum=0"):
        step_limit(TinyGAN(penalty=1.0).jacobian(), rule="alternating", momentum=-0.5)
    with pytest.raises(ValueError, match="b c < 0"):
        step_limit(torch.eye(2, dtype=F64), rule="alternating")


def test_bad_matrices_steps_and_starts_are_answered_with_what_to_try():
    for bad in (torch.full((2, 2), math.nan, dtype=F64), torch.eye(3, dtype=F64), torch.ones(2)):
        for rule in ("simultaneous", "alternating"):
            with pytest.raises(ValueError, match=r"jacobian must be (finite|.*\(2, 2\))"):
                step_limit(bad, rule=rule)
        with pytest.raises(ValueError, match=r"jacobian must be (finite|.*\(2, 2\))"):
            step_matrix(bad, rule="optimistic", step=0.1)
    with pytest.raises(ValueError, match="try momentum=0"):
        step_limit(torch.zeros(2, 2, dtype=F64), rule="alternating", momentum=-0.5)
    goal, field = TinyGAN().goal, TinyGAN().field
    for rule in ("extragradient", "optimistic"):
        with pytest.raises(ValueError, match="try momentum=0"):
            play(field, goal, step=0.1, steps=1, rule=rule, momentum=0.3)
        with pytest.raises(ValueError, match="try momentum=0"):
            step_matrix(TinyGAN().jacobian(), rule=rule, step=0.1, momentum=0.3)
    with pytest.raises(ValueError, match="momentum must be a finite number"):
        step_limit(TinyGAN().jacobian(), rule="alternating", momentum=math.nan)
    with pytest.raises(ValueError, match='rule="alternating"'):
        play(field, goal, step=0.1, steps=1, rule="simultaneous", critic_steps=2)
    for step in (0.0, -0.1, math.nan, torch.tensor([0.1, math.inf])):
        with pytest.raises(ValueError, match="step must be"):
            play(field, goal, step=step, steps=1, rule="simultaneous")
    for start in (torch.ones(3), torch.ones(2).long(), torch.full((2,), math.nan), torch.ones(())):
        with pytest.raises(ValueError, match="start must be"):
            play(field, start, step=0.1, steps=1, rule="simultaneous")
    with pytest.raises(ValueError, match=r"state must be a tensor of shape \(2, …\)"):
        field(torch.ones(3))
    with pytest.raises(ValueError, match="steps"):
        play(TinyGAN().field, TinyGAN().goal, step=0.1, steps=0, rule="simultaneous")
