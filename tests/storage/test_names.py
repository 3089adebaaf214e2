"""Only the storage floor knows the names of files and folders of a home."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

NAMES = {
    "receipt.json",
    "receipt.html",
    "findings.csv",
    "findings.xlsx",
    "open.csv",
    "open.html",
    "not_taken.html",
    "latest.json",
    "changes.parquet",
    "card.json",
    "version.json",
    "scorecard.parquet",
    "scorecards.xlsx",
}
FOLDERS = ("inbox", "outbox", "state", "lake", "raw", "data_docs")


def texts(path: Path) -> Iterator[str]:
    """String constants of a module that are no docstrings, the fixed parts of f-strings included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def below_a_folder(text: str) -> bool:
    return any(text.startswith(f"{folder}/") for folder in FOLDERS)


@pytest.mark.parametrize(
    "module",
    [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "pipelines").rglob("*.py"))
        if path.relative_to(ROOT).parts[1] not in ("storage", "bench")
    ],
)
def test_no_file_name_of_the_home_is_spelled_outside_the_storage_floor(module: str) -> None:
    spelled = {
        text
        for text in texts(ROOT / module)
        if text in NAMES or (below_a_folder(text) and not text.endswith(".j2") and " " not in text)
    }

    assert spelled == set()


def test_the_names_looked_for_are_those_of_the_storage_floor() -> None:
    known = {text for path in (ROOT / "pipelines/storage").glob("*.py") for text in texts(path)}

    assert known >= NAMES
    assert known >= set(FOLDERS)
