"""What one pass over n rows costs, from the rates of a machine."""

from dataclasses import dataclass

from ldyn.core import require_count, require_positive


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What one device does in a second.

    Fields: `products`, floating-point operations of matrix products in the precision of the blocks;
    `waves`, cosines, sines or exponentials; `reading` and `sending`, bytes; `solving`, operations
    of an eigendecomposition in float64.
    Raises: ValueError unless all are > 0.
    """

    products: float
    waves: float
    reading: float
    sending: float
    solving: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            require_positive(value, name)


def pass_plan(
    *, rows: int, columns: int, features: int, devices: int, rates: Rates
) -> dict[str, float]:
    """Return the seconds of each part of a pass of Fourier features, and the bytes of its totals.

    Of n rows, d columns (float32), M features and W devices: reading 4 n (d + 1) / W bytes,
    features nMd / W operations and nM / W waves, products 2 n M² / W operations, sending the totals
    of 8 (M + 2)² bytes around a ring, 2 (W − 1) / W of them through each device, and solving 9 M³
    operations, once.
    Raises: ValueError for counts that are not positive integers.
    Source: prop-pass.
    """
    counts = {"rows": rows, "columns": columns, "features": features, "devices": devices}
    n, d, m, w = (require_count(v, name) for name, v in counts.items())
    size = 8 * (m + 2) ** 2
    return {
        "reading": 4 * n * (d + 1) / w / rates.reading,
        "features": n * m / w * (d / rates.products + 1 / rates.waves),
        "products": 2 * n * m**2 / w / rates.products,
        "sending": 2 * (w - 1) / w * size / rates.sending,
        "solving": 9 * m**3 / rates.solving,
        "bytes": size,
    }
