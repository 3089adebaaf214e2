"""A penalty is displayed, then repaired, withdrawn or objected to: gone where it has to be, everywhere, at once, and for good."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from pipelines.audit import audit, examined
from pipelines.ground.settings import Settings
from pipelines.operations import publish, upkeep
from pipelines.publishing.verify import verify
from pipelines.records.changes import apply
from pipelines.scoring.card import measured
from pipelines.scoring.period import Period
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.manifest import latest, read, releases
from tests.conftest import AS_OF, GOOD_CODES, Home, file, second_route_left_out
from tests.conftest import row as registration
from tests.effects import dies_before
from tests.publishing.penalties import NUMBER, OTHER_AUTHORITY, PENALTY, PRODUCTS, sent

LATER = AS_OF + timedelta(days=1)
UNSEALED = LATER + timedelta(days=30)
SECRET = "饼干12袋"
OTHER = {
    "violation_facts": "无证经营",
    "credit_code": GOOD_CODES[1],
    "subject_name": "另一家有限公司",
    "document_number": "锦市监处罚〔2026〕216号",
}
ABOUT_OTHER = {
    "credit_code": GOOD_CODES[1],
    "subject_name": "另一家有限公司",
    "record_document_number": OTHER["document_number"],
}
SUBJECT = "subject"


def opened(root: Path) -> Home:
    return Home(Hub.open(Settings.read(root)))


@pytest.fixture(autouse=True, scope="module")
def without_the_second_route() -> Iterator[None]:
    """Double entry and the suites of the gate have tests of their own, and cost seconds; one test here asks them too."""
    with second_route_left_out():
        yield


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(opened(tmp_path_factory.mktemp("template") / "home")).root


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Home:
    """Two penalties in every product, in two releases."""
    return opened(Path(shutil.copytree(template, tmp_path / "home")))


def published(home: Home) -> Home:
    home.drop("sichuan", PENALTY, sent(PENALTY))
    home.collect(AS_OF - timedelta(days=2))
    home.publish_all(AS_OF - timedelta(days=2))
    home.drop("sichuan", PENALTY, sent(PENALTY, OTHER), name="b.csv")
    home.collect(AS_OF - timedelta(days=1))
    home.publish_all(AS_OF - timedelta(days=1))
    return home


def message(home: Home, dataset: str, provider: str = "sichuan", **changes: str) -> Home:
    """A message about the first penalty, collected and published."""
    home.drop(provider, dataset, sent(dataset, changes), name=f"{dataset}-{len(changes)}-{provider}.csv")
    [receipt] = home.collect(LATER)
    assert receipt["rows"]["accepted"] == 1, receipt["rules"]
    home.publish_all(LATER)
    return home


def numbers(home: Home, product: str) -> list[str]:
    return sorted(home.shared(product)["document_number"])


def offered(home: Home) -> str:
    """Everything of the penalties that is readable under shared/, as text, tombstones apart."""
    texts = []
    for path in sorted(path for product in PRODUCTS for path in (home.root / "shared" / product).rglob("*")):
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path, hive_partitioning=False)
            texts.append(frame.filter(pl.col(frame.columns[0]) != "removed").write_csv())
        elif path.is_file():
            texts.append(path.read_text(encoding="utf-8"))
    return "\n".join(texts)


@pytest.fixture(scope="module")
def repaired(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = Path(shutil.copytree(template, tmp_path_factory.mktemp("repaired") / "home"))
    return message(opened(root), "credit_repair")


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_repaired_penalty_is_gone_from_every_product_and_a_tombstone_says_why(repaired: Home, product: str) -> None:
    manifest = latest(repaired.hub.home, product)
    assert manifest is not None
    assert numbers(repaired, product) == [OTHER["document_number"]]
    assert manifest.withheld == {"repaired": 1}
    changes = pl.read_parquet(repaired.root / "shared" / product / manifest.release_id / "changes.parquet")
    [tombstone] = changes.to_dicts()
    assert (tombstone["change_type"], tombstone["reason"]) == ("removed", "repaired")
    filled = {name for name, value in tombstone.items() if value is not None}
    assert filled == {"change_type", "reason", *manifest.record_key}, "a tombstone has no content"


def test_nothing_of_a_repaired_penalty_is_left_in_any_release_that_is_offered(repaired: Home) -> None:
    assert all(len(releases(repaired.hub.home, product)) == 3 for product in PRODUCTS)
    text = offered(repaired)
    assert text.count(NUMBER) == 0
    assert OTHER["document_number"] in text
    assert audit(repaired.hub) == []
    assert all(verify(repaired.hub, product).damage == () for product in PRODUCTS)


@pytest.mark.parametrize("product", [*PRODUCTS, SUBJECT])
def test_previous_and_changes_still_give_every_release_after_erasure(repaired: Home, product: str) -> None:
    assert len(chained(repaired, product)) == 3


def chained(home: Home, product: str) -> list[pl.DataFrame]:
    """What each release holds, where previous and changes give it."""
    found: list[pl.DataFrame] = []
    for release_id in releases(home.hub.home, product):
        folder = home.root / "shared" / product / release_id
        manifest = read(folder)
        data = pl.concat(pl.read_parquet(folder / one.path, hive_partitioning=False) for one in manifest.files)
        changes = pl.read_parquet(folder / "changes.parquet")
        key = manifest.record_key
        assert apply(found[-1] if found else data.clear(), changes, key).equals(data.sort(key)), release_id
        assert manifest.rows == data.height
        found.append(data.sort(key))
    return found


def test_old_releases_say_nothing_of_the_subject_of_a_repaired_penalty(repaired: Home) -> None:
    """Its counts, days and names would go on to tell of the penalty; of others nothing is lost."""
    was, before, now = ({row["credit_code"]: row for row in one.to_dicts()} for one in chained(repaired, SUBJECT))

    assert (was.keys(), before.keys(), now.keys()) == (set(), {GOOD_CODES[1]}, {GOOD_CODES[1]})
    assert "credit_repair_records" not in now[GOOD_CODES[1]], "that somebody had something repaired is said of nobody"
    for release_id in releases(repaired.hub.home, SUBJECT)[:2]:
        manifest = read(repaired.root / "shared" / SUBJECT / release_id)
        assert manifest.withheld == {"repaired": 1}
        assert manifest.account.withheld == manifest.erased == 1
    assert verify(repaired.hub, SUBJECT).damage == ()


def test_a_subject_whose_row_did_not_change_when_its_penalty_went_is_brought_by_the_release_without_it(
    tmp_path: Path,
) -> None:
    """Another penalty came on the same day; so no change tells of the subject, whom older releases no longer have."""
    home = opened(tmp_path)
    numbered = [f"锦市监处罚〔2026〕30{n}号" for n in range(3)]
    for rows, decided in ((numbered[:2], "2026-06-01"), (numbered[2:], "2026-05-01")):
        sets = [{"document_number": one, "source_updated_at": f"{decided} 09:00:00"} for one in rows]
        if rows == numbered[2:]:
            home.drop(
                "sichuan", "record_withdrawal", sent("record_withdrawal", {"record_document_number": numbered[0]})
            )
        home.drop("sichuan", PENALTY, sent(PENALTY, *sets), name=f"{decided}.csv")
        home.drop("sichuan", PENALTY, sent(PENALTY, OTHER | {"violation_facts": decided}), name=f"other-{decided}.csv")
        home.collect(AS_OF)
        home.publish_all(AS_OF)
    assert [one.new for one in home.publish_all(AS_OF) if one.product_id == SUBJECT] == [False]
    before, now = chained(home, SUBJECT)
    assert GOOD_CODES[0] not in before["credit_code"]
    row = now.filter(pl.col("credit_code") == GOOD_CODES[0]).to_dicts()[0]
    assert (row[f"{PENALTY}_records"], row["name"]) == (2, "成都蜀锦文化有限公司")
    assert audit(home.hub) == []


def test_a_release_made_before_the_first_penalty_keeps_the_subject_and_the_next_one_removes_it(tmp_path: Path) -> None:
    """The demo did it: three months, one dataset published before the other, and its audit failed."""
    home = opened(tmp_path)
    for dataset, content in (
        ("enterprise_registration", file(registration(), registration(GOOD_CODES[1], 企业名称=OTHER["subject_name"]))),
        (PENALTY, sent(PENALTY, {}, OTHER)),
        ("credit_repair", sent("credit_repair")),
    ):
        home.drop("sichuan", dataset, content)
        home.collect(LATER)
        if dataset == "enterprise_registration":
            publish(home.hub, product=None, datasets=[dataset], as_of=LATER)
            publish(home.hub, product=SUBJECT, as_of=LATER)
        else:
            home.publish_all(LATER)
    both = {GOOD_CODES[0], GOOD_CODES[1]}
    found = chained(home, SUBJECT)
    assert [set(one["credit_code"]) for one in found] == [both, {GOOD_CODES[1]}, both]
    counts = [dict(one.select("credit_code", f"{PENALTY}_records").rows()) for one in found]
    assert [one.get(GOOD_CODES[0]) for one in counts] == [0, None, 0]
    assert audit(home.hub) == []
    assert [one.new for one in home.publish_all(LATER) if one.product_id == SUBJECT] == [False]


def test_a_second_takedown_leaves_what_was_released_without_the_first(repaired: Home, tmp_path: Path) -> None:
    home = opened(Path(shutil.copytree(repaired.root, tmp_path / "home")))
    third = {"credit_code": GOOD_CODES[2], "subject_name": "第三公司", "document_number": "锦市监处罚〔2026〕900号"}
    for number, (dataset, row) in enumerate(((PENALTY, third), ("credit_repair", ABOUT_OTHER)), start=1):
        later = LATER + timedelta(days=number)
        home.drop("sichuan", dataset, sent(dataset, row))
        home.collect(later)
        home.publish_all(later)

    found = [set(one["credit_code"]) for one in chained(home, SUBJECT)]
    assert found == [set(), set(), set(), {GOOD_CODES[2]}, {GOOD_CODES[2]}]
    assert audit(home.hub) == []


@pytest.mark.parametrize(
    "place",
    [
        "shared/subject/#-#-#/data/#-#.parquet",  # before an old release is rewritten
        "shared/subject/#-#-#/manifest.json",  # its files are rewritten, and its manifest still names the old ones
        "state/erased/subject.json",  # all is done but for the state
    ],
)
def test_old_releases_of_subjects_are_rewritten_by_the_next_run_where_one_died_at_it(
    repaired: Home, home: Home, place: str
) -> None:
    home.drop("sichuan", "credit_repair", sent("credit_repair"), name="credit_repair-0-sichuan.csv")
    home.collect(LATER)
    affected_datasets = [
        one.dataset for one in home.hub.catalog.products.values() if one.id in (PENALTY, "credit_repair")
    ]
    publish(home.hub, product=None, datasets=[str(one) for one in affected_datasets], as_of=LATER)
    with dies_before("replace", place, root=home.root):
        publish(home.hub, product=SUBJECT, as_of=LATER)
    assert all(f": remove state/erased/{SUBJECT}.json, and publish" in one.message for one in audit(home.hub))
    home.publish_all(LATER)

    undisturbed, mine = (
        {
            path.relative_to(one.root): path.read_bytes()
            for path in (one.root / "shared/subject").rglob("*")
            if path.is_file()
        }
        for one in (repaired, home)
    )
    assert mine == undisturbed
    assert examined(home.hub) == []


def test_the_audit_finds_a_subject_that_was_put_back_by_hand(home: Home) -> None:
    folder = home.root / "shared" / SUBJECT / releases(home.hub.home, SUBJECT)[1]
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    message(home, "credit_repair")
    for path, content in kept.items():
        path.write_bytes(content)
    messages_used = [one.message for one in audit(home.hub) if one.subject.startswith(f"shared/{SUBJECT}/")]
    assert any(
        one.startswith("holds a subject as it was with a record that was repaired or withdrawn")
        for one in messages_used
    )
    (home.root / f"state/erased/{SUBJECT}.json").unlink()
    home.publish_all(LATER)
    assert examined(home.hub) == []


def test_the_time_from_receipt_to_takedown_is_in_the_ledger(repaired: Home) -> None:
    rows = ledger(repaired.hub.home, "takedowns").read().sort("product_id").to_dicts()
    assert [row["product_id"] for row in rows] == list(PRODUCTS)
    for row in rows:
        assert (row["reason"], row["provider_id"], row["region_code"]) == ("repaired", "sichuan", "510000")
        assert row["received_on"] == row["taken_down_on"] == LATER.date()
        assert len(row["record"]) == 32
    # Monday 2026-11-23: one working day to unpublish, three to unshare.
    assert [row["due_on"] for row in rows] == [date(2026, 11, 26), date(2026, 11, 26), date(2026, 11, 24)]


def test_a_repair_that_nobody_publishes_is_late_all_the_same(home: Home) -> None:
    """The ledger hears of a takedown from releases; where the hub makes none, what is still offered is looked at."""
    home.drop("sichuan", "credit_repair", sent("credit_repair"))
    home.collect(LATER)
    delta = datetime(2026, 11, 26, 4, tzinfo=UTC)
    span = timedelta(days=1)

    assert repair_sync(home, delta) == (0, 0), "the last day is not over"
    assert repair_sync(home, delta + span) == (0, 1)
    home.publish_all(delta + span)
    assert repair_sync(home, delta + 2 * span) == (0, 1), "taken down late is late, and counted once"


def test_a_takedown_is_entered_also_where_the_run_died_before_and_more_has_come_since(home: Home) -> None:
    """Or the ledger would never hear of it: the next release takes nothing down."""
    home.drop("sichuan", "credit_repair", sent("credit_repair"))
    home.collect(LATER)
    with dies_before("create", "lake/ledger/takedowns", root=home.root):
        home.publish_all(LATER)
    assert {one.message for one in examined(home.hub) if one.leftover} >= {
        "is not in the ledger yet; the next 'publish' enters it"
    }
    home.drop("sichuan", PENALTY, sent(PENALTY, {"document_number": "锦市监处罚〔2026〕217号"}), name="c.csv")
    home.collect(LATER)
    home.publish_all(LATER)

    rows = ledger(home.hub.home, "takedowns").read().sort("product_id").to_dicts()
    assert [row["product_id"] for row in rows] == list(PRODUCTS)
    assert examined(home.hub) == []


def repair_sync(home: Home, as_of: datetime) -> tuple[int, int]:
    period = Period.parse("2026-11", as_of)
    facts = measured(home.hub.home, home.hub.catalog, [period])
    [sichuan] = [
        one for one in facts.scored(home.hub.catalog.scorecard, home.hub.catalog, period) if one.code == "510000"
    ]
    [ratio] = [one.ratio for one in sichuan.indicators if one.indicator.id == "repair_sync_rate"]
    return ratio.numerator, ratio.denominator


def test_displays_count_what_is_shown_and_nothing_is_overdue(repaired: Home) -> None:
    shown = ledger(repaired.hub.home, "displays").read().sort("product_id", "as_of")
    public = shown.filter(pl.col("product_id") == PRODUCTS[2])
    assert public["displayed"].to_list() == [1, 2, 1]
    assert public["overdue"].sum() == 0
    assert set(shown["product_id"]) == set(PRODUCTS[1:]), "the government set has no clock"


def test_publishing_again_with_nothing_to_do_makes_no_release(repaired: Home) -> None:
    before = {path: path.read_bytes() for path in (repaired.root / "shared").rglob("*") if path.is_file()}
    assert not any(one.new for one in repaired.publish_all(LATER))
    assert {path: path.read_bytes() for path in (repaired.root / "shared").rglob("*") if path.is_file()} == before


def test_a_repair_that_is_revoked_shows_the_penalty_again(home: Home) -> None:
    message(home, "credit_repair")
    message(
        home,
        "credit_repair",
        applied_on="2026-11-17",
        decided_on="2026-11-19",
        result="撤销修复",
        result_reason="材料虚假",
    )
    assert all(NUMBER in numbers(home, product) for product in PRODUCTS)
    assert audit(home.hub) == []


def test_a_repair_that_came_before_the_record_keeps_it_out(tmp_path: Path) -> None:
    home = opened(tmp_path)
    home.drop("sichuan", "credit_repair", sent("credit_repair"))
    home.drop("sichuan", PENALTY, sent(PENALTY))
    home.collect()
    home.publish_all()
    assert all(home.shared(product).height == 0 for product in PRODUCTS)
    assert ledger(home.hub.home, "takedowns").read().height == 0, "what was never shared was not taken down"


def test_a_repair_by_somebody_else_changes_nothing_and_is_counted(home: Home) -> None:
    message(home, "credit_repair", provider="zhejiang", authority_code=OTHER_AUTHORITY)
    assert all(NUMBER in numbers(home, product) for product in PRODUCTS)
    home.drop("sichuan", PENALTY, sent(PENALTY, {"document_number": "锦市监处罚〔2026〕217号"}), name="c.csv")
    home.collect(LATER)
    home.publish_all(LATER)
    manifest = latest(home.hub.home, PENALTY)
    assert manifest is not None
    assert manifest.findings == {"messages_of_others": 1}


def test_who_writes_the_authority_into_a_message_does_not_speak_for_it(home: Home) -> None:
    message(home, "credit_repair", provider="zhejiang")
    assert all(NUMBER in numbers(home, product) for product in PRODUCTS)


@pytest.mark.parametrize("provider", ["samr", "credit_china"])
def test_the_ministry_of_the_authority_and_the_national_site_may_ask(home: Home, provider: str) -> None:
    message(home, "credit_repair", provider=provider)
    assert all(NUMBER not in numbers(home, product) for product in PRODUCTS)


def test_a_refused_repair_changes_nothing(home: Home) -> None:
    message(home, "credit_repair", result="不予修复", result_reason="未履行义务")
    assert all(NUMBER in numbers(home, product) for product in PRODUCTS)


def test_an_open_objection_holds_the_record_back_until_it_is_closed(home: Home) -> None:
    message(home, "objection")
    assert [NUMBER in numbers(home, product) for product in PRODUCTS] == [True, False, False]
    government = home.shared(PENALTY).filter(pl.col("document_number") == NUMBER)
    assert government["_display_state"].to_list() == ["on_hold"]
    manifest = latest(home.hub.home, PRODUCTS[2])
    assert manifest is not None
    assert manifest.removed == manifest.withheld == {"on_hold": 1}
    message(home, "objection", closed_on="2026-11-20", result="维持原信息", source_updated_at="2026-11-21 09:00:00")
    assert all(NUMBER in numbers(home, product) for product in PRODUCTS)
    assert audit(home.hub) == []


def test_a_withdrawn_record_leaves_the_lake_once_it_is_no_longer_sealed_and_the_rows_still_add_up(home: Home) -> None:
    message(home, "record_withdrawal")
    assert all(NUMBER not in numbers(home, product) for product in PRODUCTS)
    assert NUMBER not in offered(home), "sealed: in no release either"
    for day in (LATER, UNSEALED - timedelta(days=1)):
        assert upkeep(home.hub, day).erased == {}
        assert SECRET in "".join(
            frame_text(path) for path in (home.root / "lake/records" / PENALTY).glob("_bucket=*/*.parquet")
        )
        assert audit(home.hub) == []

    done = upkeep(home.hub, UNSEALED)

    assert done.erased == {PENALTY: 1}
    left = [frame_text(path) for path in (home.root / "lake/records" / PENALTY).glob("_bucket=*/*.parquet")]
    assert not any(SECRET in text for text in left)
    assert any(OTHER["violation_facts"] in text for text in left), "the other penalty keeps its content"
    shell = home.records(PENALTY).filter(pl.col("document_number") == NUMBER).to_dicts()[0]
    assert shell["violation_facts"] is None
    assert shell["_row_number"] == 2
    assert audit(home.hub) == []
    again = upkeep(home.hub, UNSEALED)
    assert (again.erased, [one for one in again.released if one.new]) == ({}, [])
    assert audit(home.hub) == []
    assert not list((home.root / "state/erasure").iterdir())


@pytest.mark.parametrize("days", [0, 30])
def test_a_withdrawn_record_that_is_sent_again_stays_away(home: Home, days: int) -> None:
    message(home, "record_withdrawal")
    upkeep(home.hub, LATER + timedelta(days=days))
    home.drop("sichuan", PENALTY, sent(PENALTY, {"source_updated_at": "2026-11-23 10:00:00"}), name="c.csv")
    home.collect(LATER)
    home.publish_all(LATER)
    assert all(NUMBER not in numbers(home, product) for product in PRODUCTS)


def undone(home: Home, day: datetime, **changes: str) -> None:
    """Whoever withdrew takes it back."""
    said = {"withdrawal_state": "撤销撤回", "source_updated_at": "2026-11-23 09:00:00"} | changes
    home.drop("sichuan", "record_withdrawal", sent("record_withdrawal", said), name=f"undone-{day:%Y%m%d}.csv")
    [receipt] = home.collect(day)
    assert receipt["rows"]["accepted"] == 1, receipt["rules"]


def test_a_withdrawal_that_is_undone_while_it_is_sealed_brings_the_record_back(home: Home) -> None:
    message(home, "record_withdrawal")
    day = UNSEALED - timedelta(days=1)
    undone(home, day)
    upkeep(home.hub, day)
    for product in PRODUCTS:
        manifest = latest(home.hub.home, product)
        assert manifest is not None
        changes = pl.read_parquet(home.root / "shared" / product / manifest.release_id / "changes.parquet")
        assert changes.select("change_type", "document_number").rows() == [("added", NUMBER)], product
        assert len(chained(home, product)) == len(releases(home.hub.home, product))
    assert upkeep(home.hub, UNSEALED + timedelta(days=30)).erased == {}
    assert SECRET in home.records(PENALTY)["violation_facts"].str.join("").item()
    assert audit(home.hub) == []


def test_a_withdrawal_after_one_that_was_undone_is_sealed_from_its_own_day_on(home: Home) -> None:
    message(home, "record_withdrawal")
    undone(home, LATER + timedelta(days=1))
    home.publish_all(LATER + timedelta(days=1))
    again = LATER + timedelta(days=20)
    undone(home, again, withdrawal_state="撤回", source_updated_at="2026-11-24 09:00:00")
    home.publish_all(again)
    assert all(NUMBER not in numbers(home, product) for product in PRODUCTS)
    assert upkeep(home.hub, UNSEALED).erased == {}
    assert upkeep(home.hub, again + timedelta(days=30)).erased == {PENALTY: 1}


def test_a_record_that_no_product_ever_showed_is_sealed_from_the_day_its_withdrawal_came(tmp_path: Path) -> None:
    home = opened(tmp_path)
    home.drop("sichuan", PENALTY, sent(PENALTY))
    home.drop("sichuan", "record_withdrawal", sent("record_withdrawal"))
    home.collect(LATER)
    assert upkeep(home.hub, UNSEALED - timedelta(days=1)).erased == {}
    assert upkeep(home.hub, UNSEALED).erased == {PENALTY: 1}


def test_what_was_erased_does_not_come_back_empty_where_its_withdrawal_is_undone_too_late(home: Home) -> None:
    """The shell that is left is no record; sent again, it is one."""
    message(home, "record_withdrawal")
    upkeep(home.hub, UNSEALED)
    undone(home, UNSEALED)
    home.publish_all(UNSEALED)
    assert all(NUMBER not in numbers(home, product) for product in PRODUCTS)
    assert audit(home.hub) == []
    # The very bytes that came before would be a duplicate file.
    new = {"document_number": "锦市监处罚〔2026〕217号"}
    home.drop("sichuan", PENALTY, sent(PENALTY, {}, new), name="again.csv")
    home.collect(UNSEALED + timedelta(days=1))
    upkeep(home.hub, UNSEALED + timedelta(days=1))
    assert all(NUMBER in numbers(home, product) for product in PRODUCTS)
    row = home.shared(PENALTY).filter(pl.col("document_number") == NUMBER).to_dicts()[0]
    assert SECRET in row["violation_facts"]
    assert audit(home.hub) == []


def test_a_release_that_was_interrupted_while_it_was_rewritten_is_finished(
    home: Home,
) -> None:
    """The state that says what is erased is written last: lost, the work is done again, with the same result."""
    message(home, "credit_repair")
    before = {p.relative_to(home.root): p.read_bytes() for p in (home.root / "shared").rglob("*") if p.is_file()}
    for path in (home.root / "state/erased").iterdir():
        path.unlink()
    home.publish_all(LATER)
    assert {
        p.relative_to(home.root): p.read_bytes() for p in (home.root / "shared").rglob("*") if p.is_file()
    } == before
    state = json.loads((home.root / f"state/erased/{PENALTY}.json").read_text())
    assert state["clean"] == releases(home.hub.home, PENALTY)


def test_the_audit_finds_what_was_taken_down_and_put_back_by_hand(home: Home) -> None:
    folder = home.root / "shared" / PENALTY / releases(home.hub.home, PENALTY)[1]
    kept = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    message(home, "credit_repair")
    for path, content in kept.items():
        path.write_bytes(content)
    messages_used = [one.message for one in audit(home.hub) if one.subject.startswith(f"shared/{PENALTY}/")]
    assert any(
        one.startswith("holds a record that was repaired or withdrawn: remove state/erased/") for one in messages_used
    )


def frame_text(path: Path) -> str:
    return pl.read_parquet(path, hive_partitioning=False).write_csv()
