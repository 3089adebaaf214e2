"""A manifest that differs rejects the whole file, with both figures; one that agrees is kept in the ledger."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import polars as pl
import pytest

from pipelines.collecting.manifest import Manifest, Unusable, parse
from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from tests.conftest import GOOD_CODES, Home, file, row

DATASET = "enterprise_registration"


def content(place: str, *more: str) -> str:
    """Two registrations of their own, and further lines."""
    return file(row(GOOD_CODES[0], 注册地址=place), row(GOOD_CODES[1], 注册地址=place), *more)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, dict[str, Any]], list[str]]:
    """One pass over files with manifests: home, receipts by file name, what was left in the inbox."""
    home = Home(Hub.open(Settings.read(tmp_path_factory.mktemp("manifests") / "home")))

    def drop(name: str, text: str, said: Any, *, beside: str | None = None) -> None:
        path = home.drop("sichuan", DATASET, text, name)
        raw = said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()
        path.with_name(beside or f"{path.name}.manifest.json").write_bytes(raw)

    agreed = content("一号", "a,b", ",".join(["合计", "2", *[""] * 8]))
    digest = hashlib.sha256(agreed.encode()).hexdigest().upper()
    said = {"rows": 3, "sha256": digest, "period": "2026-11", "operation": "增量", "bytes": len(agreed.encode())}
    drop("agreed.csv", agreed, said, beside="agreed.manifest.json")
    drop("rows.csv", content("二号"), {"row_count": "5"})
    drop("digest.csv", content("三号"), {"sha256": "0" * 64})
    drop("slip.csv", content("四号"), {"sha265": "0" * 64})
    drop("broken.csv", content("五号"), b'{"rows": ')
    drop("column.csv", content("六号"), {"control_totals": {"没有": 1}})
    drop("other.csv", content("七号"), {"rows": 2, "contact": "someone", "encoding": "utf-8"})
    home.drop("sichuan", DATASET, content("八号"), "plain.csv")
    (home.root / f"inbox/sichuan/{DATASET}/alone.csv.manifest.json").write_text("{}")
    done = home.pass_over()
    return (
        home,
        {receipt.file_name: receipt.to_json() for receipt in done.receipts},
        [s.path.name for s in done.unclaimed],
    )


def test_a_manifest_that_agrees_is_kept_in_the_ledger(
    collected: tuple[Home, dict[str, dict[str, Any]], list[str]],
) -> None:
    home, receipts, _ = collected
    assert receipts["agreed.csv"]["rows"] == {"in": 3, "accepted": 2, "refused": 1, "warned": 0}
    found = ledger(home.hub.home, "batches").scan().filter(pl.col("file_name") == "agreed.csv").collect().to_dicts()[0]
    assert (found["manifest"], found["operation"]) == ("agreed", "delta")
    assert (found["period_from"], found["period_to"]) == (date(2026, 11, 1), date(2026, 11, 30))
    assert receipts["other.csv"]["manifest"] == "agreed"
    assert receipts["plain.csv"]["manifest"] is None


def test_what_was_no_record_is_told(collected: tuple[Home, dict[str, dict[str, Any]], list[str]]) -> None:
    _, receipts, _ = collected
    assert receipts["agreed.csv"]["not_records"] == ["第 5 行（合计行）"]


@pytest.mark.parametrize(
    ("name", "code", "said", "found"),
    [
        ("rows.csv", "manifest_differs", "5", "2"),
        ("digest.csv", "manifest_differs", "0" * 64, hashlib.sha256(content("三号").encode()).hexdigest()),
        ("slip.csv", "manifest_unreadable", "sha265", "sha256"),
        ("broken.csv", "manifest_unreadable", "", ""),
        ("column.csv", "manifest_differs", "1", "没有这一列"),
    ],
)
def test_a_mismatch_rejects_the_whole_file_with_both_figures(
    collected: tuple[Home, dict[str, dict[str, Any]], list[str]], name: str, code: str, said: str, found: str
) -> None:
    home, receipts, _ = collected
    receipt = receipts[name]
    assert (receipt["status"], receipt["problem"]["code"]) == ("rejected", code)
    assert said in receipt["problem"]["message_zh"]
    assert found in receipt["problem"]["message_zh"]
    assert receipt["rows"] == {"in": 0, "accepted": 0, "refused": 0, "warned": 0}
    assert home.records().filter(pl.col("_batch_id") == receipt["batch_id"]).height == 0


def test_a_file_whose_manifest_was_wrong_may_come_again(
    collected: tuple[Home, dict[str, dict[str, Any]], list[str]],
) -> None:
    home, _, _ = collected
    path = home.drop("sichuan", DATASET, content("二号"), "rows.csv")
    path.with_name("rows.csv.manifest.json").write_text('{"rows": 2}')
    receipts = home.collect()
    assert [(r["status"], r["rows"]["accepted"]) for r in receipts] == [("accepted", 2)]


def test_a_manifest_without_its_file_is_told_and_left(
    collected: tuple[Home, dict[str, dict[str, Any]], list[str]],
) -> None:
    home, _, unclaimed = collected
    assert unclaimed == ["alone.csv.manifest.json"]
    assert (home.root / f"inbox/sichuan/{DATASET}/alone.csv.manifest.json").exists()
    assert (home.root / f"inbox/sichuan/.done/{DATASET}/agreed.manifest.json").exists()


def test_control_totals_are_compared_to_the_last_digit(home: Home) -> None:
    given = ("subject_name", "document_number")
    others = [f.title_zh for f in home.hub.catalog.fields("administrative_penalty") if f.required and f.id not in given]
    header = ",".join(["行政相对人名称,处罚决定书文号,CF_NR_FK", *others])
    rows = ("甲,一号,0.1", "乙,二号,0.2", '丙,三号,"1,000"', "丁,四号,无")
    lines = "\n".join([header, *(text + "," * len(others) for text in rows)]) + "\n"
    for name, total in (("right.csv", "1000.3"), ("wrong.csv", "1000.30001")):
        text = lines if name == "right.csv" else lines.replace("甲", "戊")
        path = home.drop("sichuan", "administrative_penalty", text, name)
        path.with_suffix(".manifest.json").write_text(json.dumps({"control_totals": {"fine_amount_cny_10k": total}}))

    receipts = {receipt["file_name"]: receipt for receipt in home.collect()}

    assert receipts["right.csv"]["rows"]["in"] == 4
    assert receipts["wrong.csv"]["problem"]["code"] == "manifest_differs"
    assert "1000.30001" in receipts["wrong.csv"]["problem"]["message_zh"]
    assert "1000.3。" in receipts["wrong.csv"]["problem"]["message_zh"]


@pytest.mark.parametrize(
    ("given", "begins", "ends"),
    [
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("202611", "2026-11-01", "2026-11-30"),
        ("2026", "2026-01-01", "2026-12-31"),
        ("2026-11-03", "2026-11-03", "2026-11-03"),
        ("2026-11-01/2026-11-15", "2026-11-01", "2026-11-15"),
        (["2026-11-01", "2026-11-15"], "2026-11-01", "2026-11-15"),
        ({"from": "2026-10", "to": "2026-11"}, "2026-10-01", "2026-11-30"),
    ],
)
def test_a_period_may_be_said_in_several_ways(given: object, begins: str, ends: str) -> None:
    said, _ = parse(json.dumps({"period": given}).encode())
    assert (said.period_from, said.period_to) == (begins, ends)
    assert Manifest.from_json(said.to_json()) == said


@pytest.mark.parametrize(
    "text",
    [
        "[]", "1", "", "\x00", '{"rows": -1}', '{"rows": 1.5}', '{"rows": true}', '{"rows": "many"}', '{"sha256": 5}',
        '{"operation": "replace"}', '{"period": "soon"}', '{"period": ["2026-12", "2026-01"]}', '{"control_totals": [1]}',
        '{"control_totals": {"a": "NaN"}}', '{"files": {}}', '{"files": [{"rows": 1}]}', '{"rows": 1, "row_count": 1}',
        '{"period": "2026-13"}', "[" * 100_000, '{"rows": ' + "9" * 5000 + "}",
    ],
)  # fmt: skip
def test_a_manifest_that_cannot_be_compared_says_what_is_wrong(text: str) -> None:
    with pytest.raises(Unusable) as caught:
        parse(text.encode())
    assert caught.value.problem.code == "manifest_unreadable"


def test_a_refused_file_that_comes_again_with_the_right_manifest_has_a_record_of_each_time(home: Home) -> None:
    folder = home.root / "inbox/sichuan" / DATASET
    folder.mkdir(parents=True)
    receipts = []
    for rows in (9, 1, 1):
        (folder / "a.csv.manifest.json").write_text(json.dumps({"rows": rows}))
        (folder / "a.csv").write_text(file(row()), encoding="utf-8")
        receipts += home.collect()

    assert [r["status"] for r in receipts] == ["rejected", "accepted", "duplicate"]
    records = {path.name.split(".")[1]: path for path in (home.root / "raw").glob("??/*.json")}
    assert records.keys() == {r["batch_id"] for r in receipts[:2]}
    said = [json.loads(records[r["batch_id"]].read_text(encoding="utf-8"))["manifest"]["rows"] for r in receipts[:2]]
    assert said == [9, 1]
