"""The Markdown of the project, as its readers see it: prose, code blocks, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>```+)(?P<language>\w*)(?: +title=\"(?P<title>[^\"]+)\")?\s*$")
_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_TARGET = re.compile(r"(?<=\])\([^)\s]+\)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the file it is (``title="…"``), its text, and the line it begins at."""

    language: str
    title: str
    text: str
    line: int


def markdown() -> list[Path]:
    """Every page of the project that is written by hand."""
    top = [ROOT / name for name in ("README.md", "README.zh-CN.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
    return [*top, ROOT / "docker/README.md", *sorted(DOCS.rglob("*.md"))]


def _cut(text: str) -> Iterator[str | Block]:
    """Lines outside fences one by one, fenced blocks whole."""
    opened: re.Match[str] | None = None
    began, inside = 0, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        if opened is None:
            opened = _FENCE.match(line)
            began, inside = number, []
            if opened is None:
                yield line
        elif line.strip() == opened["ticks"]:
            body = "".join(f"{one.removeprefix(opened['indent'])}\n" for one in inside)
            yield Block(opened["language"], opened["title"] or "", body, began)
            opened = None
        else:
            inside.append(line)
    if opened is not None:
        raise ValueError(f"a block that begins at line {began} does not end")


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [part for part in _cut(page.read_text(encoding="utf-8")) if isinstance(part, Block)]


def prose(text: str) -> str:
    """What is left of a page without fenced blocks, code and the targets of links; line numbers are kept."""
    lines: list[str] = []
    for part in _cut(text):
        lines += [part] if isinstance(part, str) else [""] * (part.text.count("\n") + 2)
    blank = _CODE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), "\n".join(lines))
    return _TARGET.sub(lambda found: " " * len(found.group()), blank)
