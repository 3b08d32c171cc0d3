"""Valid calls of figures and notes."""

import torch

from ldyn import show
from public.calls import Call

ALT = "A line from the lower left to the upper right."
RISKS = "risks are drawn"


def _axes():
    return show.axes(width=3, height=2)[1]


CALLS = {
    "axes": Call(given=lambda: {"width": 3.0, "height": 2.0, "ncols": 1, "nrows": 1}),
    "glue": Call(given=lambda: {"key": "page:name", "value": 0.5, "fmt": ".2f"}),
    "kept": Call(given=lambda: {"claims": ("account-answers",)}),
    "label": Call(
        given=lambda: {"ax": _axes(), "x": 1.0, "y": 2.0, "text": "a"}, signed=("x", "y")
    ),
    "measured": Call(given=lambda: {"claim": "account-answers", "fmt": ".2f"}),
    "moving": Call(given=lambda: {"name": "rate-race", "state": {"at": 2}, "alt": ALT}),
    "rates": Call(
        given=lambda: {
            "ax": _axes(),
            "sizes": [1, 2, 4, 8],
            "risks": torch.tensor([8.0, 4, 2, 1]).double(),
            "label": "a",
            "guide": -1.0,
        },
        signed=("guide",),
        values=RISKS,
    ),
    "run_at_full_scale": Call(given=lambda: {"study": "plateau", "scale": "laptop"}),
    "still": Call(given=lambda: {"fig": _axes().figure, "alt": ALT}),
    "table": Call(given=lambda: {"columns": {"n": ",", "risk": ".2f"}, "rows": [[8, 0.5]]}),
}
