"""Measure what each page costs to run: every page once, alone, on one thread.

python tools/costs.py                run all pages and write book/results/page_costs.json

The seconds are those of the processor, of the page's kernel and what it started, so that other work
on the machine hardly moves them; run it on an idle machine all the same. A page that fails ends it,
and nothing is written.
"""

import datetime
import json
import os
import platform
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from contents import pages
from nbclient import NotebookClient
from notebooks import ROOT

ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_SPENT = """
import json, resource, sys
_all = [resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
_unit = 2**20 if sys.platform == "darwin" else 2**10
_cpu, _top = sum(r.ru_utime + r.ru_stime for r in _all), max(r.ru_maxrss for r in _all)
print(json.dumps({"cpu_seconds": round(_cpu, 1), "mebibytes": _top // _unit}))
"""


def cost(root: Path, page: str) -> dict[str, float]:
    """Run `page` in a kernel of its own; return its processor seconds and largest MiB."""
    book = jupytext.read(root / f"{page}.md")
    book.cells = [cell for cell in book.cells if cell.cell_type == "code"]
    book.cells.append(nbformat.v4.new_code_cell(_SPENT))
    folder = str((root / page).parent)
    quiet = ["--IPKernelApp.log_level=ERROR"]
    place = {"metadata": {"path": folder}}
    NotebookClient(book, timeout=900, extra_arguments=quiet, resources=place).execute()
    return json.loads(book.cells[-1].outputs[0]["text"])


def machine() -> str:
    """Return the name of the processor and the number of its cores."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = next((n for n in names if n), platform.processor() or platform.machine())
    return f"{name}, {os.cpu_count()} cores"


def measure(root: Path) -> dict[str, object]:
    """Run all pages one after another and say how far it is; return what to freeze."""
    names, rows, start = pages(root), [], time.time()
    about = {
        "machine": machine(),
        "date": datetime.date.today().isoformat(),
        "threads": 1,
        "load_before": round(os.getloadavg()[0], 1),
    }
    for number, page in enumerate(names, 1):
        rows.append({"page": page, **cost(root, page)})
        told = f"{page}: {rows[-1]['cpu_seconds']:.1f} CPU s, {rows[-1]['mebibytes']} MiB"
        print(f"[{number:2d}/{len(names)}, {time.time() - start:4.0f} s] {told}", flush=True)
    return {"provenance": about, "rows": rows}


def main() -> None:
    os.environ |= dict.fromkeys(ONE_THREAD, "1")
    found = measure(ROOT)
    head = json.dumps(found["provenance"], indent=1)
    body = ",\n".join("  " + json.dumps(row) for row in found["rows"])
    text = f'{{"provenance": {head},\n"rows": [\n{body}\n]}}\n'
    (ROOT / "book" / "results" / "page_costs.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
