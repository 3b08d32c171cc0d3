"""The gate before every room: arguments are held to what is annotated and documented."""

from ldyn.gate.arguments import Reader, all_finite, holds, options, plain, require_together
from ldyn.gate.contract import enforce, public_form, require_fields

__all__ = [
    "Reader",
    "all_finite",
    "enforce",
    "holds",
    "options",
    "plain",
    "public_form",
    "require_fields",
    "require_together",
]
