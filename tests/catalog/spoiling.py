"""A catalogue with one mistake in it, and what must be said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from pipelines.catalog import Catalog, typed
from pipelines.catalog.source import CatalogError, Document, load
from pipelines.catalog_check import findings

ADVICE = re.compile(
    r"\b(correct|fix|mark|write|add|keep|name|use|take|rename|remove|narrow|list|see|move|give|say|end|put|not YAML)\b"
)


@dataclass(frozen=True)
class Mistake:
    """``text`` (the first of that kind) becomes ``wrong``; the finding names the file, the line ``at`` and says ``message``."""

    file: str
    text: str
    wrong: str
    at: str
    message: str
    named: str = ""  # the file that is named, where it is another one
    line_off: bool = False  # names the list the mistake is in, not its line


def spoil(folder: Path, mistake: Mistake) -> int:
    """Make the mistake; the line it is on."""
    path = folder / mistake.file
    content = path.read_text(encoding="utf-8")
    assert mistake.text in content, "the catalogue has changed: the test has to be corrected"
    path.write_text(content.replace(mistake.text, mistake.wrong, 1), encoding="utf-8")
    lines = (folder / (mistake.named or mistake.file)).read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if mistake.at in line), 0)


_READ: dict[bytes, Document] = {}


def _read_once(path: Path) -> Document:
    """A file of the catalogue; what another test has read is not parsed again: a hundred copies differ in a line."""
    if not path.is_file():
        return load(path)
    content = path.read_bytes()
    if content not in _READ:
        _READ[content] = load(path)
    return replace(_READ[content], path=path)


def mistakes_of(folder: Path) -> list[CatalogError]:
    """What ``catalog check`` finds, but for suites that are not current: these have tests of their own."""
    with patch.object(typed, "load", _read_once):
        catalog, errors = Catalog.attempt(folder)
        return errors if catalog is None else findings(catalog)


def said(found: list[CatalogError], message: str) -> CatalogError:
    """The finding that says it."""
    assert found, "nothing was found"
    saying = [finding for finding in found if message in finding.message]
    assert saying, [finding.message for finding in found]
    return saying[0]


def item_line(path: Path, line: int) -> int:
    """The line of the list item that a line belongs to."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number in range(line, 0, -1) if lines[number - 1].lstrip().startswith("- ")), line)


def has_advice(finding: CatalogError) -> bool:
    """True where the message says what to do."""
    return bool(ADVICE.search(finding.message))
