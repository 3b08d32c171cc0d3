"""Running the pages: each under the key of its own inputs, two at a time, and only if need be."""

import asyncio
import json
import os
import shutil
import time
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from ldinputs import Book
from myst_nb.core.read import create_nb_reader
from myst_nb.sphinx_ import NbMetadataCollector
from nbclient import NotebookClient
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging

logger = logging.getLogger(__name__)

ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_AT_ONCE = 4
_STATES_KEPT = 4  # of each page, on average
_HEADER = "\nkernelspec: {"


def place_cache(app: Sphinx, config: Config) -> None:
    """Set one cache for all states of the library: its keys tell them apart."""
    folder = Path(app.outdir).parent / ".jupyter_cache"
    mine = folder / "pages"
    for other in folder.iterdir() if folder.is_dir() else ():
        if other.is_dir() and other != mine:  # a cache of an earlier kind
            shutil.rmtree(other)
    config.nb_execution_cache_path = str(mine)
    shutil.rmtree(Path(app.outdir) / "_sources", ignore_errors=True)  # of an older build
    # Pages run beside each other, so that a second thread of one would wait for another's first.
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    app.ldbook = Book(Path(app.srcdir), folder / "inputs.json")  # type: ignore[attr-defined]


def keyed(book: Book, source: str) -> str:
    """Return the source with the digest of its inputs in its header, where the cache looks.

    Raises: ExtensionError when a page with code has no such header.
    """
    run = book.inputs(source).run
    if run and source.count(_HEADER) != 1:
        raise ExtensionError("a page with code has one header with `kernelspec: {name: …}`")
    return source.replace(_HEADER, f"{_HEADER}inputs: i{run}, ") if run else source


def outdated(app: Sphinx, texts: dict[str, str]) -> list[str]:
    """Return the pages whose inputs are not those with which they were read, or that failed."""
    env: Any = app.env
    read = vars(env).setdefault("ldbook_read", {})
    book: Book = app.ldbook  # type: ignore[attr-defined]
    found = [
        name
        for name, text in texts.items()
        if read.get(name) != book.inputs(text).read
        or not (NbMetadataCollector.get_exec_data(env, name) or {"succeeded": True})["succeeded"]
    ]
    book.remember()
    return found


def note_inputs(app: Sphinx, docname: str, source: str) -> None:
    """Write down with which inputs a page is read."""
    inputs = app.ldbook.inputs(source)  # type: ignore[attr-defined]
    vars(app.env).setdefault("ldbook_read", {})[docname] = inputs.read


def run_pages(app: Sphinx, texts: dict[str, str]) -> None:
    """Run the pages to be read that have no outputs in the cache, the dearest first.

    What fails here is run again when the page is read, which says what is wrong.
    """
    env: Any = app.env
    cache = get_cache(app.config.nb_execution_cache_path)
    cache.change_cache_limit(max(_STATES_KEPT * len(env.found_docs), 1))
    todo = []
    for docname, text in texts.items():
        path, text = env.doc2path(docname), keyed(app.ldbook, text)  # type: ignore[attr-defined]
        reader = create_nb_reader(path, env.myst_config, env.mystnb_config, text)
        if reader is not None:
            page = reader.read(text)
            try:
                cache.match_cache_notebook(page)
            except KeyError:
                todo.append((docname, path, page))
    if todo:
        cost = _costs(Path(app.srcdir) / "book" / "results" / "page_costs.json")
        todo.sort(key=lambda page: -cost.get(page[0], 0))
        _finish(_run_all(todo, cache, app.config.nb_execution_timeout))


def _finish(work: Coroutine[Any, Any, None]) -> None:
    """Do the work in a thread of its own: in the main one nbclient takes an interrupt for its own,
    ends a page, and the build goes on.
    """
    loop = asyncio.new_event_loop()
    with ThreadPoolExecutor(1) as thread:
        done = thread.submit(loop.run_until_complete, work)
        try:
            done.result()
        except BaseException:
            loop.call_soon_threadsafe(lambda: [task.cancel() for task in asyncio.all_tasks(loop)])
            raise
    loop.close()


async def _run_all(todo: Iterable[tuple[str, str, Any]], cache: Any, timeout: int) -> None:
    free = asyncio.Semaphore(min(_AT_ONCE, os.cpu_count() or 1))

    async def run(docname: str, path: str, book: Any) -> None:
        async with free:
            start = time.time()
            client = NotebookClient(
                book,
                timeout=timeout,
                record_timing=False,  # the cache compares what stands in the cells
                extra_arguments=["--IPKernelApp.log_level=ERROR"],  # no word on transport
                resources={"metadata": {"path": str(Path(path).parent)}},
            )
            try:
                await client.async_execute()
            except Exception as error:  # whatever it is, reading the page meets it again
                logger.info("%s: %s", docname, type(error).__name__)
                return
            took = time.time() - start
            bundle = CacheBundleIn(book, path, data={"execution_seconds": took})
            cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            logger.info("%s: run in %.1f s", docname, took)

    await asyncio.gather(*(run(*page) for page in todo))


def _costs(path: Path) -> dict[str, float]:
    rows = json.loads(path.read_text("utf-8"))["rows"] if path.is_file() else []
    return {row["page"]: row["cpu_seconds"] for row in rows}
