"""One CPU thread where a computation is too small for more, for the length of a block."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

SMALL = 5e7  # multiplications a step from which a second thread pays: benchmarks/threads.py

_here, _lock = threading.local(), threading.Lock()
_open, _found = 0, 1  # blocks that run on one thread, and the number of threads outside of them


@contextmanager
def few_threads(work: float = 0.0) -> Iterator[None]:
    """Run a block on one CPU thread if its steps are small; restore the number of threads after.

    A step of fewer than `SMALL` multiplications, `work`, is no faster on two threads, which wait
    for one another after each operation; on a busy machine they wait a hundred times longer than
    they compute. Larger steps keep the number of threads that the caller has chosen. Only rounding
    depends on it. Blocks may be nested, raise, and run in several Python threads at once, though
    torch has one number for the process: the last block that ends leaves what the first one found.
    """
    global _open, _found
    if work >= SMALL or getattr(_here, "inside", False):
        yield
        return
    with _lock:
        if not _open:
            _found = torch.get_num_threads()
        _open, _here.inside = _open + 1, True
        torch.set_num_threads(1)
    try:
        yield
    finally:
        with _lock:
            _open, _here.inside = _open - 1, False
            torch.set_num_threads(_found)
