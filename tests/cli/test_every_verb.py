"""Every verb in a process of its own, on one small home with releases: what another test has imported or made helps nobody.

The verbs are those the command has: a new one without a case here fails ``test_every_verb_has_a_case``. Verbs that import Great
Expectations, which takes them seconds, are long but for ``run``, which does what three of them do; ``test_every_step_prints_what_it_did
_as_json`` has them in one process.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import typer.main

from pipelines.cli.app import app
from pipelines.ground.settings import Settings
from pipelines.pages import catalogue as site
from pipelines.storage.hub import Hub
from tests.conftest import GOOD_CODES, ROOT, THREE_GOOD_ROWS, Home, file, row, second_route_left_out

pytestmark = pytest.mark.slow
COMMAND = Path(sys.executable).with_name("credit-hub")
DATASET = "enterprise_registration"
DONE, FINDINGS, UNUSABLE = 0, 1, 2


@dataclass(frozen=True)
class Case:
    """Arguments behind the verb (``{home}`` and what else ``places`` gives), exit status, and a look at what came of it."""

    arguments: str
    look: Callable[[Any, Path], object]
    status: int = DONE
    environment: dict[str, str] = field(default_factory=dict)


def _released(answer: Any, home: Path) -> bool:
    [latest] = [one for one in answer if one["product_id"] == DATASET]
    return json.loads((home / f"shared/{DATASET}/latest.json").read_text())["release_id"] == latest["release_id"]


def _documented(answer: str, home: Path) -> bool:
    """The pages are there, and nothing in them loads or leads to anything outside their folder."""
    index = home / f"data_docs/{DATASET}/index.html"
    pages = list(index.parent.rglob("*.html"))
    loads = re.compile(r"<script|<iframe|<img|\bsrc=|https?:|url\(|@import|href=\"//")
    texts = [page.read_text(encoding="utf-8") for page in pages]
    assert [page for page, text in zip(pages, texts, strict=True) if loads.search(text)] == []
    assert all("<style>" in text for text in texts)
    return answer.split() == [str(index)] and len(pages) == 3 and "全部符合" in index.read_text(encoding="utf-8")


def _planned(plan: Any, home: Path) -> bool:
    """The plan is printed, and every file of it lies in its inbox."""
    assert {"seed", "as_of", "scale", "totals", "files"} <= set(plan)
    assert plan["as_of"] == "2026-11-23"
    lost = [
        one
        for one in plan["files"]
        if not (home / "inbox" / one["provider_id"] / one["dataset_id"] / one["name"]).is_file()
    ]
    assert lost == []
    return len(plan["files"]) > 100


AT = "--home {home} --json"
AS_OF = f"{AT} --as-of 2026-11-23"
CASES: dict[str, Case] = {
    "collect": Case(AS_OF, lambda got, home: [one["status"] for one in got["receipts"]] == ["accepted"]),
    "publish": Case(AS_OF, _released),
    "score": Case(AS_OF, lambda got, home: (home / "scorecards/2026-11/index.html").is_file()),
    "run": Case(AS_OF, lambda got, home: (home / "scorecards/2026-11/510000.html").is_file()),
    "messages": Case(AS_OF, lambda got, home: got == []),
    "precheck": Case(
        f"{{file}} --dataset {DATASET} --provider sichuan {AS_OF}", lambda got, home: "checksum" in str(got), FINDINGS
    ),
    "waive": Case(
        f"{{refused}} --by 张三 --reason 该企业已注销，历史数据无需补正 {AS_OF}", lambda got, home: got["rows"] == 1
    ),
    "code": Case(f"{GOOD_CODES[0]} --json", lambda got, home: got[0]["valid"] is True),
    "trace": Case(f"{GOOD_CODES[0]} {AT}", lambda got, home: "sichuan" in str(got)),
    "audit": Case(AT, lambda got, home: got == {"ok": True, "findings": []}),
    "verify": Case(f"{DATASET} {AT}", lambda got, home: got["damage"] == []),
    "held": Case(AT, lambda got, home: got == []),
    "approve": Case("nothing --home {home} --why 没有暂缓发布的产品", lambda got, home: got == "", UNUSABLE),
    "maintain": Case(AS_OF, lambda got, home: isinstance(got, dict)),
    "sql": Case(f"select|count(*)|as|n|from|lake.{DATASET} {AT}", lambda got, home: got == [{"n": 4}]),
    "demo": Case(f"--scale 0.02 --months 1 {AS_OF}", _planned),
    "catalog check": Case("--json", lambda got, home: got == []),
    "catalog build": Case(
        "--site {home}/site --json",
        lambda got, home: (home / "site/index.html").is_file() and (home / f"suites/{DATASET}.json").is_file(),
        environment={"CREDIT_HUB_EXPECTATIONS": "{home}/suites"},
    ),
    "catalog docs": Case("--home {home}", _documented),
    "catalog impact": Case(f"--catalog {ROOT / 'catalog'} --dataset {DATASET} {AT}", lambda got, home: got is not None),
}


def _verbs(command: Any, *before: str) -> Iterator[str]:
    """What can be called: a group has ``commands``, a verb has none."""
    commands = getattr(command, "commands", None)
    if commands is None:
        yield " ".join(before)
    else:
        for name, one in commands.items():
            yield from _verbs(one, *before, name)


def test_every_verb_has_a_case() -> None:
    assert sorted(_verbs(typer.main.get_command(app))) == sorted(CASES)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Released; then a delivery with a refused row that is not released yet, and another that still lies in the inbox."""
    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("verbs") / "home")))
    with second_route_left_out():
        home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
        home.collect()
        home.publish()
        home.drop("sichuan", DATASET, file(row(GOOD_CODES[3]), row("91350100M000100Y44")), name="b.csv")
        home.collect()
    home.drop("yunnan", DATASET, file(row(GOOD_CODES[4])), name="c.csv")
    site.keep(
        home.hub.home, home.hub.catalog
    )  # a process for each verb that would make it is enough: ``catalog build``
    return home.root


HEAVY = ("collect", "publish", "maintain", "catalog docs", "demo")


@pytest.mark.parametrize("verb", [pytest.param(one, marks=pytest.mark.long if one in HEAVY else ()) for one in CASES])
def test_a_verb_runs_in_a_process_of_its_own(verb: str, template: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(template, tmp_path / "home"))
    sent = tmp_path / "to_send.csv"
    sent.write_text(file(row(), row("91350100M000100Y44")), encoding="utf-8")
    case = CASES[verb]
    refused = Hub.open(Settings.read(home)).quarantine(DATASET).read()["quarantine_id"][0]
    places = {"home": home, "file": sent, "refused": refused}
    given = [one.format(**places).replace("|", " ") for one in case.arguments.split()]

    done = subprocess.run(
        [COMMAND, *verb.split(), *given],
        cwd=tmp_path,
        env=os.environ | {name: value.format(**places) for name, value in case.environment.items()},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert done.returncode == case.status, done.stderr
    assert "Traceback" not in done.stderr
    assert case.look(json.loads(done.stdout) if "--json" in given else done.stdout, home), done.stdout
