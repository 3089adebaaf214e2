"""A page of the site as a test reads it."""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from html.parser import HTMLParser
from pathlib import Path


class Page(HTMLParser):
    """Text, ids, links and tags of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.tags: set[str] = set()
        self.words: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            if name == "id":
                self.ids.append(value or "")
            elif name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in ("href", "src", "srcset", "poster", "data", "action"):
                self.loaded.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @cached_property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


@lru_cache(maxsize=64)
def read(path: Path) -> Page:
    """A page that nobody changes any more."""
    return Page(path)


def spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)
