"""The modules of moving figures, put anew into outputs that were made with older ones."""

import hashlib
import re
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)

_NAMED = re.compile(r'<div class="ldyn ldyn-moving" data-ldyn="(\w+)" data-figure="([\w-]+)">')
_OPEN, _MOUNT = '<script type="module">\n', "\n{\nconst host = "
_STATE = re.compile(r"^const state = (.*);$", re.M)


class Modules(SphinxTransform):
    """Give every moving figure its module as it is now: pages do not run again for it."""

    default_priority: ClassVar[int] = 290  # before figures get their captions

    def apply(self, **kwargs: Any) -> None:
        folder = Path(self.app.srcdir) / "lib" / "ldyn" / "show" / "figures"
        for drawn in list(self.document.findall(nodes.raw)):
            if _NAMED.search(drawn.astext()):
                try:
                    text = with_module(drawn.astext(), folder)
                except ValueError as error:
                    logger.warning("%s", error, location=drawn)
                    continue
                drawn.children = [nodes.Text(text)]
                drawn.rawsource = text


def with_module(html: str, folder: Path) -> str:
    """Return a figure that `show.moving` has written as it would write it with the modules in
    `folder`. Raises: ValueError when it is written in another way, or the module is not there.
    """
    named, (head, _, rest) = _NAMED.search(html), html.partition(_OPEN)
    _, mount, tail = rest.rpartition(_MOUNT)
    state = _STATE.search(tail)
    if not (named and mount and state):
        raise ValueError("a moving figure that is not written as show.moving writes it")
    old, name = named.groups()
    files = [folder / "_common.js", folder / "_chart.js", *folder.glob(f"*/{name}.js")]
    if len(files) != 3:
        raise ValueError(f"there are {len(files) - 2} modules of the name {name}")
    module = "\n".join(path.read_text("utf-8") for path in files)
    new = hashlib.sha256((module + state[1]).encode()).hexdigest()[:12]
    mark = 'data-ldyn="{}"'.format
    head = head.replace(mark(old), mark(new), 1)
    return head + _OPEN + module + mount + tail.replace(mark(old), mark(new), 1)
