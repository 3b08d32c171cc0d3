"""Library, pages, bibliography and ledger name the same things, in every direction."""

import ast
import importlib
import re
from functools import cache
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
LABEL = re.compile(r"\b(?:thm|prop|lem|cor|def|eq|ex)-[a-z0-9]+(?:-[a-z0-9]+)*\b")
PROVED = ("thm-", "prop-", "lem-", "cor-")
PAGES = tuple(sorted((ROOT / "book").rglob("*.md")))
SOURCES = sorted((ROOT / "lib" / "ldyn").rglob("*.py"))


@cache
def labels_of_pages(pages: tuple[Path, ...]) -> set[str]:
    text = "\n".join(page.read_text("utf-8") for page in pages)
    named = re.findall(r"^\s*:label:\s*(\S+)\s*$", text, re.M)
    named += re.findall(r"\$\$\s*\((eq-[\w-]+)\)", text)
    named += re.findall(r"^\(([\w-]+)\)=\s*$", text, re.M)
    return set(named)


@cache
def bib_keys() -> set[str]:
    return set(re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "book/references.bib").read_text(), re.M))


def docstrings(path: Path) -> str:
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef
    nodes = [
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, kinds)
    ]
    return "\n".join(ast.get_docstring(node) or "" for node in nodes)


def cited_sources(text: str) -> tuple[set[str], set[str]]:
    """The labels and bib keys that the `Source:` lines of docstrings name."""
    lines = re.findall(r"^\s*Source:\s*(.*?)\.?\s*$", text, re.M)
    words = {word.strip("`., ") for line in lines for word in re.split(r"[,;]|\band\b", line)}
    labels = {word for word in words if LABEL.fullmatch(word)}
    keys = {word for word in words if re.fullmatch(r"[a-z]+\d{4}[a-z]?", word)}
    return labels, keys


def claims() -> list[dict]:
    pages = yaml.safe_load((ROOT / "book" / "claims.yml").read_text("utf-8"))
    assert all((ROOT / "book" / f"{page}.md").is_file() for page in pages)
    return [row for rows in pages.values() for row in rows]


def names_in_page(text: str) -> set[str]:
    """The dotted names of the library that a page writes, in prose or imports."""
    found = set(re.findall(r"`(ldyn(?:\.\w+)+)", text))
    for module, names in re.findall(r"^from (ldyn[\w.]*) import (\([^)]*\)|[^\n]+)", text, re.M):
        words = re.sub(r"#.*", "", names).strip("() ")
        found |= {f"{module}.{w.split(' as ')[0].strip()}" for w in words.split(",") if w.strip()}
    return found


def resolves(name: str) -> bool:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            thing = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError as error:
            if not name.startswith(error.name or "?"):
                raise
            continue
        for part in parts[cut:]:
            if not hasattr(thing, part):
                return False
            thing = getattr(thing, part)
        return True
    return False


def test_a_row_of_the_ledger_is_an_address_that_a_browser_can_look_up():
    names = [row["id"] for row in claims()]
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9-]*", name)] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT / "lib")))
def test_what_docstrings_cite_exists(path):
    labels, keys = cited_sources(docstrings(path))
    labels |= {word for word in LABEL.findall(docstrings(path)) if word.startswith(PROVED)}
    assert labels <= labels_of_pages(PAGES), f"no page has {labels - labels_of_pages(PAGES)}"
    assert keys <= bib_keys(), f"references.bib lacks {keys - bib_keys()}"


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT / "book")))
def test_names_of_the_library_in_pages_resolve(path):
    missing = {name for name in names_in_page(path.read_text("utf-8")) if not resolves(name)}
    assert not missing, f"the library has no {missing}"


def test_every_theorem_is_cited_by_code_a_test_or_the_ledger():
    cited = "\n".join(path.read_text("utf-8") for path in SOURCES)
    cited += "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    cited += "\n".join(str(row.get("derived", "")) for row in claims())
    proved = {label for label in labels_of_pages(PAGES) if label.startswith(PROVED)}
    lonely = {label for label in proved if not re.search(rf"{label}(?![\w-])", cited)}
    assert not lonely, f"neither code, tests nor claims.yml cite {sorted(lonely)}"


def test_the_bibliography_can_be_read_and_names_each_work_once():
    parse_file = pytest.importorskip("pybtex.database").parse_file
    assert set(parse_file(ROOT / "book/references.bib").entries) == bib_keys()


def test_labels_are_unique():
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    named = re.findall(r"^\s*:label:\s*(\S+)\s*$", text, re.M)
    assert len(named) == len(set(named)), sorted({n for n in named if named.count(n) > 1})


def test_the_ledger_cites_what_exists():
    for row in claims():
        assert set(row.get("source", [])) <= bib_keys(), row["id"]
        derived = row.get("derived")
        assert not derived or derived in labels_of_pages(PAGES), (
            f"{row['id']}: no page has {derived}"
        )


def test_the_checks_see_what_they_should(tmp_path):
    page = tmp_path / "p.md"
    page.write_text("(page-p)=\n```{prf:lemma} A\n:label: lem-a\n\n$$\nx\n$$ (eq-a)\n```\n")
    assert labels_of_pages((page,)) == {"page-p", "lem-a", "eq-a"}
    assert cited_sources("Text.\n\n    Source: imaizumi2022, lem-a and thm-b-c.") == (
        {"lem-a", "thm-b-c"},
        {"imaizumi2022"},
    )
    text = (
        "See `ldyn.core.slope`.\nfrom ldyn.core import (\n    stream,  # x\n    frozen as f,\n)\n"
    )
    assert names_in_page(text) == {"ldyn.core.slope", "ldyn.core.stream", "ldyn.core.frozen"}
    assert resolves("ldyn.core.slope")
    assert resolves("ldyn.core.rates.Slope.value") is False
    assert not resolves("ldyn.core.slopes")
    assert not resolves("ldyn.cores.slope")
