"""An Airflow in this process (a process can have one only), the project's DAGs, and homes to run them on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from tests.conftest import ROOT, Home


def loaded() -> Any:
    """The project's DAGs, as Airflow loads them; each call gives objects of their own."""
    from airflow.dag_processing.dagbag import BundleDagBag

    return BundleDagBag(dag_folder=ROOT / "dags", bundle_path=ROOT / "dags", bundle_name="dags-folder")


@pytest.fixture(scope="session")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An Airflow with an empty metadata database."""
    if not ("airflow" in sys.modules and "AIRFLOW_HOME" in os.environ):
        from pipelines.airflow_home import activate, prepare

        activate(prepare(tmp_path_factory.mktemp("airflow")))
    from airflow.utils.db import initdb

    initdb()


@pytest.fixture(scope="session")
def bag(airflow: None) -> Any:
    """The DAGs to look at."""
    return loaded()


@pytest.fixture(scope="session")
def dags(airflow: None) -> dict[str, Any]:
    """The DAGs to run, by id; nothing is tried again, since nothing here fails only for a while."""
    bag = loaded()
    for dag in bag.dags.values():
        for task in dag.tasks:
            task.retries = 0
    return dict(bag.dags)


@pytest.fixture
def dag_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """An empty home that the DAGs work on."""
    monkeypatch.setenv("CREDIT_HUB_HOME", str(tmp_path / "home"))
    return Home(Hub.open(Settings.read()))
