"""Garbage in a file costs in proportion to the file, and takes nothing with it that is right."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.catalog import catalog
from pipelines.ground.settings import Settings
from pipelines.precheck import precheck
from tests.publishing.penalties import PENALTY, sent

ROWS = 3_000
HEAD, RIGHT = sent(PENALTY, {"document_number": "锦市监处罚〔2026〕0号"}).splitlines()
LINES = [RIGHT.replace("〕0号", f"〕{number}号") for number in range(ROWS)]


def seconds(folder: Path, content: bytes) -> tuple[float, dict[str, int]]:
    path = folder / f"{time.monotonic_ns()}.csv"
    path.write_bytes(content)
    began = time.process_time()
    known = catalog(Settings.read(folder).catalog)
    [done] = precheck(known, path, PENALTY, provider_id="sichuan", as_of=datetime(2026, 11, 30, 4, tzinfo=UTC))
    return time.process_time() - began, done.receipt["rows"]


@pytest.mark.parametrize(
    ("lines", "right"),
    [
        (['"' + LINES[0], *LINES[1:]], ROWS - 1),  # a quote that never closes
        (['"' + line for line in LINES], 0),
        (['"' + line if number % 2 else line for number, line in enumerate(LINES)], ROWS // 2),
        ([*LINES[:10], *(line + ",多" for line in LINES[10:])], 10),
        ([*LINES[:10], *(line[: len(line) // 2] + '"' for line in LINES[10:])], 10),
        ([*LINES, "\n" * len("\n".join(LINES).encode())], ROWS),
    ],
    ids=[
        "one quote never closes",
        "every line opens a quote",
        "every other",
        "too long",
        "cut off in a quote",
        "blank",
    ],
)
def test_broken_lines_are_refused_alone_and_cost_a_few_times_what_right_ones_do(
    tmp_path: Path, lines: list[str], right: int
) -> None:
    """Once a quote in every line cost two hundred looks at each: 100 times a clean file, growing with the file."""
    seconds(tmp_path, "\n".join([HEAD, *LINES[:2], LINES[2] + ",多"]).encode())  # what has to be imported
    clean, _ = seconds(tmp_path, "\n".join([HEAD, *LINES]).encode())
    cost, rows = seconds(tmp_path, "\n".join([HEAD, *lines]).encode())
    assert rows["accepted"] == right
    assert cost < 20 * clean + 1, f"{cost:.2f} s beside {clean:.2f} s"
