"""Sheets of web pages, XML spreadsheets of Excel 2003 and web archives, as ``sheets`` answers for workbooks.

Parsed by lxml in pieces: no tree is built, nothing is fetched, no entity of a document type is resolved. Markup inside a cell is
left out and its text stays, as on the screen; a formula counts by the result that was saved. Characters that are in no encoding,
and lines in another than their file, hold U+FFFD, for which their rows are refused.

All rows of a page's tables stand below each other, as Excel lays them out: row 1 is the first row of the first table.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from lxml import etree

from pipelines.ground.limits import Deadline, Limits
from pipelines.reading.chunks import MARK, whole_lines
from pipelines.reading.disguise import PAGE, XML, Disguise
from pipelines.reading.html_rows import HtmlRows
from pipelines.reading.problems import (
    Unreadable,
    broken_workbook,
    external_entities,
    not_a_workbook,
    too_large,
    too_slow,
)
from pipelines.reading.sheet_rows import SheetRows
from pipelines.reading.text import as_elements
from pipelines.reading.xml_rows import XmlRows

_PIECE: Final = 1 << 16
_MOST_ARCHIVE: Final = 64 << 20  # a web archive is held in memory
_REPLACED: Final = "\ufffd".encode()
_DOCTYPE: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_DECLARED: Final = re.compile(rb"\A(\xef\xbb\xbf)?\s*<\?xml[^>]*\?>")


def sheets_of(path: Path, found: Disguise, folder: Path, limits: Limits) -> tuple[str, list[dict[str, Any]]]:
    """Sheets of a file, and the encoding it is in.

    Args:
        path: the bytes.
        found: what they are.
        folder: for what is written on the way; it must stay while the sheets are read.
        limits: of the file.

    Raises:
        Unreadable: there is no table in it, it is broken, or beyond a limit.
    """
    deadline = Deadline(limits)
    if found == PAGE:
        encoding, sheets = _page(path, "1", folder, 0, limits, deadline)
    elif found == XML:
        encoding, sheets = _spreadsheet(path, folder, limits, deadline)
    else:
        encoding, sheets = _web_archive(path, folder, limits, deadline)
    if not any(sheet["height"] for sheet in sheets):
        raise Unreadable(not_a_workbook(f"{found.zh}，里面没有表格", "text or markup without a table"))
    return encoding, sheets


def _page(
    path: Path, name: str, folder: Path, place: int, limits: Limits, deadline: Deadline
) -> tuple[str, list[dict[str, Any]]]:
    text = as_elements(path, folder)
    rows = SheetRows(name, folder, place, limits, deadline)
    parser = etree.HTMLParser(target=HtmlRows(rows, limits), encoding="utf-8", huge_tree=True, no_network=True)
    _fed(parser, _pieces(text.path, damaged=text.damaged), deadline)
    return text.encoding, [rows.answer()]


def _spreadsheet(path: Path, folder: Path, limits: Limits, deadline: Deadline) -> tuple[str, list[dict[str, Any]]]:
    text = as_elements(path, folder)
    made: list[SheetRows] = []

    def begun(name: str) -> SheetRows:
        if len(made) >= limits.sheets:
            raise Unreadable(too_large("工作表数", "Sheets", len(made) + 1, limits.sheets))
        made.append(SheetRows(name, folder, len(made), limits, deadline))
        return made[-1]

    parser = etree.XMLParser(
        target=XmlRows(begun), encoding="utf-8", huge_tree=True, no_network=True, resolve_entities=False, load_dtd=False
    )
    _fed(parser, _without_declaration(_pieces(text.path, damaged=text.damaged)), deadline)
    return text.encoding, [one.answer() for one in made]


def _web_archive(path: Path, folder: Path, limits: Limits, deadline: Deadline) -> tuple[str, list[dict[str, Any]]]:
    size = path.stat().st_size
    if size > _MOST_ARCHIVE:
        todo = ("请用 Excel 打开后“另存为 .xlsx”再报送。", "Open it in Excel, save it as .xlsx and send that.")
        raise Unreadable(too_large("单个文件网页的大小", "Size of the web archive", size, _MOST_ARCHIVE, todo=todo))
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32)
    encoding, sheets = "", []
    for place, part in enumerate(one for one in message.walk() if one.get_content_type() == "text/html"):
        if place >= limits.sheets:
            raise Unreadable(too_large("工作表数", "Sheets", place + 1, limits.sheets))
        content = part.get_payload(decode=True)
        inner = folder / f"part-{place}.html"
        inner.write_bytes(content if isinstance(content, bytes) else b"")
        if not inner.stat().st_size:
            continue
        name = re.split(r"[/\\]", str(part.get("Content-Location") or f"{place + 1}"))[-1]
        encoding, found = _page(inner, name, folder, place, limits, deadline)
        sheets += found
    return encoding, sheets


def _fed(parser: Any, pieces: Iterator[bytes], deadline: Deadline) -> None:
    try:
        for piece in pieces:
            if deadline.passed:
                raise Unreadable(too_slow(deadline.seconds))
            parser.feed(piece)
        parser.close()
    except (etree.LxmlError, SyntaxError, ValueError) as error:
        raise Unreadable(broken_workbook(str(error).splitlines()[0][:120] if str(error) else "markup")) from error


def _pieces(path: Path, *, damaged: bool) -> Iterator[bytes]:
    """The text in valid UTF-8; what is in no encoding is U+FFFD, and so is something in every cell of a marked line."""
    if not damaged:
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                yield piece
        return
    with path.open("rb") as stream:
        for chunk in whole_lines(stream):
            try:
                chunk.decode()
            except UnicodeDecodeError:
                yield b"\n".join(map(_marked, chunk.split(b"\n")))
            else:
                yield chunk


def _marked(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        text = line.removeprefix(MARK).decode(errors="replace").encode()
        return _REPLACED + text.replace(b">", b">" + _REPLACED)
    return line


def _without_declaration(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """XML without its first line, which names the encoding it was in.

    Raises:
        Unreadable: it has a document type.
    """
    head = _DECLARED.sub(b"", next(pieces, b""), count=1)
    if _DOCTYPE.search(head):
        raise Unreadable(external_entities())
    yield head
    yield from pieces
