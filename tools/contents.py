"""The pages of the book in their order, where their notebooks lie, and the page that lists them."""

import re
from pathlib import Path
from typing import Any

import yaml


def all_pages(root: Path) -> list[str]:
    """Return the pages of the book in their order, as paths without suffix."""
    table = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [table["root"], *_files(table)]


def pages(root: Path) -> list[str]:
    """Return the pages of the book that have code, as paths without suffix."""
    named = all_pages(root)
    return [
        name for name in named if "kernelspec:" in (root / f"{name}.md").read_text("utf-8")[:400]
    ]


def place(page: str) -> str:
    """Return where the notebook of a page lies, in the repository and in the built book."""
    return f"notebooks/{page.removeprefix('book/')}.ipynb"


def _files(part: Any) -> list[str]:
    if isinstance(part, list):
        return [name for one in part for name in _files(one)]
    if not isinstance(part, dict):
        return []
    own = [part["file"]] if "file" in part else []
    return own + [n for k in ("parts", "chapters", "sections") for n in _files(part.get(k, []))]


def contents(root: Path, titles: dict[str, str]) -> str:
    """Return Markdown that links the notebooks of all pages in the order of _toc.yml."""
    table = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    first = place(table["root"]).removeprefix("notebooks/")
    lines = [
        f"# {config['title']}",
        "",
        "Every page is a notebook: run its cells from the top. "
        f"What the book is and how to use it stands on [the first page]({first}).",
    ]
    for part in table.get("parts", [table]):
        lines += ["", f"## {part.get('caption', 'Pages')}", ""]
        for number, chapter in enumerate(part["chapters"], start=1):
            mark = f"{number}." if part.get("numbered") else "-"
            lines.append(_entry(chapter, titles, mark))
            lines += [_entry(page, titles, "   -") for page in chapter.get("sections", [])]
    return "\n".join(lines)


def _entry(listed: dict[str, str], titles: dict[str, str], mark: str) -> str:
    page = listed["file"]
    title = listed.get("title") or re.sub(r"^[\d.]+ ", "", titles[page])
    return f"{mark} [{title}]({place(page).removeprefix('notebooks/')})"
