"""Claims on GANs of two numbers: circles, remedies, and the longest steps of joint games."""

import torch

from ldyn.gans import TinyGAN, play

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
    axis = torch.linspace(-1.9, 2, 40, dtype=F64)
    start = torch.stack(torch.meshgrid(axis, axis, indexing="ij")).flatten(1)
    ends = []
    for centre in (1.0, 0.0):
        game = TinyGAN(loss="wasserstein", penalty=1.0, centre=centre)
        path = play(game.field, start, step=0.01, steps=6000, rule="alternating")
        ends.append(path[-2000:].norm(dim=1).amax(0))
    claim("dirac-centre", measured=ends[0].min().item())
    assert ends[0].min() > 0.25
    assert ends[1].max() < 1e-6
