"""The folder and the settings of an Airflow on the embedded defaults: SQLite, local files, 127.0.0.1.

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
PARALLELISM: Final = 2


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
    address = f"http://127.0.0.1:{port}"
    # Some of these are Airflow's defaults: said again, they win over what the caller's environment says.
    settings: dict[str, object] = {
        "core__dags_folder": dags or packaged("dags"),
        "core__plugins_folder": packaged("dags") / "plugins",
        "core__load_examples": False,
        "core__dags_are_paused_at_creation": False,
        "core__executor": "LocalExecutor",
        "core__parallelism": PARALLELISM,
        "core__auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
        "core__simple_auth_manager_all_admins": True,
        "core__simple_auth_manager_passwords_file": folder / "passwords.json",
        "core__execution_api_server_url": f"{address}/execution/",
        "database__sql_alchemy_conn": f"sqlite:///{folder / 'airflow.db'}",
        "logging__base_log_folder": folder / "logs",
        "logging__dag_processor_child_process_log_directory": folder / "logs/dag_processor",
        "dag_processor__dag_bundle_storage_path": folder / "bundles",
        "dag_processor__refresh_interval": 30,
        "api__host": "127.0.0.1",
        "api__port": port,
        "api__base_url": address,
        "api__workers": 1,
        "api__instance_name": "credit-hub",
        "usage_data_collection__enabled": False,
    }
    environment = {f"AIRFLOW__{name.upper()}": str(value) for name, value in settings.items()}
    environment |= {"AIRFLOW_HOME": str(folder), "SCARF_ANALYTICS": "false", "DO_NOT_TRACK": "1"}
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
