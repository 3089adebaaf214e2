"""The tutorial is run as it is written: its files are saved, its commands run in one shell, its outputs compared."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from tests.cli.on_path import on_path
from tests.docs.pages import DOCS, ROOT, Block, blocks

pytestmark = pytest.mark.slow

MARK = "\x1e"


@dataclass(frozen=True)
class Step:
    """A block of commands, what the page says they print, and what they printed."""

    commands: str
    shown: str
    printed: str


def _steps_and_files() -> Iterator[tuple[Block, str]]:
    """Every file and every block of commands in order; with the latter, the output that the page shows."""
    found = blocks(DOCS / "tutorial.md")
    for block, following in zip(found, [*found[1:], None], strict=True):
        if block.title or block.language == "bash":
            yield block, following.text if following and following.language == "text" else ""


def _script() -> str:
    lines = ["set -eu", "exec 2>&1"]
    for block, _ in _steps_and_files():
        if block.title:
            lines.append(f"cat > {shlex.quote(block.title)} <<'END OF FILE'\n{block.text}END OF FILE")
        else:
            lines.append(f"printf '{MARK}'\n{block.text}")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a checkout: the catalogue in it, and ``credit-hub`` and ``python`` on the path."""
    root = tmp_path_factory.mktemp("tutorial")
    shutil.copytree(ROOT / "catalog", root / "catalog")
    (root / "bin").mkdir()
    command = root / "bin/python"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return root


@pytest.fixture(scope="module")
def steps(place: Path) -> list[Step]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CREDIT_HUB_")}
    with on_path(place / "bin"):
        done = subprocess.run(
            ["bash", "-c", _script()],
            cwd=place,
            env=kept
            | {
                "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "XDG_CONFIG_HOME": str(place / "config"),
                "COLUMNS": "160",
                "LC_ALL": "C.UTF-8",
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-3000:]
    printed = done.stdout.split(MARK)[1:]
    commands = [(block.text, shown) for block, shown in _steps_and_files() if not block.title]
    return [Step(block, shown, out) for (block, shown), out in zip(commands, printed, strict=True)]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _pattern(shown: str) -> re.Pattern[str]:
    """A line of the page: ``…`` stands for anything that is not worth showing."""
    return re.compile(".*".join(re.escape(_plain(part)) for part in shown.split("…")))


def missing(shown: str, printed: str) -> list[str]:
    """Lines of the page that were not printed, in their order."""
    left, lost = [_plain(line) for line in printed.splitlines()], []
    for line in filter(str.strip, shown.splitlines()):
        at = next((place for place, one in enumerate(left) if _pattern(line).search(one)), None)
        if at is None:
            lost.append(line)
        else:
            left = left[at + 1 :]
    return lost


def test_a_line_that_is_not_printed_is_missed():
    assert missing("a … c\nd", "a b c\nd\n") == []
    assert missing("d\na", "a\nd\n") == ["a"]
    assert missing("3 rows", "30 row\n") == ["3 rows"]


def test_the_page_says_what_the_commands_print(steps: list[Step]):
    assert len(steps) > 8
    wrong = [(step.commands, line, step.printed) for step in steps for line in missing(step.shown, step.printed)]
    assert wrong == []


def test_every_verb_of_the_page_shows_its_output(steps: list[Step]):
    silent = [step.commands for step in steps if "credit-hub" in step.commands and not step.shown.strip()]
    assert silent == []


def test_the_dataset_is_released(steps: list[Step], place: Path):
    assert steps
    [data] = (place / "build/tutorial/home/shared/quality_award").glob("*/data")
    released = pl.read_parquet(data / "*.parquet").sort("credit_code")
    assert released["credit_code"].to_list() == ["91510100MX9DGQR25T", "91510700MXH20JQT84", "91511500MXQMFCQK1E"]
    assert released.schema["awarded_date"] == pl.Date


def test_the_checkout_is_left_as_it_was(steps: list[Step], place: Path):
    assert steps
    before = {path.relative_to(ROOT) for path in (ROOT / "catalog").rglob("*") if path.is_file()}
    assert {path.relative_to(place) for path in (place / "catalog").rglob("*") if path.is_file()} == before
    assert sorted(path.name for path in place.iterdir()) == ["bin", "build", "catalog", "config"]
