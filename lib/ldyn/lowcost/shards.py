"""One pass over shards on disk: with progress, resumable after a kill, on one machine or many."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from ldyn.core import require_count, require_positive
from ldyn.lowcost.monoid import NormalEquations
from ldyn.sweep import Progress

Shard = tuple[Any, Any]  # x (n, d) and y (n,) or (n, c): arrays, or paths of .npy files


def accumulate(
    shards: Sequence[Shard],
    features: Any,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str = "cpu",
    block: int = 8192,
    checkpoint: str | Path | None = None,
    every: float = 60.0,
    report: Callable[[Progress], None] = lambda progress: None,
) -> NormalEquations:
    """Return the totals of all `shards` in the fitted `features`, reading each row once.

    Under `torchrun`, once `torch.distributed` is initialised (gloo, or nccl with CUDA devices),
    process r of W reads the r-th W-th of each shard's rows, and one `all_reduce` ends the pass:
    each process returns the totals of all.

    Arguments: `shards` (x, y) pairs, paths of .npy files (mapped, not loaded) or arrays; blocks of
    `block` rows are computed as `dtype` on `device`; every so many seconds the state goes to
    `checkpoint` (one file a process), from which the same call goes on after a kill, to the same
    result bit for bit. Remove it when done. `report` receives rows done, rows in all, time left.
    Raises: ValueError for shards that are not pairs of equal length, no rows, or a checkpoint of
    other shards, features or processes; RuntimeError when another process is gone.
    Source: prop-monoid.
    """
    require_positive(every, "every")
    opened = [_open(shard) for shard in shards]
    if not opened:
        raise ValueError("a pass needs at least one shard, got none; try [('x.npy', 'y.npy')]")
    alone = not dist.is_initialized()
    rank, world = (0, 1) if alone else (dist.get_rank(), dist.get_world_size())
    parts = list(_blocks([len(x) for x, _ in opened], rank, world, require_count(block, "block")))
    first = features.transform(_block(opened[0][0], slice(0, 1), dtype, device))
    totals = NormalEquations.empty(first.shape[1], _columns(opened[0][1]), device)
    passport = {"shards": repr([_name(s) for s in shards]), "blocks": repr((rank, world, block))}
    path = None if checkpoint is None else Path(f"{checkpoint}.{rank}-of-{world}")
    finished = 0
    if path is not None and path.is_file():
        totals, finished = _resumed(path, passport, first, device)
    rows, before = (sum(p.stop - p.start for _, p in some) for some in (parts, parts[:finished]))
    start = saved = time.monotonic()
    count = before
    for done, (i, part) in enumerate(parts[finished:], finished + 1):
        x, y = (_block(a, part, t, device) for a, t in zip(opened[i], (dtype, None), strict=True))
        with _told(f"rows {part.start} to {part.stop} of {_name(shards[i])}"):
            totals.add(features.transform(x), y if y.ndim == 2 else y[:, None], x=x)
        count, now = count + part.stop - part.start, time.monotonic()
        left = (now - start) / (count - before) * (rows - count)
        report(Progress(done=count, total=rows, failed=0, left=left))
        if path is not None and (now - saved > every or done == len(parts)):
            totals.save(path, done=done, first=first, **passport)
            saved = time.monotonic()
    return totals.all_reduce()


def dask_accumulate(shards: Sequence[Shard], features: Any, **options: Any) -> NormalEquations:
    """Return the totals of `accumulate`, a Dask task a shard, merged in pairs as a tree.

    Runs on the current Dask client or, without one, on Dask's local threads; `options` (dtype,
    device, block) go to `accumulate`. Raises: ValueError when Dask is not installed.
    Source: prop-monoid.
    """
    try:
        from dask import delayed
    except ImportError:
        raise ValueError("Dask is not installed; try pip install 'ldyn[dask]'") from None
    if not shards:
        return accumulate(shards, features)  # which says what is missing
    task, merge = delayed(accumulate, pure=False), delayed(_merged, pure=False)
    totals = [task([shard], features, **options) for shard in shards]
    while len(totals) > 1:
        pairs = [totals[i : i + 2] for i in range(0, len(totals), 2)]
        totals = [merge(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    result: NormalEquations = totals[0].compute()
    return result


@contextmanager
def _told(where: str) -> Iterator[None]:
    """Let a refusal say where the rows are that it refuses."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{error} ({where})") from error


def _merged(a: NormalEquations, b: NormalEquations) -> NormalEquations:
    return a.copy().merge(b)  # Dask may hand the same object to another task


def _blocks(lengths: list[int], rank: int, world: int, block: int) -> Iterator[tuple[int, slice]]:
    """The blocks of process `rank` in order, each the shard's number and the rows."""
    for i, n in enumerate(lengths):
        low, high = n * rank // world, n * (rank + 1) // world
        for start in range(low, high, block):
            yield i, slice(start, min(start + block, high))


def _open(shard: Shard) -> Shard:
    try:
        x, y = (np.load(a, mmap_mode="r") if isinstance(a, str | Path) else a for a in shard)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"a shard must be a pair (x, y), got {shard!r}; try ('x.npy', 'y.npy')"
        ) from error
    if len(x) != len(y):
        raise ValueError(
            f"x and y of a shard must have one row each, got {len(x)} and {len(y)} in "
            f"{_name(shard)}; drop the surplus"
        )
    return x, y


def _name(shard: Shard) -> list[Any]:
    """What tells a shard from another, or from itself after a change."""
    paths = [Path(a).resolve() if isinstance(a, str | Path) else None for a in shard]
    return [
        tuple(np.shape(a)) if p is None else (str(p), p.stat().st_size, p.stat().st_mtime_ns)
        for a, p in zip(shard, paths, strict=True)
    ]


def _block(a: Any, part: slice, dtype: torch.dtype | None, device: Any) -> Tensor:
    rows = a[part] if isinstance(a, Tensor) else torch.from_numpy(np.array(a[part]))
    return rows.to(device=device, dtype=dtype)


def _columns(y: Any) -> int:
    return 1 if y.ndim == 1 else int(y.shape[1])


def _resumed(
    path: Path, passport: dict[str, str], first: Tensor, device: Any
) -> tuple[NormalEquations, int]:
    totals, more = NormalEquations.load(path, device)
    same = more["first"].shape == first.shape and torch.allclose(more["first"], first, 1e-3, 1e-5)
    if not same or any(more[k] != v for k, v in passport.items()):
        raise ValueError(
            f"{path} must come from the same shards, features, block and processes, and does not; "
            "remove it to begin anew, or name another checkpoint"
        )
    return totals, more["done"]
