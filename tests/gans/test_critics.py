"""Games, distances and targets: each is its formula."""

import pytest
import torch

from ldyn.core import stream
from ldyn.gans import grid
from ldyn.gans.critics import game_value, generator_loss, sliced_distance

F64 = torch.float64


def test_games_are_their_formulas():
    real, fake = torch.randn(2, 3, 6, 1, generator=stream("games"), dtype=F64)
    torch.testing.assert_close(game_value("wasserstein", real, fake), (fake - real)[..., 0].mean(1))
    says_real = torch.sigmoid(-torch.cat([real, fake], 1))[..., 0]
    logs = says_real[:, :6].log().mean(1) + (1 - says_real[:, 6:]).log().mean(1)
    torch.testing.assert_close(game_value("non-saturating", real, fake), logs)
    torch.testing.assert_close(
        generator_loss("non-saturating", fake), -says_real[:, 6:].log().mean(1)
    )


def test_the_relativistic_game_pairs_points():
    real, fake = torch.randn(2, 3, 6, 1, generator=stream("games", 2), dtype=F64)
    pairs = torch.sigmoid((fake - real)[..., 0])
    torch.testing.assert_close(game_value("relativistic", real, fake), pairs.log().mean(1))
    expected = -(1 - pairs).log().mean(1)
    torch.testing.assert_close(generator_loss("relativistic", fake, real), expected)


def test_sliced_distance_of_a_shift_is_half_its_square():
    x = torch.randn(2, 50, 2, generator=stream("sliced"), dtype=F64)
    shift = torch.tensor([[[3.0, 4.0]], [[0.0, 0.0]]], dtype=F64)
    found = sliced_distance(x, (x + shift).flip(1))
    torch.testing.assert_close(found, torch.tensor([12.5, 0.0], dtype=F64))
    line = torch.randn(1, 50, 1, generator=stream("sliced", 1), dtype=F64)
    assert sliced_distance(line, line.flip(1) + 3).item() == pytest.approx(9)
    high = torch.randn(1, 50, 6, generator=stream("sliced", 6), dtype=F64)
    found = sliced_distance(high, high + 1, directions=20_000).item()
    assert found == pytest.approx(1, rel=0.03)  # ‖shift‖²/d; a mean of squares of 20,000 cosines


def test_the_grid_has_its_centres_and_its_spread():
    x = grid(4000, side=3, generator=stream("grid"))
    nearest = x.round()
    assert {tuple(p) for p in nearest.tolist()} == {
        (float(a), float(b)) for a in (-1, 0, 1) for b in (-1, 0, 1)
    }
    assert (x - nearest).std().item() == pytest.approx(0.05, rel=0.05)
    assert x.dtype == F64
