"""Generated pictures judged: by the features of a small classifier, and by their neighbours."""

from dataclasses import dataclass

import torch
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from torch import Tensor
from torch.nn import functional

from ldyn.core import require_choice, require_points, stream
from ldyn.data import fashion_mnist
from ldyn.gans.conventions import frechet_distance, neighbour_scores

NEIGHBOURS, SHARE = 5, 0.01
PICTURES = ("digits", "fashion")


@dataclass(frozen=True, kw_only=True)
class PictureParts:
    """Pictures (n, side²), −1 for paper and 1 for ink, in parts that share none.

    Fields: `train` what GANs and classifier learn from, with `labels` (n,); `choose` what settings
    are chosen by; `test` what is reported; `side` their height and width.
    """

    train: Tensor
    labels: Tensor
    choose: Tensor
    test: Tensor
    side: int


def picture_parts(name: str) -> PictureParts:
    """Return scikit-learn's digits, 8×8: 997 | 400 | 400; or Fashion-MNIST averaged to 14×14:
    10,000 of its training pictures | 2,000 | 2,000 of its test pictures.

    Raises: ValueError for another name; DataError where Fashion-MNIST cannot be had.
    Source: xiao2017, page-gan-images.
    """
    require_choice(name, PICTURES, "name")
    if name == "digits":
        found = load_digits()
        images, labels = torch.from_numpy(found.data) / 8 - 1, torch.from_numpy(found.target)
        order = torch.randperm(len(images), generator=stream("digits"))
        train, choose, test = (images[part].float() for part in order.split([997, 400, 400]))
        return PictureParts(
            train=train, labels=labels[order[:997]], choose=choose, test=test, side=8
        )
    learned, held = fashion_mnist(), fashion_mnist(train=False)
    small = lambda t: functional.avg_pool2d(t.float(), 2).flatten(1) / 127.5 - 1  # noqa: E731
    return PictureParts(
        train=small(learned.images[:10_000]),
        labels=learned.labels[:10_000],
        choose=small(held.images[:2000]),
        test=small(held.images[2000:4000]),
        side=14,
    )


@dataclass(frozen=True, kw_only=True)
class Eyes:
    """A small classifier, trained once: `layers` [(A, b), …], ReLU between them."""

    layers: list[tuple[Tensor, Tensor]]

    def features(self, x: Tensor) -> Tensor:
        """Return the values of the last hidden layer, (n, 32)."""
        for a, b in self.layers[:-1]:
            x = torch.relu(x @ a.to(x) + b.to(x))
        return x

    def classes(self, x: Tensor) -> Tensor:
        """Return the most likely class of each picture, (n,)."""
        a, b = self.layers[-1]
        return (self.features(x) @ a.to(x) + b.to(x)).argmax(1)


def train_eyes(images: Tensor, labels: Tensor) -> Eyes:
    """Return scikit-learn's classifier with hidden layers of 128 and 32 units, fitted.

    A tenth of the pictures is held out to stop by; the seed is fixed.

    Arguments: `images` (n, d); `labels` (n,). Raises: ValueError for bad pictures.
    Source: heusel2017, def-picture-scores.
    """
    require_points(images, name="images")
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"expected one label a picture, got {tuple(labels.shape)} for {tuple(images.shape)}; "
            "try labels[: len(images)]"
        )
    fitted = MLPClassifier((128, 32), early_stopping=True, random_state=0)
    fitted.fit(images.cpu().numpy(), labels.cpu().numpy())
    pairs = zip(fitted.coefs_, fitted.intercepts_, strict=True)
    return Eyes(layers=[(torch.from_numpy(a), torch.from_numpy(b)) for a, b in pairs])


def nearest(x: Tensor, among: Tensor) -> tuple[Tensor, Tensor]:
    """Return the distance (n,) from each picture to the nearest of `among` (m, d), and its index.

    Raises: ValueError for bad pictures. Source: page-gan-images.
    """
    require_points(x)
    require_points(among, name="among", dim=x.shape[1])
    found = torch.cdist(x, among, compute_mode="donot_use_mm_for_euclid_dist").min(1)
    return found.values, found.indices


def picture_scores(fake: Tensor, real: Tensor, train: Tensor, eyes: Eyes) -> dict[str, float]:
    """Return how far generated pictures are from held-out ones.

    "frechet" of the features; "precision" and "recall" of the features, five neighbours; "classes"
    with at least 1 % of the pictures; "nearest" the median distance to a training picture.

    Arguments: `fake` (n, d), `real` (m, d) held out, `train` (l, d).
    Raises: ValueError for bad pictures.
    Source: heusel2017, def-picture-scores.
    """
    a, b = (eyes.features(x.double()) for x in (real, fake))
    shares = torch.bincount(eyes.classes(fake.double()), minlength=10) / len(fake)
    scores = neighbour_scores(a, b, neighbours=NEIGHBOURS)
    return {
        "frechet": frechet_distance(a, b).item(),
        "precision": scores["precision"],
        "recall": scores["recall"],
        "classes": int((shares >= SHARE).sum()),
        "nearest": nearest(fake, train)[0].median().item(),
    }
