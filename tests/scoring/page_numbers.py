"""The numbers a page shows, by the place they stand in: texts and what the charts draw from, names and dates taken out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

_NUMBER: Final = re.compile(r"\d[\d,]*(?:\.\d+)?%?")
_DATES: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}(T[\d:]+(Z|\+00:00))?|\d{4}年第.季度|\d{4}年(\d+月(\d+日)?)?|\d+月\d+日|\b\d{4}-(\d{2}|Q\d)\b"
)
_VOID: Final = frozenset({"meta", "link", "br", "img", "input", "hr"})


class _Page(HTMLParser):
    """Texts and chart data, each with the id of the nearest element around it that has one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = [("html", "")]
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        place = said.get("aria-labelledby") if tag == "section" else said.get("id") if tag == "tr" else None
        kind = "json" if said.get("type") == "application/json" else tag
        if tag not in _VOID:
            self.open.append((kind, place or self.open[-1][1]))

    def handle_endtag(self, tag: str) -> None:
        while len(self.open) > 1:
            kind, _ = self.open.pop()
            if kind == tag or (kind == "json" and tag == "script"):
                break

    def handle_data(self, data: str) -> None:
        kind, place = self.open[-1]
        if kind in ("style", "script", "title", "code", "pre") or not data.strip():
            return
        texts = _leaves(json.loads(data)) if kind == "json" else [data]
        self.found += [(place, text) for text in texts]


def _leaves(value: Any) -> Iterator[str]:
    match value:
        case dict():
            # Where a bar lies in a calendar is a distance in days, not a number anybody reads.
            for name, one in value.items():
                if name not in ("at", "from", "to", "came", "lane", "length"):
                    yield from _leaves(one)
        case list():
            for one in value:
                yield from _leaves(one)
        case bool() | None:
            return
        case _:
            yield str(value)


def same(number: str | float) -> str:
    """One way to write a number: ``1,200.50`` and ``1200.5`` are the same; a share in per cent stays one."""
    text = str(number).replace(",", "")
    bare = f"{float(text.rstrip('%')):.10g}"
    return bare + "%" if text.endswith("%") else bare


def numbers(page: Path, names: Iterable[str]) -> list[tuple[str, str, str]]:
    """Place, number and the text around of each number; dates and ``names`` (files, rules, batches) are no numbers."""
    parser = _Page()
    parser.feed(page.read_text(encoding="utf-8"))
    known = re.compile("|".join(re.escape(name) for name in sorted(names, key=len, reverse=True) if name) or r"(?!)")
    found = []
    for place, text in parser.found:
        bare = _DATES.sub(" ", known.sub(" ", text))
        found += [(place, same(number), text.strip()) for number in _NUMBER.findall(bare)]
    return found
