"""A catalogue with one mistake in it, and what must be said of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipelines.catalog.source import CatalogError

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


def said(findings: list[CatalogError], message: str) -> CatalogError:
    """The finding that says it."""
    assert findings, "nothing was found"
    found = [finding for finding in findings if message in finding.message]
    assert found, [finding.message for finding in findings]
    return found[0]


def item_line(path: Path, line: int) -> int:
    """The line of the list item that a line belongs to."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number in range(line, 0, -1) if lines[number - 1].lstrip().startswith("- ")), line)


def has_advice(finding: CatalogError) -> bool:
    """True where the message says what to do."""
    return bool(ADVICE.search(finding.message))
