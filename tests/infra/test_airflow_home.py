from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines import airflow_home
from pipelines.ground.errors import HubError, InputError

from .conftest import ROOT, python, with_tiny_dags

RUN = """
import sys
from pathlib import Path
from pipelines.airflow_home import run_dags
home, dags, *names = sys.argv[1:]
given = {"factor": 10, "as_of": "2026-11-20"}
run_dags(lambda console: [(name, given) for name in names], Path(home), dags=Path(dags))
"""
REFUSED = """
import sys
from pathlib import Path
from pipelines.airflow_home import run_dags
from pipelines.ground.errors import HubError, InputError
home, dags = map(Path, sys.argv[1:])
for text in ("", "from airflow.sdk import dag\\n\\nraise RuntimeError('not today')\\n"):
    if text:
        (dags / "tiny.py").write_text(text)
    try:
        run_dags(lambda console: [("cubes", {})], home, dags=dags)
    except (HubError, InputError) as error:
        print(type(error).__name__, error)
"""


def test_prepare_keeps_everything_below_its_folder(tmp_path: Path):
    folder = tmp_path / "a/b"
    environment = airflow_home.prepare(folder, home=tmp_path / "home", port=8099)
    ours = ("AIRFLOW__CORE__DAGS_FOLDER", "AIRFLOW__CORE__PLUGINS_FOLDER", "CREDIT_HUB_HOME")
    places = {key: value.removeprefix("sqlite:///") for key, value in environment.items() if key not in ours}
    outside = {
        key: value for key, value in places.items() if value.startswith("/") and not Path(value).is_relative_to(folder)
    }
    assert outside == {}
    assert environment["AIRFLOW_HOME"] == str(folder)
    assert (folder / "logs").is_dir()


def test_prepare_is_for_this_machine_only_and_tells_nobody(tmp_path: Path):
    environment = airflow_home.prepare(tmp_path, port=8099)
    assert environment["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert environment["AIRFLOW__API__BASE_URL"] == "http://127.0.0.1:8099"
    assert environment["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8099/execution/"
    assert environment["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert environment["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"


def test_prepare_says_that_a_folder_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        airflow_home.prepare(tmp_path / "file/airflow")


def test_a_process_has_one_airflow(airflow_folder: Path, tmp_path: Path):
    with pytest.raises(HubError, match="one Airflow home"):
        airflow_home.activate(airflow_home.prepare(tmp_path))
    assert os.environ["AIRFLOW_HOME"] == str(airflow_folder)


@dataclass(frozen=True)
class Ran:
    """A process that ran a DAG that succeeds, and then one that fails."""

    folder: Path
    status: int
    out: str
    err: str

    @property
    def log(self) -> Path:
        [log] = (self.folder / "home/airflow/logs").glob("run-*.log")
        return log


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("ran")
    done = python(RUN, folder / "home", with_tiny_dags(folder), "squares", "broken", cwd=folder)
    return Ran(folder, done.returncode, done.stdout, done.stderr)


def test_dags_run_and_show_their_tasks(ran: Ran):
    assert (ran.folder / "home/total.txt").read_text() == "2026-11-20 140"
    for task in ("numbers", "square[0]", "square[1]", "square[2]", "total"):
        assert f"✓ {task} " in ran.out
    assert re.search(r"= squares +[0-9.]+ s 5 success", ran.out)
    assert "a line for the log" not in ran.out + ran.err
    assert "a line for the log" in ran.log.read_text(encoding="utf-8")
    assert sorted(path.name for path in ran.folder.iterdir()) == ["dags", "home"]


def test_a_failed_run_says_what_failed_and_where_the_log_is(ran: Ran):
    assert ran.status != 0
    assert "✗ fails" in ran.out
    assert "1 failed, 1 upstream_failed" in ran.out
    message = ran.err.strip().splitlines()[-1]
    assert "DAG broken ended as failed: fails: ValueError: the [first] line." in message
    assert str(ran.log.relative_to(ran.folder)) in message
    assert "the second line" in ran.log.read_text(encoding="utf-8")


def test_an_unknown_dag_and_a_broken_file_are_named(tmp_path: Path, tiny_dags: Path):
    done = python(REFUSED, tmp_path / "home", tiny_dags, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    unknown, unloadable = done.stdout.splitlines()[-2:]
    assert "InputError no such DAG" in unknown
    assert "broken, squares" in unknown
    assert "HubError DAGs cannot be loaded" in unloadable
    assert "tiny.py: RuntimeError: not today" in unloadable


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code = "import sys; from pipelines.airflow_home import main; sys.argv[0] = 'up'; main()"
        done = python(code, "up", "--home", tmp_path / "home", "--port", str(port), cwd=tmp_path)
    assert done.returncode == 2
    assert f"port {port} of 127.0.0.1 is taken" in done.stderr
    assert f"PORT={port + 1}" in done.stderr


def test_the_folder_of_the_dags_is_printed_for_an_airflow_of_ones_own(tmp_path: Path):
    done = python("from pipelines.airflow_home import main; main()", "dags", cwd=tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, str(ROOT / "dags"))


def test_down_with_nothing_running_is_fine(tmp_path: Path):
    code = "from pipelines.airflow_home import main; main()"
    done = python(code, "down", "--home", tmp_path, cwd=tmp_path)
    assert (done.returncode, done.stdout.strip()) == (0, "nothing is running for this home")


def test_a_pid_that_is_someone_elses_by_now_is_left_alone(tmp_path: Path):
    record = airflow_home.folder_of(tmp_path) / airflow_home.PID_FILE
    record.parent.mkdir(parents=True)
    record.write_text(f"[[{os.getpid()}, 1.0]]")
    code = "from pipelines.airflow_home import main; main()"
    done = python(code, "down", "--home", tmp_path, cwd=tmp_path)
    assert done.stdout.strip() == "nothing is running for this home"
