"""Write the reader's notebooks, one a page and one to start from, from the built book.

python tools/notebooks.py            write notebooks/**/X.ipynb, and into the built book
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
from contents import all_pages, contents, place
from plain import page_cells, split_glued

ROOT = Path(__file__).resolve().parents[1]
HTML = ROOT / "_build" / "html"
START = "notebooks/start.ipynb"
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


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


def notebooks(root: Path, html: Path, *, keep: bool = False) -> dict[str, dict[str, Any]]:
    """Return the reader's notebooks by their place: one a page, and one to start from.

    With `keep`, one that lies in the built book and is younger than all it is made of is read.
    """
    names = all_pages(root)
    made = {
        page: on_disk(html, place(page))
        if keep and _is_young(root, html, page)
        else notebook(root, html, page, set(names))
        for page in names
    }
    first = _bound([_text_cell(contents(root, {p: _title(made[p]) for p in names}))], "start")
    return {place(page): made[page] for page in names} | {START: first}


def _is_young(root: Path, html: Path, page: str) -> bool:
    own = [html / f"{page}.html", root / f"{page}.md", root / "_toc.yml", root / "_config.yml"]
    tools = Path(__file__).parent.glob("*.py")
    age = max(path.stat().st_mtime_ns for path in (*own, *tools))
    copy = html / place(page)
    return copy.is_file() and copy.stat().st_mtime_ns > age


def _title(book: dict[str, Any]) -> str:
    texts = ("".join(c["source"]) for c in book["cells"] if c["cell_type"] == "markdown")
    return next(texts).partition("\n")[0].removeprefix("# ")


def notebook(root: Path, html: Path, page: str, among: set[str]) -> dict[str, Any]:
    """Return the reader's notebook of `page`: plain Markdown, code without outputs, fixed ids."""
    source = jupytext.read(root / f"{page}.md", fmt="md:myst")  # also where no header says so
    code = [cell for cell in source.cells if cell.cell_type == "code"]
    shown = [c for c in code if "remove-cell" not in c.metadata.get("tags", [])]
    built = page_cells((html / f"{page}.html").read_text("utf-8"), page_link(page, among))
    if built.count(None) != len(shown):
        raise ValueError(
            f"{page}: {len(shown)} code cells in the source, {built.count(None)} in the built "
            "page; build the book again with `make book`"
        )
    cells = [_code_cell(install_cell(root))] if code else []
    left = list(code)
    for text in built:
        if text is not None:
            cells.append(_text_cell(text))
            continue
        while left and "remove-cell" in left[0].metadata.get("tags", []):
            cells.append(_code_cell(left.pop(0).source))
        cells.append(_code_cell(left.pop(0).source))
    cells += [_code_cell(cell.source) for cell in left]
    return _bound(cells, Path(page).name)


def _bound(cells: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for number, cell in enumerate(cells):
        cell["id"] = f"{name}-{number:03d}"
    about = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def page_link(page: str, among: set[str]) -> Callable[[str], str]:
    """Return the rewriting of addresses on `page`: to another page's notebook, or to nothing."""

    def rewrite(href: str) -> str:
        if "://" in href or href.startswith("mailto:"):
            return href
        path = href.partition("#")[0].removesuffix(".html")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), path))
        return f"{path}.ipynb" if target in among - {page} else ""

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


def committed(root: Path, where: str) -> dict[str, Any]:
    """Return the notebook at `where` as the last commit has it, empty when it has none."""
    show = ["git", "show", f"HEAD:{where}"]
    done = subprocess.run(show, cwd=root, capture_output=True, text=True, encoding="utf-8")
    return json.loads(done.stdout) if done.returncode == 0 else {"cells": []}


def on_disk(root: Path, where: str) -> dict[str, Any]:
    """Return the notebook at `where` as it lies in the folder, empty when there is none."""
    path = root / where
    return json.loads(path.read_text("utf-8")) if path.is_file() else {"cells": []}


def stale(
    root: Path,
    made: dict[str, dict[str, Any]],
    *,
    numbers: bool = False,
    old: Callable[[Path, str], Any] = on_disk,
) -> list[str]:
    """Return the places where the old notebook is not the one `made` from the built book.

    Glued numbers are compared, within 5 %, only if `numbers`.
    """
    found = []
    for where, now in made.items():
        was = old(root, where)
        if masked(was) != masked(now) or (numbers and not same_numbers(was, now)):
            found.append(where)
    there = {p.relative_to(root).as_posix() for p in (root / "notebooks").rglob("*.ipynb")}
    return found + sorted(p for p in there - set(made) if ".ipynb_checkpoints" not in p)


def write(folder: Path, where: str, book: dict[str, Any]) -> None:
    """Write a notebook at its place in `folder`."""
    path = folder / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(book, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def write_all() -> None:
    """Write the notebooks of the built book, and into it, where they are not as they should be."""
    made = notebooks(ROOT, HTML, keep=True)
    for where in stale(ROOT, made, numbers=True):
        if where in made:
            write(ROOT, where, made[where])
        else:
            (ROOT / where).unlink()
    for where, book in made.items():  # what the reader of the built book downloads
        write(HTML, where, book)


def main() -> int:
    if not HTML.is_dir():
        sys.exit("No built book in _build/html; run `make book` first.")
    if "--check" not in sys.argv:
        write_all()
        return 0
    old = stale(ROOT, notebooks(ROOT, HTML), old=committed)
    if old:
        print("Stale notebooks (run `make book` and commit them):", *old, sep="\n  ")
    return bool(old)


if __name__ == "__main__":
    sys.exit(main())
