"""The complete record of a subject: down to the file and the row, what stands and why not, from which release to which."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines import cli
from pipelines.ground.errors import InputError
from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from pipelines.trace import trace
from tests.conftest import AS_OF, GOOD_CODES, Home, file, row, second_route_left_out
from tests.publishing.penalties import NUMBER, PENALTY, sent
from tests.subjects.deliveries import DAYS, HOUSEHOLD, REGISTRATION, registered, registrations

CODE, WARNED, _, UNKNOWN, _ = GOOD_CODES
REFUSED_TOO = file(row(CODE, 所在省份="不存在的省"), row(CODE, 企业名称="成都蜀锦文化有限公司"))


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A registration in three versions, a refused row, a penalty from two channels that was displayed, then repaired."""
    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("trace") / "home")))
    with second_route_left_out():
        home.drop("sichuan", REGISTRATION, REFUSED_TOO, name="first.csv")
        home.drop("sichuan", PENALTY, sent(PENALTY), name="penalty.csv")
        home.drop("samr", PENALTY, sent(PENALTY, {"source_name": "市场监管总局"}), name="from_the_ministry.csv")
        home.drop("sichuan", REGISTRATION, file(row(f" {WARNED} ")), name="warned.csv")
        home.collect(DAYS[0])
        home.publish_all(DAYS[0])
        newer = registrations(
            registered(CODE, "2026-05-01", 企业名称="成都蜀锦集团有限公司"),
            registered(HOUSEHOLD, "", 注册地址="一号"),
            registered(HOUSEHOLD, "", 注册地址="二号"),
        )
        home.drop("sichuan", REGISTRATION, newer, name="newer.csv")
        home.collect(DAYS[1])
        home.publish_all(DAYS[1])
        home.drop("sichuan", "credit_repair", sent("credit_repair"), name="repair.csv")
        home.collect(DAYS[2])
        home.publish_all(DAYS[2])
        yield home


@pytest.fixture(scope="module")
def found(traced: Home) -> dict[str, Any]:
    return trace(traced.hub, CODE)


def versions(found: dict[str, Any], dataset: str) -> list[dict[str, Any]]:
    [one] = [one for one in found["datasets"] if one["dataset_id"] == dataset]
    [record] = one["records"]
    return list(record["versions"])


def test_every_version_leads_to_the_line_of_the_file_it_came_from(traced: Home, found: dict[str, Any]) -> None:
    for one in [*versions(found, REGISTRATION), *versions(found, PENALTY), *found["refused"]]:
        raw = traced.root / one["raw"]
        assert hashlib.sha256(raw.read_bytes()).hexdigest() == one["sha256"]
        line = raw.read_text(encoding="utf-8").splitlines()[one["row_number"] - 1]
        assert CODE in line
        assert (one["provider_id"], one["received_on"]) in {
            ("sichuan", DAYS[0].date().isoformat()),
            ("samr", DAYS[0].date().isoformat()),
            ("sichuan", DAYS[1].date().isoformat()),
        }


def test_it_says_which_version_stands_and_why_the_others_do_not(found: dict[str, Any]) -> None:
    now, before = versions(found, REGISTRATION)
    ministry, province = versions(found, PENALTY)

    assert (now["stands"], now["file_name"], now["content"]["name"]) == (True, "newer.csv", "成都蜀锦集团有限公司")
    assert (before["stands"], before["not_because"], before["decided_by"]) == (
        False,
        "older_version",
        "source_updated_at",
    )
    assert before["stands_instead"] == {"batch_id": now["batch_id"], "row_number": 2}
    assert (ministry["provider_id"], province["not_because"], province["decided_by"]) == (
        "samr",
        "other_channel",
        "source_rank",
    )


def test_it_says_in_which_releases_each_version_appeared(found: dict[str, Any]) -> None:
    now, before = versions(found, REGISTRATION)
    [first] = [one for one in before["releases"] if one["product_id"] == REGISTRATION]
    [second] = [one for one in now["releases"] if one["product_id"] == REGISTRATION]

    assert first["from"] == first["to"]
    assert not first["current"]
    assert second["from"] > first["to"]
    assert second["current"]
    assert {one["product_id"] for one in now["releases"]} == {
        REGISTRATION,
        f"{REGISTRATION}_authorised",
        f"{REGISTRATION}_public",
    }


def test_a_repaired_penalty_tells_its_story(found: dict[str, Any]) -> None:
    [penalties] = [one for one in found["datasets"] if one["dataset_id"] == PENALTY]

    assert {(one["product_id"], one["reason"]) for one in penalties["removed"]} == {
        (PENALTY, "repaired"),
        (f"{PENALTY}_authorised", "repaired"),
        (f"{PENALTY}_public", "repaired"),
    }
    assert {one["key"]["document_number"] for one in penalties["removed"]} == {NUMBER}
    assert not any(seen["current"] for version in penalties["records"][0]["versions"] for seen in version["releases"])
    [repair] = [one for one in found["datasets"] if one["dataset_id"] == "credit_repair"]
    assert repair["records"][0]["versions"][0]["file_name"] == "repair.csv"


def test_refused_rows_and_warnings_are_there_with_their_reasons(traced: Home, found: dict[str, Any]) -> None:
    [refused] = found["refused"]
    assert (refused["dataset_id"], refused["file_name"], refused["row_number"]) == (REGISTRATION, "first.csv", 2)
    assert [rule["rule_id"] for rule in refused["rules"]] == [f"{REGISTRATION}.province_code.in_table"]

    [warned] = versions(trace(traced.hub, f"{WARNED[:4]}-{WARNED[4:].lower()}"), REGISTRATION)
    assert f"{REGISTRATION}.credit_code.cleaned" in {one["rule_id"] for one in warned["warnings"]}


def test_conflicts_stand_beside_the_subject(traced: Home, found: dict[str, Any]) -> None:
    assert found["subject"]["name"] == "成都蜀锦集团有限公司"
    assert "region" in {one["kind"] for one in found["conflicts"]}
    household = trace(traced.hub, HOUSEHOLD)
    [contradiction] = [one for one in household["conflicts"] if one["kind"] == "contradicting_records"]
    assert [one["row_number"] for one in contradiction["statements"]] == [3, 4]
    lost = versions(household, REGISTRATION)[1]
    assert (lost["not_because"], lost["differing_fields"]) == ("conflict", ["registered_address"])


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (UNKNOWN, "没有这个代码"),
        ("91350100M000100Y44", "checksum"),
        ("9135O100M000100Y43", "probably meant: 91350100M000100Y43"),
        ("无", "missing"),
    ],
)
def test_what_is_no_code_or_not_known_is_said(traced: Home, code: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        trace(traced.hub, code)


def test_a_citizen_id_is_not_printed_back(traced: Home) -> None:
    with pytest.raises(InputError) as error:
        trace(traced.hub, "110101199003070003")
    assert "110101199003070003" not in str(error.value)


Say = Callable[..., tuple[int, str]]


@pytest.fixture
def say(traced: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Say:
    def one(*arguments: str, home: Path | None = None) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["credit-hub", "trace", *arguments, "--home", str(home or traced.root)])
        with pytest.raises(SystemExit) as done:
            cli.main()
        said = capfd.readouterr()
        return int(str(done.value.code)), said.out + said.err

    return one


def test_the_command_prints_a_page_and_json(say: Say, tmp_path: Path) -> None:
    status, page = say(CODE)
    assert status == 0
    for words in (
        "成都蜀锦集团有限公司",
        "采用",
        "较旧的版本",
        "另一渠道",
        "newer.csv",
        "已修复",
        "被拒的行",
        "代码与所在地区不符",
    ):
        assert words in page
    status, text = say(CODE, "--json")
    assert (status, json.loads(text)["code"]) == (0, CODE)
    assert [say(UNKNOWN)[0], say("91350100M000100Y44")[0]] == [2, 2]
    status, text = say(CODE, home=tmp_path / "nowhere")
    assert (status, "there is no hub here" in text) == (2, True)


def test_only_the_bucket_of_the_subject_is_read(traced: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lake files of other buckets may be missing, and nobody notices."""
    table = traced.hub.records(REGISTRATION)
    mine = {one["batch_id"] for one in versions(trace(traced.hub, CODE), REGISTRATION)}
    others = [path for path in table.files() if not set(table.scan([path]).collect()["_batch_id"]) & mine]
    others += [
        path
        for path in table.files()
        if CODE not in set(table.scan([path]).collect()["credit_code"]) and path not in others
    ]
    assert others
    hidden = [path.rename(path.with_suffix(".hidden")) for path in others]
    try:
        assert versions(trace(traced.hub, CODE), REGISTRATION)
    finally:
        for path in hidden:
            path.rename(path.with_suffix(".parquet"))


@pytest.mark.usefixtures("without_the_second_route")
def test_a_subject_of_which_only_refused_rows_came_is_known(home: Home) -> None:
    home.drop("sichuan", REGISTRATION, file(row(CODE, 注册日期="2999-01-01")))
    home.collect(AS_OF)

    found = trace(home.hub, CODE)

    assert (found["subject"], found["datasets"], len(found["refused"])) == (None, [], 1)
