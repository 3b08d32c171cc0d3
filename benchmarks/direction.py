"""Seconds a pair of 1,000 rows: direction(x, y) alone and many pairs at once, beside other scores.

Every score is this library's own: the residual tests ANM and LOCI, likelihoods, quantiles. The
pairs are additive ones, drawn anew; reading the networks from disk, once a process, is left out.
"""

import os
import statistics
from collections.abc import Callable
from typing import Any

from _table import Run, alternate, asked_scale, ratio

from ldyn.causal import anm, direction, heci, loci, network_scores, quantile_score, sample_pairs

MANY = "all pairs at once, ldyn.causal.network_scores"
ALONE = "one after another, ldyn.causal.direction"


def main() -> None:
    """Time every contestant on the same pairs."""
    scale = asked_scale()
    pairs, rows, repeats = {"smoke": (2, 50, 1), "laptop": (64, 1000, 5)}.get(scale, (256, 1000, 9))
    run = Run("direction", scale, dtype="float64")
    elsewhere = os.environ.pop("LDYN_RESULTS", None)  # the networks are in the book's own results
    x, y = (c.to(run.device) for c in sample_pairs("anm", pairs, rows, seed="benchmark"))
    direction(x[0], y[0])
    few = max(2, pairs // 16)
    others = {"ANM, HSIC": anm, "LOCI, likelihood": loci, "HECI": heci, "quantiles": quantile_score}
    counts = {MANY: pairs, ALONE: few} | dict.fromkeys(others, few)

    def each(score: Callable[..., Any]) -> Callable[[], Any]:
        return lambda: [score(a, b) for a, b in zip(x[:few], y[:few], strict=True)]

    contestants = {MANY: lambda: network_scores(x, y), ALONE: each(direction)}
    contestants |= {name: each(score) for name, score in others.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for repeat in range(repeats):
        for name, (time, _) in alternate(contestants, repeat, run.device).items():
            times[name].append(time / counts[name])
    for name, found in times.items():
        run.add(
            method=name,
            rows=rows,
            pairs=counts[name],
            seconds=statistics.median(found),
            times_ours=ratio(found, times[MANY]),
        )
    if elsewhere:
        os.environ["LDYN_RESULTS"] = elsewhere
    run.finish()


if __name__ == "__main__":
    main()
