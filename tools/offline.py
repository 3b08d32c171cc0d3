"""Pack the built book into one zip that opens from file://: python tools/offline.py"""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def pack(html: Path, archive: Path) -> int:
    """Write `archive` with every file of the built book under learning-dynamics/; return how many.

    Times are fixed, so the same book gives the same bytes.
    """
    files = sorted(p for p in html.rglob("*") if p.is_file())
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
        for path in files:
            entry = zipfile.ZipInfo(f"learning-dynamics/{path.relative_to(html).as_posix()}")
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            out.writestr(entry, path.read_bytes())
    return len(files)


if __name__ == "__main__":
    built = ROOT / "_build" / "html"
    if not (built / "index.html").is_file():
        sys.exit("No built book in _build/html; run `make book` first.")
    target = ROOT / "_build" / "learning-dynamics.zip"
    count = pack(built, target)
    size = target.stat().st_size / 2**20
    print(f"{target.relative_to(ROOT)}: {count} files, {size:.1f} MB.")
    print("Unpack it and open learning-dynamics/index.html.")
