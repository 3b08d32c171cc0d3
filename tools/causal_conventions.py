"""Ask libraries of the field which of two columns is the cause, and freeze their answers.

    python -m venv /tmp/causal && /tmp/causal/bin/pip install PINNED
    PYTHONPATH=lib OMP_NUM_THREADS=1 /tmp/causal/bin/python tools/causal_conventions.py

with PINNED as below: none of these packages is needed by the book. The page on 99 pairs reads
`causal_conventions.json`, and its test holds the numbers that have a formula to that formula.
"""

import contextlib
import datetime
import io
import warnings
from collections.abc import Iterator
from importlib.metadata import version

import numpy as np
import torch

from ldyn.core import results_folder, stream
from ldyn.sweep.freeze import write_frozen

PINNED = "torch==2.13.0 cdt==0.6.0 causal-learn==0.1.4.8 lingam==1.13.0 hyppo==0.5.2 dcor==0.7"
ROWS, UNIT = 60, 1e-3
Row = tuple[str, str, str, float, float]  # key, library, call, value, with columns exchanged


def pair() -> tuple[np.ndarray, np.ndarray]:
    """A clear case: x uniform, y = x + 2x³ and a little uniform noise."""
    draw = stream("conventions", "causal")
    x, e = 2 * torch.rand(2, ROWS, generator=draw, dtype=torch.float64) - 1
    y = x + 2 * x**3 + 0.3 * e
    return x.numpy().round(3), y.numpy().round(3)


def toolbox(x: np.ndarray, y: np.ndarray) -> Iterator[Row]:
    from cdt.causality import pairwise

    for name in ("IGCI", "RECI", "CDS", "ANM"):
        score = getattr(pairwise, name)().predict_proba
        yield name, "cdt", f"{name}().predict_proba((x, y))", score((x, y)), score((y, x))


def matrices(x: np.ndarray, y: np.ndarray) -> Iterator[Row]:
    """The entry in row 0, column 1, and that in row 1, column 0."""
    import lingam
    from causallearn.search.ConstraintBased.PC import pc

    both = np.column_stack([x, y])
    scaled = both * [1, UNIT]
    for key, name, data, text in (
        ("direct", "DirectLiNGAM", both, "x, y"),
        ("ica", "ICALiNGAM", both, "x, y"),
        ("direct_unit", "DirectLiNGAM", scaled, f"x, {UNIT:g} y"),
        ("ica_unit", "ICALiNGAM", scaled, f"x, {UNIT:g} y"),
    ):
        model = getattr(lingam, name)(random_state=0).fit(data)
        a = model.adjacency_matrix_
        yield key, "lingam", f"{name}().fit([{text}]).adjacency_matrix_", a[0, 1], a[1, 0]
    with contextlib.redirect_stdout(io.StringIO()):
        graph = pc(both, 0.05, show_progress=False).G.graph
    yield "pc", "causal-learn", "pc([x, y]).G.graph", graph[0, 1], graph[1, 0]


def tests(x: np.ndarray, y: np.ndarray) -> Iterator[Row]:
    """Values, and the same after the second column was shuffled."""
    import dcor
    from causallearn.search.FCMBased.ANM.ANM import ANM
    from hyppo.independence import Hsic

    order = torch.randperm(ROWS, generator=stream("conventions", "shuffled")).numpy()
    z = y[order]
    p = ANM().cause_or_effect(x[:, None], y[:, None])
    yield "anm", "causal-learn", "ANM().cause_or_effect(x, y), two p-values", *map(float, p)
    found = [Hsic().test(x, other, reps=500) for other in (y, z)]
    yield "hsic", "hyppo", "Hsic().test(x, y, reps=500), statistic", *(f.stat for f in found)
    yield "hsic_p", "hyppo", "Hsic().test(x, y, reps=500), p-value", *(f.pvalue for f in found)
    for key, name in (
        ("dcor", "distance_correlation"),
        ("dcor_squared", "distance_correlation_sqr"),
        ("dcor_u", "u_distance_correlation_sqr"),
    ):
        of = getattr(dcor, name)
        yield key, "dcor", f"{name}(x, y)", of(x, y), of(x, z)


def main() -> None:
    warnings.simplefilter("ignore")
    x, y = pair()
    rows = [
        {"group": group, "key": key, "library": lib, "call": call}
        | {"value": float(value), "other": float(other)}
        for group, ask in (("score", toolbox), ("matrix", matrices), ("dependence", tests))
        for key, lib, call, value, other in ask(x, y)
    ]
    names = ("cdt", "causal-learn", "lingam", "hyppo", "dcor", "scikit-learn")
    about = {
        "conventions": "tools/causal_conventions.py",
        "scale": "laptop",
        "versions": {name: version(name) for name in names},
        "date": datetime.date.today().isoformat(),
        "unit": UNIT,
        "x": x.tolist(),
        "y": y.tolist(),
    }
    for row in rows:
        print(f"{row['library']:13} {row['call']:60} {row['value']:12.6g} {row['other']:12.6g}")
    path = results_folder() / "causal" / "causal_conventions.json"
    print(f"frozen: {write_frozen(path, about, rows)}")


if __name__ == "__main__":
    main()
