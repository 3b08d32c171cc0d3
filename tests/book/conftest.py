import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "book" / "_ext")]

HEADER = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {name: python3, display_name: Python 3}
---
"""
FIRST = """(page-first)=
# First page

```{page-facts}
:learn: how $a$ goes; why
:need: {doc}`/book/second`
```

```{admonition} 要旨
本章では *滑らかな* 関数 $a$ をReLUネットワークで推定する。
```

| term | 日本語 |
|---|---|
| saddle (鞍点), as `鞍` | ReLUネットワーク |
| a bound | the PAC-Bayes上界 of the book |

## A heading with 鞍点

The number is {glue:text}`first:answer`, by {prf:ref}`thm-toy` and {eq}`eq-toy`.

```{prf:theorem} Toy
:label: thm-toy

For all $x$,

$$
a = b
$$ (eq-toy)
```

```{prf:proof}
Immediate from {cite:t}`imaizumi2022`.
```

```{code-cell} ipython3
:tags: [remove-cell]
import toy
from IPython.display import display
def glue(key, text):
    mime = "application/papermill.record/"
    about = {"scrapbook": {"name": key, "mime_prefix": mime}}
    display({mime + "text/plain": text}, raw=True, metadata=about)
glue("first/answer", toy.ANSWER)
```

```{code-cell} ipython3
print("the library says", toy.ANSWER)
```

```{code-cell} ipython3
from IPython.display import HTML
print("It is drawn.")
HTML('<div class="ldyn ldyn-still"><svg role="img" aria-label="A curve that falls"></svg></div>')
```

```{caption}
:label: fig-toy

The curve falls to {glue:text}`first:answer`, where $c=d$.

Try: *move* the point.
```

```{exercise} Hard
:label: ex-toy
Show it by {numref}`fig-toy`.
```

```{solution} ex-toy
:label: sol-toy
:class: dropdown
Abracadabra solves it, $c=d$.
```

````{solution-start} ex-toy
:label: sol-gated
:class: dropdown
````

Simsalabim solves it too.

```{code-cell} ipython3
print("Hocuspocus")
```

````{solution-end}
````

```{claims}
:chapter: first
```

```{claims-summary}
```

```{claims-summary}
:chapter: second
```
"""
SECOND = """(page-second)=
# Second page

There it was {glue:text}`first:answer`. This is shown and not run:

```python
answers = {}
```
"""
CLAIMS = """
first:
- {id: toy-rate, statement: "It falls like $1/n$", source: [imaizumi2022], derived: thm-toy,
   test: "tests/claims/test_toy.py::test_it", study: toy, predicted: "−1", caveat: "a caveat"}
second/part:
- {id: other, statement: "Not shown here", source: [], test: "t::t", predicted: "0"}
"""
COSTS = """
{"provenance": {"machine": "Toy CPU, 2 cores", "date": "2026-01-02", "threads": 1,
  "load_before": 0.1},
 "rows": [{"page": "book/first", "cpu_seconds": 2.6, "mebibytes": 99}]}
"""
RECORD = """
{"toy-rate": {"verdict": "holds", "measured": -1.02, "low": -1.1, "high": -0.9},
 "other": {"verdict": "not reproduced", "measured": 1.0, "low": null, "high": null}}
"""


class Toy:
    """A book of two pages with the real configuration and machinery, and a library of one file."""

    def __init__(self, root: Path):
        self.root = root
        book = root / "book"
        shutil.copytree(ROOT / "book" / "_ext", book / "_ext", ignore=shutil.ignore_patterns("__*"))
        (book / "_static").mkdir()
        shutil.copy(ROOT / "book" / "_static" / "ldyn.css", book / "_static")
        (root / "lib" / "ldyn").mkdir(parents=True)
        (book / "results").mkdir()
        for path, text in {
            "book/first.md": HEADER + FIRST,
            "book/second.md": SECOND,
            "book/references.md": "# References\n\n```{bibliography}\n```\n",
            "book/claims.yml": CLAIMS,
            "book/results/claims.json": RECORD,
            "book/results/page_costs.json": COSTS,
            "_toc.yml": "format: jb-book\nroot: book/first\nchapters:\n"
            "- file: book/second\n- file: book/references\n",
            "requirements.lock": "",
        }.items():
            (root / path).write_text(text)
        shutil.copy(ROOT / "book" / "references.bib", book)
        config = yaml.safe_load((ROOT / "_config.yml").read_text())
        config["sphinx"]["local_extensions"] = {"ldbook": "book/_ext"}
        (root / "_config.yml").write_text(yaml.safe_dump(config, allow_unicode=True))
        self.answer("forty-one")

    def answer(self, text: str) -> None:
        (self.root / "lib" / "ldyn" / "toy.py").write_text(f"ANSWER = {text!r}\n")

    def build(self, *, edition: str = "", out: str = "_build") -> Path:
        paths = f"{self.root / 'lib' / 'ldyn'}"
        env = os.environ | {"EDITION": edition, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [Path(sys.executable).with_name("jupyter-book"), "build", ".", "-W", "-n"]
        where = [] if out == "_build" else ["--path-output", out]
        done = subprocess.run(
            [*command, "--keep-going", *where],
            cwd=self.root,
            env=env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return self.root / ("" if out == "_build" else out) / "_build" / "html"


@pytest.fixture(scope="session")
def toy(tmp_path_factory):
    return Toy(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="session")
def built(toy):
    return toy.build()
