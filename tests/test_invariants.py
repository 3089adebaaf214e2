"""The ten invariants of the architecture, each with a test that is named after it and checks it directly, in small."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipelines import expectations
from pipelines.audit import audit
from pipelines.collecting import plan, take
from pipelines.demo import make_delivery
from pipelines.demo.codes import credit_codes
from pipelines.ground.errors import HubError
from pipelines.ground.settings import Settings
from pipelines.operations import score
from pipelines.records.changes import apply
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import TABLES, ledger
from pipelines.storage.manifest import latest, read
from tests.cli.forked import Asked, Forks
from tests.conftest import AS_OF, GOOD_CODES, HEADER, THREE_GOOD_ROWS, Home, balanced, file, row, rules_of
from tests.publishing.penalties import PENALTY, sent

DATASET = "enterprise_registration"


def opened(root: Path) -> Home:
    return Home(Hub.open(Settings.read(root)))


def data_of(home: Home) -> dict[str, bytes]:
    """Every byte of the latest release's data."""
    manifest = latest(home.hub.home, DATASET)
    assert manifest is not None
    folder = home.root / "shared" / DATASET / manifest.release_id
    return {one.path: (folder / one.path).read_bytes() for one in manifest.files}


def lake_of(home: Home) -> dict[str, pl.DataFrame]:
    """Rows of the lake, sorted, without the names of the work groups, which depend on how files were packed."""
    found = {"records": home.records(), "quarantine": home.quarantine()}
    found |= {name: ledger(home.hub.home, name).read() for name in ("batches", "rule_counts")}
    return {
        name: frame.drop("group_id", strict=False)
        .with_columns(pl.col(c).list.join("|") for c, t in frame.schema.items() if t == pl.List(pl.String))
        .sort(pl.all().exclude("group_id"))
        for name, frame in found.items()
    }


def same_lake(one: Home, other: Home) -> bool:
    right = lake_of(other)
    return all(frame.equals(right[name]) for name, frame in lake_of(one).items())


def test_invariant_1_conservation(home: Home) -> None:
    """In = accepted + refused for every file; accepted = published + superseded + duplicate + withheld for every release."""
    lines = [
        row(),
        row(),
        row(企业名称="改名"),
        row(GOOD_CODES[1]),
        row("91350100M000100Y44"),
        "zu,kurz",
        "",
        row(GOOD_CODES[2]) + ",zu,lang",
    ]
    home.drop("sichuan", DATASET, file(*lines))
    home.drop("yunnan", DATASET, b"")
    home.drop("gansu", DATASET, HEADER)
    receipts = home.collect()
    [release] = home.publish()

    assert balanced(receipts)
    assert {r["provider_id"]: r["rows"]["in"] for r in receipts} == {"sichuan": 7, "yunnan": 0, "gansu": 0}
    assert home.records().height + home.quarantine().height == 7
    manifest = latest(home.hub.home, DATASET)
    assert manifest is not None
    account = manifest.account
    assert account.accepted == home.records().height == 4
    assert account.accepted == account.published + account.superseded + account.duplicate + account.withheld
    assert release.rows == account.published == home.shared().height == 2
    assert audit(home.hub) == []
    next(home.root.glob("lake/quarantine/*/*.parquet")).unlink()
    assert audit(home.hub) != []


def test_invariant_2_all_reasons(home: Home) -> None:
    """Every rule a row broke, the value as sent, the digest of its file, and the row number of a spreadsheet."""
    bad = row(" 91350100m000100y44", 注册日期="2027-01-01", 所在省份="火星", 企业名称="长" * 201)
    home.drop("sichuan", DATASET, file(row(), bad, "zu,kurz"))
    [receipt] = home.collect()

    found = home.findings(receipt)
    by_row = {
        int(n): set(rows["rule_id"].str.replace(f"{DATASET}.", ""))
        for (n,), rows in found.partition_by("row_number", as_dict=True).items()
    }
    assert by_row == {
        3: {
            "credit_code.cleaned",
            "credit_code.checksum",
            "registration_date.not_future",
            "province_code.in_table",
            "name.max_length",
        },
        4: {"record.column_count"},
    }
    values = dict(
        found.filter((pl.col("row_number") == "3") & (pl.col("severity") == "reject")).select("field", "value").rows()
    )
    assert values["province_code"] == "火星"
    assert values["credit_code"].strip() == "91350100m000100y44"
    for refused in home.quarantine().to_dicts():
        assert refused["_batch_id"] == receipt["batch_id"]
        assert {rule.partition(".")[2] for rule in refused["rule_ids"]} == by_row[refused["_row_number"]]
    [batch] = ledger(home.hub.home, "batches").read().to_dicts()
    assert (batch["batch_id"], batch["sha256"]) == (receipt["batch_id"], receipt["sha256"])
    assert set(found["quarantine_id"]) == set(home.quarantine()["quarantine_id"])


def test_invariant_3_nothing_is_repaired_in_silence(home: Home) -> None:
    """An accepted cell is what was sent, or has a warning, or is a code for a text of its table; anything else is refused."""
    home.drop(
        "sichuan",
        DATASET,
        file(
            row("９１３５０１００M000100Y43"),
            row("91350100m000100y43", 企业名称="  蜀锦　", 注册地址="锦江区\x00一号"),
            row("9135O100M000100Y43"),
            row("913501000M00100Y43"),
            row(GOOD_CODES[1]),
        ),
    )
    [receipt] = home.collect()

    accepted = {one["_row_number"]: one for one in home.records().to_dicts()}
    assert sorted(accepted) == [2, 3, 6]
    warned = {
        (int(n), field)
        for n, field in home.findings(receipt).filter(pl.col("severity") == "warn").select("row_number", "field").rows()
    }
    titles = {f.id: f.title_zh for f in home.hub.catalog.fields(DATASET)}
    raw = (home.root / "raw" / receipt["sha256"][:2] / receipt["sha256"]).read_text(encoding="utf-8").split("\n")
    for number, one in accepted.items():
        sent = dict(zip(HEADER.split(","), raw[number - 1].split(","), strict=True))
        for field in (
            "name",
            "credit_code",
            "registered_address",
            "legal_representative",
            "business_scope",
            "registered_capital",
        ):
            assert one[field] == sent[titles[field]] or (number, field) in warned, (number, field)
    assert "credit_code" in {field for n, field in warned if n == 2}
    assert (3, "registered_address") in warned
    assert "91350100M000100Y43" in home.findings(receipt).filter(pl.col("row_number") == "4")["expected"][0]


@pytest.mark.usefixtures("without_the_second_route")
def test_invariant_4_same_input_same_output_in_any_grouping_order_and_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One group or one for each file, one pass or three, in any order: the same lake and byte-identical published data."""
    files = {
        "sichuan": file(row(), row("91350100M000100Y44"), row(GOOD_CODES[1], 企业名称="甲")),
        "yunnan": file(row(GOOD_CODES[1], 企业名称="乙"), "zu,kurz"),
        "gansu": file(row(GOOD_CODES[2]), row(GOOD_CODES[1], 企业名称="丙")),
    }
    homes = []
    orders = list(itertools.permutations(files))
    for number in (0, 1, 4, 5):
        monkeypatch.setenv("CREDIT_HUB_WORK_GROUP_BYTES", "1" if number % 2 else str(1 << 28))
        one = opened(tmp_path / str(number))
        for provider in orders[number]:
            one.drop(provider, DATASET, files[provider])
            if number >= 3:
                one.collect()
            if number == 5:
                one.publish()
        one.collect()
        one.publish()
        homes.append(one)
    assert all(same_lake(one, homes[0]) for one in homes[1:])
    assert all(data_of(one) == data_of(homes[0]) for one in homes[1:])


def delivered(root: Path) -> Home:
    """A home with six files waiting."""
    home = opened(root)
    for number, provider in enumerate(("sichuan", "yunnan", "gansu", "hunan", "hubei", "hainan")):
        home.drop(
            provider,
            DATASET,
            file(row(GOOD_CODES[number % 5], 企业名称=provider), row("91350100M000100Y44"), row(GOOD_CODES[0])),
        )
        os.utime(root / "inbox" / provider / DATASET / "a.csv", ns=(10**18, 10**18))
    return home


@pytest.mark.slow
@pytest.mark.usefixtures("without_the_second_route")
def test_invariant_4_same_input_same_output_on_one_worker_or_two(tmp_path: Path) -> None:
    """Work groups of one plan screened at the same time by several processes, as Airflow does."""
    alone, together = delivered(tmp_path / "alone"), delivered(tmp_path / "together")
    alone.collect()
    take(together.hub.home, together.hub.catalog, provider=None, as_of=AS_OF)
    groups = [json.dumps(group.to_json()) for group in plan(together.hub.home, 1)]
    assert len(groups) == 6
    with Forks() as forks:
        ended = forks.run(*(Asked((str(together.root), *groups[n::2]), worker=True) for n in range(2)))
    assert [ran.status for ran in ended] == [0, 0], [ran.said[-300:] for ran in ended]
    alone.publish()
    together.publish()

    assert same_lake(alone, together)
    assert data_of(alone) == data_of(together)
    assert audit(together.hub) == []


@pytest.mark.slow
@pytest.mark.usefixtures("without_the_second_route", "each_file_a_work_group")
def test_invariant_4_same_input_same_output_when_two_collect_at_once(tmp_path: Path) -> None:
    """A person at the command line while the schedule runs: two processes, one home, the same lake."""
    alone, together = delivered(tmp_path / "alone"), delivered(tmp_path / "together")
    alone.collect()
    command = ("collect", "--home", str(together.root), "--as-of", f"{AS_OF:%Y-%m-%d}", "--json")
    with Forks() as forks:
        ended = forks.run(Asked(command), Asked(command))

    together.collect()
    assert same_lake(alone, together)
    assert audit(together.hub) == []
    assert len(list((together.root / "outbox").glob("*/*/receipt.json"))) == 6
    assert [ran.status for ran in ended] == [0, 0], [ran.said[-300:] for ran in ended]


def test_invariant_5_a_failed_run_never_moves_latest(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    home.collect()
    [good] = home.publish()
    before = data_of(home)
    home.drop("sichuan", DATASET, file(row(GOOD_CODES[3])), name="b.csv")
    home.collect()
    # More than there are rows: no row explains it.
    monkeypatch.setattr(expectations, "unmet", lambda *_: {f"{DATASET}.name.required": 7})
    for _ in range(2):
        with pytest.raises(HubError):
            home.publish(AS_OF + timedelta(days=1))

    pointer = json.loads((home.root / "shared" / DATASET / "latest.json").read_text())
    assert pointer == {"release_id": good.release_id}
    assert data_of(home) == before
    assert len(list((home.root / "shared" / DATASET / "failures").iterdir())) == 1
    assert ledger(home.hub.home, "releases").read().filter(pl.col("product_id") == DATASET).height == 1
    assert audit(home.hub) == []


KEPT = ("enterprise_registration", "administrative_penalty", "credit_repair")


def deliver(home: Home, providers: Sequence[str], as_of: datetime, **how: Any) -> None:
    """The sample delivery of some providers, without most of the datasets, so that a test is fast."""
    catalog = replace(home.hub.catalog, providers={one: home.hub.catalog.providers[one] for one in providers})
    make_delivery(home.root, catalog, as_of=as_of.date(), **how)
    for folder in (home.root / "inbox").glob("*/*"):
        if folder.name not in KEPT:
            shutil.rmtree(folder)


def small_deliveries(home: Home) -> Iterator[datetime]:
    """Three days of three datasets: records that come, change, come again, leave and return."""
    about = [{"document_number": f"锦市监处罚〔2026〕{number}号"} for number in range(4)]
    undone = {"record_document_number": about[1]["document_number"]}
    days = (
        (THREE_GOOD_ROWS, sent(PENALTY, *about[:3]), None),
        (
            file(row(企业名称="改名"), row(GOOD_CODES[1]), row(GOOD_CODES[4])),
            sent(PENALTY, about[0], about[2] | {"violation_type": "其他", "source_updated_at": ""}, about[3]),
            sent("record_withdrawal", undone),
        ),
        (
            file(row(GOOD_CODES[3])),
            sent(PENALTY, about[1]),
            sent("record_withdrawal", undone | {"withdrawal_state": "撤销撤回", "source_updated_at": ""}),
        ),
    )
    for number, (registrations, penalties, withdrawals) in enumerate(days):
        for dataset, content in ((DATASET, registrations), (PENALTY, penalties), ("record_withdrawal", withdrawals)):
            if content:
                home.drop("sichuan", dataset, content, name=f"{number}.csv")
        yield AS_OF + timedelta(days=number)


def sample_deliveries(home: Home) -> Iterator[datetime]:
    """Two days of the sample delivery."""
    for number, scale in enumerate((0.01, 0.03)):
        at = AS_OF + timedelta(days=number)
        deliver(home, ("beijing", "sichuan", "samr"), at, seed=7, scale=scale)
        yield at


@pytest.mark.usefixtures("without_the_second_route")
@pytest.mark.parametrize(
    ("deliveries", "expected"),
    [
        pytest.param(small_deliveries, {"added", "changed", "removed"}, id="by hand"),
        pytest.param(sample_deliveries, {"added", "changed"}, id="sample", marks=pytest.mark.long),
    ],
)
def test_invariant_6_previous_release_and_changes_are_this_release(
    home: Home, deliveries: Callable[[Home], Iterator[datetime]], expected: set[str]
) -> None:
    """For every product, always: records that come, change and come again."""
    for at in deliveries(home):
        home.collect(at)
        home.publish(at)

    releases, kinds = 0, set[str]()
    for product in home.hub.catalog.datasets:
        now: pl.DataFrame | None = None
        for folder in sorted(p.parent for p in (home.root / "shared" / product).glob("*/manifest.json")):
            manifest = read(folder)
            key = manifest.record_key
            data = pl.concat([pl.read_parquet(folder / one.path, hive_partitioning=False) for one in manifest.files])
            changes = pl.read_parquet(folder / "changes.parquet")
            result = apply(data.clear() if now is None else now, changes, key)
            assert result.sort(key).equals(data.sort(key)), folder
            assert Counter(changes["change_type"]) == Counter({k: v for k, v in manifest.changes.counts.items() if v})
            now = data
            kinds |= {*changes["change_type"]}
            releases += 1
    assert releases >= 6
    assert kinds == expected
    assert audit(home.hub) == []


@pytest.mark.usefixtures("without_the_second_route")
def test_invariant_7_no_raw_personal_identifier_leaves_the_lake(home: Home) -> None:
    """Of all the citizen IDs in a delivery none is readable in anything that is published, sent back or shown."""
    deliver(home, ("sichuan", "guangdong", "samr"), AS_OF, scale=0.05)
    pattern = re.compile(r"(?<![0-9A-Za-z])[1-8]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[0-9X](?![0-9A-Za-z])")
    sent: set[str] = set()
    for path in (home.root / "inbox").rglob("*.csv"):
        content = path.read_bytes()
        for encoding in ("utf-8", "gb18030"):
            sent |= set(pattern.findall(content.decode(encoding, errors="ignore")))
    assert len(sent) > 20
    home.collect()
    home.publish()
    score(home.hub.home, home.hub.catalog, period="2026-11", as_of=AS_OF)

    def readable(path: Path) -> str:
        if path.suffix != ".parquet":
            return path.read_bytes().decode(errors="ignore")
        frame = pl.read_parquet(path, hive_partitioning=False)
        return frame.select(
            pl.col(name).cast(pl.String) for name, t in frame.schema.items() if not t.is_nested()
        ).write_csv()

    leaked = {}
    for part in ("shared", "outbox", "scorecards", "lake"):
        for path in (home.root / part).rglob("*"):
            if path.is_file() and (found := sent & set(pattern.findall(readable(path)))):
                leaked[path.relative_to(home.root).as_posix()] = len(found)
    assert leaked == {}


def test_invariant_8_double_entry(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both routes count the same; when one of them counts otherwise nothing is committed."""
    from pipelines import expectations

    counted: list[int] = []
    real = expectations.compare

    def watched(*arguments: object) -> int:
        counted.append(real(*arguments))  # type: ignore[arg-type]
        return counted[-1]

    def twisted(
        catalog: object, suite: object, staged: object, totals: dict[str, int], limit: object, references: object
    ) -> int:
        return real(catalog, suite, staged, totals | {f"{DATASET}.name.required": 2}, limit, references)  # type: ignore[arg-type]

    home.drop("sichuan", DATASET, file(row(), row("91350100M000100Y44"), row(企业名称="")))
    monkeypatch.setattr(expectations, "compare", twisted)
    home.drop("yunnan", DATASET, THREE_GOOD_ROWS)
    with pytest.raises(
        HubError, match=r"double entry does not balance, nothing was committed: enterprise_registration\.name\.required"
    ):
        home.collect()
    assert all(ledger(home.hub.home, name).read().height == 0 for name in TABLES)
    assert home.records().height == home.quarantine().height == 0

    monkeypatch.setattr(expectations, "compare", watched)
    receipts = {r["provider_id"]: r for r in home.collect()}
    assert counted[0] > 10
    assert rules_of(receipts["sichuan"]) == {"credit_code.checksum": 1, "name.required": 1}


def test_invariant_9_missing_is_not_empty_is_not_broken(home: Home) -> None:
    home.drop("sichuan", DATASET, THREE_GOOD_ROWS)
    home.drop("yunnan", DATASET, b"")
    home.drop("gansu", DATASET, bytes(range(128, 256)) * 40)
    home.collect()
    card = score(home.hub.home, home.hub.catalog, period="2026-11", as_of=AS_OF).frame

    totals = {one["region_code"]: one for one in card.filter(pl.col("indicator") == "total").to_dicts()}
    assert len(totals) == 32
    assert (totals["530000"]["status"], totals["620000"]["status"], totals["110000"]["status"]) == (
        "empty",
        "broken",
        "no_data",
    )
    assert [code for code, one in totals.items() if one["status"] != "scored" and one["score"] is not None] == []


ROWS = 30_000
GROWTH = 1.6


def filled(root: Path, rows: int, *, right: bool) -> Asked:
    """A home with one file of so many rows, to be collected with double entry."""
    codes = credit_codes(pl.repeat("91", rows, eager=True), pl.repeat("510100", rows, eager=True), np.arange(rows))
    if not right:
        codes = codes.str.slice(0, 17)
    template = row("CODE")
    path = root / "inbox/sichuan" / DATASET / "a.csv"
    path.parent.mkdir(parents=True)
    path.write_text(
        "\n".join([HEADER, *(template.replace("CODE", code) for code in codes.to_list())]) + "\n", encoding="utf-8"
    )
    return Asked(("collect", "--home", str(root), "--as-of", f"{AS_OF:%Y-%m-%d}", "--json"), second_route=True)


@pytest.mark.parametrize("right", [True, False], ids=["right rows", "refused rows"])
def test_invariant_10_bounded_memory(tmp_path: Path, right: bool) -> None:
    """Four times the rows take nowhere near four times the memory, be they right or all of them wrong."""
    numbers = (ROWS, 4 * ROWS)
    with Forks() as forks:
        few, many = (forks.run(filled(tmp_path / str(count), count, right=right))[0] for count in numbers)
    for count, ran in zip(numbers, (few, many), strict=True):
        [receipt] = (json.loads(path.read_bytes()) for path in (tmp_path / str(count)).glob("outbox/*/*/receipt.json"))
        rows = receipt["rows"]
        assert (ran.status, rows["in"], rows["accepted"]) == (0, count, count if right else 0), ran.said[-300:]
    print(f"{ROWS} rows: {few.mebibytes} MiB, {4 * ROWS} rows: {many.mebibytes} MiB")
    assert many.mebibytes < few.mebibytes * GROWTH
