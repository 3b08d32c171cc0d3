"""Risk curves: log–log, with the measured exponent written at the end of the line."""

from fractions import Fraction
from typing import Any

import torch
from matplotlib.axes import Axes
from torch import Tensor

from ldyn.core import Slope, log_contrast, log_slope, slope
from ldyn.show.style import INK, label


def rates(
    ax: Axes,
    sizes: Any,
    risks: Any,
    *,
    label: str,
    guide: float | Fraction | None = None,
    guide_label: bool = True,
    upper_half: bool = True,
    colour: str | None = None,
    **line: Any,
) -> Slope:
    """Draw mean risk against n with its 95 % intervals and return its measured slope.

    v̄_j = mean_i risks_ij with the limits v̄_j e^(± h_j) of `log_contrast`; the label at the line's
    end carries the exponent on the upper half of the sizes (all of them if `upper_half` is False).
    `guide` draws a dashed line of that exponent below the last point, grey with n^guide beside it;
    without `guide_label` in the curve's colour, for figures in which each curve has its own.

    Arguments: `sizes` (m,); `risks` (r, m), r ≥ 2 replications in rows, or (m,) for numbers that
    are not random, whose slope has an interval of no width.
    Raises: ValueError from `ldyn.core.slope` for shapes or values that have no slope.
    """
    n = torch.as_tensor(sizes).detach().double().cpu()
    risks = torch.as_tensor(risks).detach().cpu()
    if risks.is_complex():
        raise ValueError("risks must be real numbers, got complex ones; try risks.real")
    risks = risks.double()
    if risks.ndim == 1:
        value = log_slope(n, risks, upper_half=upper_half)
        found, mean = Slope(value=value, low=value, high=value, level=0.95), risks
    else:
        found, mean = slope(n, risks, upper_half=upper_half), risks.mean(0)
    line = {"marker": "o"} | line | ({} if colour is None else {"color": colour})
    (drawn,) = ax.loglog(n.numpy(), mean.numpy(), **line)
    tint = str(drawn.get_color())
    if risks.ndim > 1:
        logs, half = log_contrast(risks.T[..., None], torch.ones(1, dtype=risks.dtype))
        low, high = (logs - half).exp(), (logs + half).exp()
        ax.fill_between(n.numpy(), low.numpy(), high.numpy(), color=tint, alpha=0.18, lw=0)
    _finish(ax, n, mean, tint, label, found)
    if guide is not None:
        _draw_guide(ax, n, mean, float(guide), None if guide_label else tint)
    return found


def exponent(value: float | Fraction) -> str:
    """Return n^value in mathtext, the exponent as a small fraction where it is one."""
    ratio = Fraction(value).limit_denominator(12)
    near = abs(float(ratio) - float(value)) < 1e-9
    text = str(ratio) if near else f"{float(value):.2f}"
    return f"$n^{{{text.replace('-', '−')}}}$"


def _finish(ax: Axes, n: Tensor, mean: Tensor, tint: str, text: str, found: Slope) -> None:
    value = f"{found.value:.2f}".replace("-", "−")
    label(ax, n[-1].item(), mean[-1].item(), f"{text}  {value}", colour=tint)
    ax.set_xlabel("samples n")
    ax.set_ylabel("risk")
    ax.set_xscale("log", base=2)
    ax.grid(visible=True, which="major", axis="y", color=INK["faint"])


def _draw_guide(ax: Axes, n: Tensor, mean: Tensor, power: float, tint: str | None) -> None:
    end = 0.8 * mean[-1] * (n / n[-1]) ** power
    ax.plot(n.numpy(), end.numpy(), color=tint or INK["grey"], ls=(0, (4, 3)), lw=1, marker="")
    if tint:
        return
    i = len(n) // 3
    ax.annotate(
        exponent(power), (n[i].item(), end[i].item()), xytext=(-2, -3), textcoords="offset points",
        ha="right", va="top", color=INK["grey"], fontsize=10,
    )  # fmt: skip
