"""Three audiences, one resolution: each gets its fields, its records and its masks, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.audit import audit
from pipelines.catalog import Catalog
from pipelines.ground.errors import HubError, InputError
from pipelines.ground.settings import Settings
from pipelines.operations import publish
from pipelines.publishing import affected_datasets
from pipelines.publishing.bucket import write
from pipelines.publishing.retention import remove_old_releases
from pipelines.publishing.verify import verify
from pipelines.query.query import query
from pipelines.records import resolved_records
from pipelines.records.changes import apply
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import latest, read, releases
from tests.catalogues import with_policy, with_product
from tests.conftest import AS_OF, GOOD_CODES, THREE_GOOD_ROWS, Home, double_entry_left_out, file, row
from tests.publishing.penalties import NUMBER, PENALTY, PERSON, PRODUCTS, sent

MOBILE = "13812345678"
ROWS = (
    {"penalty_content": f"罚款5000元，电话{MOBILE}"},
    {
        "subject_name": "张三丰",
        "subject_category": "自然人",
        "credit_code": "",
        "certificate_type": "身份证",
        "certificate_number": PERSON,
        "document_number": "锦市监处罚〔2026〕300号",
        "legal_representative": "",
    },
    {"credit_code": GOOD_CODES[1], "document_number": "锦市监处罚〔2026〕301号", "severity_code": "轻微"},
    {"credit_code": GOOD_CODES[2], "document_number": "锦市监处罚〔2026〕302号", "publication_ends_on": "2028-05-12"},
)


def opened(root: Path) -> Home:
    return Home(Hub.open(Settings.read(root)))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Four penalties, published through the real gate."""
    home = opened(tmp_path_factory.mktemp("products") / "home")
    home.drop("sichuan", PENALTY, sent(PENALTY, *ROWS))
    with double_entry_left_out():
        [receipt] = home.collect()
    assert receipt["rows"]["accepted"] == 4, receipt["rules"]
    home.publish_all()
    return home


def test_a_natural_person_is_never_in_the_public_or_authorised_set(shared: Home) -> None:
    assert shared.shared(PENALTY).height == 4
    for product in PRODUCTS[1:]:
        assert set(shared.shared(product)["subject_category"]) == {"legal_person"}


def test_every_product_has_the_fields_of_its_class_and_provenance(shared: Home) -> None:
    for product in PRODUCTS:
        columns = shared.shared(product).columns
        assert columns[:-7] == list(shared.hub.catalog.product_fields(product))
        assert columns[-7:] == [
            "_provider_id", "_region_code", "_batch_id", "_row_number", "_subject_key", "_display_state", "_display_until",
        ]  # fmt: skip
    assert not {"certificate_number", "remark"} & set(shared.shared(PRODUCTS[2]).columns)


def test_persons_are_masked_for_government_and_told_apart_by_a_keyed_pseudonym(shared: Home) -> None:
    [person] = shared.shared(PENALTY).filter(pl.col("subject_category") == "natural_person").to_dicts()
    assert person["certificate_number"] == "1****************3"
    assert re.fullmatch(r"p:[0-9a-f]{32}", person["_subject_key"])


def test_telephone_numbers_in_prose_are_masked_in_the_public_set(shared: Home) -> None:
    def content(product: str) -> str:
        return shared.shared(product).filter(pl.col("credit_code") == GOOD_CODES[0])["penalty_content"][0]

    assert MOBILE in content(PENALTY)
    assert content(PRODUCTS[2]) == "罚款5000元，电话138****5678"


def test_accepted_rows_are_published_or_withheld_for_a_reason_in_every_product(shared: Home) -> None:
    said = {}
    for product in PRODUCTS:
        manifest = latest(shared.hub.home, product)
        assert manifest is not None
        account = manifest.account
        assert account.balances()
        assert account.accepted == 4
        assert account.withheld == sum(manifest.withheld.values())
        said[product] = manifest.withheld
    assert said == {PRODUCTS[0]: {}, **{key: {"not_in_class": 1, "recorded": 1} for key in PRODUCTS[1:]}}


def test_a_later_end_than_the_law_is_a_finding_and_not_used(shared: Home) -> None:
    manifest = latest(shared.hub.home, PRODUCTS[2])
    assert manifest is not None
    assert manifest.findings == {"later_end_supplied": 1}
    assert set(shared.shared(PRODUCTS[2])["_display_until"]) == {date(2027, 5, 12)}


def test_the_gate_asked_every_product_its_suite(shared: Home) -> None:
    asked = {}
    for product in PRODUCTS:
        manifest = latest(shared.hub.home, product)
        assert manifest is not None
        assert manifest.validation.successful is True
        asked[product] = manifest.validation.expectations
    assert asked[PRODUCTS[0]] > asked[PRODUCTS[1]] > 20


def test_sql_sees_the_latest_release_of_every_product(shared: Home) -> None:
    for product in PRODUCTS:
        assert query(shared.hub, f"SELECT count(*) FROM shared.{product}").item() == shared.shared(product).height


def test_publish_takes_the_id_of_any_product_and_refuses_others(shared: Home) -> None:
    [only] = publish(shared.hub, product=PRODUCTS[2], as_of=AS_OF)
    assert (only.product_id, only.new) == (PRODUCTS[2], False)
    with pytest.raises(InputError, match="administrative_penalty_public"):
        publish(shared.hub, product="penalties", as_of=AS_OF)


def test_a_message_and_an_answer_wake_every_dataset_they_may_be_about(shared: Home) -> None:
    assert affected_datasets(shared.hub, [PENALTY]) == [PENALTY]
    for changed in ("credit_repair", "message_reply"):
        woken = affected_datasets(shared.hub, [changed])
        assert {changed, PENALTY, "honour", "enterprise_registration"} <= set(woken)


def test_verify_finds_a_byte_that_was_changed_and_a_file_nobody_named(shared: Home) -> None:
    product = PRODUCTS[1]
    assert verify(shared.hub, product).damage == ()
    folder = shared.root / "shared" / product / releases(shared.hub.home, product)[-1]
    path = next(iter(sorted((folder / "data").iterdir())))
    whole = path.read_bytes()
    unclaimed_entry = path.with_name("stray.parquet")
    path.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    unclaimed_entry.write_bytes(b"x")
    found = {one.path.name: one.message for one in verify(shared.hub, product).damage}
    path.write_bytes(whole)
    unclaimed_entry.unlink()
    assert found == {path.name: "a file of the release was altered", "stray.parquet": "a file that no manifest names"}
    with pytest.raises(InputError, match="no release"):
        verify(shared.hub, "honour")


def data(home: Home, product: str) -> dict[str, bytes]:
    manifest = latest(home.hub.home, product)
    assert manifest is not None
    folder = home.root / "shared" / product / manifest.release_id
    return {one.path: (folder / one.path).read_bytes() for one in manifest.files}


@pytest.mark.usefixtures("without_the_second_route")
def test_a_rebuild_from_raw_gives_identical_data_files_for_every_product(home: Home, another: Home) -> None:
    """Days of deliveries, a repair and a withdrawal that was erased; then everything again from the originals alone."""
    days = [AS_OF + timedelta(days=n) for n in range(3)]
    home.drop("sichuan", PENALTY, sent(PENALTY, *ROWS))
    home.collect(days[0])
    home.publish_all(days[0])
    repair = {"record_document_number": "锦市监处罚〔2026〕302号", "credit_code": GOOD_CODES[2]}
    home.drop("sichuan", "credit_repair", sent("credit_repair", repair))
    home.drop("sichuan", "record_withdrawal", sent("record_withdrawal"))
    home.collect(days[1])
    home.publish_all(days[1])
    from pipelines.operations import tidy

    tidy(home.hub, days[1])
    home.drop("zhejiang", PENALTY, sent(PENALTY, {"document_number": "浙处〔2026〕1号"}, ROWS[2]))
    home.collect(days[2])
    home.publish_all(days[2])

    origins = [json.loads(path.read_text()) for path in (home.root / "raw").glob("??/*.json")]
    for number, origin in enumerate(sorted(origins, key=lambda one: (one["received_at"], one["sha256"]))):
        content = (home.root / "raw" / origin["sha256"][:2] / origin["sha256"]).read_bytes()
        another.drop(origin["provider_id"], origin["dataset_id"], content, name=f"{number}.csv")
        another.collect(datetime.fromisoformat(origin["received_at"]))
    another.publish_all(days[2])

    assert all(data(home, product) == data(another, product) != {} for product in (*PRODUCTS, "credit_repair"))
    assert audit(home.hub) == audit(another.hub) == []


@pytest.mark.usefixtures("without_the_second_route")
def test_previous_and_changes_give_the_bytes_of_every_product(home: Home, tmp_path: Path) -> None:
    """What a subscriber makes of changes, written the same way, is the same file."""
    home.drop("sichuan", PENALTY, sent(PENALTY, *ROWS))
    home.collect()
    home.publish_all()
    changed = {"violation_type": "另一类", "source_updated_at": "2026-11-22 10:00:00"}
    more = {"credit_code": GOOD_CODES[3], "document_number": "锦市监处罚〔2026〕400号"}
    gone = ROWS[3] | {"severity_code": "轻微", "source_updated_at": "2026-11-22 10:00:00"}
    home.drop("sichuan", PENALTY, sent(PENALTY, changed, more, gone), name="b.csv")
    home.collect()
    home.publish_all()
    for product in PRODUCTS:
        before, now = (home.root / "shared" / product / one for one in releases(home.hub.home, product))
        was, manifest = read(before), read(now)
        assert manifest.changes.added == 1
        assert manifest.removed == ({} if product == PENALTY else {"superseded": 1})
        changes = pl.read_parquet(now / "changes.parquet")
        for bucket, entry in manifest.buckets.items():
            whole = pl.read_parquet(now / entry.file.path, hive_partitioning=False)
            old = whole.clear()
            if bucket in was.buckets:
                old = pl.read_parquet(before / was.buckets[bucket].file.path, hive_partitioning=False)
            key = manifest.record_key
            mine = changes.join(pl.concat([whole, old]).select(key).unique(), on=key, how="semi")
            (tmp_path / "data").mkdir(exist_ok=True)
            made = write(apply(old, mine, key).rechunk(), tmp_path / "data", bucket)
            assert made.sha256 == entry.file.sha256, (product, bucket)


@pytest.mark.usefixtures("without_the_second_route")
def test_a_hit_of_the_scan_says_dataset_column_and_row_and_not_the_number(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mask that is missing is no fault of the row: the product is refused, and the failure record shows no number."""
    show = resolved_records.shown

    def leaking(records: pl.DataFrame, *more: Any) -> pl.DataFrame:
        shown = show(records, *more)
        if "certificate_number" not in shown.columns:
            return shown
        bare = pl.when(pl.col("document_number") == NUMBER).then(pl.lit(PERSON)).otherwise("certificate_number")
        return shown.with_columns(bare.alias("certificate_number"))

    monkeypatch.setattr(resolved_records, "shown", leaking)
    home.drop("sichuan", PENALTY, sent(PENALTY, {"document_number": "1号"}, {}))
    [receipt] = home.collect()
    with pytest.raises(HubError, match="certificate_number"):
        home.publish_all()

    government, _, public = PRODUCTS
    assert not (home.root / "shared" / government / "latest.json").exists()
    [path] = (home.root / "shared" / government / "failures").iterdir()
    failure = json.loads(path.read_text())
    assert failure["dataset_id"] == PENALTY
    [found] = failure["found"]
    assert (found["column"], found["rows"], found["row_number"]) == ("certificate_number", 1, 3)
    assert found["batch_id"] == receipt["batch_id"]
    assert found["record"]
    assert PERSON not in path.read_text()
    assert (home.root / "shared" / public / "latest.json").exists(), "it does not show the field"
    assert not list(home.root.glob("outbox/*/set_aside.csv"))


@pytest.mark.usefixtures("without_the_second_route")
def test_records_that_vanish_without_a_reason_stop_the_release(home: Home) -> None:
    home.drop("sichuan", "enterprise_registration", THREE_GOOD_ROWS)
    home.collect()
    home.publish_all()
    table = home.hub.records("enterprise_registration").open()
    assert table is not None
    table.delete(f"credit_code = '{GOOD_CODES[0]}'")

    with pytest.raises(HubError, match="1 of 3 records are gone without a reason"):
        home.publish_all(AS_OF + timedelta(days=1))

    assert home.shared().height == 3
    assert len(list((home.root / "shared/enterprise_registration/failures").iterdir())) == 1


@pytest.mark.usefixtures("without_the_second_route")
def test_old_releases_go_when_their_time_is_over_but_never_the_last_ones(home: Home) -> None:
    for number, code in enumerate(GOOD_CODES[:3]):
        home.drop("sichuan", "enterprise_registration", file(row(code)), name=f"{number}.csv")
        home.collect(AS_OF + timedelta(days=number))
        home.publish_all(AS_OF + timedelta(days=number))
    before = releases(home.hub.home, "enterprise_registration")
    kept = home.hub.catalog.policies.releases.kept_days
    last = (AS_OF + timedelta(days=kept)).date()

    assert remove_old_releases(home.hub, last) == {}
    removed = remove_old_releases(home.hub, last + timedelta(days=400))

    assert removed["enterprise_registration"] == before[:1], "two are always kept"
    assert releases(home.hub.home, "enterprise_registration") == before[1:]
    assert audit(home.hub) == []


@pytest.mark.parametrize(
    ("change", "government"),
    [
        (lambda known: with_policy(known, "display_periods", shown_on_hold=()), True),
        (
            lambda known: with_product(
                known,
                PRODUCTS[2],
                masks=known.products[PRODUCTS[2]].masks | {"penalty_basis": "text_without_identifiers"},
            ),
            False,
        ),
    ],
    ids=["policy", "product"],
)
@pytest.mark.usefixtures("without_the_second_route")
def test_a_product_is_rebuilt_when_the_catalogue_says_something_else(
    home: Home, change: Callable[[Catalog], Catalog], government: bool
) -> None:
    home.drop("sichuan", PENALTY, sent(PENALTY, *ROWS))
    home.collect()
    home.publish_all()
    other = Home(replace(home.hub, catalog=change(home.hub.catalog)))

    done = {one.product_id: one.new for one in other.publish_all()}

    assert done[PRODUCTS[2]]
    assert done[PRODUCTS[0]] == government
    assert audit(other.hub) == []
