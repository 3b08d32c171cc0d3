"""Named random streams: a draw is reproducible from its name, wherever and in whatever order."""

import hashlib

import torch


def stream(*names: str | int | float, device: torch.device | str = "cpu") -> torch.Generator:
    """Return the generator named by `names`, independent of every other name.

    The seed is the first 63 bits of SHA-256 of the names, so `stream("sample", n, 3)` gives
    the same numbers in any process; CPU and CUDA generators of one name differ.

    Raises: ValueError when no name is given.
    """
    if not names:
        raise ValueError('a stream needs a name, got none; try stream("sample", n, seed)')
    digest = hashlib.sha256(repr(names).encode()).digest()
    generator = torch.Generator(device=device)
    generator.manual_seed(int.from_bytes(digest[:8], "big") >> 1)
    return generator
