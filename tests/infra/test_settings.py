"""The environment: a wrong value is refused in one sentence, and only one module reads it below the faces."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from pipelines.ground.errors import InputError
from pipelines.ground.limits import Limits
from pipelines.ground.settings import Settings
from tests.command import run

from .conftest import ROOT

WRONG = {
    "CREDIT_HUB_WORK_GROUP_BYTES": ("x", "0", "-1", "1.5", "1e6", "１", " 7", "9" * 5000),
    "CREDIT_HUB_MEMORY_LIMIT": ("lots", "0GB", "150%", "1", "-1", "1GB'; --", "１GB"),
    "CREDIT_HUB_SETTLE_SECONDS": ("x", "-1", "1e3", "inf", "nan", "1,5", " 1"),
    "CREDIT_HUB_DONE_DAYS": ("x", "0", "-1", "0.5"),
    "CREDIT_HUB_CATALOG": ("/nowhere", "/dev/null"),
    "CREDIT_HUB_EXPECTATIONS": ("/nowhere", "/dev/null"),
    "CREDIT_HUB_HOME": ("s3://bucket/home", "file:///srv/home", "https://example.org", "sftp://host/home"),
} | {f"CREDIT_HUB_MAX_{one.name.upper()}": ("none", "0") for one in fields(Limits)}


@pytest.mark.parametrize(("variable", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_refused_with_the_variable_the_value_and_what_is_expected(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(variable, value)
    with pytest.raises(InputError) as refused:
        Settings.read()
    message = str(refused.value)
    assert message.startswith(f"{variable} is '{value}'; give ")
    assert "\n" not in message
    assert "pydantic" not in message


@pytest.mark.parametrize("arguments", [("code", "91350100M000100Y43"), ("collect",), ("catalog", "check"), ("audit",)])
def test_a_verb_exits_2_with_the_sentence(arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CREDIT_HUB_HOME", str(tmp_path))
    monkeypatch.setenv("CREDIT_HUB_WORK_GROUP_BYTES", "x")
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip().endswith("CREDIT_HUB_WORK_GROUP_BYTES is 'x'; give a whole number greater than 0")
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_url_given_as_the_home_is_refused_too():
    with pytest.raises(InputError, match=r"^--home is 's3://bucket/home'; give a folder: .*POSIX file system"):
        Settings.read(Path("s3://bucket/home"))


@pytest.mark.parametrize("value", ["512MB", "1.5GB", "1 GB", "2GiB", "80%", "1tb"])
def test_a_size_that_duckdb_understands_is_taken(value: str, monkeypatch: pytest.MonkeyPatch):
    import duckdb

    monkeypatch.setenv("CREDIT_HUB_MEMORY_LIMIT", value)
    duckdb.connect(config={"memory_limit": Settings.read().memory_limit}).close()


def test_every_value_reaches_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CREDIT_HUB_HOME", str(tmp_path / "other"))
    monkeypatch.setenv("CREDIT_HUB_WORK_GROUP_BYTES", "12")
    monkeypatch.setenv("CREDIT_HUB_MAX_ROWS", "34")
    monkeypatch.setenv("CREDIT_HUB_SETTLE_SECONDS", "0.5")
    monkeypatch.setenv("CREDIT_HUB_DONE_DAYS", "7")
    monkeypatch.setenv("CREDIT_HUB_OUTBOX_GROUP", "hub-{provider}")
    monkeypatch.setenv("CREDIT_HUB_PSEUDONYM_KEY", "a secret")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    settings = Settings.read()
    assert settings.home == tmp_path / "other"
    assert (settings.work_group_bytes, settings.limits) == (12, Limits(rows=34))
    assert (settings.settle_seconds, settings.done_days, settings.outbox_group) == (0.5, 7, "hub-{provider}")
    assert settings.config_folder == tmp_path / "config"
    assert settings.pseudonym_key is not None
    assert settings.pseudonym_key.get_secret_value() == "a secret"
    assert "a secret" not in repr(settings)
    assert Settings.read(tmp_path).home == tmp_path


def test_an_empty_value_is_no_value(monkeypatch: pytest.MonkeyPatch):
    for name in WRONG:
        monkeypatch.delenv(name, raising=False)
    given = Settings.read()
    for name in WRONG:
        monkeypatch.setenv(name, "")
    assert Settings.read() == given


def test_a_variable_that_is_nobodys_is_left_alone(monkeypatch: pytest.MonkeyPatch):
    given = Settings.read()
    monkeypatch.setenv("CREDIT_HUB_NOBODYS", "1")
    assert Settings.read() == given


def test_the_suites_may_be_missing_where_they_are_to_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CREDIT_HUB_EXPECTATIONS", str(tmp_path / "new"))
    assert Settings.read(new_expectations=True).expectations == tmp_path / "new"


FACES = ("airflow_home", "bench", "cli")
# These set a variable for a library before it is loaded, and read none.
SETTERS = ("__init__.py", "expectations/duckdb_datasource.py")


def test_nothing_below_the_faces_reads_the_environment():
    """Not by ``os.environ``, and not by ``Settings.read`` either: what is needed is passed down."""
    package = ROOT / "pipelines"
    found = []
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package).as_posix()
        if name.startswith(tuple(f"{face}/" for face in FACES)) or name in SETTERS:
            continue
        text = path.read_text(encoding="utf-8")
        if not re.search("environ|getenv|Settings", text):
            continue
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Attribute(value=ast.Name(id="os"), attr="environ" | "getenv" | "environb"):
                    found.append(f"{name}:{node.lineno} os.{node.attr}")
                case ast.Attribute(value=ast.Name(id="Settings"), attr="read"):
                    found.append(f"{name}:{node.lineno} Settings.read")
                case ast.ImportFrom(module="os", names=names) if {one.name for one in names} & {"environ", "getenv"}:
                    found.append(f"{name}:{node.lineno} from os import")
    assert found == []
