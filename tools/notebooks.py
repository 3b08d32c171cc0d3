"""Write the reader's notebook beside each page that has code, from the built book.

python tools/notebooks.py            write book/**/X.ipynb
python tools/notebooks.py --check    say which committed ones are stale, glued numbers aside; exit 1
"""

import json
import posixpath
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
import yaml
from plain import page_cells, split_glued

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def all_pages(root: Path) -> list[str]:
    """Return the pages of the book in their order, as paths without suffix."""
    table = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [table["root"], *_files(table)]


def pages(root: Path) -> list[str]:
    """Return the pages of the book that are notebooks, as paths without suffix."""
    named = all_pages(root)
    return [
        name for name in named if "kernelspec:" in (root / f"{name}.md").read_text("utf-8")[:400]
    ]


def _files(part: Any) -> list[str]:
    if isinstance(part, list):
        return [name for one in part for name in _files(one)]
    if not isinstance(part, dict):
        return []
    own = [part["file"]] if "file" in part else []
    return own + [n for k in ("parts", "chapters", "sections") for n in _files(part.get(k, []))]


def install_cell(root: Path) -> str:
    """Return the cell that fetches the library on Colab, and nowhere else."""
    address = yaml.safe_load((root / "_config.yml").read_text("utf-8"))["repository"]["url"]
    folder = address.rstrip("/").rsplit("/", 1)[-1]
    return "\n".join(
        [
            "# On Colab only: fetch the library and the frozen results. Colab's own torch stays.",
            "import sys",
            "",
            'if "google.colab" in sys.modules:',
            f"    !git clone -q --depth 1 {address} {folder}",
            f"    !pip install -q --no-deps ./{folder}",
            f"    %env LDYN_RESULTS=/content/{folder}/book/results",
        ]
    )


def notebook(root: Path, html: Path, page: str, among: set[str]) -> dict[str, Any]:
    """Return the reader's notebook of `page`: plain Markdown, code without outputs, fixed ids."""
    source = jupytext.read(root / f"{page}.md")
    code = [cell for cell in source.cells if cell.cell_type == "code"]
    shown = [c for c in code if "remove-cell" not in c.metadata.get("tags", [])]
    built = page_cells((html / f"{page}.html").read_text("utf-8"), page_link(page, among))
    if built.count(None) != len(shown):
        raise ValueError(
            f"{page}: {len(shown)} code cells in the source, {built.count(None)} in the built "
            "page; build the book again with `make book`"
        )
    cells = [_code_cell(install_cell(root))]
    left = list(code)
    for text in built:
        if text is not None:
            cells.append(_text_cell(text))
            continue
        while left and "remove-cell" in left[0].metadata.get("tags", []):
            cells.append(_code_cell(left.pop(0).source))
        cells.append(_code_cell(left.pop(0).source))
    cells += [_code_cell(cell.source) for cell in left]
    for number, cell in enumerate(cells):
        cell["id"] = f"{Path(page).name}-{number:03d}"
    about = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def page_link(page: str, among: set[str]) -> Callable[[str], str]:
    """Return the rewriting of addresses on `page`: to the page's notebook or source beside it."""

    def rewrite(href: str) -> str:
        path = href.partition("#")[0]
        if "://" in href or href.startswith("mailto:") or not path:
            return href if path else ""
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
        known = target.removesuffix(".html") in among
        return path.removesuffix(".html") + (".ipynb" if known else ".md")

    return rewrite


def _code_cell(source: str) -> dict[str, Any]:
    lines = source.splitlines(keepends=True)
    return {
        "cell_type": "code", "execution_count": None, "id": "", "metadata": {}, "outputs": [],
        "source": lines,
    }  # fmt: skip


def _text_cell(text: str) -> dict[str, Any]:
    plain, places = split_glued(text)
    about = {"glued": places} if places else {}
    lines = plain.splitlines(keepends=True)
    return {"cell_type": "markdown", "id": "", "metadata": about, "source": lines}


def masked(book: dict[str, Any]) -> dict[str, Any]:
    """Return the notebook with each glued number replaced by a dot, for comparison.

    Last digits differ between machines, so only where a number stands is compared.
    """
    cells = []
    for cell in book["cells"]:
        text = "".join(cell["source"])
        for start, length in reversed(cell["metadata"].get("glued", [])):
            text = f"{text[:start]}•{text[start + length :]}"
        cells.append({"cell_type": cell["cell_type"], "id": cell["id"], "source": text})
    return {"cells": cells, "metadata": book.get("metadata")}


def same_numbers(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Return whether the glued numbers of two notebooks agree within 5 %."""
    return all(map(_near, _glued(old), _glued(new)))


def _glued(book: dict[str, Any]) -> list[str]:
    found = []
    for cell in book["cells"]:
        text = "".join(cell["source"])
        found += [text[a : a + length] for a, length in cell["metadata"].get("glued", [])]
    return found


def _near(old: str, new: str) -> bool:
    try:
        a, b = (float(x.replace("−", "-").replace(",", "")) for x in (old, new))
    except ValueError:
        return old == new
    return abs(a - b) <= 0.05 * max(abs(a), abs(b))


def committed(root: Path, page: str) -> dict[str, Any]:
    """Return the notebook of `page` as the last commit has it, empty when it has none."""
    show = ["git", "show", f"HEAD:{page}.ipynb"]
    done = subprocess.run(show, cwd=root, capture_output=True, text=True, encoding="utf-8")
    return json.loads(done.stdout) if done.returncode == 0 else {"cells": []}


def on_disk(root: Path, page: str) -> dict[str, Any]:
    """Return the notebook of `page` as it lies in the folder, empty when there is none."""
    path = root / f"{page}.ipynb"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {"cells": []}


def stale(
    root: Path, html: Path, *, numbers: bool = False, old: Callable[[Path, str], Any] = on_disk
) -> list[str]:
    """Return the pages whose committed notebook is not what the built book gives.

    Glued numbers are compared, within 5 %, only if `numbers`.
    """
    names = pages(root)
    found = []
    for page in names:
        was, now = old(root, page), notebook(root, html, page, set(names))
        if masked(was) != masked(now) or (numbers and not same_numbers(was, now)):
            found.append(page)
    extra = {str(p.relative_to(root).with_suffix("")) for p in (root / "book").rglob("*.ipynb")}
    return found + sorted(p for p in extra - set(names) if ".ipynb_checkpoints" not in p)


def main() -> int:
    if not HTML.is_dir():
        sys.exit("No built book in _build/html; run `make book` first.")
    if "--check" in sys.argv:
        old = stale(ROOT, HTML, old=committed)
        if old:
            print("Stale notebooks (run `make book` and commit them):", *old, sep="\n  ")
        return bool(old)
    names = pages(ROOT)
    for page in stale(ROOT, HTML, numbers=True):
        path = ROOT / f"{page}.ipynb"
        if page not in names:
            path.unlink()
            continue
        made = notebook(ROOT, HTML, page, set(names))
        path.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
