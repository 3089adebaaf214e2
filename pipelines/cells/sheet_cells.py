"""What is found in a sheet beside its texts, in the form in which every reader of workbooks gives it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

NUMBER: Final = "n"
TRUTH: Final = "b"
DAY: Final = "d"  # a day or an instant as text, ISO 8601
SEEN: Final = "v"  # a number, a tab, and the text that is shown of it
SHOWN: Final = "s"  # a text that the format shows in another way
_TYPES: Final[dict[str, pa.DataType]] = {
    **dict.fromkeys(("row", "column", "style"), pa.int64()),
    **dict.fromkeys(("kind", "value"), pa.string()),
}
ODD: Final = pa.schema(_TYPES)
"""Cells that are not the text they seem: rows and columns from 0; ``value`` as stored."""
Spans = list[list[int]]
"""Ranges ``[first, last]``, both included, from 0."""


@dataclass
class SheetCells:
    """What a reader found.

    ``formats`` are number formats by style, General where it is not there; ``merges`` ``[row, column, last row, last column]``.
    """

    formats: dict[int, str] = field(default_factory=dict)
    since_1904: bool = False
    merges: list[list[int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: Spans = field(default_factory=list)
    struck_rows: list[int] = field(default_factory=list)
    odd: list[pa.RecordBatch] = field(default_factory=list)

    def add(self, columns: Sequence[Iterable[Any]]) -> None:
        """Add odd cells: five columns as in ``ODD``."""
        arrays = [pa.array(one, type=kind.type) for one, kind in zip(columns, ODD, strict=True)]
        if len(arrays[0]):
            self.odd.append(pa.RecordBatch.from_arrays(arrays, schema=ODD))

    def answer(self, target: Path) -> dict[str, Any]:
        """As JSON, the odd cells in an Arrow file."""
        with pa.OSFile(str(target), "wb") as sink, pa.ipc.new_file(sink, ODD) as writer:
            for batch in self.odd:
                writer.write_batch(batch)
        return {
            "odd": str(target),
            "formats": self.formats,
            "since_1904": self.since_1904,
            "merges": self.merges,
            "hidden_rows": spans(self.hidden_rows),
            "hidden_columns": self.hidden_columns,
            "struck_rows": spans(self.struck_rows),
        }


def spans(numbers: Iterable[int]) -> Spans:
    """Numbers as ranges."""
    found: Spans = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found
