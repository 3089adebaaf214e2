"""The page for 3 a.m. quotes what the hub says: each message of its tables is in the source."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import DOCS, ROOT

_QUOTED = re.compile(r"`([^`]+)`")
_JOINT = re.compile(r"\"\s*\n\s*f?\"")  # a message that goes on in the next line


def _quotes() -> list[str]:
    """The first cells of the tables of messages, one message each."""
    text = (DOCS / "rerun.md").read_text(encoding="utf-8")
    log = text[text.index("| the log says") : text.index("A file of a provider that cannot be read")]
    audit = text[text.index("What `audit` says, and what to do") : text.index("## All of it, without Airflow")]
    rows = [line for line in (log + audit).splitlines() if line.startswith("| `")]
    quotes = [quote for row in rows for quote in _QUOTED.findall(row.split(" | ")[0])]
    return [quote for quote in quotes if not quote.startswith("catalog/…")]  # any message about a line of the catalogue


@pytest.fixture(scope="module")
def source() -> str:
    return "\n".join(
        _JOINT.sub("", path.read_text(encoding="utf-8")) for path in sorted((ROOT / "pipelines").rglob("*.py"))
    )


@pytest.mark.parametrize("quote", _quotes())
def test_the_hub_says_so(source: str, quote: str):
    parts = [part.strip(" …,.") for part in re.split(r"…|(?:raw|lake|shared|outbox)/…:|version\.json:", quote)]
    said = [part for part in parts if len(part) > 4 and not part.startswith("catalog/")]
    assert said
    assert [part for part in said if part not in source] == []
