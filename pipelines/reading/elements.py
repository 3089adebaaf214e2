"""JSON: an array of objects, or one object a line; each object a row, its numbers as they were written.

An element that is no plain object (broken, nested, a name twice, NaN) is malformed and kept with its text; the next one
is found again behind it. Memory holds a few elements at a time, however long the array is.

On disk: Parquet with ``_row_number`` (the element, counted from 1; of JSON lines the line), the fields of the dataset as text, and
``_extra``: the names that are no field, with their values, as JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.catalog import Field
from pipelines.ground.limits import Deadline, Limits
from pipelines.reading import chunks
from pipelines.reading.headers import aliases, key
from pipelines.reading.problems import Unreadable, no_json_rows, too_large, too_slow
from pipelines.reading.rows import EXTRA, ROW_NUMBER, readable, shortened

ROWS: Final = 20_000
_CUT: Final = "\udcff"
_BETWEEN: Final = re.compile(r"\}\s*,\s*(?=\{)|\}\s*(?=\]\s*$)")
_ENDS_WITH_COMMA: Final = re.compile(r"\}[ \t\r]*,[ \t\r]*\Z")  # lines of an array whose brackets were left out
_WRAPPED: Final = re.compile(r'\A\s*\{[^\[\]]{0,2000}?"([^"\\]{1,60})"\s*:\s*\[\s*\{')
_BLANK: Final = re.compile(r"[ \t\r\n\ufeff]*")
_ENDED_EARLY: Final = "（文件在这里中断，缺少结尾的 ]）"


class _Pairs(list[tuple[str, Any]]):
    """The members of an object in their order, names that stand twice included."""


class _NoNumber(Exception):
    """NaN or Infinity, which JSON does not have."""


def _no_number(text: str) -> str:
    raise _NoNumber(text)


# Numbers stay as written: 1.10 does not become 1.1, and a code of eighteen digits loses none.
_decoder: Final = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_float=str, parse_int=str, parse_constant=_no_number, strict=False
)


@dataclass
class Elements:
    """What was read.

    ``names`` has one text for each column, in the order of first appearance; ``is_array`` says that brackets were met.
    """

    names: list[str] = field(default_factory=list)
    rows: int = 0
    malformed: list[tuple[int, str]] = field(default_factory=list)
    is_array: bool = False


def read_elements(
    text: Path, suffix: str, fields: tuple[Field, ...], target: Path, limits: Limits, *, marked: bool
) -> Elements:
    """Read JSON from a UTF-8 file and write its rows to Parquet.

    Args:
        text: the file; lines that are not UTF-8 make the elements on them malformed.
        suffix: ``.json`` or ``.jsonl``; an array in a .jsonl file, and lines of objects in a .json file, are read as what they are.
        fields: of the dataset.
        target: the Parquet file.
        limits: rows, bytes of a row, columns, seconds.
        marked: whether there may be bytes that are not UTF-8.

    Raises:
        Unreadable: it is neither, or beyond a limit.
    """
    first, lines = _beginning(text)
    if first == "[":
        found = _array(text, limits, marked=marked)
    elif first == "{" and (suffix == ".jsonl" or lines):
        found = _lines(text)
    elif first == "" and suffix == ".jsonl":
        return Elements()
    else:
        raise Unreadable(no_json_rows(_wrapped_in(text)), "utf-8")
    return _written(found, fields, target, limits, is_array=first == "[")


def _beginning(text: Path) -> tuple[str, bool]:
    """The first character, and whether the first line is a whole object with another line below."""
    with text.open("rb") as stream:
        head = stream.read(chunks.CHUNK)
    shown = head.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    first, _, rest = shown.partition("\n")
    first = _ENDS_WITH_COMMA.sub("}", first)
    return shown[:1], bool(rest.strip()) and isinstance(_parsed(first), _Pairs)


def _wrapped_in(text: Path) -> str:
    """The name under which an object holds the array of rows; "" where it does not."""
    with text.open("rb") as stream:
        found = _WRAPPED.match(stream.read(4096).decode("utf-8", errors="replace").lstrip("\ufeff"))
    return found[1] if found else ""


def _written(
    found: Iterator[tuple[int, _Pairs | str]],
    fields: tuple[Field, ...],
    target: Path,
    limits: Limits,
    *,
    is_array: bool,
) -> Elements:
    known = aliases(fields)
    ids = [one.id for one in fields]
    named: list[tuple[str, pa.DataType]] = [(ROW_NUMBER, pa.int64()), *((n, pa.large_string()) for n in (*ids, EXTRA))]
    schema = pa.schema(named)
    result = Elements(is_array=is_array)
    seen: dict[str, str] = {}
    deadline = Deadline(limits)
    rows: list[dict[str, Any]] = []
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        for number, element in found:
            row = element if isinstance(element, str) else _row(element, known, seen)
            if isinstance(row, str):
                result.malformed.append((number, shortened(row)))
            else:
                rows.append({ROW_NUMBER: number, **row})
                result.rows += 1
            if number > limits.rows:
                raise Unreadable(too_large("行数", "Rows", number, limits.rows))
            if len(rows) >= ROWS:
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                rows.clear()
            if number % 1000 == 0 and deadline.passed:
                raise Unreadable(too_slow(deadline.seconds))
            if len(seen) > limits.columns:
                raise Unreadable(too_large("列数", "Columns", len(seen), limits.columns))
        if rows:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
    result.names = list(seen.values())
    return result


def _row(element: _Pairs, known: dict[str, str], seen: dict[str, str]) -> dict[str, str | None] | str:
    """The cells of an object by field, unknown ones as JSON; or its text, where it is malformed."""
    row: dict[str, str | None] = {}
    extra: dict[str, str] = {}
    names: dict[str, str] = {}
    for name, value in element:
        column = known.get(key(name)) or f"?{name}"
        if (
            column in names
            or not _plain(name)
            or isinstance(value, list)
            or (isinstance(value, str) and not _plain(value))
        ):
            return _shown(element)
        names[column] = name
        text = value if isinstance(value, str) else None if value is None else str(value).lower()
        if not column.startswith("?"):
            row[column] = text or None
        elif text:
            extra[name] = text
    if not names:
        return _shown(element)
    for column, name in names.items():
        seen.setdefault(column, name)
    return {**row, EXTRA: json.dumps(extra, ensure_ascii=False) if extra else None}


def _plain(text: str) -> bool:
    """True where a text has no half of a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(element: Any) -> str:
    if isinstance(element, _Pairs):
        inner = ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {_shown(value)}" for name, value in element)
        return _harmless("{" + inner + "}")
    if isinstance(element, list):
        return _harmless("[" + ", ".join(map(_shown, element)) + "]")
    return _harmless(json.dumps(element, ensure_ascii=False))


def _harmless(text: str) -> str:
    return text.encode("utf-8", errors="backslashreplace").decode()


def _parsed(text: str) -> Any:
    """The value of a text that is one JSON value, or None."""
    try:
        value, end = _decoder.raw_decode(text, _after_blanks(text, 0))
    except (ValueError, RecursionError, _NoNumber):
        return None
    return value if _after_blanks(text, end) == len(text) else None


def _after_blanks(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _lines(text: Path) -> Iterator[tuple[int, _Pairs | str]]:
    number = 0
    with text.open("rb") as stream:
        for chunk in chunks.whole_lines(stream):
            for line in chunk.removesuffix(b"\n").split(b"\n"):
                number += 1
                if not line.strip(b" \t\r\xef\xbb\xbf"):
                    continue
                value = None
                if not line.startswith(chunks.MARK):
                    try:
                        value = _parsed(_ENDS_WITH_COMMA.sub("}", line.decode()))
                    except UnicodeDecodeError:
                        value = None
                yield number, value if isinstance(value, _Pairs) else readable(line.rstrip(b"\r"))


def _array(text: Path, limits: Limits, *, marked: bool) -> Iterator[tuple[int, _Pairs | str]]:
    errors = "credit_hub_cut" if marked else "strict"
    with text.open(encoding="utf-8", errors=errors, newline="") as stream:
        yield from _Array(stream, limits.row_bytes).elements()


class _Array:
    """Elements of an array, one after the other, with the text of those that cannot be read."""

    def __init__(self, stream: TextIO, longest: int) -> None:
        self._stream, self._longest = stream, longest
        self._text = ""
        self._at = 0
        self._ended = False

    def elements(self) -> Iterator[tuple[int, _Pairs | str]]:
        number = depth = 0
        broken = False
        while self._next():
            match self._text[self._at]:
                case "[" if depth == 0:
                    depth = 1
                    self._at += 1
                case "]" if depth == 1:
                    depth = 0
                    self._at += 1
                case ",":
                    self._at += 1
                case _:
                    number += 1
                    element = self._element()
                    broken = isinstance(element, str)
                    yield number, element
        if depth and not broken:
            yield number + 1, _ENDED_EARLY

    def _next(self) -> bool:
        """Go to the next character that is no blank, with enough text behind it for the longest element; False at the end."""
        while True:
            self._at = _after_blanks(self._text, self._at)
            if self._at < len(self._text) and (self._ended or len(self._text) - self._at > self._longest + 16):
                return True
            if self._ended:
                return False
            more = self._stream.read(max(chunks.CHUNK, self._longest))
            self._ended = not more
            self._text, self._at = self._text[self._at :] + more, 0

    def _element(self) -> _Pairs | str:
        begin = self._at
        try:
            value, end = _decoder.raw_decode(self._text, begin)
        except (ValueError, RecursionError, _NoNumber):
            return self._broken()
        after = _after_blanks(self._text, end)
        whole = after == len(self._text) or self._text[after] in ",]{"
        if not whole or end - begin > self._longest:
            return self._broken()
        self._at = end
        shown = self._text[begin:end]
        return value if isinstance(value, _Pairs) and _CUT not in shown else _harmless(shown)

    def _broken(self) -> str:
        """The text up to where the next element begins."""
        begin = self._at
        found = _BETWEEN.search(self._text, begin)
        if found:
            self._at = found.start() + 1
            return _harmless(self._text[begin : self._at])
        shown = self._text[begin:]
        while not self._ended and not found:
            tail = self._text[-64:]
            more = self._stream.read(chunks.CHUNK)
            self._ended = not more
            self._text = tail + more
            found = _BETWEEN.search(self._text)
        self._at = found.start() + 1 if found else len(self._text)
        return _harmless(shown[: self._longest]).rstrip().removesuffix("]").rstrip()
