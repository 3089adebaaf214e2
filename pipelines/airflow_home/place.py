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

ROOT: Final = Path(__file__).resolve().parents[2]
PORT: Final = 8080
PARALLELISM: Final = 2


def folder_of(home: Path) -> Path:
    """Where Airflow keeps its own things for a home."""
    return home.resolve() / "airflow"


def prepare(
    folder: Path, *, home: Path | None = None, port: int = PORT, dags: Path | None = None, plugins: Path | None = None
) -> dict[str, str]:
    """Make the folder and give the environment that keeps Airflow within it.

    Args:
        folder: takes AIRFLOW_HOME, the metadata database and the logs.
        home: the home of the hub that the DAGs work on, when it is not the one of the environment.
        port: where the web UI will listen, on 127.0.0.1.
        dags: the DAGs, when they are not the project's own.
        plugins: Airflow plugins, when they are not the project's own.

    Raises:
        InputError: the folder cannot be made.
    """
    folder = folder.resolve()
    try:
        (folder / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}); give --home a folder that can") from error
    address = f"http://127.0.0.1:{port}"
    settings: dict[str, dict[str, object]] = {
        "core": {
            "dags_folder": dags or ROOT / "dags",
            "plugins_folder": plugins or ROOT / "dags/plugins",
            "load_examples": False,
            "dags_are_paused_at_creation": False,
            "executor": "LocalExecutor",
            "parallelism": PARALLELISM,
            "max_active_tasks_per_dag": PARALLELISM,
            "auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
            "simple_auth_manager_all_admins": True,
            "simple_auth_manager_passwords_file": folder / "passwords.json",
            "execution_api_server_url": f"{address}/execution/",
        },
        "database": {"sql_alchemy_conn": f"sqlite:///{folder / 'airflow.db'}"},
        "logging": {
            "base_log_folder": folder / "logs",
            "dag_processor_child_process_log_directory": folder / "logs/dag_processor",
        },
        "dag_processor": {"dag_bundle_storage_path": folder / "bundles", "refresh_interval": 30},
        "api": {"host": "127.0.0.1", "port": port, "base_url": address, "workers": 1, "instance_name": "credit-hub"},
        "usage_data_collection": {"enabled": False},
    }
    environment = {
        f"AIRFLOW__{section.upper()}__{key.upper()}": str(value)
        for section, values in settings.items()
        for key, value in values.items()
    }
    environment |= {"AIRFLOW_HOME": str(folder), "SCARF_ANALYTICS": "false", "DO_NOT_TRACK": "1"}
    if home is not None:
        environment["CREDIT_HUB_HOME"] = str(home.resolve())
    return environment


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
