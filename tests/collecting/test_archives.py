"""A ZIP gives a delivery for each file inside; what cannot be taken says why, and nothing leaves the archive's place."""

from __future__ import annotations

import io
import json
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pipelines.ground.limits import Limits
from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from tests.conftest import AS_OF, GOOD_CODES, Home, balanced, file, row

DATASET = "enterprise_registration"
ONE, TWO, THREE = (file(row(code)) for code in GOOD_CODES[:3])


def packed(*members: tuple[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as package:
        for name, content in members:
            package.writestr(name, content)
    return buffer.getvalue()


def encrypted() -> bytes:
    """A ZIP whose member says it is encrypted."""
    content = bytearray(packed(("a.csv", ONE)))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(mark) + place
        content[at] |= 1
    return bytes(content)


def gbk_named() -> bytes:
    """A ZIP as Chinese Windows makes it: the name in GBK, no flag."""
    content = packed(("XXXX.csv", TWO.replace("锦江区一号", "青羊区二号")))
    return content.replace(b"XXXX.csv", "企业".encode("gbk") + b".csv")


def damaged() -> bytes:
    """One member with wrong bytes inside, one whole."""
    content = bytearray(packed(("a.csv", "x" * 10 + ONE * 20), ("b.csv", THREE), method=zipfile.ZIP_STORED))
    content[60] ^= 0xFF
    return bytes(content)


def lying(size: int) -> bytes:
    """A member that unpacks to more than it says."""
    content = bytearray(packed(("a.csv", b"0" * 2_000_000)))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(mark) + place, size)
    return bytes(content)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, dict[str, Any]]]:
    """One pass over archives of many kinds, under narrow limits; receipts by file name."""
    settings = Settings.read(tmp_path_factory.mktemp("archives") / "home")
    limits = Limits(zip_bytes=3_000_000, zip_members=6, zip_ratio_from_bytes=500_000, row_bytes=100_000)
    home = Home(Hub.open(Settings(**{**vars(settings), "limits": limits})))

    def drop(name: str, content: bytes) -> Path:
        return home.drop("sichuan", DATASET, content, name)

    drop(
        "two.zip",
        packed(("甲/a.csv", ONE), ("b.csv", TWO), ("甲/", ""), ("__MACOSX/._a.csv", "x"), ("page.pdf", "%PDF")),
    )
    drop("nested.zip", packed(("inner.zip", packed(("c.csv", THREE.replace("一号", "三号"))))))
    drop("deep.zip", packed(("1.zip", packed(("2.zip", packed(("d.csv", ONE)))))))
    drop("gbk.zip", gbk_named())
    drop("out.zip", packed(("../../evil.csv", ONE), ("/etc/x.csv", ONE), ("C:/y.csv", ONE), ("z\x01<b>.csv", ONE)))
    drop("empty.zip", packed())
    drop("locked.zip", encrypted())
    drop("bomb.zip", packed(("0.csv", b"0" * 2_900_000)))
    drop("large.zip", packed(*((f"{n}.csv", os.urandom(900_000)) for n in range(4))))
    drop("many.zip", packed(*((f"{n}.csv", ONE) for n in range(7))))
    drop("text.zip", b"this is no archive")
    drop("cut.zip", packed(("a.csv", ONE * 50))[:-40])
    drop("damaged.zip", damaged())
    drop("lying.zip", lying(1000))
    drop("said.zip", packed(("e.csv", file(row(GOOD_CODES[3]))), ("e.manifest.json", json.dumps({"rows": 2}))))
    listed = {"files": [{"name": "f.csv", "rows": 1}, {"name": "g.csv", "rows": 5}]}
    good = file(row(GOOD_CODES[4]))
    drop("listed.zip", packed(("f.csv", good), ("g.csv", good + "\n"), ("manifest.json", json.dumps(listed))))
    missing = {"files": [{"name": "f.csv"}, {"name": "h.csv"}]}
    drop("missing.zip", packed(("f.csv", good), ("manifest.json", json.dumps(missing))))
    return home, {receipt["file_name"]: receipt for receipt in home.collect()}


def problem(receipts: dict[str, dict[str, Any]], name: str) -> str:
    receipt = receipts[name]
    assert receipt["status"] == "rejected"
    assert receipt["rows"] == {"in": 0, "accepted": 0, "refused": 0, "warned": 0}
    return str(receipt["problem"]["code"])


def test_each_file_of_an_archive_has_a_receipt_of_its_own(collected: tuple[Home, dict[str, dict[str, Any]]]) -> None:
    _, receipts = collected
    names = [name for name in receipts if name.startswith("two.zip")]
    assert sorted(names) == ["two.zip/b.csv", "two.zip/page.pdf", "two.zip/甲/a.csv"]
    assert receipts["two.zip/甲/a.csv"]["rows"]["accepted"] == receipts["two.zip/b.csv"]["rows"]["accepted"] == 1
    assert problem(receipts, "two.zip/page.pdf") == "unsupported_format"
    assert balanced(list(receipts.values()))


def test_an_archive_in_an_archive_is_opened_once_and_no_deeper(
    collected: tuple[Home, dict[str, dict[str, Any]]],
) -> None:
    _, receipts = collected
    assert receipts["nested.zip/inner.zip/c.csv"]["rows"]["accepted"] == 1
    assert problem(receipts, "deep.zip/1.zip/2.zip") == "archive_too_deep"


def test_names_in_gbk_are_read_as_they_were_meant(collected: tuple[Home, dict[str, dict[str, Any]]]) -> None:
    _, receipts = collected
    assert receipts["gbk.zip/企业.csv"]["rows"]["in"] == 1


def test_no_name_leads_out_of_an_archive(collected: tuple[Home, dict[str, dict[str, Any]]]) -> None:
    home, receipts = collected
    names = [name for name in receipts if name.startswith("out.zip")]
    assert len(names) == 4
    assert {problem(receipts, name) for name in names} == {"unsafe_name"}
    assert not any("\x01" in name for name in names)
    outside = [
        path for path in home.root.parent.rglob("*.csv") if "evil" in path.name or path.name in ("x.csv", "y.csv")
    ]
    assert outside == []


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("empty.zip", "empty_archive"),
        ("locked.zip/a.csv", "encrypted"),
        ("bomb.zip", "too_large"),
        ("large.zip", "too_large"),
        ("many.zip", "too_large"),
        ("text.zip", "broken_archive"),
        ("cut.zip", "broken_archive"),
        ("damaged.zip/a.csv", "broken_archive"),
        ("lying.zip/a.csv", "broken_archive"),
        ("said.zip/e.csv", "manifest_differs"),
        ("listed.zip/g.csv", "manifest_differs"),
        ("missing.zip", "manifest_differs"),
    ],
)
def test_what_cannot_be_taken_says_why(collected: tuple[Home, dict[str, dict[str, Any]]], name: str, code: str) -> None:
    _, receipts = collected
    assert problem(receipts, name) == code
    assert receipts[name]["problem"]["message_zh"]


def test_what_is_whole_beside_it_is_taken(collected: tuple[Home, dict[str, dict[str, Any]]]) -> None:
    _, receipts = collected
    assert receipts["listed.zip/f.csv"]["manifest"] == "agreed"
    assert receipts["listed.zip/f.csv"]["rows"]["in"] == 1
    # The same bytes came in another archive of this pass: whichever was taken second is told to be a duplicate.
    assert receipts["damaged.zip/b.csv"]["status"] in ("accepted", "duplicate")


def test_an_archive_sent_again_adds_nothing_and_says_so(collected: tuple[Home, dict[str, dict[str, Any]]]) -> None:
    home, _ = collected
    before = home.records().height
    home.drop("sichuan", DATASET, packed(("甲/a.csv", ONE), ("b.csv", TWO)), "again.zip")

    receipts = [one.to_json() for one in home.pass_over(AS_OF).receipts]

    assert [receipt["status"] for receipt in receipts] == ["duplicate", "duplicate"]
    assert home.records().height == before
    assert list((home.root / "raw").glob(".*")) == []
