"""What the ledger says, for the prose: what a claim measured, and whether a promise was kept."""

import json
from typing import Any

from ldyn.core import results_folder
from ldyn.show.notes import written


def kept(*claims: str) -> str:
    """Return, in words, whether the promise that these claims make up was kept.

    "kept" if all their tests passed, "kept, with caveats" if a row says what to keep in mind, "not
    kept" if none passed, else in how many parts. Raises: ValueError for a claim without a verdict.
    """
    verdicts = [_recorded(claim)["verdict"] for claim in claims]
    good = sum(verdict.startswith("holds") for verdict in verdicts)
    if good == len(verdicts):
        return "kept, with caveats" if "holds with caveats" in verdicts else "kept"
    return f"kept in {good} of {len(verdicts)} parts" if good else "not kept"


def measured(claim: str, fmt: str = ".2f") -> str:
    """Return what the test of `claim` measured, with its interval if it has one: 0.28 [0.12, 0.44].

    Raises: ValueError for a claim without a verdict, or a value that `fmt` cannot write.
    """
    row = _recorded(claim)
    if isinstance(row["measured"], str):
        return row["measured"]
    text = written(row["measured"], fmt)
    if row["low"] is None or row["high"] is None:
        return text
    return f"{text} [{written(row['low'], fmt)}, {written(row['high'], fmt)}]"


def _recorded(claim: str) -> dict[str, Any]:
    known = json.loads((results_folder() / "claims.json").read_text("utf-8"))
    if claim not in known:
        near = sorted(name for name in known if name.split("-")[0] == claim.split("-")[0])
        raise ValueError(
            f"the ledger has no verdict on {claim!r}; near it are {near}. "
            "`make verdicts` writes what the tests find"
        )
    found: dict[str, Any] = known[claim]
    return found
