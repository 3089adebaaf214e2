"""The process that opens workbooks: a program of its own, so that a hostile one cannot take the hub with it.

The library allocates the whole rectangle between the first and the last cell and ends the process where that is too much
(a sheet of two cells, A1 and XFD1048576, asks for 550 GB). Here memory is limited before, and the parent sees a process that ended.

Reads requests from standard input, one JSON object a line, and answers each with one on standard output:

    {"path", "folder", "sheets", "cells"}
    {"sheets": [{"name", "visible", "height", "width", "file", "errors": [[row, column, text], …], "error"}]}  or  {"error": text}

    {"path", "folder", "sheet"}                 what stands in a sheet beside its texts
    {"cells": …}                                as ``pipelines.cells.SheetCells.answer`` gives it

    {"path", "to"}                              takes the encryption off that Excel takes off without asking
    {"password": false}                         or true, where it is another password

Rows and columns count from 0; ``file`` is an Arrow file of text columns ``0``, ``1``, …, row 0 being row 1 of the sheet.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

_DEFAULT_PASSWORD: Final = "VelvetSweatshop"
"""What Excel encrypts a workbook with of which only the structure is protected. Source: [MS-OFFCRYPTO] §2.3.7.1."""
_ERRORS: Final = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}


def main(memory: int) -> None:
    """Answer requests until standard input ends; ``memory`` is what the process may hold, in bytes."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = _answer(request)
        except BaseException as error:  # a panic of the library is no Exception
            answer = {"error": _first_line(error)}
        sys.stdout.write(json.dumps(answer, ensure_ascii=True) + "\n")
        sys.stdout.flush()


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    if "to" in request:
        return {"password": not _unlocked(Path(request["path"]), Path(request["to"]))}
    if "sheet" in request:
        return {"cells": _cells(Path(request["path"]), request["sheet"], Path(request["folder"]))}
    return {"sheets": _sheets(request)}


def _cells(path: Path, sheet: str, folder: Path) -> dict[str, Any]:
    reader = import_module(f"pipelines.cells.{path.suffix[1:]}")
    answer: dict[str, Any] = reader.cells_of(path, sheet).answer(folder / "odd.arrow")
    return answer


def _unlocked(path: Path, target: Path) -> bool:
    """Write the workbook without encryption; False where it has another password than Excel's own, or another way to lock it."""
    import msoffcrypto

    with path.open("rb") as locked, target.open("wb") as sink:
        try:
            book = msoffcrypto.OfficeFile(locked)
            # An .xls checks its password by itself, an .xlsx where it is asked to.
            asked = {"verify_password": True} if book.format == "ooxml" else {}
            book.load_key(password=_DEFAULT_PASSWORD, **asked)
            book.decrypt(sink)
        except (
            Exception
        ):  # the library raises what its parts raise: damaged, of rights management, or of an unknown cipher
            return False
    return True


def _sheets(request: dict[str, Any]) -> list[dict[str, Any]]:
    import fastexcel

    book = fastexcel.read_excel(request["path"])
    names = book.sheet_names
    if len(names) > request["sheets"]:
        return [{"name": name, "error": "too many"} for name in names]
    return [_sheet(book, place, name, request) for place, name in enumerate(names)]


def _sheet(book: Any, place: int, name: str, request: dict[str, Any]) -> dict[str, Any]:
    import pyarrow as pa

    try:
        sheet = book.load_sheet(place, header_row=None, dtypes="string", skip_rows=0)
    except Exception as error:
        return {"name": name, "error": _first_line(error)}
    answer: dict[str, Any] = {
        "name": name, "visible": sheet.visible, "height": sheet.height, "width": sheet.width, "errors": [],
    }  # fmt: skip
    if sheet.height * sheet.width == 0 or sheet.height * sheet.width > request["cells"]:
        return answer
    batch, found = sheet.to_arrow_with_errors()
    columns = [column.cast(pa.large_string()) for column in batch.columns]
    for wrong in found.errors if found else ():
        row, column = wrong.offset_position
        answer["errors"].append([row, column, _error_text(wrong.detail)])
    target = Path(request["folder"]) / f"sheet-{place}.arrow"
    names = [str(number) for number in range(len(columns))]
    with pa.OSFile(str(target), "wb") as sink:
        schema = pa.schema([(number, pa.large_string()) for number in names])
        with pa.ipc.new_file(sink, schema) as writer:
            writer.write_table(pa.Table.from_arrays(columns, schema=schema), max_chunksize=65_536)
    return answer | {"file": str(target)}


def _error_text(detail: str) -> str:
    found = re.search(r"Error\((\w+)\)", detail)
    return _ERRORS.get(found[1], "#ERROR!") if found else "#ERROR!"


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


if __name__ == "__main__":
    # Started alone (-I), a program finds its own package only where it is told.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main(int(sys.argv[1]))
