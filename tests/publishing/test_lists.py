"""Lists on the clock, through a whole hub: what leaves the public set leaves the authorised set on the same day.

And who holds a repaired record recognises it in the product of repairs, which names nobody.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from pipelines.audit import audit
from pipelines.catalog.models import ALL_ALLOWED
from pipelines.ground.settings import Settings
from pipelines.operations import publish
from pipelines.records.digests import KEY_DIGEST, RECORD_DIGEST, record_digests
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import latest, read, releases
from pipelines.trace import trace
from tests.catalogues import with_dataset, with_product
from tests.conftest import GOOD_CODES, Home
from tests.publishing.penalties import AUTHORITY, PERSON, sent

LIST, REPAIR = "serious_dishonesty", "credit_repair"
PUBLIC, AUTHORISED = f"{LIST}_public", f"{LIST}_authorised"
DAYS = ("2026-11-01", "2027-01-14", "2027-01-15", "2027-02-03", "2027-05-19", "2027-05-20", "2027-08-10", "2027-12-01")
LEFT, REPAIRED = "2027-02-03", "2027-08-10"
_ENTRY = {
    "subject_name": "成都蜀锦文化有限公司",
    "subject_category": "法人及非法人组织",
    "credit_code": GOOD_CODES[0],
    "legal_representative": "李某",
    "certificate_type": "",
    "certificate_number": "",
    "list_type": "市场监督管理严重违法失信名单",
    "document_number": "",
    "facts": "生产经营添加非食用物质的食品",
    "listing_basis": "《市场监督管理严重违法失信名单管理办法》第五条第（一）项",
    "severity_code": "严重",
    "display_necessary": "",
    "listed_on": "2026-05-20",
    "exit_on": "",
    "exit_reason": "",
    "exit_authority_name": "",
    "authority_name": "锦川市市场监督管理局",
    "authority_code": AUTHORITY,
    "source_name": "锦川市公共信用信息中心",
    "source_code": "12510100MYLXU54H4G",
    "source_updated_at": "2026-10-20 09:00:00",
}
ENTRIES = {
    "a year": {"severity_code": "一般"},
    "leaves": {},
    "necessary": {"severity_code": "轻微", "display_necessary": "是", "listed_on": "2026-10-15"},
    "minor": {"severity_code": "轻微", "listed_on": "2026-10-15"},
    "repaired": {},
    "person": {
        "subject_name": "张三丰",
        "subject_category": "自然人",
        "credit_code": "",
        "legal_representative": "",
        "certificate_type": "身份证",
        "certificate_number": PERSON,
    },
}
NUMBERS = {name: f"锦市监列严〔2026〕{n}号" for n, name in enumerate(ENTRIES, start=71)}
"""Document numbers by what happens to the entry."""

SHOWN = {
    "2026-11-01": {"a year", "leaves", "necessary", "repaired"},
    "2027-01-14": {"a year", "leaves", "necessary", "repaired"},
    "2027-01-15": {"a year", "leaves", "repaired"},
    "2027-02-03": {"a year", "repaired"},
    "2027-05-19": {"a year", "repaired"},
    "2027-05-20": {"repaired"},
    "2027-08-10": set(),
    "2027-12-01": set(),
}
"""By hand, from the tables of domain.md §4.1."""


def lines(*rows: dict[str, str]) -> str:
    full = [_ENTRY | row for row in rows]
    return "\n".join([",".join(full[0]), *(",".join(row.values()) for row in full)]) + "\n"


def noon(day: str) -> datetime:
    on = date.fromisoformat(day)
    return datetime(on.year, on.month, on.day, 4, tzinfo=UTC)


def about(name: str) -> dict[str, str]:
    """A repair of an entry."""
    return {"record_dataset": "严重失信主体名单", "record_document_number": NUMBERS[name], "severity_code": "严重"} | {
        "applied_on": "2027-07-30",
        "duty_fulfilled_on": "2027-06-30",
        "decided_on": "2027-08-09",
        "source_updated_at": "2027-08-09 09:00:00",
    }


def released(home: Home, day: str, *datasets: str) -> None:
    publish(home.hub, product=None, datasets=datasets, as_of=noon(day))


def keys(home: Home, product: str) -> set[str]:
    found = {number: name for name, number in NUMBERS.items()}
    return {found[number] for number in home.shared(product)["document_number"]}


@pytest.fixture
def home(tmp_path: Path, without_the_second_route: None) -> Iterator[Home]:
    opened = Home(Hub.open(Settings.read(tmp_path / "home")))
    opened.drop("sichuan", LIST, lines(*({"document_number": NUMBERS[n]} | row for n, row in ENTRIES.items())))
    [receipt] = opened.collect(noon(DAYS[0]))
    assert receipt["rows"]["accepted"] == len(ENTRIES), receipt["rules"]
    yield opened
    shutil.rmtree(opened.root)


def test_in_thirteen_months_an_entry_leaves_both_sets_on_the_same_day(home: Home) -> None:
    seen: pl.DataFrame | None = None
    for day in DAYS:
        if day == LEFT:
            left = {"exit_on": "2027-02-01", "exit_reason": "信用修复", "exit_authority_name": "锦川市市场监督管理局"}
            newer = {"document_number": NUMBERS["leaves"], "source_updated_at": "2027-02-02 09:00:00"}
            home.drop("sichuan", LIST, lines(newer | left), name="left.csv")
            home.collect(noon(day))
        if day == REPAIRED:
            seen = home.shared(AUTHORISED)
            home.drop("sichuan", REPAIR, sent(REPAIR, about("repaired")), name="repair.csv")
            [receipt] = home.collect(noon(day))
            assert receipt["rows"]["accepted"] == 1, receipt["rules"]
        released(home, day, LIST, *([REPAIR] if day >= REPAIRED else []))
        assert keys(home, PUBLIC) == SHOWN[day], day
        assert keys(home, AUTHORISED) == SHOWN[day], day
    gone = {product: removals(home, product) for product in (PUBLIC, AUTHORISED)}
    assert gone[PUBLIC] == gone[AUTHORISED] == {"expired": 3, "repaired": 1}
    assert keys(home, LIST) == set(NUMBERS) - {"repaired"}, "government keeps what is over, and not what was repaired"
    assert seen is not None
    told = home.shared(REPAIR)
    mine = seen.filter(record_digests(seen, home.hub.catalog.datasets[LIST]).is_in(told[RECORD_DIGEST].implode()))
    assert mine["document_number"].to_list() == [NUMBERS["repaired"]], "who holds the record recognises it"
    assert audit(home.hub) == []


def test_a_home_made_before_a_field_was_there_goes_on_and_its_chain_holds(home: Home) -> None:
    """An older hub knew no ``display_necessary``; what it released is followed by a release that does."""
    dataset = home.hub.catalog.datasets[LIST]
    assert dataset.display is not None
    fields = tuple(one for one in home.hub.catalog.fields(LIST) if one.id != "display_necessary")
    display = dataset.display.model_copy(update={"necessary": None})
    older = Home(replace(home.hub, catalog=with_dataset(home.hub.catalog, LIST, fields=fields, display=display)))
    released(older, DAYS[0], LIST)
    assert "display_necessary" not in home.shared(LIST).columns
    assert keys(home, PUBLIC) == SHOWN[DAYS[0]] - {"necessary"}

    released(home, DAYS[1], LIST)
    assert keys(home, PUBLIC) == SHOWN[DAYS[1]]
    manifest = latest(home.hub.home, LIST)
    assert manifest is not None
    assert manifest.changes.changed == 1, "only the record in which the field is filled"
    assert audit(home.hub) == []


def removals(home: Home, product: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for release_id in releases(home.hub.home, product):
        for reason, number in read(home.root / "shared" / product / release_id).removed.items():
            found[reason] = found.get(reason, 0) + number
    return found


def test_the_product_of_repairs_names_nobody_and_old_releases_that_did_are_offered_no_more(home: Home) -> None:
    """A home of an older hub: its repairs were shared with subject and number."""
    naming = {"names_records_by_digest": False, "fields": (ALL_ALLOWED,), "masks": {"certificate_number": "withheld"}}
    older = Home(replace(home.hub, catalog=with_product(home.hub.catalog, REPAIR, **naming)))
    home.drop("sichuan", REPAIR, sent(REPAIR, about("repaired")), name="repair.csv")
    home.collect(noon(REPAIRED))
    released(older, REPAIRED, REPAIR)
    assert NUMBERS["repaired"] in offered(home)

    home.drop("sichuan", REPAIR, sent(REPAIR, about("leaves")), name="another.csv")
    home.collect(noon("2027-08-11"))
    released(home, "2027-08-11", REPAIR)

    manifest = latest(home.hub.home, REPAIR)
    assert manifest is not None
    assert (manifest.record_key, manifest.rows, manifest.previous_release_id) == ([KEY_DIGEST], 2, None)
    assert releases(home.hub.home, REPAIR) == [manifest.release_id]
    text = offered(home)
    assert not any(said in text for said in (*NUMBERS.values(), _ENTRY["subject_name"], GOOD_CODES[0]))
    assert home.shared(REPAIR)[RECORD_DIGEST].n_unique() == 2
    [repairs] = [one for one in trace(home.hub, GOOD_CODES[0])["datasets"] if one["dataset_id"] == REPAIR]
    versions = [version for record in repairs["records"] for version in record["versions"]]
    assert [len(version["releases"]) for version in versions] == [1, 1], (
        "the hub itself still knows whom they are about"
    )
    assert audit(home.hub) == []


def offered(home: Home) -> str:
    """Everything that is readable of repairs, as text."""
    texts = []
    for path in sorted((home.root / "shared" / REPAIR).rglob("*")):
        if path.suffix == ".parquet":
            texts.append(pl.read_parquet(path, hive_partitioning=False).write_csv())
        elif path.is_file():
            texts.append(path.read_text(encoding="utf-8"))
    return "\n".join(texts)
