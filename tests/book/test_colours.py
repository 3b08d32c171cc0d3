"""A method keeps its colour from page to page, as book/notation.md says."""

import ast
import re
from pathlib import Path

import pytest

from ldyn.show.style import INK

BOOK = Path(__file__).resolve().parents[2] / "book"
PAGES = sorted(BOOK.glob("*/*.md"))
METHODS = {
    "vermilion": ("network", "networks, minimax", "exact networks", "networks"),
    "blue": (
        "kernel", "ridge Laplace", "ridge Gaussian", "kriging", "oracle's Laplace kernel",
        "one Laplace", "linear", "linear, sharp", "linear, bound of 2022", "nothing to choose",
    ),
    "purple": ("honest stack", "ordinary stacking", "levels", "sum of octaves"),
    "green": (
        "cosine", "sampled, squares", "computed, squares", "computed, best box", "haar cut",
        "Haar, cut at a level",
    ),
    "ochre": (
        "haar", "wavelets", "Haar, threshold", "Haar, best factor", "dyadic tree", "tree",
        "forest", "boosted trees", "one split",
    ),
    "grey": ("neighbours", "boosted random features"),
    "ink": ("floor",),
}  # fmt: skip
COLOUR = {name: colour for colour, names in METHODS.items() for name in names}


def cells(page: Path) -> list[ast.Module]:
    fences = re.findall(
        r"^```\{code-cell\}[^\n]*\n(.*?)^```", page.read_text("utf-8"), re.S | re.M
    )
    return [ast.parse(re.sub(r"^:[a-z]+:.*$", "", text, flags=re.M)) for text in fences]


def words(node: ast.AST) -> list[str]:
    """The string constants in a node, in order."""
    return [
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    ]


def pairs(tree: ast.Module) -> set[tuple[str, str]]:
    """The names and colours that stand in one entry of a dictionary, one tuple or one call."""
    found: list[list[str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            found += [words(k) + words(v) for k, v in zip(node.keys, node.values, strict=True) if k]
        elif isinstance(node, ast.Tuple):
            found.append([w for e in node.elts if isinstance(e, ast.Constant) for w in words(e)])
        elif isinstance(node, ast.Call) and {k.arg for k in node.keywords} & {"color", "colour"}:
            found.append([w for part in (*node.args, *node.keywords) for w in words(part)])
    kept = [group for group in found if len([w for w in group if w in INK]) == 1]
    return {(w, next(i for i in g if i in INK)) for g in kept for w in g if w in COLOUR}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_method_has_one_colour(page):
    found = {pair for tree in cells(page) for pair in pairs(tree)}
    assert {(name, colour) for name, colour in found if COLOUR[name] != colour} == set()


def test_the_notation_names_the_colours():
    notation = (BOOK / "notation.md").read_text("utf-8")
    named = set(re.findall(r"^\| (\w+) \|", notation.split("**Colours.**")[1].split("## ")[0], re.M)) - {"colour"}
    assert {"ink" if name == "black" else name for name in named} == set(METHODS)
