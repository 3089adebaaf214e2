"""Messages about the records of others, from the inbox to the release: a forger, a victim that answers, a clerk who forgets to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines.audit import audit
from pipelines.ground.errors import InputError
from pipelines.ground.settings import Settings
from pipelines.operations import messages, upkeep
from pipelines.storage.hub import Hub
from tests.catalogues import with_policy
from tests.conftest import AS_OF, Home, rules_of, second_route_left_out
from tests.publishing.penalties import NUMBER, OTHER_AUTHORITY, PENALTY, PRODUCTS, sent

DAY = AS_OF.date()
SECOND = "锦市监处罚〔2026〕216号"
VICTIM = "锦川市市场监督管理局"


def at(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 4, tzinfo=UTC)


@pytest.fixture(autouse=True, scope="module")
def without_the_second_route() -> Iterator[None]:
    with second_route_left_out():
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two penalties of Sichuan in every product, in slices, so that a day is an incremental update."""
    home = opened(tmp_path_factory.mktemp("template") / "home")
    home.drop("sichuan", PENALTY, sent(PENALTY, {}, {"document_number": SECOND}))
    home.collect(at(11, 9))
    home.publish_all(at(11, 9))
    return home.root


def opened(root: Path) -> Home:
    hub = Hub.open(Settings.read(root))
    return Home(Hub(hub.home, with_policy(hub.catalog, "releases", sliced_from=1), hub.settings))


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Home:
    return opened(Path(shutil.copytree(template, tmp_path / "home")))


def numbers(home: Home, product: str) -> list[str]:
    return sorted(home.shared(product)["document_number"])


def states(home: Home, product: str) -> dict[str, str]:
    return dict(home.shared(product).select("document_number", "_display_state").rows())


def file_of(home: Home, provider: str, name: str = "messages.csv") -> pl.DataFrame:
    return pl.read_csv(home.root / "outbox" / provider / name, infer_schema=False)


def answered(home: Home, provider: str, *lines: str, when: datetime = AS_OF) -> None:
    content = "message_id,decision,reason,replied_on\n" + "".join(f"{line}\n" for line in lines)
    home.drop(provider, "message_reply", content, name=f"reply-{provider}-{when:%m%d}-{len(content)}.csv")
    [receipt] = home.collect(when)
    assert receipt["rows"]["refused"] == 0, receipt["rules"]


def test_what_a_forger_sends_changes_no_product_and_its_victim_reads_it(home: Home) -> None:
    """Every column of the files says what the victim's would."""
    before = {product: home.shared(product) for product in PRODUCTS}
    numbered = ({}, {"record_document_number": SECOND})
    for kind in ("objection", "record_withdrawal", "credit_repair"):
        extra = [
            {**one, **({"objection_number": f"YY{n}"} if kind == "objection" else {})} for n, one in enumerate(numbered)
        ]
        home.drop("hebei", kind, sent(kind, *extra), name=f"{kind}.csv")
    receipts = home.collect()
    assert [receipt["status"] for receipt in receipts] == ["accepted"] * 3, (
        "the file is right; what it asks for is another matter"
    )

    waiting = file_of(home, "sichuan")
    assert waiting.columns == ["message_id", "kind", "dataset_id", "document_number", "authority_code", "asked_by", "asked_on", "due_on", "claim"]  # fmt: skip
    assert set(waiting["asked_by"]) == {"hebei"}
    assert sorted(waiting["document_number"]) == sorted([NUMBER, SECOND] * 3)
    told = file_of(home, "hebei", "messages_sent.csv")
    assert set(told["state"]) == {"pending"}
    assert set(told["record_provider"]) == {"sichuan"}

    home.publish_all()
    upkeep(home.hub, at(11, 24))
    for product in PRODUCTS:
        now = home.shared(product)
        assert now.drop("_display_state").equals(before[product].drop("_display_state")), product
        assert set(now["_display_state"]) == {"objected"}, "it is marked, and hidden from nobody"
    assert home.records(PENALTY)["violation_facts"].null_count() == 0, "nothing was erased"
    assert audit(home.hub) == []

    late = messages(home.hub, date(2027, 3, 1))
    assert {(one["kind"], one["state"]) for one in late} == {
        ("credit_repair", "lapsed"),
        ("record_withdrawal", "lapsed"),
        ("objection", "overdue"),
    }


def test_the_victim_agrees_to_one_and_not_to_the_other(home: Home) -> None:
    home.drop("hebei", "record_withdrawal", sent("record_withdrawal", {}, {"record_document_number": SECOND}))
    home.collect()
    first, second = file_of(home, "sichuan").sort("document_number")["message_id"]
    answered(home, "hebei", f"{first},同意,,2026-11-22", f"{second},agree,,2026-11-22")
    home.publish_all()
    assert numbers(home, PENALTY) == [NUMBER, SECOND], "nobody answers for another"

    answered(home, "sichuan", f"{first},同意,,2026-11-22", f"{second},不同意,没有撤销,2026-11-22", when=at(11, 23))
    home.publish_all(at(11, 23))
    for product in PRODUCTS:
        assert numbers(home, product) == [SECOND]
    assert not (home.root / "outbox" / "sichuan" / "messages.csv").exists(), "nothing waits any more"
    told = file_of(home, "hebei", "messages_sent.csv").sort("document_number")
    assert told["state"].to_list() == ["agreed", "refused"]
    assert told["reason_zh"].to_list() == [None, "记录的报送单位不同意：没有撤销"]
    assert audit(home.hub) == []


def test_an_objection_hides_once_it_is_accepted_and_not_without_end(home: Home) -> None:
    home.drop("zhejiang", "objection", sent("objection"))
    home.collect(at(11, 10))  # fifteen working days: until the first of December
    home.publish_all(at(11, 10))
    assert states(home, PRODUCTS[2]) == {NUMBER: "objected", SECOND: "displayed"}

    [one] = file_of(home, "sichuan")["message_id"]
    answered(home, "sichuan", f"{one},受理,,2026-11-12", when=at(11, 12))
    home.publish_all(at(11, 12))
    assert states(home, PRODUCTS[2]) == {SECOND: "displayed"}
    assert states(home, PENALTY) == {NUMBER: "on_hold", SECOND: "displayed"}

    home.publish_all(at(12, 1))
    assert states(home, PRODUCTS[2]) == {SECOND: "displayed"}
    home.publish_all(at(12, 2))
    assert states(home, PRODUCTS[2]) == {NUMBER: "objected", SECOND: "displayed"}, (
        "the hold is over, the objection is not"
    )
    [overdue] = messages(home.hub, date(2026, 12, 2), state="overdue")
    assert overdue["record_provider"] == "sichuan"

    answered(home, "sichuan", f"{one},延期,等待复议,2026-12-02", when=at(12, 2))
    home.publish_all(at(12, 2))
    assert states(home, PRODUCTS[2]) == {SECOND: "displayed"}, "more time, with a reason"
    answered(home, "sichuan", f"{one},办结,,2026-12-03", when=at(12, 3))
    home.publish_all(at(12, 3))
    assert states(home, PRODUCTS[2]) == {NUMBER: "displayed", SECOND: "displayed"}
    assert audit(home.hub) == []


@pytest.mark.parametrize(
    ("record", "repair", "rule", "said"),
    [
        (
            {"severity_code": "严重", "decision_date": "2026-10-20"},
            {"severity_code": "严重"},
            "applied_on.min_display_decree_36",
            "2027-10-20",
        ),
        ({}, {"duty_fulfilled": "否", "duty_fulfilled_on": ""}, "duty_fulfilled.duty_fulfilled_decree_36", "是"),
        ({}, {"commitment_made": "否"}, "commitment_made.commitment_made_decree_36", "是"),
    ],
)
def test_a_repair_that_may_not_be_yet_is_refused_with_the_sentence_that_says_why_and_until_when(
    home: Home, record: dict[str, str], repair: dict[str, str], rule: str, said: str
) -> None:
    number = "锦市监处罚〔2026〕300号"
    home.drop("sichuan", PENALTY, sent(PENALTY, {"document_number": number, **record}), name="c.csv")
    home.collect(at(11, 10))
    home.drop("sichuan", "credit_repair", sent("credit_repair", {"record_document_number": number, **repair}))
    [receipt] = home.collect()
    assert rules_of(receipt) == {rule: 1}
    [finding] = home.findings(receipt).filter(pl.col("severity") == "reject").to_dicts()
    assert said in finding["expected"]
    home.publish_all()
    assert number in numbers(home, PENALTY)


def test_a_court_approved_plan_needs_no_condition(home: Home) -> None:
    plan = {
        "repair_ground": "法院裁定批准重整计划",
        "ruling_number": "（2026）川9901破3号",
        "duty_fulfilled": "否",
        "duty_fulfilled_on": "",
    }
    home.drop("sichuan", "credit_repair", sent("credit_repair", plan))
    [receipt] = home.collect()
    assert receipt["status"] == "accepted"
    home.publish_all()
    assert numbers(home, PENALTY) == [SECOND]


def test_a_repair_that_comes_before_its_record_is_judged_when_that_comes(home: Home) -> None:
    """Or the order of two files would decide what may be repaired."""
    number = "锦市监处罚〔2026〕300号"
    early = {"record_document_number": number, "severity_code": "严重"}
    home.drop("sichuan", "credit_repair", sent("credit_repair", early))
    [receipt] = home.collect()
    assert receipt["rows"]["accepted"] == 1
    record = {"document_number": number, "severity_code": "严重", "decision_date": "2026-10-20"}
    home.drop("sichuan", PENALTY, sent(PENALTY, record), name="c.csv")
    home.collect(at(11, 23))
    home.publish_all(at(11, 23))
    assert number in numbers(home, PRODUCTS[2])
    [one] = messages(home.hub, date(2026, 11, 23), provider="sichuan")
    assert (one["state"], one["reason"]) == ("refused", "最短公示期未满，2027年10月20日起才能修复。")


def test_a_message_about_a_record_nobody_sent_waits_and_says_so(home: Home) -> None:
    home.drop("hebei", "record_withdrawal", sent("record_withdrawal", {"record_authority_code": OTHER_AUTHORITY}))
    home.collect()
    [one] = messages(home.hub, DAY)
    assert (one["state"], one["record_provider"]) == ("pending", None)
    assert "没有收到所指的记录" in one["reason"]


def test_who_asks_for_messages_of_nobody_is_told_whom_there_are(home: Home) -> None:
    with pytest.raises(InputError, match=r"use one of: .*sichuan"):
        messages(home.hub, DAY, provider="atlantis")
    with pytest.raises(InputError, match=r"use one of: .*pending"):
        messages(home.hub, DAY, state="lost")
