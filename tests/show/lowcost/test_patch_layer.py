"""The layer in the page is that of the library's tensors."""

import json

import pytest
import torch
from torch.nn import functional

from ldyn.core import stream

SIDE, SIZE, CONTRAST, THRESHOLD = 8, 3, 0.01, 0.4


def random(*shape):
    return torch.rand(*shape, generator=stream("patch layer", *shape), dtype=torch.float64)


def patches(images):
    k = SIZE // 2
    wide = functional.pad(images[:, None], (k, k, k, k), mode="circular")
    return functional.unfold(wide, SIZE).mT


def normalised(u):
    centred = u - u.mean(-1, keepdim=True)
    return centred / (centred.square().mean(-1, keepdim=True) + CONTRAST).sqrt()


def text(x):
    return json.dumps(x.flatten().tolist())


def test_patches_and_their_normalisation(js):
    image = random(SIDE, SIDE)
    u = patches(image[None])[0]
    for row, column in ((0, 0), (3, 7), (7, 2)):
        found = js("patch-layer", f"patchAt({text(image)}, {SIDE}, {SIZE}, {row}, {column})")
        assert found == pytest.approx(u[row * SIDE + column].tolist(), rel=1e-12)
        found = js("patch-layer", f"normalised({json.dumps(found)}, {CONTRAST})")
        assert found == pytest.approx(normalised(u)[row * SIDE + column].tolist(), rel=1e-9)


def test_thresholds_of_both_signs(js):
    image, w, bias = random(SIDE, SIDE), random(SIZE**2) - 0.5, 0.1
    r = normalised(patches(image[None]))[0] @ w - bias
    expected = torch.stack([(r - THRESHOLD).clamp(min=0), (-r - THRESHOLD).clamp(min=0)])
    assert (expected.amax(1) > 0).all()
    call = f"{text(image)}, {SIDE}, {SIZE}, {text(w)}, {bias}, {CONTRAST}, {THRESHOLD}"
    found = torch.tensor(js("patch-layer", f"twoSided({call})"), dtype=torch.float64)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


def test_windows_pools_and_moves(js):
    map_, cells, width = random(SIDE, SIDE), 4, 0.45
    at = torch.arange(SIDE, dtype=torch.float64) + 0.5
    gap = at - (torch.arange(cells)[:, None] + 0.5) * SIDE / cells
    gap = (gap + SIDE / 2) % SIDE - SIDE / 2
    b = (-(gap * cells / SIDE / width).square() / 2).exp()
    b = b / b.sum(1, keepdim=True)
    found = js("patch-layer", f"windows({SIDE}, {cells}, {width})")
    torch.testing.assert_close(torch.tensor(found, dtype=torch.float64), b)
    found = js("patch-layer", f"pooled({text(map_)}, {SIDE}, windows({SIDE}, {cells}, {width}))")
    assert found == pytest.approx((b @ map_ @ b.T).flatten().tolist(), rel=1e-9)
    found = js("patch-layer", f"moved({text(map_)}, {SIDE}, 3)")
    assert found == map_.roll(3, 1).flatten().tolist()
    found = js("patch-layer", f"change({text(map_)}, moved({text(map_)}, {SIDE}, 1))")
    assert found == pytest.approx(((map_ - map_.roll(1, 1)).norm() / map_.norm()).item(), rel=1e-9)
