"""At three in the morning: a release is held, and somebody must find out what would leave, decide, and go back to bed."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli import main
from pipelines.ground.clock import CHINA, instant
from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from tests.conftest import AS_OF, Home, second_route_left_out
from tests.publishing.penalties import PENALTY, PRODUCTS, sent

DAY = "2026-11-23"
RECORDS, STOLEN = 80, 60
DONE, FINDINGS, UNUSABLE = 0, 1, 2


@dataclass(frozen=True)
class Answer:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Answer]


@pytest.fixture(autouse=True, scope="module")
def without_the_second_route() -> Iterator[None]:
    with second_route_left_out():
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("stolen") / "home")))
    numbers = [f"锦市监处罚〔2026〕{number}号" for number in range(RECORDS)]
    home.drop("sichuan", PENALTY, sent(PENALTY, *({"document_number": one} for one in numbers)))
    home.collect(AS_OF)
    home.publish_all(AS_OF)
    about = [{"record_document_number": one} for one in numbers[:STOLEN]]
    home.drop("sichuan", "record_withdrawal", sent("record_withdrawal", *about))
    return home.root


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Home:
    return Home(Hub.open(Settings.read(Path(shutil.copytree(template, tmp_path / "home")))))


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], home: Home) -> Call:
    def one(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["credit-hub", *arguments, "--home", str(home.root)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main()
        captured = capfd.readouterr()
        return Answer(int(str(exit_.value.code)), captured.out, captured.err)

    return one


def rows(home: Home) -> list[int]:
    return [home.shared(product).height for product in PRODUCTS]


def test_a_held_release_is_told_shown_approved_and_released(call: Call, home: Home) -> None:
    ran = call("run", "--as-of", DAY, "--json")
    assert ran.status == FINDINGS
    held_in_run = sorted(one["held"] for one in ran.json["releases"] if "held" in one)
    for held_id, product in zip(held_in_run, PRODUCTS, strict=True):
        assert f"credit-hub approve {held_id}" in ran.err
        assert f"{product}: 暂缓发布" in ran.err

    shown = call("held", "--json")
    assert shown.status == DONE
    assert [one["held_id"] for one in shown.json] == held_in_run
    for one in shown.json:
        assert one["by_sender"] == one["by_provider"] == {"sichuan": STOLEN}
        assert one["by_reason"] == {"withdrawn": STOLEN}
        assert one["share"] == 0.75
        assert one["records_before"] == {"sichuan": RECORDS}
        assert one["sample"]
    page = call("held", "--product", PENALTY).out
    assert "四川省公共信用信息平台" in page
    assert "锦市监处罚〔2026〕0号" in page
    assert held_in_run[1] not in page

    approved = call("approve", *held_in_run, "--why", "已与四川核实", "--by", "王主任")
    assert approved.status == DONE
    assert f"credit-hub publish --product {PENALTY}" in approved.out
    assert rows(home) == [RECORDS] * 3
    assert call("publish", "--as-of", DAY).status == DONE
    assert rows(home) == [RECORDS - STOLEN] * 3
    assert "没有暂缓发布的产品" in call("held").out
    assert set(ledger(home.hub.home, "approvals").read()["by"]) == {"王主任"}


def test_a_refusal_is_shown_and_the_release_stays(call: Call, home: Home) -> None:
    call("run", "--as-of", DAY)
    [one] = call("held", "--product", PENALTY, "--json").json
    refused = call("approve", one["held_id"], "--refuse", "--why", "账号被盗用", "--json")
    assert refused.json[0]["decision"]["decision"] == "refused"
    published = call("publish", "--as-of", DAY)
    assert published.status == FINDINGS
    assert f"{PENALTY}: 暂缓发布，已答复不批准" in published.err
    assert "账号被盗用" in call("held").out
    assert rows(home) == [RECORDS] * 3


def test_an_approval_that_says_too_little_exits_2_in_a_sentence(call: Call, home: Home) -> None:
    call("collect", "--as-of", DAY)
    call("publish", "--as-of", DAY)
    held_id = call("held", "--json").json[0]["held_id"]
    for words, said in (
        (("nothing", "--why", "已核实"), "no held release has this id; held are: administrative_penalty-"),
        (("{id}", "--why", "a"), "is no reason"),
        (("{id}",), "is no reason"),
        (("{id}", "--why", "已与四川核实", "--by", " "), "--by: says nobody"),
    ):
        answer = call("approve", *(one.format(id=held_id) for one in words))
        assert answer.status == UNUSABLE
        assert said in answer.err
        assert ledger(home.hub.home, "approvals").read().height == 0


def test_a_product_that_does_not_exist_is_told(call: Call) -> None:
    answer = call("held", "--product", "blood_types")
    assert (answer.status, "'blood_types' is not in the catalogue" in answer.err) == (UNUSABLE, True)


@pytest.mark.parametrize("verb", ["collect", "publish", "score", "run", "maintain"])
def test_a_day_beyond_today_needs_a_reason(call: Call, home: Home, verb: str) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.root.rglob("*")}
    for more in ((), ("--why", " ")):
        answer = call(verb, "--as-of", "2099-01-01", *more)
        assert answer.status == UNUSABLE
        assert "--as-of 2099-01-01: is beyond today" in answer.err
        assert len(answer.err.strip().splitlines()) == 1
    assert {path: path.stat().st_mtime_ns for path in home.root.rglob("*")} == before


def test_with_a_reason_it_is_written_down_and_the_breaker_holds_what_would_expire(call: Call, home: Home) -> None:
    answer = call("publish", "--as-of", "2099-01-01", "--why", "演练：全部到期")
    assert answer.status == FINDINGS
    assert rows(home) == [RECORDS] * 3
    [said] = ledger(home.hub.home, "second_words").read().to_dicts()
    assert (said["operation"], str(said["as_of"]), said["why"]) == ("publish", "2099-01-01", "演练：全部到期")
    assert said["said_on"] == instant(None).astimezone(CHINA).date()
    assert said["by"]


def test_a_day_before_the_last_release_needs_a_reason_and_the_clock_does_not_run_back(call: Call, home: Home) -> None:
    assert call("publish", "--as-of", "2026-11-22").status == DONE, "the day of the last release"
    answer = call("publish", "--as-of", "2026-11-21")
    assert answer.status == UNUSABLE
    assert "lies before the last release, which is as of 2026-11-22" in answer.err
    assert call("publish", "--product", PENALTY, "--as-of", "2026-11-21").status == UNUSABLE
    assert call("publish", "--product", "objection", "--as-of", "2026-11-21").status == DONE, "it was never released"
    assert call("collect", "--as-of", "2026-11-21").status == DONE
    again = call("publish", "--as-of", "2026-11-21", "--why", "重跑旧任务", "--json")
    assert {one.get("held_at") for one in again.json if one["product_id"] == PENALTY} == {"2026-11-22"}
    [said] = ledger(home.hub.home, "second_words").read().to_dicts()
    assert said["why"] == "重跑旧任务"


def test_where_nobody_gave_a_day_none_is_asked_about(call: Call, home: Home) -> None:
    """A timer goes on, also after somebody made a release as of a day to come."""
    call("publish", "--as-of", "2099-01-01", "--why", "演练：全部到期")
    assert call("collect").status == DONE
    assert call("publish").status in (DONE, FINDINGS)
    assert ledger(home.hub.home, "second_words").read().height == 1
