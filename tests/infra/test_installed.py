"""The wheel in an environment of its own, far from the checkout: catalogue, suites and DAGs travel in it, benchmarks do not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.airflow_home import ASKING_DAG_ID, DAG_IDS
from tests.conftest import file, row

from .conftest import ROOT

LOAD = """
import json, runpy, sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
folder = Path(sys.argv[1])
bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
runpy.run_path(str(folder / "plugins/scorecard_pages.py"))
import pipelines
print(json.dumps({"errors": bag.import_errors, "dags": sorted(bag.dags), "package": pipelines.__file__}))
"""


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and an empty folder to work in."""

    environment: Path
    wheel: Path
    folder: Path

    def run(self, program: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment; it knows nothing of the checkout."""
        ours = ("AIRFLOW", "CREDIT_HUB", "PYTHONPATH", "VIRTUAL_ENV")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return subprocess.run(
            [self.environment / "bin" / program, *arguments],
            cwd=self.folder,
            env=kept | {"CREDIT_HUB_PSEUDONYM_KEY": "a key of the tests"} | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel is built and installed without a network; what it depends on is taken from the environment of the tests."""
    place = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = (place / "dist").glob("credit_hub-*.whl")
    venv.create(place / "venv", with_pip=False, symlinks=True)
    python = place / "venv/bin/python"
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    with_uv = [uv, "pip", "install", "--offline", "--python", python]
    with_pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-index"]
    subprocess.run([*(with_uv if uv else with_pip), "--no-deps", wheel], check=True, capture_output=True)
    [packages] = (place / "venv/lib").glob("python*/site-packages")
    paths = sysconfig.get_paths()
    (packages / "dependencies.pth").write_text(f"{paths['purelib']}\n{paths['platlib']}\n", encoding="utf-8")
    (place / "elsewhere").mkdir()
    return Installed(place / "venv", wheel, place / "elsewhere")


def test_the_wheel_holds_what_the_hub_reads_and_no_benchmark(installed: Installed):
    names = zipfile.ZipFile(installed.wheel).namelist()
    for folder in ("catalog", "expectations", "dags"):
        here = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert here
        assert {f"pipelines/_data/{name}" for name in here} <= set(names)
    assert [name for name in names if "bench" in name or name.startswith(("tests/", "docs/"))] == []


def test_a_code_is_judged_and_the_catalogue_is_sound(installed: Installed):
    judged = installed.run("credit-hub", "code", "91350100M000100Y43", "--json")
    assert judged.returncode == 0, judged.stderr
    assert json.loads(judged.stdout)[0]["valid"] is True
    checked = installed.run("credit-hub", "catalog", "check", "--json")
    assert (checked.returncode, json.loads(checked.stdout)) == (0, []), checked.stderr
    assert list(installed.folder.iterdir()) == []


def test_a_file_is_checked_beforehand(installed: Installed):
    (installed.folder / "a.csv").write_text(file(row(), row("91350100M000100Y44")), encoding="utf-8")
    asked = ("--dataset", "enterprise_registration", "--provider", "sichuan", "--as-of", "2026-11-22", "--json")
    checked = installed.run("credit-hub", "precheck", "a.csv", *asked)
    assert checked.returncode == 1, checked.stderr
    assert json.loads(checked.stdout)["rows"]["refused"] == 1


@pytest.mark.long
def test_a_sample_delivery_is_dropped_and_collected(installed: Installed):
    day = ("--as-of", "2026-11-22")
    dropped = installed.run("credit-hub", "demo", "--scale", "0.02", "--months", "1", *day)
    assert dropped.returncode == 0, dropped.stderr
    collected = installed.run("credit-hub", "collect", "--provider", "nfra", "--json", *day)
    assert collected.returncode == 0, collected.stderr
    assert sum(one["rows"]["accepted"] for one in json.loads(collected.stdout)["receipts"]) > 0
    assert len(list((installed.folder / "home/outbox/nfra").glob("*/receipt.html"))) >= 1


def test_an_airflow_of_ones_own_needs_only_the_home(installed: Installed, tmp_path: Path):
    asked = installed.run("python", "-m", "pipelines.airflow_home", "dags")
    folder = asked.stdout.strip()
    assert Path(folder).is_relative_to(installed.environment)
    done = installed.run(
        "python", "-c", LOAD, folder, CREDIT_HUB_HOME=str(tmp_path / "home"), AIRFLOW_HOME=str(tmp_path / "airflow")
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert answer["errors"] == {}
    assert answer["dags"] == sorted([*DAG_IDS, ASKING_DAG_ID])
    assert Path(answer["package"]).is_relative_to(installed.environment)
