#!/bin/sh
# sphinx-exercise 1.2.1: a book that hides its solutions cannot be built if one of them is
# written in the form for cells.
# Behaviour: solutions with cells in them are written between solution-start and solution-end.
#   With the option hide_solutions = True, which is there for the edition of students, the
#   build of any page with such a solution ends in an error: nothing can write the closing mark.
# Seen: with Sphinx 7.4.7, NotImplementedError: departing unknown node type: solution_end_node.
#   With the option off the same page builds.
# Instead: take the solutions out of the sources, or out of the parsed page, oneself.
set -eu
pinned="sphinx==7.4.7 docutils==0.21.2 sphinx-book-theme==1.2.0 sphinx-exercise==1.2.1"
folder=$(mktemp -d)
trap 'trap "" INT TERM; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
"${PYTHON:-python3}" -m venv "$folder/venv"
if ! "$folder/venv/bin/pip" install -q --disable-pip-version-check $pinned >"$folder/pip" 2>&1; then
    tail -n 3 "$folder/pip"
    echo "not run: the pinned packages could not be installed."
    exit 2
fi
cd "$folder"
export TMPDIR="$folder" # for what libraries write on their own
if OMP_NUM_THREADS=1 venv/bin/python -I -W ignore - <<'END'
import io
from pathlib import Path

from sphinx.application import Sphinx

Path("book").mkdir()
Path("book/index.rst").write_text("""
A page
======

.. exercise::
   :label: sum

   Add.

.. solution-start:: sum
   :label: answer

It is four.

.. solution-end::
""")
said = {}
for hidden in (False, True):
    Path("book/conf.py").write_text(
        f"extensions = ['sphinx_exercise']\nhide_solutions = {hidden}\n"
    )
    out = f"html-{hidden}"
    try:
        Sphinx("book", "book", out, out, "html", status=None, warning=io.StringIO()).build()
        said[hidden] = "built"
    except NotImplementedError as error:
        said[hidden] = str(error).split("> ")[-1]
    print(f"hide_solutions = {hidden}: {said[hidden]}")
raise SystemExit(not (said[False] == "built" and "solution_end_node" in said[True]))
END
then
    echo "as found: with hide_solutions sphinx-exercise 1.2.1 fails on a solution between \
solution-start and solution-end."
else
    echo "changed: hide_solutions of sphinx-exercise is not what it was; the lines above say \
what it does now."
    exit 1
fi
