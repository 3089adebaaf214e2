"""What fuzzing found once, and what is odd by design, is read or rejected like anything else."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import SHARED
from tests.fuzz.readers import HEADERS, SUFFIXES, check, rows_of

FOUND = sorted((Path(__file__).parent / "corpus").glob("*"))
HEAD = ",".join(HEADERS)
TEXTS = (".csv", ".tsv", ".txt", ".json", ".jsonl")
quick = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

ODD = {
    "nothing but a mark": b"\xef\xbb\xbf",
    "half a mark": b"\xef\xbb",
    "UTF-16 mark": b"\xff\xfe",
    "UTF-32": HEAD.encode("utf-32"),
    "NUL": b"\x00",
    "NULs": b"\x00" * 4096,
    "newlines": b"\n" * 5000,
    "returns": b"\r" * 5000,
    "quotes": b'"' * 4999,
    "quote and newlines": b'"\n' * 3000,
    "separators": b"," * 5000,
    "only a header": HEAD.encode(),
    "header and mark": b"\xef\xbb\xbf" + HEAD.encode() + b"\n",
    "never closed": f'{HEAD}\n"'.encode() + "甲,乙,丙\n".encode() * 500,
    "opened on every line": f"{HEAD}\n".encode() + '"甲,乙,丙\n'.encode() * 501,
    "lone returns in cells": f"{HEAD}\n甲\r,乙\r\r,丙\n".encode(),
    "mixed ends": f"{HEAD}\r\n甲,乙,丙\n丁,戊,己\r\r\n庚,辛,壬\r".encode(),
    "0xFF": b"\xff" * 999,
    "high bytes": bytes(range(128, 256)) * 40,
    "GB18030 of four bytes cut": f"{HEAD}\n".encode("gb18030") + b"\x81\x30\x81,\x81\x30\n\x81\n",
    "deep": b'[{"a":' * 20_000,
    "brackets": b"[" * 100_000,
    "braces": b"{" * 100_000,
    "escapes": b'[{"a":"' + b"\\" * 9999 + b'"}]',
    "long number": b'[{"a":' + b"9" * 60_000 + b"}]",
    "zip": b"PK\x03\x04" + bytes(200),
    "ole": bytes.fromhex("d0cf11e0a1b11ae1") + bytes(range(256)) * 8,
}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_odd_bytes_under_every_ending_are_read_or_rejected(suffix: str) -> None:
    for content in ODD.values():
        rows_of(content, suffix)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.name)
def test_what_fuzzing_found_stays_fixed(path: Path) -> None:
    check(path.read_bytes())


@st.composite
def damaged(draw: st.DrawFn) -> tuple[bytes, str, int]:
    """A right file of any text format and encoding, then bytes flipped, cut or doubled, or part of it in another encoding."""
    suffix = draw(st.sampled_from(TEXTS))
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))
    rows = draw(st.integers(1, 12))
    if suffix in (".json", ".jsonl"):
        elements = [f'{{"企业名称": "甲{n}", "文号": {n}.0, "a": null}}' for n in range(rows)]
        text = "[" + ",\n".join(elements) + "]" if suffix == ".json" else "\n".join(elements) + "\n"
    else:
        text = HEAD + "\n" + "".join(f'甲{n},"文,{n}",{n}\n' if n % 3 else f"甲{n},文{n},{n}\n" for n in range(rows))
    content = bytearray(text.encode(encoding))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(content) - 1)))
        end = place + draw(st.integers(1, 30))
        match draw(st.sampled_from(["flip", "cut", "double", "other", "end"])):
            case "flip" if content:
                content[place] ^= draw(st.integers(1, 255))
            case "cut":
                del content[place:end]
            case "double":
                content[end:end] = content[place:end]
            case "other":
                content[place:place] = '乙,丙\n{"a": "丁"}'.encode(
                    draw(st.sampled_from(["utf-8", "gb18030", "utf-16-le"]))
                )
            case _:
                del content[end:]
    return bytes(content), suffix, rows


@quick
@given(damaged())
def test_whatever_was_done_to_the_bytes_every_row_stands_once_or_the_file_is_rejected(
    sent: tuple[bytes, str, int],
) -> None:
    content, suffix, _ = sent
    rows_of(content, suffix)


@quick
@given(st.integers(1, 20), st.sampled_from(["utf-8", "gb18030", "utf-16"]), st.sampled_from(TEXTS), st.data())
def test_rows_in_are_rows_read_where_only_whole_rows_were_damaged(
    rows: int, encoding: str, suffix: str, data: st.DataObject
) -> None:
    """Cells replaced by anything that has no quote, separator or line end: as many rows as were sent, under every encoding."""
    odd = st.text(st.characters(exclude_characters='",\t;|\r\n{}[]\\:', exclude_categories=["Cs", "Cc"]), max_size=12)
    cells = [[data.draw(odd) or "甲" for _ in HEADERS] for _ in range(rows)]
    if suffix in (".json", ".jsonl"):
        import json

        elements = [json.dumps(dict(zip(HEADERS, row, strict=True)), ensure_ascii=False) for row in cells]
        text = "[" + ",".join(elements) + "]" if suffix == ".json" else "\n".join(elements)
    else:
        cells = [["甲" + row[0], *row[1:]] for row in cells]  # a first cell that says 合计 makes a row no record
        text = "\n".join([HEAD, *(",".join(row) for row in cells)])
    found = rows_of(text.encode(encoding, errors="replace"), suffix)
    assert found == rows


def workbook() -> dict[str, bytes]:
    """The parts of a right workbook."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, cells in enumerate([HEADERS, *[("甲", "一号", number) for number in range(6)]]):
        sheet.write_row(number, 0, cells)
    book.close()
    with zipfile.ZipFile(buffer) as package:
        return {name: package.read(name) for name in package.namelist()}


PARTS = workbook()


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(PARTS)), st.integers(0, 1 << 16), st.integers(1, 255), st.sampled_from("fcdx"))
def test_a_workbook_damaged_inside_is_read_or_rejected(part: str, place: int, change: int, how: str) -> None:
    """Bytes of a part flipped, cut out or doubled, or the part left out; the package itself stays whole."""
    content = bytearray(PARTS[part])
    place %= len(content)
    match how:
        case "f":
            content[place] ^= change
        case "c":
            del content[place : place + change]
        case "d":
            content[place:place] = content[place : place + change]
        case _:
            content.clear()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, sound in PARTS.items():
            if name != part or content:
                package.writestr(name, bytes(content) if name == part else sound)
    found = rows_of(buffer.getvalue(), ".xlsx")
    assert found is None or found <= 12


@pytest.mark.real_data
@pytest.mark.parametrize("folder", ["csv_acid/csvs", "csv_acid/horror", "registrations_corrupted"])
def test_real_damaged_files_are_read_or_rejected_under_every_ending(shared_data: Path, folder: str) -> None:
    paths = [path for path in sorted((SHARED / "data" / folder).rglob("*")) if path.is_file()]
    assert paths
    for path in paths:
        content = path.read_bytes()[:200_000]
        for suffix in {".csv", ".json", path.suffix if path.suffix in SUFFIXES else ".txt"}:
            rows_of(content, suffix)
