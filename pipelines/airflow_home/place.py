"""The folder and the settings (``airflow.env``) of an Airflow on the embedded defaults.

Airflow reads its configuration when it is first imported: ``prepare`` comes before that, and a process has one Airflow.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pipelines.ground.errors import HubError, InputError
from pipelines.ground.packaged import packaged

PORT: Final = 8080


def folder_of(home: Path) -> Path:
    """Where Airflow keeps its own things for a home."""
    return home.resolve() / "airflow"


def prepare(folder: Path, *, home: Path | None = None, port: int = PORT, dags: Path | None = None) -> dict[str, str]:
    """Make the folder and give the environment that keeps Airflow within it.

    Args:
        folder: takes AIRFLOW_HOME, the metadata database and the logs.
        home: the home of the hub that the DAGs work on, when it is not the one of the environment.
        port: where the web UI will listen, on 127.0.0.1.
        dags: the DAGs, when they are not the project's own.

    Raises:
        InputError: the folder cannot be made.
    """
    folder = folder.resolve()
    try:
        (folder / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}); give --home a folder that can") from error
    own = packaged("dags")
    values = {"folder": folder, "port": port, "dags": dags or own, "plugins": own / "plugins"}
    lines = Path(__file__).with_name("airflow.env").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if not line.startswith("#"))
    environment = {name: value.format_map(values) for name, _, value in pairs}
    return environment | ({"CREDIT_HUB_HOME": str(home.resolve())} if home else {})


def activate(environment: Mapping[str, str]) -> None:
    """Put what ``prepare`` gave into this process.

    Raises:
        HubError: Airflow was imported before, for another folder.
    """
    if "airflow" in sys.modules and os.environ.get("AIRFLOW_HOME") != environment["AIRFLOW_HOME"]:
        raise HubError("Airflow was imported before its folder was chosen; a process can have one Airflow home only")
    os.environ.update(environment)


def relative_path(path: Path) -> str:
    """A path as short as it can be from here."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
