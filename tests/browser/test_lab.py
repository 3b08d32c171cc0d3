"""The reader's notebooks in a real JupyterLab."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import nbformat
import pytest

from ldyn import show

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
RUN = """async (cell) => {
  await jupyterapp.restored;
  const panel = jupyterapp.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  panel.content.activeCellIndex = cell;
  await jupyterapp.commands.execute("notebook:run-cell");
}"""
STATE = """() => {
  const notebook = jupyterapp.shell.currentWidget.content;
  return [notebook.widgets.length, notebook.activeCellIndex, notebook.mode];
}"""
# What each key makes of a slider at 1; to a notebook they mean up, down, a new cell.
KEYS = {"ArrowRight": "2", "ArrowUp": "3", "ArrowDown": "2", "a": "2", "j": "2"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, html):
    """The notebooks of the built book, and one with a moving figure between two texts."""
    there = tmp_path_factory.mktemp("lab") / "notebooks"
    shutil.copytree(html / "notebooks", there)
    figure = show.moving(
        "inertia",
        state={"inputs": 3, "outputs": 2},
        alt="Bars count the signs of the eigenvalues.",
    )
    (there.parent / "figure.html").write_text(figure.html(), "utf-8")
    read = "from IPython.display import HTML\nHTML(open('../figure.html').read())"
    new = nbformat.v4
    texts = new.new_markdown_cell("before"), new.new_markdown_cell("after")
    cells = [texts[0], new.new_code_cell(read), texts[1]]
    about = nbformat.read(there / "start.ipynb", 4).metadata
    nbformat.write(new.new_notebook(cells=cells, metadata=about), there / "figure.ipynb")
    return there


@pytest.fixture(scope="module")
def lab(folder):
    """The address of a JupyterLab that shows `folder` and knows no settings of ours."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    own = {name: str(folder.parent / name) for name in (*names, "JUPYTERLAB_SETTINGS_DIR")}
    command = [sys.executable, "-m", "jupyterlab", str(folder / "start.ipynb"), "--no-browser"]
    command += ["--allow-root", f"--port={port}", "--ServerApp.port_retries=0"]
    command += ["--IdentityProvider.token=", "--expose-app-in-browser"]
    with (folder.parent / "log").open("w") as log:
        server = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
    try:
        yield _answering(f"http://127.0.0.1:{port}", server, folder.parent / "log")
    finally:
        server.terminate()
        server.wait()


def _answering(address: str, server: subprocess.Popen, log: Path) -> str:
    for _ in range(1200):
        if server.poll() is not None:
            break
        with suppress(OSError):
            urllib.request.urlopen(f"{address}/api", timeout=1)
            return address
        time.sleep(0.1)
    pytest.fail(f"JupyterLab does not answer: {log.read_text()[-2000:]}")


@pytest.fixture
def opened(chromium, lab):
    page = chromium.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(60_000)

    def at(name: str):
        page.goto(f"{lab}/lab/tree/{name}?reset")
        page.wait_for_selector(".jp-Notebook .jp-RenderedMarkdown")
        return page

    yield at
    page.close()


def test_a_page_appears_once_and_the_first_notebook_leads_to_it(opened):
    page = opened("start.ipynb")
    listed = page.locator(".jp-DirListing-itemText").all_inner_texts()
    assert "start.ipynb" in listed
    assert all(re.fullmatch(r"\w+|[\w-]+\.ipynb", name) for name in listed), listed
    page.locator(".jp-RenderedMarkdown a", has_text="The Hessian at a replicated unit").click()
    page.wait_for_selector("h1:has-text('The Hessian at a replicated unit')")
    assert page.url.endswith("/landscape/hessian-block.ipynb")


def test_a_slider_has_the_keys_while_it_has_the_focus(opened):
    page = opened("figure.ipynb")
    page.evaluate(RUN, 1)
    slider = page.locator(".ldyn-controls input[type=range]").first
    slider.focus()
    assert page.evaluate(STATE) == [3, 1, "command"]
    for key, value in KEYS.items():
        page.keyboard.press(key)
        page.wait_for_timeout(50)
        assert slider.input_value() == value, key
        assert page.evaluate(STATE) == [3, 1, "command"], f"{key} reached the notebook"
