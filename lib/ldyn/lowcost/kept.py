"""A bounded sample of rows that all shards agree on: the rows whose keys lie lowest."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ldyn.core import stream

LIMIT = 4096  # distinct rows kept: at M = 1,000 they take 33 MB


@dataclass(eq=False, kw_only=True)
class KeptRows:
    """All rows with a key under `below`, a bound that falls so that at most `LIMIT` of them are.

    Of (key, row): `keys` (k,) and `rows` (k, q), in parts and on the CPU, the last column being how
    often the row came less how often it went. Being all, they join in any order and can be
    forgotten; keys being as random, they are a uniform sample of the distinct rows.
    Source: prop-kept-rows.
    """

    keys: list[Tensor] = field(default_factory=list)
    rows: list[Tensor] = field(default_factory=list)
    below: int = 2**63 - 1

    def take(self, keys: Tensor, *columns: Tensor) -> None:
        """Add rows in place: of keys (b,), and of columns (b, ·) that make up a row."""
        low = keys[keys < self.below].unique()
        if len(low) > LIMIT:
            self.below = int(low[LIMIT])
        if len(low):
            near = keys < self.below
            self.keys.append(keys[near].cpu())
            self.rows.append(torch.cat([c[near].double() for c in columns], 1).cpu())
        if sum(map(len, self.keys)) > 2 * LIMIT:
            self.settle()

    def join(self, other: "KeptRows") -> None:
        """Add the rows of `other` in place."""
        self.keys, self.rows = self.keys + other.keys, self.rows + other.rows
        self.below = min(self.below, other.below)
        self.settle()

    def settle(self) -> "KeptRows":
        """Make one part of all, a row for each key, and lower the bound to keep at most `LIMIT`."""
        if not self.keys:
            return self
        keys, rows = (torch.cat([a.cpu() for a in part]) for part in (self.keys, self.rows))
        near = keys < self.below
        keys, place = torch.unique(keys[near], return_inverse=True)
        joined = rows.new_zeros(len(keys), rows.shape[1])
        joined[place] = rows[near]
        joined[:, -1] = joined.new_zeros(len(keys)).index_add_(0, place, rows[near, -1])
        there = joined[:, -1] != 0
        keys, joined = keys[there], joined[there]
        self.below = int(keys[LIMIT]) if len(keys) > LIMIT else self.below
        self.keys, self.rows = [keys[:LIMIT].clone()], [joined[:LIMIT].clone()]
        return self


def row_keys(*columns: Tensor) -> Tensor:
    """Return a key (b,) of 64 bits for each row of columns (b, ·): a hash of them in float32.

    Equal rows have equal keys wherever they are; others have keys as if drawn at random.
    """
    bits = (torch.cat([c.float() for c in columns], 1) + 0.0).view(torch.int32).long()
    ends, draw = (-(2**63), 2**63 - 1), stream("row keys")
    factors = torch.randint(*ends, (bits.shape[1] + 1,), generator=draw).to(bits)
    key = (bits * factors[1:]).sum(1)
    for _ in range(2):  # high bits into low ones, and these into all
        key = (key ^ (key >> 32 & 2**32 - 1)) * (factors[0] | 1)
    return key ^ (key >> 32 & 2**32 - 1)
