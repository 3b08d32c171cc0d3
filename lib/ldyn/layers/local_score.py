"""Pictures made without training: posterior means in windows that the data's covariance sets."""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from ldyn.core import require_count, require_points, require_positive, stream
from ldyn.gate import holds
from ldyn.layers.patches import as_pictures, as_unit
from ldyn.solvers.base import Estimator

HIGHEST, LOWEST = 8.0, 0.06  # noise levels, for pixels in [0, 1]
TRIED, HALVINGS = 64, 6  # pictures made for each share that is tried, and shares tried
ENTRIES = 2**20  # of the weights held at once
TINY = 1e-12  # squared rows of a Wiener matrix up to that are rounding


def noise_levels(count: int) -> list[float]:
    """Return σ_t = (8^⅐ + (t − 1)/(T − 1)·(0.06^⅐ − 8^⅐))⁷, t = 1, …, T = `count`.

    Raises: ValueError unless T ≥ 2. Source: karras2022, prop-euler-gauss.
    """
    steps = require_count(count, "count", at_least=2) - 1
    first, last = HIGHEST ** (1 / 7), LOWEST ** (1 / 7)
    return [(first + t / steps * (last - first)) ** 7 for t in range(steps + 1)]


def probability_flow(
    x: Tensor, denoise: Callable[[Tensor, float], Tensor], levels: Sequence[float]
) -> Tensor:
    """Return x after the steps x ← D_σ(x) + σ′/σ (x − D_σ(x)) from level σ to level σ′, last to 0.

    Arguments: `x` (n, …), with the noise of the first level; `denoise`
    (n, …), () ↦ (n, …) of x and σ to D_σ(x).
    Raises: ValueError for no levels, or unless they fall and are > 0.
    Source: karras2022, prop-tweedie, prop-euler-gauss.
    """
    for level, following in pairwise([*(levels or [0.0]), 0.0]):
        if not level > following:
            raise ValueError(f"levels must fall and be > 0, got {[*levels]}; try noise_levels(12)")
        clean = denoise(x, level)
        x = clean + following / level * (x - clean)
    return x


def local_posterior_mean(x: Tensor, data: Tensor, *, noise: float, radii: Tensor) -> Tensor:
    """Return the posterior mean of each block of pixels given the noisy pixels of its window.

    D_σ(x)_b = Σ_i w_i x⁽ⁱ⁾_b / Σ_i w_i with w_i = exp(−‖x_Ω − x⁽ⁱ⁾_Ω‖²/2σ²), where Ω reaches r_b
    pixels beyond block b to each side, and ends at the border. One block: the whole picture's.

    Arguments: `x` (m, c, h, w); `data` (n, c, h, w); `noise` σ; `radii` r (h/s, w/s) of blocks of
    s × s pixels, integers. Raises: ValueError for shapes that do not fit, or unless σ > 0.
    Source: kamb2025, scarvelis2025, prop-posterior-mean, prop-window.
    """
    side, scale = x.shape[2] // len(radii), require_positive(noise, "noise") ** -2
    if radii.is_floating_point() or radii.min() < 0:
        raise ValueError(f"radii must be integers >= 0, got {radii}; try radii.long()")
    if tuple(s * side for s in radii.shape) != x.shape[2:]:
        raise ValueError(
            f"radii must be (h/s, w/s), got {tuple(radii.shape)} that do not fit {tuple(x.shape)}; "
            "try blocks of s pixels, s a divisor of h and w"
        )
    windows: dict[str, tuple[tuple[slice, ...], list[tuple[slice, ...]]]] = {}
    for (i, j), r in np.ndenumerate(radii.cpu().numpy()):
        block = tuple(slice(k, k + side) for k in (i * side, j * side))
        ends = zip(block, x.shape[2:], strict=True)
        window = tuple(slice(max(0, s.start - int(r)), min(n, s.stop + int(r))) for s, n in ends)
        windows.setdefault(str(window), (window, []))[1].append(block)
    out = torch.empty_like(x)
    for window, blocks in windows.values():
        near, seen = (p[:, :, *window].flatten(1) for p in (data, x))
        bias = near.square().sum(1) * (-scale / 2)  # ‖x_Ω‖² is the same for all i
        for rows in range(0, len(x), max(1, ENTRIES // len(data))):
            some = slice(rows, rows + max(1, ENTRIES // len(data)))
            weights = torch.softmax(torch.addmm(bias, seen[some], near.T, alpha=scale), 1)
            for block in blocks:
                made = weights @ data[:, :, *block].flatten(1)
                out[some, :, *block] = made.reshape(-1, x.shape[1], side, side)
    return out


def wiener_matrix(covariance: Tensor, *, noise: float) -> Tensor:
    """Return W = C(C + σ²I)⁻¹, (d, d), symmetric: the denoiser of normal data is x̄ + W(x − x̄).

    Arguments: `covariance` C (d, d), symmetric; `noise` σ.
    Raises: ValueError for a covariance with negative eigenvalues, or σ ≤ 0. Source: prop-wiener.
    """
    noisy = covariance.clone()
    noisy.diagonal().add_(require_positive(noise, "noise") ** 2)
    factor, failed = torch.linalg.cholesky_ex(noisy)
    if not holds(failed == 0):
        text = "covariance must have no negative eigenvalue, got C + noise² that is not positive"
        raise ValueError(f"{text}; try covariance.double(), or more noise")
    return torch.cholesky_solve(covariance, factor)


def window_energies(wiener: Tensor, *, shape: tuple[int, int, int], block: int = 1) -> Tensor:
    """Return the share of Σ_{p ∈ b, q} W_pq² with q within r of block b, r = 0, 1, …,
    (max(h, w), h/s, w/s), and 1 for blocks without variance.

    Arguments: `wiener` W (d, d), d = chw; `shape` (c, h, w); `block` s.
    Raises: ValueError unless W has these rows and s divides h and w. Source: prop-wiener.
    """
    c, h, w = (require_count(s, "shape") for s in shape)
    require_points(wiener, name="wiener", dim=c * h * w)
    if h % require_count(block, "block") or w % block:
        raise ValueError(f"block must divide {h} and {w}, got {block}; try block=1")
    parts = c, h // block, block, w // block, block, c, h, w
    energy = wiener.square().reshape(parts).sum((0, 2, 4, 5))
    sums = torch.nn.functional.pad(energy.cumsum(2).cumsum(3), (1, 0, 1, 0))
    reach = torch.arange(max(h, w), device=energy.device)[:, None]
    i, j = (torch.arange(n, device=energy.device) for n in energy.shape[:2])
    top, left = ((k * block - reach).clamp(min=0) for k in (i, j))
    end, right = (((k + 1) * block + reach).clamp(max=n) for k, n in ((i, h), (j, w)))
    part = lambda a, b: sums[i[:, None], j, a[:, :, None], b[:, None]]  # noqa: E731
    inside = part(end, right) - part(top, right) - part(end, left) + part(top, left)
    total = energy.sum((2, 3))
    return torch.where(total > TINY, inside / total.clamp(min=TINY), 1.0)


def window_radii(energies: Tensor, *, share: float) -> Tensor:
    """Return the least r ≥ 1 whose window has a `share` ρ of the energy; all, for ρ = 1.

    Arguments: `energies` (R, h/s, w/s) of `window_energies`.
    Raises: ValueError unless 0 < ρ ≤ 1. Source: lukoianov2025, prop-wiener.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share must be in (0, 1], got {share!r}; try share=0.9")
    return (energies < (share if share < 1 else 2)).sum(0).clamp(1, len(energies) - 1)


class LocalScoreModel(Estimator):
    """New pictures like those of one class, by probability flow from N(x̄, C + 64 I), untrained.

    Denoised by `local_posterior_mean`, windows by `window_radii`. The share ρ is `novelty`, or, for
    "held-out", such that the mean distance of what is made to the nearest training picture equals
    that of training pictures, each held out from the others.

    Arguments: `novelty`; `levels` T of the noise; `seed` of what is drawn.
    Fitted: `share_` ρ; `target_`, that distance; `tried_`, pairs of a share and the distance made.
    Source: kamb2025, lukoianov2025, prop-novelty.
    """

    def __init__(self, novelty: str | float = "held-out", levels: int = 12, seed: int = 0) -> None:
        self.novelty = novelty
        self.levels = levels
        self.seed = seed

    def fit(self, x: Any, y: object = None) -> Self:
        """Keep the pictures `x` and the windows of their covariance, and choose ρ.

        Arguments: `x` (n, h, w) grey or (n, 3, h, w), bytes or floating in [0, 1], n ≥ 2.
        Raises: ValueError for other pictures, or another novelty.
        """
        self._require_seed()
        if self.novelty != "held-out" and not isinstance(self.novelty, int | float):
            raise ValueError(f'novelty must be "held-out" or a share, got {self.novelty!r}')
        pictures, self._levels = as_pictures(x), noise_levels(self.levels)
        if len(pictures) < 2:
            raise ValueError("at least 2 pictures are needed, got 1; pass more")
        self._like = x if isinstance(x, Tensor) else np.asarray(x)
        self._data = as_unit(pictures).clone()  # the reader may go on with what was given
        flat, (c, h, w) = self._data.flatten(1), self._data.shape[1:]
        self._mean, self.n_features_in_ = flat.mean(0), flat.shape[1]
        self._cov, common = torch.cov(flat.T.double(), correction=0), math.gcd(h, w)
        side = max(s for s in range(1, 1 + max(1, common // 14)) if common % s == 0)
        sides = (side, 2 * side) if common % (2 * side) == 0 else (side,)
        filters = (wiener_matrix(self._cov, noise=t) for t in self._levels)
        self._energies = [
            [window_energies(f, shape=(c, h, w), block=s) for s in sides] for f in filters
        ]
        self.target_, self.tried_ = _nearest(flat, flat, others=True), []
        if self.novelty != "held-out":
            return self._set(float(self.novelty))
        low, high = math.log(2), math.log(200)  # of 1/(1 − ρ); the noise is the same for all ρ
        for _ in range(HALVINGS):
            made = self._set(-math.expm1(-(low + high) / 2))._make(TRIED, "novelty")
            self.tried_.append((self.share_, _nearest(made.flatten(1), flat)))
            further = self.tried_[-1][1] > self.target_
            low, high = ((low + high) / 2, high) if further else (low, (low + high) / 2)
        return self._set(min(self.tried_, key=lambda pair: abs(pair[1] - self.target_))[0])

    def sample(self, n: int) -> Any:
        """Return `n` pictures in the form of those fitted. Raises: ValueError unless n ≥ 1."""
        self._require_fitted()
        made = self._make(require_count(n, "n"), "sample")
        made = made[:, 0] if self._like.ndim == 3 else made
        made = (255 * made).round().to(torch.uint8) if "uint8" in str(self._like.dtype) else made
        return made if isinstance(self._like, Tensor) else made.cpu().numpy()

    def denoise(self, x: Tensor, noise: float) -> Tensor:
        """Return D_σ(x) of `x` (n, c, h, w) with the windows of the level nearest to `noise` σ."""
        self._require_fitted()
        far = [abs(math.log(t / require_positive(noise, "noise"))) for t in self._levels]
        near = far.index(min(far))
        return local_posterior_mean(x, self._data, noise=noise, radii=self._radii[near])

    def _make(self, n: int, name: str) -> Tensor:
        draw, noisy = stream("local score", name, self.seed), self._cov.clone()
        noisy.diagonal().add_(HIGHEST**2)
        x = torch.randn(n, len(noisy), generator=draw, dtype=torch.float64).to(noisy)
        x = self._mean + (x @ torch.linalg.cholesky(noisy).T).to(self._mean)
        x = x.reshape(n, *self._data.shape[1:])
        return probability_flow(x, self.denoise, self._levels).clamp(0, 1)

    def _set(self, share: float) -> Self:
        self.share_, self._radii = share, []
        for each in self._energies:
            found = [window_radii(energies, share=share) for energies in each]
            # Large blocks save time where windows are large.
            block = self._data.shape[2] // len(found[-1])
            self._radii.append(found[-1 if found[-1].median() >= block else 0])
        return self


def _nearest(x: Tensor, data: Tensor, *, others: bool = False) -> float:
    """Return the mean distance to the nearest of `data`, or to the nearest of all others."""
    apart = torch.cdist(x, data, compute_mode="donot_use_mm_for_euclid_dist")
    return apart.kthvalue(1 + others, 1).values.mean().item()
