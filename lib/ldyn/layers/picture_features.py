"""Features of pictures in closed form: patches whitened and compared with others, pooled, twice."""

import math
from typing import Any, Self

import torch
from torch import Tensor
from torch.nn import functional as F

from ldyn.core import require_choice, require_count, require_positive, stream
from ldyn.layers.patches import (
    as_pictures,
    cell_weights,
    halving_weights,
    mirrored_entries,
    normalised,
    patches,
    picture_maps,
    pooled,
)
from ldyn.solvers.base import Transformer, like

PICTURES, PATCHES, DEEP = 4000, 160_000, 1000  # learned from; the second layer from fewer pictures
SIDE, CHANNELS = 3, 64  # of the patches of the second layer
RIDGE = 0.1  # of the whitening, in mean eigenvalues
BATCH = 10  # pictures at a time, which bounds the memory
Bank = tuple[Tensor, Tensor, float]


class PictureFeatures(Transformer):
    """φ(x) of pictures x, with φ(mirrored x) = signs_ · φ(x); nothing of it is trained.

    Layer 1: patches minus their mean, over √(variance + contrast), whitened with the covariance of
    patches and mirrored patches; random ones of unit length, with their mirror images, are the
    filters w; max(±⟨w, p⟩ − t, 0), t `threshold` standard deviations. Branch A: Gaussian means
    over 4 × 4 overlapping cells, square root. Layer 2 does the same to 3 × 3 patches of the halved,
    square-rooted map in its 64 principal components; branch B: 2 × 2 cells. Then every feature and
    that of the mirror image become their sum and difference, over √2.

    Arguments: `size` of the patches, pixels; `filters` and `deep`, even, of the layers; `contrast`
    in squared brightness, of [0, 1]; `precision` of products "float32", "bfloat16", or "auto": the
    latter where the processor has it; `seed`.
    Fitted: `signs_` and `branches_` (M,), 0 and 1.
    Raises: ValueError for pictures or parameters that do not fit.
    Source: coates2011, prop-mirror-features.
    """

    def __init__(
        self, size: int = 6, filters: int = 384, deep: int = 768, cells: tuple[int, int] = (4, 2),
        threshold: float = 1.0, contrast: float = 1e-2, precision: str = "auto", seed: int = 0,
    ) -> None:  # fmt: skip
        self.size, self.filters, self.deep, self.cells = size, filters, deep, cells
        self.threshold, self.contrast = threshold, contrast
        self.precision, self.seed = precision, seed

    def fit(self, images: Any, y: object = None) -> Self:
        """Learn whitening and filters of pictures (n, h, w) or (n, 3, h, w), without labels."""
        x = as_pictures(images)
        self._check(x)
        draw = stream("picture features", self.seed)
        self.shape_, self.n_features_in_ = tuple(x.shape[1:]), x[0].numel()
        has = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
        able = has() if x.device.type == "cpu" else torch.cuda.is_bf16_supported()
        half = self.precision == "bfloat16" or (self.precision == "auto" and able)
        self._dtype = torch.bfloat16 if half else torch.float32
        kept = x[torch.randperm(len(x), generator=draw)[:PICTURES]]
        each = max(1, PATCHES // len(kept))
        parts = [_some(patches(picture_maps(q), self.size), each, draw) for q in kept.split(100)]
        p = torch.cat(parts)
        p = p[p.var(1, correction=0) > 1e-3]
        if 2 * len(p) < self.filters:
            raise ValueError(
                f"{self.filters // 2} patches that are not flat are needed, got {len(p)}; pass "
                "more pictures, or fewer filters"
            )
        h, w = (m - self.size + 1 for m in self.shape_[1:])
        inner = [(cell_weights(m, min(self.cells[0], m)), halving_weights(m)) for m in (h, w)]
        self._grids = [(a, b) for a, b in zip(*inner, strict=True)]
        deep = (m // 2 - SIDE + 1 for m in (h, w))
        down, across = (cell_weights(m, min(self.cells[1], m)) for m in deep)
        self._grids.append((down, across))
        p = normalised(p, self.contrast, centre=True)
        self._first = self._bank(p, self.shape_[0], p.new_ones(1), self.filters, draw)
        self._fit_deep(x[torch.randperm(len(x), generator=draw)[:DEEP]], draw)
        a, b = (len(g[0]) * len(g[1]) for g in (self._grids[0], self._grids[2]))
        sizes = torch.tensor([a * self.filters, b * self.deep])
        self.branches_ = torch.tensor([0, 1]).repeat_interleave(sizes).repeat(2)
        self.signs_ = torch.tensor([1.0, -1.0]).repeat_interleave(sizes.sum())
        return self

    def transform(self, images: Any) -> Any:
        """Return φ (n, M), float32 for bytes: symmetric parts of both branches, then the others."""
        self._require_fitted()
        x = as_pictures(images)
        if tuple(x.shape[1:]) != self.shape_:
            raise ValueError(
                f"fitted to pictures of {self.shape_} (channels, height, width), got "
                f"{tuple(x.shape[1:])}; resize them, or fit anew"
            )
        found = torch.empty(len(x), len(self.signs_), device=x.device)
        for part, out in zip(x.split(BATCH), found.split(BATCH), strict=True):
            out.copy_(self._features(part))
        return like(found, images)

    def _check(self, x: Tensor) -> None:
        self._require_seed()
        for name in ("size", "filters", "deep"):
            require_count(getattr(self, name), name)
        for count in self.cells if len(self.cells) == 2 else (0,):
            require_count(count, "cells, two of them,")
        require_positive(self.contrast, "contrast")
        if not 0 <= self.threshold < math.inf:
            raise ValueError(f"threshold must be finite, >= 0, got {self.threshold!r}; try 1.0")
        require_choice(self.precision, ("auto", "float32", "bfloat16"), "precision")
        if self.filters % 2 or self.deep % 2:
            raise ValueError(
                f"filters and deep must be even, got {self.filters} and {self.deep}: every filter "
                "has a mirror image; try 384 and 768"
            )
        if min(x.shape[2:]) < (least := self.size + 2 * SIDE - 1):
            raise ValueError(
                f"patches of size {self.size} need pictures of {least} × {least}, got "
                f"{x.shape[2]} × {x.shape[3]}; try size=3"
            )

    def _bank(
        self, p: Tensor, channels: int, parity: Tensor, count: int, draw: torch.Generator
    ) -> Bank:
        """Filters (K, d), the second half mirror images of the first, biases and threshold t."""
        order = mirrored_entries(math.isqrt(p.shape[1] // channels), channels).to(p.device)
        both = torch.cat([p, p[:, order] * parity])
        mean = both.mean(0)
        x = both - mean
        values, vectors = torch.linalg.eigh((x.T @ x).double() / len(x))
        shrunk = (values.clamp(min=0) + RIDGE * values.mean()).rsqrt()
        whiten = ((vectors * shrunk) @ vectors.T).float()
        f = (p[torch.randperm(len(p), generator=draw)[: count // 2]] - mean) @ whiten
        w = (f / f.norm(dim=1, keepdim=True)) @ whiten
        w = torch.cat([w, w[:, order] * parity])
        some = x[torch.randperm(len(x), generator=draw)[:20_000]]
        t = self.threshold * (some @ w.T).std().item()
        return w.to(self._dtype), (-w @ mean - t).to(self._dtype), t

    def _responses(self, p: Tensor, bank: Bank) -> Tensor:
        """Maps (n, h, w, 2K): of each half of the filters both signs, so halves stay mirrored."""
        r = F.linear(p.to(self._dtype), *bank[:2]).unflatten(3, (2, -1))
        return torch.stack([r, -2 * bank[2] - r], 4).relu_().flatten(3)

    def _middle(self, x: Tensor) -> list[Tensor]:
        """Branch A, and the halved map of the first layer."""
        p = normalised(patches(picture_maps(x), self.size), self.contrast, centre=True)
        return pooled(self._responses(p, self._first), *self._grids[:2])

    def _fit_deep(self, x: Tensor, draw: torch.Generator) -> None:
        k, count = self.filters, 0
        total = torch.zeros(2 * k, 2 * k, dtype=torch.float64, device=x.device)
        mean = torch.zeros_like(total[0])
        for part in x.split(BATCH):
            z = self._middle(part)[1].flatten(0, 2).float()
            total += z.T @ z
            mean += z.sum(0)
            count += len(z)
        mean = (mean + mean.roll(k)) / (2 * count)
        s = total / count - torch.outer(mean, mean)
        same, swapped = s[:k, :k] + s[k:, k:], s[:k, k:] + s[k:, :k]
        values, u = torch.linalg.eigh(torch.stack([same + swapped, same - swapped]) / 2)
        both = torch.cat([torch.cat([u[0], u[0]]), torch.cat([u[1], -u[1]])], 1)
        top = values.flatten().argsort(descending=True)[:CHANNELS]
        v = (both[:, top] / math.sqrt(2)).T.contiguous()
        parity = torch.where(top < k, 1.0, -1.0)
        self._project = (v.to(self._dtype), (-v @ mean).to(self._dtype))
        maps = (F.linear(self._middle(part)[1], *self._project).float() for part in x.split(BATCH))
        p = torch.cat([_some(patches(y, SIDE), 20, draw) for y in maps])
        self._deep_contrast = 0.01 * p.square().mean().item()
        p = normalised(p, self._deep_contrast, centre=False)
        self._second = self._bank(p, len(top), parity.repeat(SIDE**2), self.deep, draw)

    def _features(self, x: Tensor) -> Tensor:
        a, z = self._middle(x)
        y = F.linear(z, *self._project).float()
        p = normalised(patches(y, SIDE), self._deep_contrast, centre=False)
        b = pooled(self._responses(p, self._second), self._grids[2])[0]
        halves = [m.float().tensor_split(2, 3) for m in (a, b)]
        # Across, the mirrored picture has the other half of the filters in the place of the first.
        pairs = [(one.flatten(1), other.flip(2).flatten(1)) for one, other in halves]
        found = [one + other for one, other in pairs] + [one - other for one, other in pairs]
        return torch.cat(found, 1).mul_(math.sqrt(0.5))


def _some(p: Tensor, count: int, draw: torch.Generator) -> Tensor:
    """So many patches of each picture, drawn with replacement."""
    p = p.flatten(1, 2)
    at = torch.randint(p.shape[1], (len(p), count), generator=draw).to(p.device)
    return p.gather(1, at[..., None].expand(-1, -1, p.shape[2])).flatten(0, 1)
