"""One language: each term once, and no page uses a word that the glossary gives up."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

import pytest

from tests.docs.pages import DOCS, ROOT, markdown, prose

GLOSSARY = DOCS / "glossary.md"
PAGES = [page for page in markdown() if page != GLOSSARY]


def _tables() -> list[tuple[list[str], list[list[str]]]]:
    """The tables of the glossary: their headers, and their rows."""
    found: list[tuple[list[str], list[list[str]]]] = []
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    for before, line in pairwise(["", *lines]):
        if line.startswith("|---"):
            found.append((_cells(before), []))
        elif line.startswith("|") and found and before.startswith("|"):
            found[-1][1].append(_cells(line))
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _column(name: str) -> list[str]:
    """The words of every column of this name, one by one."""
    return [
        word.strip()
        for header, rows in _tables()
        if name in header
        for row in rows
        for word in row[header.index(name)].split(",")
        if word.strip() not in ("", "–")
    ]


def _uses(word: str, text: str) -> list[str]:
    """The lines of a page that use a word."""
    spaced = r"\s+".join(map(re.escape, word.split()))
    pattern = re.compile(rf"(?<![\w-]){spaced}(?![\w-])", re.IGNORECASE)
    return [text[max(0, at.start() - 30) : at.end() + 30].replace("\n", " ") for at in pattern.finditer(text)]


def test_each_term_is_there_once():
    terms, chinese = Counter(_column("term")), Counter(_column("中文"))
    assert len(terms) > 90
    assert [word for word, times in terms.items() if times > 1] == []
    assert chinese


def test_every_row_has_all_its_cells():
    assert [row for header, rows in _tables() for row in rows if len(row) != len(header) or "" in row] == []


def test_no_term_is_a_word_that_is_not_used():
    assert set(_column("term")) & set(_column("not used")) == set()


def test_a_word_in_code_or_in_a_link_is_no_use_of_it():
    text = prose("A `stray` here, [a link](stray.md),\n```text\nstray\n```\nand a\nwork group; a stray.\n")
    assert len(_uses("stray", text)) == 1
    assert _uses("work group", text)
    assert _uses("stray", "astray, stray-dog") == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_no_page_uses_a_word_that_is_not_used(page):
    text = prose(page.read_text(encoding="utf-8"))
    found = [(word, place) for word in _column("not used") for place in _uses(word, text)]
    assert found == []


def _code(module: str) -> str:
    """The source of a module, or of all modules of a package."""
    place = ROOT.joinpath("pipelines", *module.split("."))
    sources = [place.with_suffix(".py")] if place.with_suffix(".py").is_file() else sorted(place.glob("*.py"))
    return "\n".join(path.read_text(encoding="utf-8") for path in sources)


def test_names_in_the_code_are_where_the_glossary_says():
    [rows] = [rows for header, rows in _tables() if header[:2] == ["name", "module"]]
    lost = [
        f"{name} in {row[1]}"
        for row in rows
        for name in re.findall(r"`(\w+)`", row[0])
        if not re.search(
            rf"^\s*(?:class|def) {name}\b|^\s*{name}\b.*[=:]",
            "\n".join(_code(module) for module in re.findall(r"`([\w.]+)`", row[1])),
            re.MULTILINE,
        )
    ]
    assert len(rows) > 20
    assert lost == []
