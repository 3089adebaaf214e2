"""Pages as files: short lines, true links, paths of modules that exist, decisions that say what replaced what."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, markdown, prose

PAGES = markdown()
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))
INDEX = (DOCS / "decisions/README.md").read_text(encoding="utf-8")

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_PATH = re.compile(r"`((?:pipelines|dags|tests|catalog|docs)/[\w./-]+)`")
_MODULE = re.compile(r"`(?:python -m )?pipelines((?:\.\w+)+)")

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def _slug(heading: str) -> str:
    """The anchor of a heading, as GitHub and mkdocs make it for ours."""
    words = re.sub(r"[^\w\s-]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower())
    return re.sub(r"[\s]+", "-", words)


def _anchors(page: Path) -> set[str]:
    return {_slug(line.lstrip("#")) for line in page.read_text(encoding="utf-8").splitlines() if line.startswith("#")}


@every_page
def test_lines_are_short(page: Path):
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
    long = [f"{number}: {line[:60]}" for number, line in lines if len(line) > 120 and not _may_be_long(line)]
    assert long == []


def _may_be_long(line: str) -> bool:
    """A row of a table; or a line that is one long address, and even that not beyond 160."""
    return line.lstrip().startswith("|") or (len(line) <= 160 and "https://" in line)


@every_page
def test_links_lead_somewhere(page: Path):
    lost = []
    for target in _LINK.findall(re.sub(r"(?s)```.*?```", "", page.read_text(encoding="utf-8"))):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        there = page.parent / path if path else page
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            lost.append(target)
    assert lost == []


def test_links_of_the_site_stay_in_it():
    """What lies outside docs/ is named, not linked: the site does not hold it."""
    outside = [
        f"{page.name}: {target}"
        for page in DOCS.rglob("*.md")
        for target in _LINK.findall(prose_and_links(page))
        if not re.match(r"https?://|#", target)
        and not (page.parent / target.partition("#")[0]).resolve().is_relative_to(DOCS)
    ]
    assert outside == []


def prose_and_links(page: Path) -> str:
    return re.sub(r"(?s)```.*?```", "", page.read_text(encoding="utf-8"))


@every_page
def test_paths_in_the_text_exist(page: Path):
    if page.name == "CHANGELOG.md":
        return  # it speaks of what was
    text = page.read_text(encoding="utf-8")
    lost = [path for path in _PATH.findall(text) if not _exists(path)]
    lost += [f"pipelines{module}" for module in _MODULE.findall(text) if not _is_module(module)]
    assert lost == []


def _exists(path: str) -> bool:
    """In the tree; or made where it is needed, as the site of a home and what the fuzzer finds."""
    made = ("catalog/templates/", "catalog/index.html", "tests/fuzz/corpus/")
    return (ROOT / path).exists() or path.startswith(made)


def _is_module(dotted: str) -> bool:
    """A package, a module, or a name that stands in one."""
    parts = dotted.strip(".").split(".")
    for end in (len(parts), len(parts) - 1):
        place = ROOT.joinpath("pipelines", *parts[:end])
        if place.with_suffix(".py").is_file() or (place / "__init__.py").is_file():
            module = place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"
            return end == len(parts) or re.search(rf"\b{parts[-1]}\b", module.read_text(encoding="utf-8")) is not None
    return False


def test_the_readmes_fit_on_a_page_and_lead_each_reader_to_one():
    for name, engineers in (("README.md", "docs/engineers.md"), ("README.zh-CN.md", "docs/engineers.zh.md")):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 150
        for page in (engineers, "docs/providers.zh.md", "docs/managers.zh.md"):
            assert text.count(f"]({page})") == 1, (name, page)
        assert {"make demo", "make test"} <= set(re.findall(r"^make \w+", text, re.MULTILINE))


def test_every_decision_has_a_status_and_is_in_the_index():
    for page in DECISIONS:
        text = page.read_text(encoding="utf-8")
        assert re.match(rf"# {page.name[:4]} .+\n\nStatus: (current|partly replaced|replaced)\b", text), page.name
        assert f"]({page.name})" in INDEX


def test_no_number_of_a_decision_is_missing_without_a_word():
    numbers = {int(page.name[:4]) for page in DECISIONS}
    named = {int(number) for number in re.findall(r"^\| \[?(\d{4})\b", INDEX, re.MULTILINE)}
    assert named == set(range(1, max(numbers) + 1))
    assert numbers <= named


def test_what_replaces_a_decision_is_said_on_both_sides():
    lost = []
    for page in DECISIONS:
        status = page.read_text(encoding="utf-8").split("\n\n")[1]
        for other in re.findall(r"\]\((\d{4}[\w-]+\.md)\)", status):
            if "replace" in status and page.name[:4] not in (DOCS / "decisions" / other).read_text(encoding="utf-8"):
                lost.append(f"{page.name} -> {other}")
    assert lost == []


def test_prose_is_what_is_left_without_code():
    assert prose("a `b` [c](d.md)\n```\ne\n```\nf").split() == ["a", "[c]", "f"]


def test_the_table_of_floors_is_the_contract_of_the_linter():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = [one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers"]
    floors = [sorted(name.strip() for name in layer.split("|")) for layer in contract["layers"]]
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    table = text[text.index("## Floors") : text.index("Outside the packages")]
    written = re.findall(r"^\| [^|]*\| `(\w+)` \|", table, re.MULTILINE)
    rooms = [name for floor in floors for name in floor]
    assert sorted(written) == sorted(rooms)
    height = {name: place for place, floor in enumerate(floors) for name in floor}
    assert written == sorted(written, key=height.__getitem__)
