"""Claims on GANs of two numbers: circles, remedies, and the longest steps of joint games."""

import torch
from torch.func import grad, hessian, jacrev

from ldyn.core import stream
from ldyn.gans import TinyGAN, play, step_limit

F64 = torch.float64


def test_a_simultaneous_step_moves_away(claim):
    """|z′|² = |z|² (1 + h² f′²), exactly, from many places and for many steps."""
    axis = torch.linspace(-3, 3, 61, dtype=F64)
    z = torch.stack(torch.meshgrid(axis, axis, indexing="ij")).flatten(1)
    z = z[:, z.square().sum(0) > 0]
    worst = 0.0
    for loss in ("minimax", "wasserstein"):
        for h in (0.01, 0.1, 1.0):
            after = play(TinyGAN(loss=loss).field, z, step=h, steps=1, rule="simultaneous")[1]
            slope = torch.sigmoid(-z.prod(0)) if loss == "minimax" else 1.0
            right = z.square().sum(0) * (1 + (h * slope) ** 2)
            worst = max(worst, (after.square().sum(0) / right - 1).abs().max().item())
    claim("dirac-spiral", measured="below 1e-14 at 22,320 steps")
    assert worst < 1e-14


def test_the_non_saturating_loss_rests_on_a_circle(claim):
    steps = torch.tensor([0.05, 0.1, 0.2], dtype=F64)
    start = torch.tensor([[0.5], [0.0]], dtype=F64).expand(2, 3)
    path = play(TinyGAN(loss="non-saturating").field, start, step=steps, steps=16_000,
                rule="simultaneous")  # fmt: skip
    ratio = path[-4000:].norm(dim=1).mean(0) / (2 * steps).sqrt()
    worst = ratio[(ratio - 1).abs().argmax()].item()
    claim("dirac-rest", measured=worst)
    assert abs(worst - 1) < 0.02


def test_a_penalty_centred_at_one_does_not_arrive(claim):
    axis = torch.linspace(-1.95, 1.95, 40, dtype=F64)
    start = torch.stack(torch.meshgrid(axis, axis, indexing="ij")).flatten(1)
    ends = []
    for centre in (1.0, 0.0):
        game = TinyGAN(loss="wasserstein", penalty=1.0, centre=centre)
        path = play(game.field, start, step=0.01, steps=6000, rule="alternating")
        ends.append(path[-2000:].norm(dim=1).amax(0))
    claim("dirac-centre", measured=ends[0].min().item())
    assert ends[0].min() > 0.25
    assert ends[1].max() < 1e-6


REMEDIES = (
    {"penalty": 0.3}, {"penalty": 1.7, "on": "fakes"}, {"loss": "wasserstein", "penalty": 0.5},
    {"loss": "relativistic", "penalty": 0.2, "on": "both"}, {"noise": 0.7}, {"consensus": 0.6},
    {"generator": 0.8}, {"model": "gaussian"}, {"model": "gaussian", "penalty": 0.1},
    {"model": "gaussian", "loss": "relativistic", "penalty": 0.3, "on": "both"},
    {"model": "gaussian", "loss": "wasserstein", "consensus": 0.2},
)  # fmt: skip
AHEAD = (("extragradient", 0.0), ("optimistic", 0.0), ("alternating", -0.5))


def test_the_eigenvalues_of_the_remedies(claim):
    games = [TinyGAN(**r) for r in (*REMEDIES, {}, {"loss": "wasserstein"})]
    values = lambda a: sorted(torch.linalg.eigvals(a).tolist(), key=lambda v: (v.real, v.imag))  # noqa: E731
    worst = max(
        abs(v - w)
        for g in games
        for v, w in zip(values(g.jacobian()), values(jacrev(g.field)(g.goal)), strict=True)
    )
    claim("joint-eigenvalues", measured=f"below 1e-10 in {len(games)} games")
    assert worst < 1e-10


def test_the_limits_of_the_step_by_playing(claim):
    """From 1e-9: a thousandth below the limit plays come back, a thousandth above they leave."""
    cases = [
        (TinyGAN(**r), rule, 0.0) for r in REMEDIES for rule in ("simultaneous", "alternating")
    ]
    cases += [(TinyGAN(), *ahead) for ahead in AHEAD]
    right = 0
    for game, rule, m in cases:
        limit = step_limit(game.jacobian(), rule=rule, momentum=m)
        start = game.goal[:, None] + torch.full((2, 2), 1e-9, dtype=F64)
        steps = limit * torch.tensor([0.999, 1.001], dtype=F64)
        path = play(game.field, start, step=steps, steps=1500, rule=rule, momentum=m)
        far = (path - game.goal[:, None]).norm(dim=1).log()
        growth = far[-300:].mean(0) - far[300:600].mean(0)
        right += bool(growth[0] < 0 < growth[1])
    claim("joint-limits", measured=f"{right} of {len(cases)}")
    assert right == len(cases)


def test_random_games_with_damping_are_stable(claim):
    """Features a(x) = tanh(Wx + b), generator θ + z, against automatic differentiation."""
    top, gap = -torch.inf, 0.0
    for seed in range(40):
        draw = stream("joint games", seed)
        w, b = (
            torch.randn(5, 2, generator=draw, dtype=F64),
            torch.randn(5, generator=draw, dtype=F64),
        )
        z = torch.randn(30, 2, generator=draw, dtype=F64)
        gamma = 0.2 * (seed % 2)

        def value(theta, psi, f=torch.nn.functional.logsigmoid, w=w, b=b, z=z):
            phi = lambda x: torch.tanh(x @ w.T + b) @ psi  # noqa: E731
            return (f(phi(z + theta)) + f(-phi(z))).mean()

        def fine(psi, w=w, b=b, z=z, gamma=gamma):
            slopes = torch.func.vmap(grad(lambda x: torch.tanh(x @ w.T + b) @ psi))(z)
            return gamma / 2 * slopes.square().sum(1).mean()

        def field(s, value=value, fine=fine):
            down = grad(value)(s[:2], s[2:])
            return torch.cat([-down, grad(lambda p: value(s[:2], p) - fine(p))(s[2:])])

        a = torch.tanh(z @ w.T + b)
        slopes = (1 - a**2)[..., None] * w
        m = slopes.mean(0)
        damping = 0.5 * a.T @ a / 30 + gamma * (slopes @ slopes.mT).mean(0)
        right = torch.cat(
            [torch.cat([torch.zeros(2, 2), -m.T / 2], 1), torch.cat([m / 2, -damping], 1)]
        )
        found = jacrev(field)(torch.zeros(7, dtype=F64))
        gap = max(gap, (found - right).abs().max().item())
        top = max(top, torch.linalg.eigvals(found).real.max().item())
    claim("joint-damping", measured=top)
    assert gap < 1e-12
    assert top < 0


def test_lag_lengthens_the_step(claim):
    """The spectral radius crosses one at (2/L)(1 + q)/(1 − q)."""
    worst = 0.0
    for kappa, d, rho, n in (
        (1.0, 0.5, 0.5, 1),
        (1.0, 0.5, 0.5, 5),
        (0.5, 2.0, 0.1, 3),
        (2.0, 1.0, 1.5, 1),
    ):
        q = (1 - rho * d) ** n
        moved = torch.tensor([[1.0, 0.0], [(1 - q) * kappa / d, q]], dtype=F64)
        low, high = 0.0, 1e3
        for _ in range(80):
            h = (low + high) / 2
            step = torch.tensor([[1.0, -h * kappa], [0.0, 1.0]], dtype=F64) @ moved
            low, high = (h, high) if torch.linalg.eigvals(step).abs().max() < 1 else (low, h)
        worst = max(worst, abs(low / (2 * d / kappa**2 * (1 + q) / (1 - q)) - 1))
    claim("joint-lag", measured="below 1e-8 in 4 games")
    assert worst < 1e-8


def best_slope(theta, gamma):
    """ψ* of f(ψθ) − γψ² by bisection, f′(t) = 1/(1 + e^t)."""
    low, high = torch.zeros_like(theta), theta / (4 * gamma)
    for _ in range(70):
        psi = (low + high) / 2
        more = theta * torch.sigmoid(-psi * theta) > 2 * gamma * psi
        low, high = torch.where(more, psi, low), torch.where(more, high, psi)
    return psi


def test_the_weight_of_both_penalties(claim):
    """The slope of ψ* is steepest at the goal, 1/4γ; playing breaks at a step of 16γ."""
    found = []
    for gamma in (0.01, 0.3, 5.0):
        theta = torch.linspace(1e-4, 40, 20_001, dtype=F64)
        psi = best_slope(theta, gamma)
        found.append((psi.diff() / theta.diff()).abs().max().item() * 4 * gamma)
        for factor, arrives in ((0.999, True), (1.001, False)):
            fake = torch.tensor(1e-6, dtype=F64)
            for _ in range(400):
                psi = best_slope(fake.abs(), gamma) * fake.sign()
                fake = fake - factor * 16 * gamma * torch.sigmoid(psi * fake) * psi
            assert (fake.abs() < 1e-6) == arrives
    claim("gamma-weight", measured=max(found))
    assert min(found) > 0.99
    assert max(found) <= 1 + 1e-9


def test_the_loss_damps_as_much_as_both_penalties_at_the_rule(claim):
    """For φ(x) = ψx on normal data: second derivatives in ψ of the loss and of the penalties."""
    ratio = []
    for spread in (0.5, 2.0):
        y = spread * torch.randn(60, generator=stream("rule"), dtype=F64)
        gap = y[:, None] - y[None]
        gamma = gap.square().mean().item() / 8
        loss = lambda psi, gap=gap: torch.nn.functional.logsigmoid(psi * gap).mean()  # noqa: E731
        bend = -hessian(loss)(torch.zeros((), dtype=F64)).item()
        ratio.append(bend / (2 * gamma))
    claim("gamma-balance", measured=max(ratio))
    assert max(abs(r - 1) for r in ratio) < 1e-12
