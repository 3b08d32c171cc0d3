"""Pictures and the weight of R1 and R2: their cells, and short runs that can be computed again."""

import base64
from dataclasses import replace

import pytest
import torch

from ldyn.core import stream
from ldyn.gans import frechet_distance, ring
from ldyn.studies.gans import gamma_rule, images
from ldyn.sweep.runner import run_group


def test_every_game_is_tried_at_every_rate_with_every_seed():
    cells = images.cells("laptop")
    games = {(c.data, c.arm) for c in cells}
    assert len(games) == 2 * 9
    for game in games:
        if game[1] == "real":
            continue
        mine = {(c.exponent, c.seed) for c in cells if (c.data, c.arm) == game}
        assert len(mine) == 12


def test_a_row_has_scores_and_pictures_and_none_for_what_diverged():
    first = images.cells("smoke")[2]
    group = [replace(first, seed=0), replace(first, seed=1), replace(first, exponent=30.0, seed=2)]
    fine, unseen, lost = (r["result"] for r in run_group(images, group))
    assert 0 < fine["frechet"] < 1000
    assert 0 < fine["choose"] < 1000
    shown = torch.frombuffer(bytearray(base64.b64decode(fine["made"])), dtype=torch.uint8)
    assert shown.shape == (images.SHOWN * 64,)
    close = torch.frombuffer(bytearray(base64.b64decode(fine["close"])), dtype=torch.uint8)
    train = ((images.picture_parts("digits").train + 1) * 127.5).round().to(torch.uint8)
    assert all((train == c).all(1).any() for c in close.reshape(-1, 64))
    assert unseen["made"] is None
    assert lost == dict.fromkeys(fine)


def test_real_pictures_have_a_row_of_their_own():
    (row,) = (r["result"] for r in run_group(images, images.cells("smoke")[:1]))
    parts, eyes = images.picture_judges("digits")
    pair = (eyes.features(x.double()) for x in (parts.test, parts.choose))
    assert row["frechet"] == pytest.approx(frechet_distance(*pair).item(), rel=1e-5)
    assert row["classes"] == 10


def test_weights_are_those_of_the_rule():
    parts = images.picture_parts("digits")
    apart = (parts.train[:500].double() - parts.train[497:].flip(0)[:500].double()).square().sum(1)
    weight = images.gamma(parts)
    error = apart.std().item() / 16 / 500**0.5
    assert weight == pytest.approx(apart.mean().item() / 16, abs=4 * error)  # E|x − x′|² = 2d²
    drawn = ring(200_000, generator=stream("variance"))
    assert drawn.var(0).sum().item() == pytest.approx(gamma_rule.RING_VARIANCE, rel=0.01)


def test_the_weights_have_short_runs_on_both_kinds_of_data():
    cells = gamma_rule.cells("laptop")
    assert {c.data for c in cells} == {"ring", "wide", "digits"}
    for data in ("ring", "digits"):
        first = next(c for c in cells if c.data == data)
        group = [replace(first, steps=10), replace(first, steps=10, exponent=38.0)]
        fine, lost = (r["result"]["error"] for r in run_group(gamma_rule, group))
        assert 0 < fine < 1000
        assert lost is None
