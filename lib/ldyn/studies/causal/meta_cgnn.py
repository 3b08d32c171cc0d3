"""Meta-CGNN on synthetic and real pairs: priors, encoders, FiLM, labels, steps, controls."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch

from ldyn.causal import MetaCGNN, MetaTraining, evaluate, fit_meta_cgnn, sample_pairs
from ldyn.core import stream
from ldyn.data import Pair, cause_effect_pairs

FILES = ("SIM", "SIM-c", "AN", "LS", "tuebingen")
SETS, FEW, MOST = (*FILES, "multi", "net"), (100, 50), 500
LOOKS, TURNS = (0, 250, 500, 1000, 2000, 4000), (100, 300, 700, 1500)
DTYPE = "float32"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A generator after `step` steps: of the goal "generate", or of "decide" after 8,000 of it.

    `prior` "none": untrained, or the encoder "constant" for ŷ = 0.
    """

    prior: str
    encoder: str
    film: bool
    labelled: bool
    goal: str
    seed: int
    step: int


def cells(scale: str) -> list[Cell]:
    """Return five seeds an arm (three without FiLM), one for smoke; ten untrained."""
    last = {"smoke": 12, "laptop": 8000, "full": 20_000}[scale]
    seeds = {"smoke": 1, "laptop": 5, "full": 10}[scale]
    looks, turns = ((0,), (6,)) if scale == "smoke" else (LOOKS, TURNS)
    arms = [("wide", "deepsets", True, True, "generate", (*looks, last))]
    arms += [("wide", "deepsets", True, True, "decide", turns)]
    arms += [("wide", "deepsets", True, False, "generate", (last,))]
    forms = [("narrow", "deepsets"), ("wide", "cme"), ("narrow", "cme"), ("wide", "none")]
    forms += [("narrow", "none")]
    arms += [(prior, encoder, True, True, "generate", (last,)) for prior, encoder in forms]
    rows = [(arm[:5], s, step) for arm in arms for s in range(seeds) for step in arm[5]]
    few = range(min(seeds, 3))
    off = [("wide", e, False, True, "generate") for e in ("deepsets", "cme")]
    rows += [(arm, s, last) for arm in off for s in few]
    rows += [(("none", "deepsets", True, True, "generate"), s, 0) for s in range(2 * seeds)]
    rows += [(("none", "constant", True, True, "generate"), 0, 0)]
    return [
        Cell(prior=p, encoder=e, film=f, labelled=known, goal=g, seed=s, step=step)
        for (p, e, f, known, g), s, step in rows
    ]


def group(cell: Cell) -> tuple[Any, ...]:
    """Return what the looks at one training share; deciding goes on from generating."""
    return cell.prior, cell.encoder, cell.film, cell.labelled, cell.seed


def run_group(group: list[Cell]) -> list[dict[str, Any]]:
    """Return a sign a pair and set, + right, − wrong, 0 undecided: at most 500 rows a pair, then
    100 and 50 (empty before the last step), and "marginal" on tuebingen, the effects alone."""
    first = group[0]
    form: dict[str, Any] = dict(encoder=first.encoder, film=first.film, labelled=first.labelled)
    nets: dict[tuple[str, int], MetaCGNN] = {}
    steps = sorted(c.step for c in group if c.goal == "generate") or [8000]
    turns = sorted(c.step for c in group if c.goal == "decide")
    if first.prior == "none":
        (net,) = fit_meta_cgnn(MetaTraining(steps=0, tasks=1), seed=first.seed)
        nets["generate", 0] = net.constant() if first.encoder == "constant" else net
    else:
        form["prior"] = first.prior
        training = MetaTraining(**form, steps=steps[-1], looks=tuple(steps))
        fit = fit_meta_cgnn(training, seed=first.seed)
        nets.update({("generate", s): net for s, net in zip(steps, fit, strict=True)})
        if turns:
            training = MetaTraining(
                **form, goal="decide", rate=1e-3, steps=turns[-1], looks=tuple(turns)
            )
            fit = fit_meta_cgnn(training, seed=first.seed, start=fit[-1])
            nets.update({("decide", s): net for s, net in zip(turns, fit, strict=True)})
    whole = {goal: max(s for g, s in nets if g == goal) for goal, _ in nets}
    small = max(steps) < 100 and first.prior != "none"
    return [_look(nets[c.goal, c.step], c.step == whole[c.goal], small) for c in group]


def _look(net: MetaCGNN, last: bool, small: bool) -> dict[str, str]:
    most = 5 if small else None
    found = {name: _signs(net, _pairs(name, MOST)[:most]) for name in SETS}
    for name in FILES:
        for n in FEW:
            found[f"{name} {n}"] = _signs(net, _pairs(name, n)[:most]) if last else ""
    blind = MetaCGNN(parts=net.parts, marginal=True)
    found["marginal"] = _signs(blind, _pairs("tuebingen", MOST)[:most])
    return found


def _signs(net: MetaCGNN, pairs: tuple[Pair, ...]) -> str:
    support = evaluate(net.score, pairs).support
    return "".join("+" if s > 0 else "-" if s < 0 else "0" for s in support.tolist())


@cache
def _pairs(name: str, n: int) -> tuple[Pair, ...]:
    """At most n random rows of each pair: of a file, or of a hundred drawn from a family."""
    if name in FILES:
        whole = cause_effect_pairs(name)
    else:
        drawn = zip(*sample_pairs(name, 100, MOST, seed="held out"), strict=True)
        whole = tuple(
            Pair(name=f"{name} {k}", x=x, y=y, target=1) for k, (x, y) in enumerate(drawn)
        )
    kept = []
    for pair in whole:
        rows = torch.randperm(len(pair.x), generator=stream("rows", pair.name, n))[:n]
        kept.append(replace(pair, x=pair.x[rows], y=pair.y[rows]))
    return tuple(kept)
