"""Matrices, factors and limits in the page are those of the library."""

import pytest
import torch

from ldyn.gans import TinyGAN, step_limit, step_matrix

GAMES = {
    "r1": lambda g: TinyGAN(penalty=g),
    "both": lambda g: TinyGAN(loss="relativistic", penalty=g, on="both"),
    "consensus": lambda g: TinyGAN(consensus=g),
    "generator": lambda g: TinyGAN(generator=g),
    "gaussian": lambda g: TinyGAN(model="gaussian", penalty=g),
    "wasserstein": lambda g: TinyGAN(model="gaussian", loss="wasserstein", penalty=g),
}


def test_the_figure_offers_these_games(js):
    assert js("step-disc", "Object.keys(GAMES)") == list(GAMES)


@pytest.mark.parametrize("kind", GAMES)
def test_the_figure_computes_what_the_library_does(js, kind):
    weights, steps, rules = (0.0, 0.3, 1.7), (0.3, 2.5), ("simultaneous", "alternating")
    calls = [f"GAMES.{kind}[1]({g})" for g in weights]
    calls += [f"limit({c}, '{r}')" for c in calls[:3] for r in rules]
    calls += [f"radius({c}, {h}, '{r}')" for c in calls[:3] for r in rules for h in steps]
    found = js("step-disc", f"[{', '.join(calls)}]")
    right = [GAMES[kind](g).jacobian() for g in weights]
    assert torch.allclose(torch.tensor(found[:3], dtype=torch.float64), torch.stack(right))
    limits = [step_limit(a, rule=r) for a in right for r in rules]
    assert found[3:9] == pytest.approx(limits, rel=1e-6)
    factors = [torch.linalg.eigvals(step_matrix(a, rule=r, step=h)).abs().max().item()
               for a in right for r in rules for h in steps]  # fmt: skip
    assert found[9:] == pytest.approx(factors, abs=1e-6)
