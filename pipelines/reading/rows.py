"""One row of a file as text, and what its columns are called."""

from __future__ import annotations

import csv
import io
from typing import Final

from pipelines.reading.chunks import MARK
from pipelines.reading.encoding import decodes

ROW_NUMBER: Final = "_row_number"
RAW_TEXT: Final = "_raw_text"
EXTRA: Final = "_extra"  # of JSON: names that are no field
SHOWN_CHARACTERS: Final = 20_000  # of a malformed line; the whole of it lies in the raw zone
LONG_LINE: Final = "…（这一行太长，共 "
_STAND_INS: Final = tuple(chr(code) for code in range(0xFDD0, 0xFDF0))  # no characters, and in no text


def readable(raw: bytes) -> str:
    """The text of a line that may be in another encoding than its file, or in none: for people to find it by."""
    raw = raw.removeprefix(MARK)
    for encoding in ("utf-8", "gb18030"):
        if decodes(raw, encoding, final=True):
            return raw.decode(encoding)
    return raw.decode("utf-8", errors="backslashreplace")


def shortened(text: str) -> str:
    """A malformed line as it is shown: its beginning, if it is very long."""
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]}…（共 {len(text)} 字）"


def beginning_of(raw: bytes, encoding: str) -> str:
    """A line beyond the limit as it is shown: its beginning, and how long it is."""
    return f"{raw[:SHOWN_CHARACTERS].decode(encoding, errors='ignore')}{LONG_LINE}{len(raw):,} 字节）"


def fields_of(text: str, separator: str) -> list[str] | None:
    """Fields of one record, None where its quotes are broken."""
    if '"' not in text:
        return text.split(separator)
    # The csv module refuses NUL in some versions; it is put back afterwards and cleaned with a warning like everywhere.
    nul = next((one for one in _STAND_INS if one not in text), None) if "\x00" in text else "\x00"
    if nul is None:
        return None
    try:
        rows = list(csv.reader(io.StringIO(text.replace("\x00", nul), newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return None
    return [cell.replace(nul, "\x00") for cell in rows[0]] if len(rows) == 1 else None
