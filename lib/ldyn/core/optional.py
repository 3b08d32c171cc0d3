"""Packages that are needed by some functions alone."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def needs(package: str) -> Iterator[None]:
    """Run the import of an optional `package`. Raises: ImportError that says what to install."""
    try:
        yield
    except ImportError:
        raise ImportError(f"{package} is not installed; try pip install {package}") from None
