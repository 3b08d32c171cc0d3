"""The gate before every room: arguments are held to what is annotated and documented."""

from ldyn.gate.arguments import all_finite, holds, options, require_together
from ldyn.gate.contract import enforce, require_fields

__all__ = ["all_finite", "enforce", "holds", "options", "require_fields", "require_together"]
