"""Meta-CGNN on synthetic and real pairs: priors, encoders, FiLM, labels, steps, controls."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ldyn.causal import (
    MetaCGNN,
    MetaTraining,
    evaluate,
    fit_meta_cgnn,
    sample_pairs,
    standardised,
)
from ldyn.core import stream
from ldyn.data import Pair, cause_effect_pairs

FILES = ("SIM", "SIM-c", "AN", "LS", "tuebingen")
SETS, FEW, MOST = (*FILES, "multi", "net"), (100, 50), 500
CURVE = ("SIM", "AN", "tuebingen")
LOOKS, TURNS = (0, 250, 500, 1000, 2000, 4000), (100, 300, 700, 1500)
DTYPE = "float32"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A generator after `step` steps: of the goal "generate", or of "decide" after 8,000 of it.

    `prior` "none": untrained, or two controls in place of the encoder, "constant" (ŷ = 0) and
    "tails", a rule that sees each column alone: the effect has the larger 5 m₄ − (10/3) m₃².
    """

    prior: str
    encoder: str
    film: bool
    labelled: bool
    goal: str
    seed: int
    step: int


def cells(scale: str) -> list[Cell]:
    """Return five seeds of each arm, ten untrained networks."""
    last = {"smoke": 12, "laptop": 8000, "full": 20_000}[scale]
    main, few = {"smoke": (1, 1), "laptop": (5, 5), "full": (10, 10)}[scale]
    looks, turns = ((0,), (6,)) if scale == "smoke" else (LOOKS, TURNS)
    wide, none = ("wide", "deepsets", True, True), ("none", "deepsets", True, True)
    arms: list[tuple[Any, str, int, tuple[int, ...]]] = [
        (wide, "generate", main, (*looks, last)),
        (wide, "decide", main, turns),
        (none, "generate", 2 * main, (0,)),
        (("none", "constant", True, True), "generate", 1, (0,)),
        (("none", "tails", True, True), "generate", 1, (0,)),
        (("wide", "cme", True, True), "generate", main, (last,)),
        (("wide", "deepsets", True, False), "generate", main, (last,)),
        (("narrow", "deepsets", True, True), "generate", few, (last,)),
        (("wide", "cme", False, True), "generate", few, (last,)),
        (("wide", "none", True, True), "generate", few, (last,)),
        (("narrow", "cme", True, True), "generate", few, (last,)),
    ]
    rows = [
        (arm, g, s, step) for arm, g, seeds, steps in arms for s in range(seeds) for step in steps
    ]
    return [
        Cell(prior=p, encoder=e, film=f, labelled=known, goal=g, seed=s, step=step)
        for (p, e, f, known), g, s, step in rows
    ]


def group(cell: Cell) -> tuple[Any, ...]:
    """Return what the looks at one training share; deciding goes on from generating."""
    return cell.prior, cell.encoder, cell.film, cell.labelled, cell.seed


def run_group(group: list[Cell]) -> list[dict[str, Any]]:
    """Return a sign a pair and set, + right, − wrong, 0 undecided: at most 500 rows a pair, 100 and
    50, and "marginal" on tuebingen, the effects alone; before the last step CURVE, and else ""."""
    first = group[0]
    names = ("encoder", "film", "labelled")
    form: dict[str, Any] = {name: getattr(first, name) for name in names}
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
    return [
        _look(nets[c.goal, c.step], c.step == whole[c.goal], 5 if small else None, c.encoder)
        for c in group
    ]


def _look(net: MetaCGNN, last: bool, most: int | None, encoder: str) -> dict[str, str]:
    blind = MetaCGNN(parts=net.parts, marginal=True).score
    score, blind = (tails, tails) if encoder == "tails" else (net.score, blind)
    found = {}
    for name in SETS:
        seen = last or name in CURVE
        found[name] = _signs(score, _pairs(name, MOST)[:most]) if seen else ""
    for name in FILES:
        for n in FEW:
            found[f"{name} {n}"] = _signs(score, _pairs(name, n)[:most]) if last else ""
    found["marginal"] = _signs(blind, _pairs("tuebingen", MOST)[:most])
    return found


def tails(x: Tensor, y: Tensor) -> float:
    """Return how much heavier the tails of y are: the difference of 5 m₄ − (10/3) m₃².

    Source: ton2021, prop-heavier-tails.
    """
    weights = []
    for column in (x, y):
        z = standardised(column)
        weights.append(5 * z.pow(4).mean() - 10 / 3 * z.pow(3).mean() ** 2)
    return (weights[1] - weights[0]).item()


def _signs(score: Callable[[Tensor, Tensor], float], pairs: tuple[Pair, ...]) -> str:
    support = evaluate(score, pairs).support
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
