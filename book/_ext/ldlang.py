"""Japanese words say that they are Japanese, so that they are drawn and spoken right."""

import re
from typing import ClassVar

from docutils import nodes
from sphinx.transforms import SphinxTransform

# Kana, kanji and their punctuation; a word may begin or go on in Latin letters: ReLUネットワーク.
JAPANESE = re.compile(
    r"[\w-]*[\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]"
    r"[\w\u3000-\u303f\u30fb\uff01-\uff9f-]*"
)
_LEFT_ALONE = (nodes.literal, nodes.math, nodes.raw, nodes.FixedTextElement, nodes.math_block)
_LOOK = "language-ja"  # docutils writes it as lang="ja"


class MarkJapanese(SphinxTransform):
    """Mark each paragraph or title that is mostly Japanese, and Japanese words elsewhere."""

    default_priority: ClassVar[int] = 850

    def apply(self) -> None:
        for text in list(self.document.findall(nodes.Text)):
            if not JAPANESE.search(text) or _within(text, _LEFT_ALONE):
                continue
            block = text.parent
            while isinstance(block, nodes.Inline):
                block = block.parent
            if _LOOK in block["classes"]:
                continue
            if mostly_japanese(block.astext()):
                block["classes"].append(_LOOK)
            else:
                text.parent.replace(text, marked(text.astext()))


def mostly_japanese(text: str) -> bool:
    """Return whether at least half of the letters stand in Japanese words."""
    found = "".join(JAPANESE.findall(text))
    return 2 * len(re.findall(r"\w", found)) >= len(re.findall(r"\w", text))


def marked(text: str) -> list[nodes.Node]:
    """Return the text with each Japanese word in an element of its own."""
    found: list[nodes.Node] = []
    end = 0
    for word in JAPANESE.finditer(text):
        found += [nodes.Text(text[end : word.start()])] if word.start() > end else []
        found.append(nodes.inline("", word[0], classes=[_LOOK]))
        end = word.end()
    return found + ([nodes.Text(text[end:])] if end < len(text) else [])


def _within(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False
