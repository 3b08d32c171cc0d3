#!/bin/sh
# sphinx-thebe 0.3.1: every page declares the same four constants twice.
# Behaviour: the extension's inline script stands twice in the head of every page. It consists
#   of const declarations, and browsers refuse a second const of one name: the console of every
#   page of a book that loads the extension shows a SyntaxError, pages without a runnable cell
#   included.
# Seen: with Sphinx 7.4.7, on a project of one page with one sentence, each of the four names
#   is declared in two scripts.
# Instead: leave the extension out where no page uses it.
set -eu
pinned="sphinx==7.4.7 docutils==0.21.2 sphinx-thebe==0.3.1"
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
import re
from pathlib import Path

from sphinx.application import Sphinx

Path("book").mkdir()
Path("book/index.rst").write_text("A page\n======\n\nOne sentence.\n")
Path("book/conf.py").write_text("extensions = ['sphinx_thebe']\n")
Sphinx("book", "book", "html", "html", "html", status=None).build()

scripts = re.findall(r"<script>(.*?)</script>", Path("html/index.html").read_text(), re.DOTALL)
counts = {}
for script in scripts:
    for name in re.findall(r"\bconst (\w+) =", script):
        counts[name] = counts.get(name, 0) + 1
print(f"declarations in scripts of one page: {counts}")
raise SystemExit(not (len(counts) == 4 and set(counts.values()) == {2}))
END
then
    echo "as found: with sphinx-thebe 0.3.1 a page declares each of four constants twice, \
which browsers refuse."
else
    echo "changed: what sphinx-thebe writes into a page is not what it was; the lines above \
say what it is now."
    exit 1
fi
