"""Print the single-page book with a headless Chromium: python tools/pdf.py SINGLE.html OUT.pdf"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--virtual-time-budget=120000",
    "--no-pdf-header-footer",
]
NONE = (
    "No browser found to print the book. Install Chromium or Google Chrome "
    "(on Debian: apt-get install chromium), or open the single page and print it yourself: {page}"
)


def browser() -> str | None:
    """Return the path of a Chromium-like browser, or None."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or (str(MAC) if MAC.is_file() else None)


def print_page(program: str, page: Path, target: Path) -> None:
    """Print `page` to `target`, without network, once its formulas and figures are drawn."""
    with tempfile.TemporaryDirectory() as profile:
        command = [program, *_FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={target}"]
        subprocess.run([*command, page.resolve().as_uri()], check=True, capture_output=True)


def main(page: Path, target: Path) -> int:
    if not page.is_file():
        sys.exit(f"No single page at {page}; `make pdf` builds it first.")
    program = browser()
    if program is None:
        sys.exit(NONE.format(page=page))
    print_page(program, page, target)
    print(f"{target}: {target.stat().st_size / 2**20:.1f} MB.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
