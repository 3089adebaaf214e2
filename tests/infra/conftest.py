"""Shared by the infrastructure tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TINY_DAGS = """
from pathlib import Path
import os

from airflow.sdk import dag, task


@dag(schedule=None, params={"as_of": "", "factor": 1})
def squares():
    @task
    def numbers():
        print("a line for the log")
        return [1, 2, 3]

    @task
    def square(number):
        return number * number

    @task
    def total(squares, params=None):
        text = f"{params['as_of']} {sum(squares) * params['factor']}"
        Path(os.environ["CREDIT_HUB_HOME"], "total.txt").write_text(text)

    total(square.expand(number=numbers()))


@dag(schedule=None, default_args={"retries": 3})
def broken():
    @task
    def fails():
        raise ValueError("the [first] line\\nthe second line")

    @task
    def later():
        pass

    fails() >> later()


squares()
broken()
"""


def with_tiny_dags(place: Path) -> Path:
    """A new folder with two small DAGs."""
    folder = place / "dags"
    folder.mkdir()
    (folder / "tiny.py").write_text(TINY_DAGS, encoding="utf-8")
    return folder


@pytest.fixture
def tiny_dags(tmp_path: Path) -> Path:
    """A folder with two small DAGs."""
    return with_tiny_dags(tmp_path)


@pytest.fixture(scope="session")
def airflow_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An Airflow with a metadata database in this process; the one that is there, if another test was first."""
    if "airflow" in sys.modules and "AIRFLOW_HOME" in os.environ:
        folder = Path(os.environ["AIRFLOW_HOME"])
    else:
        from pipelines.airflow_home import activate, prepare

        folder = tmp_path_factory.mktemp("airflow")
        activate(prepare(folder))
    from airflow.utils.db import initdb

    initdb()
    return folder


def python(code: str, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a new process: a process can have one Airflow home only."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=cwd,
        env={key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def have(command: str) -> bool:
    """True where a program is installed."""
    return shutil.which(command) is not None
