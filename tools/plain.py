"""From a built page's HTML to plain Markdown, with the places of glued numbers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup, NavigableString, Tag

OPEN, CLOSE = "\ue000", "\ue001"
_SKIP = {"script", "style", "svg", "button", "label", "input"}
_OF_THE_BUILD = {"ld-cost", "ld-behind"}  # in the front box: measured anew now and then


@dataclass
class Cells:
    """Markdown texts and code cells of a page in order; a code cell is None."""

    items: list[str | None] = field(default_factory=list)
    pending: list[str] = field(default_factory=list)

    def write(self, block: str) -> None:
        if block.strip():
            self.pending.append(block.strip("\n"))

    def flush(self) -> None:
        if self.pending:
            self.items.append("\n\n".join(self.pending))
            self.pending = []

    def code(self) -> None:
        self.flush()
        self.items.append(None)


def page_cells(html: str, link: Callable[[str], str]) -> list[str | None]:
    """Return the Markdown cells of a built page, None where a code cell stands.

    `link` rewrites the address of an internal reference.
    """
    # A proof has no title; its first paragraph begins with the word.
    html = html.replace("<p>Proof. ", "<p><em>Proof.</em> ")
    article = BeautifulSoup(html, "html.parser").select_one("article.bd-article")
    if article is None:
        raise ValueError("this page has no article; is it a built page of the book?")
    cells = Cells()
    _blocks(article, cells, link)
    cells.flush()
    return cells.items


def split_glued(text: str) -> tuple[str, list[list[int]]]:
    """Return the text without marks, and [start, length] of each glued number in it."""
    plain, places = "", []
    for part in re.split(f"({OPEN}.*?{CLOSE})", text, flags=re.S):
        if part.startswith(OPEN):
            places.append([len(plain), len(part) - 2])
            part = part[1:-1]
        plain += part
    return plain, places


def _blocks(parent: Tag, cells: Cells, link: Callable[[str], str]) -> None:
    for child in parent.children:
        if isinstance(child, NavigableString):
            if type(child) is NavigableString and child.strip():
                cells.write(_tidy(str(child)))
        elif isinstance(child, Tag) and not _skipped(child):
            _block(child, cells, link)


def _skipped(tag: Tag) -> bool:
    return tag.name in _SKIP or not _OF_THE_BUILD.isdisjoint(tag.get("class") or [])


def _block(tag: Tag, cells: Cells, link: Callable[[str], str]) -> None:
    looks = set(tag.get("class") or [])
    if "cell" in looks:
        cells.code()
    elif re.fullmatch("h[1-6]", tag.name):
        cells.write(f"{'#' * int(tag.name[1])} {_inline(tag, link)}")
    elif "math" in looks:
        cells.write(_display(tag))
    elif "admonition" in looks:
        _admonition(tag, looks, cells, link)
    elif tag.name == "details":
        _fold(_inline(tag.find("summary"), link), _rest(tag, "summary"), cells, link)
    elif tag.name == "pre" or any(look.startswith("highlight-") for look in looks):
        language = next((c[10:] for c in looks if c.startswith("highlight-")), "")
        language = {"default": "", "none": "", "ipython3": "python"}.get(language, language)
        cells.write(f"```{language}\n{tag.get_text().strip(chr(10))}\n```")
    elif tag.name in ("ul", "ol"):
        cells.write(_list(tag, link))
    elif tag.name == "dl":
        cells.write(_definitions(tag, link))
    elif tag.name == "table":
        cells.write(_table(tag, link))
    elif tag.name == "figure":
        number = tag.find(class_="caption-number")
        number.replace_with(BeautifulSoup(f"<b>{number.get_text().strip()}.</b> ", "html.parser"))
        _blocks(tag.find("figcaption"), cells, link)
    elif tag.name == "blockquote":
        cells.write(_quote(_nested(tag, link)))
    elif tag.name in ("p", "a", "span", "em", "strong", "code", "img"):
        cells.write(_inline_element(tag, link) if tag.name != "p" else _inline(tag, link))
    elif tag.name == "hr":
        cells.write("---")
    else:
        _blocks(tag, cells, link)


def _admonition(tag: Tag, looks: set[str], cells: Cells, link: Callable[[str], str]) -> None:
    title = tag.find("p", class_="admonition-title", recursive=False)
    words = _inline(title, link) if title else ""
    body = _rest(tag, title)
    if "solution" in looks or ("dropdown" in looks and not tag.select_one("div.cell")):
        _fold(re.sub(r"\[(.*?)\]\(.*?\)", r"\1", words), body, cells, link)
        return
    head = f"**{words.rstrip('.')}.**" if words else ""
    if tag.select_one("div.cell"):
        cells.write(head)
        _blocks(body, cells, link)
        return
    inner = Cells()
    inner.write(head)
    _blocks(body, inner, link)
    cells.write(_quote("\n\n".join(inner.pending)))


def _fold(title: str, body: Tag, cells: Cells, link: Callable[[str], str]) -> None:
    if body.select_one("div.cell"):
        cells.write(f"**{title}**")
        _blocks(body, cells, link)
        return
    cells.write(f"<details><summary>{title}</summary>\n\n{_nested(body, link)}\n\n</details>")


def _rest(tag: Tag, without: Tag | str | None) -> Tag:
    gone = tag.find(without, recursive=False) if isinstance(without, str) else without
    if gone is not None:
        gone.extract()
    return tag


def _nested(tag: Tag, link: Callable[[str], str]) -> str:
    inner = Cells()
    _blocks(tag, inner, link)
    inner.flush()
    return "\n\n".join(text for text in inner.items if text is not None)


def _quote(text: str) -> str:
    # JupyterLab hands the ">" of a formula's further lines to MathJax: keep formulas on one line.
    text = re.sub(r"\$\$\n(.*?)\n\$\$", lambda m: f"$$ {_one_line(m[1])} $$", text, flags=re.S)
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _one_line(tex: str) -> str:
    return " ".join(tex.split())


def _display(tag: Tag) -> str:
    number = tag.find("span", class_="eqno")
    label = number.get_text().strip("#() \n¶") if number else ""
    if number:
        number.extract()
    tex = tag.get_text().strip().removeprefix("\\[").removesuffix("\\]").strip()
    mark = f" \\tag{{{label}}}" if label else ""
    for name in ("align", "gather", "equation", "alignat", "multline"):
        tex = re.sub(rf"\\(begin|end)\{{{name}\*?\}}", rf"\\\1{{{_inner(name)}}}", tex)
    return f"$$\n{tex}{mark}\n$$"


def _inner(name: str) -> str:
    return {"equation": "gathered", "multline": "gathered", "gather": "gathered"}.get(
        name, "aligned"
    )


def _list(tag: Tag, link: Callable[[str], str], indent: str = "") -> str:
    lines = []
    for number, item in enumerate(tag.find_all("li", recursive=False), int(tag.get("start", 1))):
        mark = f"{number}. " if tag.name == "ol" else "- "
        body = _nested(item, link)
        if "simple" in (tag.get("class") or []):
            body = re.sub(r"\n\n(?=\s*(-|\d+\.) )", "\n", body)
        pad = " " * len(mark)
        lines.append(mark + "\n".join(pad + x if x else x for x in body.splitlines()).lstrip())
    gap = "\n" if "simple" in (tag.get("class") or []) else "\n\n"
    return gap.join(lines)


def _definitions(tag: Tag, link: Callable[[str], str]) -> str:
    blocks = []
    for child in tag.find_all(["dt", "dd"], recursive=False):
        if child.name == "dt":
            blocks.append(f"**{_inline(child, link)}**")
        else:
            blocks[-1] += f"\n\n{_nested(child, link)}"
    return "\n\n".join(blocks)


def _table(tag: Tag, link: Callable[[str], str]) -> str:
    rows = [
        [
            _one_line(_inline(cell, link)).replace("|", "\\vert ")
            for cell in row.find_all(["th", "td"])
        ]
        for row in tag.find_all("tr")
    ]
    head, *body = rows
    ruled = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


def _inline(tag: Tag | None, link: Callable[[str], str]) -> str:
    return _tidy("".join(_pieces(tag, link))) if tag is not None else ""


def _pieces(tag: Tag, link: Callable[[str], str]) -> Iterator[str]:
    for child in tag.children:
        if isinstance(child, Tag):
            if not _skipped(child):
                yield _inline_element(child, link)
        elif type(child) is NavigableString:
            yield re.sub(r"([*_`$\[\]<])", r"\\\1", str(child))


def _inline_element(tag: Tag, link: Callable[[str], str]) -> str:
    looks = set(tag.get("class") or [])
    if "headerlink" in looks:
        return ""
    if "math" in looks:
        tex = tag.get_text().strip().removeprefix("\\(").removesuffix("\\)").strip()
        return f"${tex}$"
    inside = "".join(_pieces(tag, link))
    if "pasted-text" in looks:
        return f"{OPEN}{inside}{CLOSE}"
    if tag.name == "a" and tag.get("href"):
        target = link(str(tag["href"]))
        return f"[{inside}]({target})" if target else inside
    if tag.name == "code":
        return f"`{tag.get_text()}`"
    if tag.name == "img":
        return f"*{tag.get('alt', '')}*"
    mark = {"em": "*", "i": "*", "strong": "**", "b": "**"}.get(tag.name, "")
    return f"{mark}{inside.strip()}{mark}" if mark else inside


def _tidy(text: str) -> str:
    return re.sub(r"[ \t]*\n[ \t]*", "\n", re.sub(r"[ \t]+", " ", text)).strip()
