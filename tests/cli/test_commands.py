"""The command line as the contract says: exit statuses, JSON, and never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines import cli
from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from tests.cli.forked import Asked, Forks
from tests.conftest import GOOD_CODES, ROOT, THREE_GOOD_ROWS, Home, file, row

DONE, FINDINGS, UNUSABLE, FAILED = 0, 1, 2, 3
DAY = ("--as-of", "2026-11-22")
COMMAND = str(Path(sys.executable).with_name("credit-hub"))


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Answer]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    """``credit-hub`` in this process; what is printed is what a caller would get."""

    monkeypatch.setenv("CREDIT_HUB_HOME", str(tmp_path / "home"))

    def one(*arguments: str | Path) -> Answer:
        monkeypatch.setattr(sys, "argv", ["credit-hub", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        sys.stdout.flush()
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        assert isinstance(exit_.value.code, int)
        return Answer(exit_.value.code, out, err)

    return one


def process(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env=os.environ | environment,
    )


# --- what each verb prints as JSON


def test_code_has_the_keys_of_the_contract_and_no_others(call: Call) -> None:
    answer = call("code", GOOD_CODES[0], "91350100M000100Y44", "9135O100M000100Y43", "--json")

    assert answer.status == DONE
    right, checksum, letter = answer.json()
    for report in (right, checksum, letter):
        assert list(report) == ["input", "code", "valid", "reason", "warnings", "suggestion", "parts"]
        assert report["parts"] is None or list(report["parts"]) == [
            "registrar",
            "category",
            "region",
            "organisation_code",
        ]
    assert (right["valid"], right["reason"], right["code"]) == (True, None, GOOD_CODES[0])
    assert right["parts"]["region"] == "350100"
    assert (checksum["valid"], checksum["reason"]) == (False, "checksum")
    assert (letter["reason"], letter["suggestion"]) == ("alphabet", GOOD_CODES[0])
    assert [r["input"] for r in answer.json()] == [GOOD_CODES[0], "91350100M000100Y44", "9135O100M000100Y43"]


@pytest.mark.parametrize(
    "odd", ["", " ", "-", "=1+1", "二十", "\u202e91", "1" * 5000, "９１３５０１００M０００１００Y４３"]
)
def test_code_answers_whatever_it_is_asked(call: Call, odd: str) -> None:
    answer = call("code", "--json", "--", odd)
    assert answer.status == DONE
    assert [report["input"] for report in answer.json()] == [odd]
    assert call("code", "--", odd).status == DONE


def test_every_step_prints_what_it_did_as_json(call: Call, home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", file(row(), row("91350100M000100Y44")))
    at = ("--home", home.root, "--json")

    collected = call("collect", *at, *DAY)
    assert collected.status == DONE
    assert set(collected.json()) == {"receipts", "unclaimed", "strays", "settling"}
    [receipt] = collected.json()["receipts"]
    assert receipt == home.receipt(receipt)

    releases = {release["product_id"]: release for release in call("publish", *at, *DAY).json()}
    assert sorted(releases) == [
        *(f"enterprise_registration{which}" for which in ("", "_authorised", "_public")),
        "subject",
    ]
    release = releases["enterprise_registration"]
    assert {"product_id", "release_id", "rows", "new", "changes"} <= set(release)
    assert (release["product_id"], release["rows"], release["new"]) == ("enterprise_registration", 1, True)
    assert release["changes"] == {"added": 1, "changed": 0, "removed": 0}

    scored = call("score", *at, *DAY).json()
    assert scored["period"] == "2026-11"
    assert (Path(scored["folder"]) / "scorecard.parquet").exists()

    ran = call("run", *at, *DAY).json()
    assert set(ran) == {"receipts", "unclaimed", "strays", "settling", "releases", "scorecard"}
    assert (ran["receipts"], ran["releases"][0]["new"]) == ([], False)

    assert call("audit", *at).json() == {"ok": True, "findings": []}
    rows = call("sql", "select status, rows_in, received_on from ledger.batches", *at).json()
    assert rows == [{"status": "partial", "rows_in": 2, "received_on": "2026-11-22"}]
    assert call("sql", "select credit_code from shared.enterprise_registration", *at).json() == [
        {"credit_code": GOOD_CODES[0]}
    ]


def test_an_audit_with_findings_exits_1_and_says_what(call: Call, home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    home.collect()
    next((home.root / "lake/records").rglob("*.parquet")).unlink()

    answer = call("audit", "--home", home.root, "--json")

    assert answer.status == FINDINGS
    assert answer.json()["ok"] is False
    assert [set(finding) for finding in answer.json()["findings"]] == [{"subject", "message"}]
    assert call("audit", "--home", home.root).status == FINDINGS


def test_catalog_check_prints_an_empty_list_when_all_is_well(call: Call) -> None:
    answer = call("catalog", "check", "--json")
    assert (answer.status, answer.json()) == (DONE, [])


def test_catalog_check_exits_1_with_file_and_line(tmp_path: Path) -> None:
    """In a process of its own, as a hook would run it."""
    catalog = shutil.copytree(ROOT / "catalog", tmp_path / "catalog")
    path = catalog / "scorecard.yaml"
    lines = path.read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines) if line.strip() == "dimension: timeliness")
    lines[number] = lines[number].replace("timeliness", "beauty")
    path.write_text("\n".join(lines), encoding="utf-8")

    shown = process("catalog", "check", CREDIT_HUB_CATALOG=str(catalog))
    told = process("catalog", "check", "--json", CREDIT_HUB_CATALOG=str(catalog))

    assert (shown.returncode, told.returncode) == (FINDINGS, FINDINGS)
    assert f"scorecard.yaml:{number + 1}:" in shown.stdout.replace("\n", "")
    [finding] = json.loads(told.stdout)
    assert set(finding) == {"path", "line", "message"}
    assert (finding["path"], finding["line"]) == (str(path), number + 1)


def test_a_catalogue_that_cannot_be_loaded_is_a_finding_of_check_and_unusable_for_the_others(tmp_path: Path) -> None:
    catalog = shutil.copytree(ROOT / "catalog", tmp_path / "catalog")
    with (catalog / "providers.yaml").open("a", encoding="utf-8") as stream:
        stream.write("colour: red\n")

    check = process("catalog", "check", "--json", CREDIT_HUB_CATALOG=str(catalog))
    collect = process("collect", "--home", tmp_path / "home", CREDIT_HUB_CATALOG=str(catalog))

    assert check.returncode == FINDINGS
    assert json.loads(check.stdout)[0]["path"].endswith("providers.yaml")
    assert collect.returncode == UNUSABLE
    assert "providers.yaml:" in collect.stderr
    assert "Traceback" not in check.stderr + collect.stderr


# --- arguments and input that cannot be used


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--nonsense",),
        ("fly",),
        ("collect", "extra"),
        ("collect", "--home"),
        ("code",),
        ("sql",),
        ("catalog",),
        ("catalog", "fly"),
        ("collect", "--as-of", "yesterday"),
        ("collect", "--as-of", "2026-02-30"),
        ("collect", "--as-of", "22.11.2026"),
        ("collect", "--as-of", ""),
        ("run", "--as-of", "2026-11"),
        ("score", "--period", "2026-Q5"),
        ("score", "--period", "2026-13"),
        ("score", "--period", "2026-1-1"),
        ("collect", "--provider", "atlantis"),
        ("collect", "--provider", ""),
        ("publish", "--product", "blood_types"),
        ("demo", "--scale", "much"),
        ("demo", "--seed", "x"),
    ],
    ids=" ".join,
)
def test_an_argument_that_cannot_be_used_exits_2_in_a_sentence(call: Call, arguments: tuple[str, ...]) -> None:
    answer = call(*arguments)
    if arguments in ((), ("catalog",)):
        assert "Usage" in answer.out + answer.err
        assert answer.status in (DONE, UNUSABLE)
        return
    assert answer.status == UNUSABLE
    assert len(answer.err.strip()) > 20
    assert not (Path(os.environ["CREDIT_HUB_HOME"]) / "lake").exists()


def test_an_unknown_provider_is_told_which_ones_there_are(call: Call) -> None:
    answer = call("collect", "--provider", "atlantis")
    assert "'atlantis'" in answer.err
    assert "sichuan" in answer.err


def test_a_wrong_day_is_told_how_to_write_one(call: Call) -> None:
    assert "YYYY-MM-DD" in call("collect", "--as-of", "22.11.2026").err


@pytest.mark.parametrize("verb", [("audit",), ("sql", "select 1"), ("maintain",)], ids=" ".join)
def test_a_home_that_is_not_there_is_not_made_by_looking_at_it(
    call: Call, tmp_path: Path, verb: tuple[str, ...]
) -> None:
    answer = call(*verb, "--home", tmp_path / "nowhere")
    assert answer.status == UNUSABLE
    assert "nowhere" in answer.err
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("verb", ["collect", "publish", "score", "run", "audit", "demo"])
def test_a_home_that_is_a_file_exits_2(call: Call, tmp_path: Path, verb: str) -> None:
    (tmp_path / "plain").write_text("x")
    answer = call(verb, "--home", tmp_path / "plain")
    assert answer.status == UNUSABLE
    assert "plain" in answer.err


@pytest.mark.parametrize("verb", ["collect", "publish", "score", "run", "audit"])
def test_a_verb_on_an_empty_folder_does_nothing_and_says_so(call: Call, tmp_path: Path, verb: str) -> None:
    (tmp_path / "home").mkdir()
    answer = call(verb, "--home", tmp_path / "home")
    assert answer.status == DONE
    assert answer.out.strip()


def test_strays_exit_2_while_every_other_file_is_collected(call: Call, home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    home.drop("atlantis", "enterprise_registration", THREE_GOOD_ROWS)
    (home.root / "inbox/sichuan/loose.csv").write_text("x")
    (home.root / "inbox/yunnan/enterprise_registration/folder.csv").mkdir(parents=True)

    answer = call("collect", "--home", home.root, "--json", *DAY)

    assert answer.status == UNUSABLE
    assert [r["status"] for r in answer.json()["receipts"]] == ["accepted"]
    assert len(answer.json()["strays"]) == 3
    for name in ("atlantis", "loose.csv", "folder.csv"):
        assert name in answer.err
    assert home.records().height == 3


def test_files_that_cannot_be_used_are_answered_with_receipts_and_exit_0(call: Call, home: Home) -> None:
    """A bad file is the provider's matter, and its receipt says so; the pass has done its work."""
    home.drop("sichuan", "enterprise_registration", b"")
    home.drop("yunnan", "enterprise_registration", bytes(range(128, 256)) * 30)
    answer = call("collect", "--home", home.root, *DAY)
    assert answer.status == DONE
    assert "未入库" in answer.out


# --- our own failure


def test_a_broken_suite_is_our_failure_and_exits_3(
    call: Call, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own: the double entry does not balance, nothing is committed, no provider is blamed."""
    suites = shutil.copytree(ROOT / "expectations", tmp_path / "expectations")
    path = suites / "enterprise_registration.json"
    suite = json.loads(path.read_text(encoding="utf-8"))
    [one] = [e for e in suite["expectations"] if e["meta"]["rule_id"] == "enterprise_registration.name.max_length"]
    one["kwargs"]["parameters"] = [5]
    path.write_text(json.dumps(suite), encoding="utf-8")
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)

    monkeypatch.setenv("CREDIT_HUB_EXPECTATIONS", str(suites))
    with Forks() as forks:
        [done] = forks.run(Asked(("collect", "--home", str(home.root), *DAY), second_route=True))
    monkeypatch.delenv("CREDIT_HUB_EXPECTATIONS")

    assert done.status == FAILED
    assert "double entry does not balance" in done.said
    assert "name.max_length" in done.said
    assert "Traceback" not in done.said
    assert "枢纽自身故障" in done.said
    assert list((home.root / "outbox").rglob("receipt.json")) == []
    assert call("collect", "--home", home.root, *DAY).status == DONE
    assert home.records().height == 3


@pytest.mark.parametrize("how", ["missing", "no JSON", "unknown type"])
def test_a_suite_that_cannot_be_read_is_our_failure_and_exits_3(
    call: Call, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    suites = shutil.copytree(ROOT / "expectations", tmp_path / "expectations")
    path = suites / "enterprise_registration.json"
    match how:
        case "missing":
            path.unlink()
        case "no JSON":
            path.write_text("{", encoding="utf-8")
        case _:
            path.write_text(
                path.read_text(encoding="utf-8").replace("expect_column", "expect_pillar", 1), encoding="utf-8"
            )
    monkeypatch.setenv("CREDIT_HUB_EXPECTATIONS", str(suites))
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)

    answer = call("collect", "--home", home.root, *DAY)

    assert answer.status == FAILED
    assert "枢纽自身故障" in answer.err
    assert home.records().height == 0


# --- sql reads only


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with something in its lake, for those who only look at it."""
    one = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("used") / "home")))
    one.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    one.collect()
    return one


@pytest.mark.parametrize(
    "statement",
    [
        "drop view lake.enterprise_registration",
        "delete from ledger.batches",
        "create table x as select 1",
        "insert into ledger.batches select * from ledger.batches",
        "copy (select 1) to '{home}/x.csv'",
        "copy (select 1) to '{home}/lake/x.csv'",
        "export database '{home}/x'",
        "attach '{home}/x.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access=true",
        "pragma database_list",
        "select 1; drop view lake.enterprise_registration",
        "select * from read_text('/etc/passwd')",
        "select * from read_csv('{home}/state/lock')",
        "select * from '/etc/passwd'",
        "select * from glob('/etc/*')",
        "with x as (select * from read_text('/etc/hostname')) select * from x",
        "explain copy (select 1) to '{home}/x.csv'",
        "explain analyze copy (select 1) to '{home}/x.csv'",
        "explain analyze copy (select 1) to '{home}/lake/x.csv'",
        "select getenv('CREDIT_HUB_PSEUDONYM_KEY')",
        "selec",
        "",
        "--",
        "select * from nothing",
    ],
)
def test_sql_can_neither_write_nor_read_anything_else(call: Call, used: Home, statement: str) -> None:
    def files() -> list[tuple[Path, int]]:
        return sorted((path, path.stat().st_size) for path in used.root.rglob("*"))

    before = files()

    answer = call("sql", statement.format(home=used.root), "--home", used.root, "--json")

    written = [path for path, _ in sorted(set(files()) - set(before))]
    for path in written:
        path.unlink(missing_ok=True)
    assert written == []
    assert answer.status == UNUSABLE, answer.out
    assert len(answer.err.strip()) > 20


def test_sql_names_the_views_when_it_cannot_find_one(call: Call, home: Home) -> None:
    home.root.mkdir()
    answer = call("sql", "select * from nothing", "--home", home.root)
    assert "lake.enterprise_registration" in answer.err
    assert "ledger.batches" in answer.err


@pytest.mark.parametrize(
    "query",
    [
        "select * from lake.enterprise_registration",
        "describe ledger.batches",
        "show all tables",
        "summarize ledger.batches",
    ],
)
def test_sql_reads_an_empty_hub_too(call: Call, home: Home, query: str) -> None:
    home.root.mkdir()
    answer = call("sql", query, "--home", home.root, "--json")
    assert answer.status == DONE, answer.err
    assert isinstance(answer.json(), list)


# --- speed


def test_code_starts_nearly_as_fast_as_the_libraries_it_needs() -> None:
    """Generous: nothing but typer, rich and what the verdict needs; Great Expectations alone would cost two seconds."""

    def children() -> float:
        """CPU seconds of the processes that ended: others on the machine do not count."""
        times = os.times()
        return times.children_user + times.children_system

    def seconds(*command: str) -> float:
        best = 60.0
        for _ in range(3):
            begun = children()
            subprocess.run(command, check=True, capture_output=True)
            best = min(best, children() - begun)
        return best

    bare = seconds(sys.executable, "-c", "import typer, rich")
    ours = seconds(COMMAND, "code", GOOD_CODES[0], "--json")
    print(f"bare {bare:.2f} s, code {ours:.2f} s")
    assert ours < bare * 5 + 0.5


def test_code_imports_none_of_the_heavy_libraries() -> None:
    code = (
        "import sys; from pipelines import cli; sys.argv = ['credit-hub', 'code', '91350100M000100Y43', '--json']\n"
        "try: cli.main()\nexcept SystemExit: pass\n"
        "print([name for name in ('great_expectations', 'deltalake', 'duckdb', 'pyarrow', 'airflow', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_panic_of_a_library_is_our_failure_and_exits_3(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    import polars as pl

    def panics(*_: object, **__: object) -> None:
        raise pl.exceptions.PanicException("assertion failed")

    monkeypatch.setattr(sys.modules["pipelines.cli.app"], "app", panics)
    answer = call("collect")
    assert answer.status == 3
    assert "credit-hub failed" in answer.err
