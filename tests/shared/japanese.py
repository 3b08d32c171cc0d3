"""Which Japanese words of a built page do not say that they are."""

import re

from bs4 import BeautifulSoup, NavigableString

_KANA_OR_KANJI = re.compile("[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\uff66-\uff9f]")
_ASIDE = ["script", "style", "code", "pre", "title"]


def unmarked(soup: BeautifulSoup) -> list[str]:
    """Return the texts with kana or kanji whose nearest lang is not ja, formulas and code aside."""
    return [
        str(text)
        for text in soup.find_all(string=_KANA_OR_KANJI)
        if type(text) is NavigableString
        and not text.find_parent(_ASIDE)
        and not text.find_parent(class_="math")
        and text.find_parent(lang=True)["lang"] != "ja"
    ]
