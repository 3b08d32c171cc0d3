"""Distances in the library are differences of coordinates: expanded squares lose all digits."""

import ast
from pathlib import Path

import ldyn


def test_no_distance_expands_the_square():
    """`torch.cdist` does from 26 rows on, unless it is told not to, or p is not 2."""
    calls, bare = 0, []
    for path in Path(ldyn.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "cdist":
                calls += 1
                if not {"compute_mode", "p"} & {k.arg for k in node.keywords}:
                    bare.append(f"{path.name}:{node.lineno}")
    assert calls > 5
    assert not bare, 'write compute_mode="donot_use_mm_for_euclid_dist"'
