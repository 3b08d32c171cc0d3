"""A bounded sample of rows that all shards agree on: the rows whose keys lie lowest."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ldyn.core import stream

LIMIT = 4096  # distinct rows kept: at M = 1,000 they take 33 MB


@dataclass(eq=False, kw_only=True)
class KeptRows:
    """All rows with a key under `below`, a bound that falls so that at most `LIMIT` of them are.

    In parts, on the CPU: `keys` (k,), and `rows` (k, q) with how often each is there at the end.
    Source: prop-kept-rows.
    """

    keys: list[Tensor] = field(default_factory=list)
    rows: list[Tensor] = field(default_factory=list)
    below: int = 2**63 - 1

    def take(self, keys: Tensor, *columns: Tensor) -> None:
        """Add rows in place: of keys (b,), and of columns (b, ·) that make up a row."""
        if len(low := keys[keys < self.below].unique()) > LIMIT:
            self.below = int(low[LIMIT])
        if len(low):
            near = keys < self.below
            self.keys.append(keys[near].cpu())
            self.rows.append(torch.cat([c[near].double() for c in columns], 1).cpu())
        if sum(map(len, self.keys)) > 2 * LIMIT:
            self.settle()

    def settle(self) -> "KeptRows":
        """Make one part of all, one row for each key, and lower the bound to `LIMIT` of them."""
        if self.keys:
            keys, rows = (torch.cat([a.cpu() for a in part]) for part in (self.keys, self.rows))
            near = keys < self.below
            keys, place = torch.unique(keys[near], return_inverse=True)
            often = rows.new_zeros(len(keys)).index_add_(0, place, rows[near, -1])
            rows = rows.new_zeros(len(keys), rows.shape[1]).index_copy_(0, place, rows[near])
            rows[:, -1] = often
            keys, rows = keys[often != 0], rows[often != 0]
            self.below = int(keys[LIMIT]) if len(keys) > LIMIT else self.below
            self.keys, self.rows = [keys[:LIMIT].clone()], [rows[:LIMIT].clone()]
        return self


def joined(*samples: KeptRows) -> KeptRows:
    """Return the sample of all the rows of which these are samples."""
    keys, rows = ([a for s in samples for a in getattr(s, name)] for name in ("keys", "rows"))
    return KeptRows(keys=keys, rows=rows, below=min(s.below for s in samples)).settle()


def row_keys(*columns: Tensor) -> Tensor:
    """Return a key of 64 bits for each row (b,) of columns (b, ·): a hash of them in float32."""
    bits = (torch.cat([c.float() for c in columns], 1) + 0.0).view(torch.int32).long()
    ends, draw = (-(2**63), 2**63 - 1), stream("row keys")
    factors = torch.randint(*ends, (bits.shape[1] + 1,), generator=draw).to(bits) | 1
    key = (bits * factors[1:]).sum(1)
    for _ in range(2):  # high bits into low ones, and these into all
        key = (key ^ (key >> 32 & 2**32 - 1)) * factors[0]
    return key ^ (key >> 32 & 2**32 - 1)
