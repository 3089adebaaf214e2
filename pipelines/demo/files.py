"""Rows to the bytes a provider sends: its headers, its dates, its encoding. The same rows give the same bytes."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from typing import Final

import polars as pl

from pipelines.catalog import Dataset, Field, Kind
from pipelines.demo.defects import EXTRA, SHORT
from pipelines.demo.vocabulary import Profile

_OFFICIAL: Final = re.compile(r"^[A-Z][A-Z_]+$")
_ISO: Final = r"^([0-9]{4})-([0-9]{2})-([0-9]{2})$"
_DATES: Final = {
    "iso": "$1-$2-$3",
    "slash": "$1/$2/$3",
    "chinese": "${1}年${2}月${3}日",
    "compact": "$1$2$3",
    "dot": "$1.$2.$3",
}


def content(rows: pl.DataFrame, fields: tuple[Field, ...], profile: Profile, as_of: date) -> bytes:
    """The whole file.

    Args:
        rows: text columns named by field id, dates in ISO form.
        fields: the dataset's fields.
        profile: how the provider writes.
        as_of: becomes the creation time inside a workbook.
    """
    known = {field.id: field for field in fields}
    days = [name for name in rows.columns if known[name].kind is Kind.DATE]
    rows = rows.with_columns(pl.col(days).str.replace(_ISO, _DATES[profile.dates]))
    rows = rows.rename({name: header(known[name], profile.headers) for name in rows.columns})
    if profile.encoding == "xlsx":
        return _workbook(rows, as_of)
    end = "\r\n" if profile.encoding == "gb18030" else "\n"
    text = rows.write_csv(line_terminator=end, null_value="")
    text = text.replace(f",{SHORT}", "").replace(EXTRA, ",多出的一列")
    return text.encode(profile.encoding)


def header(field: Field, style: str) -> str:
    """What stands above a field: its official code, its title, its name with brackets, or an older name."""
    match style:
        case "codes":
            return next((text for text in field.headers if _OFFICIAL.match(text)), field.title_zh)
        case "titles":
            return field.title_zh
        case "brackets":
            found = next((text for text in field.headers if "(" in text), field.title_zh)
            return found.replace("(", "（").replace(")", "）")
        case "aliases":
            return field.accepted_headers[-1]
        case _:
            raise ValueError(f"no header style '{style}'")


def name(dataset: Dataset, region: str, profile: Profile, as_of: date) -> str:
    """The file's name."""
    stem = f"{dataset.id}_{region}" if profile.headers == "codes" else dataset.title_zh
    return f"{stem}_{as_of:%Y%m%d}.{'xlsx' if profile.encoding == 'xlsx' else 'csv'}"


def undecodable(seed: int) -> bytes:
    """No text in any encoding, and nothing else that can be recognised: like a file that was enciphered or cut out of a disk."""
    import numpy as np

    noise = np.random.default_rng(seed).integers(0x80, 0xFF, 64_000, dtype=np.uint8)
    noise[::7] = 0xFF
    noise[1] = 0x80  # no byte order mark
    noise[::400] = ord("\n")
    return noise.tobytes()


def _workbook(rows: pl.DataFrame, as_of: date) -> bytes:
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "constant_memory": False, "strings_to_urls": False}) as book:
        book.set_properties(
            {"created": datetime(as_of.year, as_of.month, as_of.day, 9, tzinfo=UTC).replace(tzinfo=None)}
        )
        sheet = book.add_worksheet("数据")
        sheet.write_row(0, 0, rows.columns)
        for place, column in enumerate(rows.columns):
            for line, value in enumerate(rows[column].to_list(), start=1):
                if value is not None:
                    sheet.write_string(line, place, value)
    return buffer.getvalue()
