"""What is no name, and no truth value, is refused before a file is looked for."""

import pytest

from ldyn import data


@pytest.mark.parametrize(
    ("function", "bad"),
    [
        (data.mnist, {"train": "yes"}),
        (data.fashion_mnist, {"train": 1}),
        (data.cifar10, {"train": None}),
        (data.cause_effect_pairs, {"name": 3}),
        (data.cause_effect_pairs, {"name": "AN", "binary": "no"}),
        (data.fetch, {"name": None}),
    ],
)
def test_other_types_are_refused(function, bad):
    with pytest.raises(ValueError, match=rf"{list(bad)[-1]} must be .*, got .*; try"):
        function(**bad)
