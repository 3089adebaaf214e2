from __future__ import annotations

import os
import re
import subprocess
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = ("demo", "test", "lint", "bench", "up", "down", "clean")
PIN = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*==[0-9][0-9a-z.+]*")


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match, requirement
    return re.sub(r"[-_.]+", "-", match.group()).lower()


def _project() -> dict[str, list[str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    return {"": project["dependencies"], **extras}


@pytest.fixture(scope="module")
def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==", 1) for line in lines if line and not line.startswith("#"))


def test_constraints_hold_pins_and_nothing_else():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not PIN.fullmatch(line)] == []
    assert lines == sorted(set(lines), key=lambda line: line.split("==")[0])


@pytest.mark.parametrize("extra", ["", "test", "lint", "docs"])
def test_every_dependency_is_pinned(pins: dict[str, str], extra: str):
    missing = [requirement for requirement in _project()[extra] if _name(requirement) not in pins]
    assert missing == []


def test_the_build_is_pinned_too(pins: dict[str, str]):
    assert {"hatchling", "editables"} <= set(pins)


def test_no_dependency_of_a_dependency_is_without_a_pin(pins: dict[str, str]):
    loose = set()
    for name in pins:
        try:
            wanted = requires(name) or []
        except ModuleNotFoundError:
            continue  # needed by the build or by another version of Python only
        for requirement in wanted:
            if ";" not in requirement and _name(requirement) not in pins:
                loose.add(f"{name} -> {requirement}")
    assert loose == set()


@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_the_target(target: str):
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_make_alone_tells_what_there_is():
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [target for target in TARGETS if f"make {target} " not in done.stdout] == []


def test_make_says_what_is_missing_without_a_python(tmp_path: Path):
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    done = subprocess.run(
        ["make", "demo"],
        cwd=tmp_path,
        env=os.environ | {"PYTHON": "no-such-python"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "needs Python 3.11 or 3.12" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_ci_script_is_executable_and_sound():
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)
    text = script.read_text(encoding="utf-8")
    assert "set -euo pipefail" in text
    assert text.index("make lint") < text.index("make test")


@pytest.mark.parametrize(
    "name", ["Makefile", ".ci/run", "constraints.txt", ".pre-commit-config.yaml", "pyproject.toml"]
)
def test_no_registry_is_named(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"https?://|--(?:extra-)?index-url|--find-links", text) == []
