"""What ``precheck`` and ``waive`` print."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.panel import Panel
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    from pipelines.catalog import Catalog
    from pipelines.collecting.waivers import Waived
    from pipelines.pages.receipts.page import Cell
    from pipelines.precheck import Prechecked

OUT: Final = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
_COLOURS: Final = {"bad": "red", "part": "yellow", "good": "green"}
_WIDE: Final = 100  # below, the ids of rules leave no room for their words
_NARROW: Final = 72
_MOST_RULES: Final = 20
_MOST_CELLS: Final = 10


def prechecked(done: Sequence[Prechecked], catalog: Catalog, *, as_json: bool) -> None:
    """The receipt of a file, of an archive those of its files in a list; or each said to a person."""
    if not as_json:
        for one in done:
            _said(one, catalog)
        return
    content = [one.receipt for one in done]
    packed = len(content) != 1 or "/" in content[0]["file_name"]
    sys.stdout.write(json.dumps(content if packed else content[0], ensure_ascii=False, indent=1) + "\n")


def _said(done: Prechecked, catalog: Catalog) -> None:
    """The verdict first, then what is wrong, then where."""
    content = done.receipt
    from pipelines.pages.receipts.page import cells_to_change, verdict

    said = verdict(content, precheck=True)
    body = Text(said.sentence)
    if content["problem"]:
        body.append(f"\n{content['problem']['message_zh']}")
    dataset = catalog.datasets[content["dataset_id"]].title_zh
    title = Text(f"{said.word}　{dataset}　{content['file_name']}")
    OUT.print(Panel(body, title=title, title_align="left", border_style=_COLOURS[said.kind]))
    for notice in content["notices"]:
        OUT.print(Text(f"请注意：{notice}", style="yellow"))
    if content["rules"]:
        OUT.print(_rules(content))
    cells = cells_to_change(content, done.folder / "findings.csv")[:_MOST_CELLS]
    if cells:
        _cells(cells)
    OUT.print(Text(f"报告 report: {done.folder / 'receipt.html'}；全部问题见同一目录的 findings.xlsx"), soft_wrap=True)


def _rules(content: dict[str, Any]) -> Table:
    """The rules that were broken; Chinese has no blanks to break a line at, so that cells are folded instead of cut."""
    wide = OUT.width >= _WIDE
    shown = Table("处理", "行数", Column("问题", overflow="fold"), *([Column("规则", overflow="fold")] if wide else []))
    for rule in content["rules"][:_MOST_RULES]:
        word = Text("退回", style="red") if rule["severity"] == "reject" else Text("提示", style="yellow")
        named = [Text(rule["rule_id"], style="dim")] if wide else []
        shown.add_row(word, f"{rule['rows']:,}", Text(rule["message_zh"]), *named)
    return shown


def _cells(cells: Sequence[Cell]) -> None:
    """The cells to change: a table, or below each other where a table would be too narrow to read."""
    title = "要改的单元格"
    if OUT.width < _NARROW:
        OUT.print(Text(title, style="italic"))
        for cell in cells:
            place = f"第 {cell.row} 行 {cell.place}".rstrip()
            OUT.print(Text(f"· {place}　{cell.title}\n  现在：{cell.value or '（空）'}\n  要求：{cell.wanted}"))
        return
    texts = [Column(name, overflow="fold") for name in ("数据项", "现在的值", "要求")]
    shown = Table("行", "单元格", *texts, title=title, title_justify="left")
    for cell in cells:
        parts = (cell.row, cell.place, cell.title, cell.value or "（空）", cell.wanted)
        shown.add_row(*(Text(part) for part in parts))
    OUT.print(shown)


def waived(done: Waived, *, as_json: bool) -> None:
    """How many rows are no longer waited for."""
    if as_json:
        sys.stdout.write(json.dumps(done.to_json(), ensure_ascii=False, indent=1) + "\n")
        return
    said = f"核销 waived: {done.rows:,} 行" + (f"（{done.waiver_id}）" if done.waiver_id else "")
    if done.already_closed:
        said += f"；此前已销号 closed before: {done.already_closed:,} 行"
    if done.left_open:
        said += f"；还违反其他规则，未核销 left open, they broke other rules too: {done.left_open:,} 行"
    OUT.print(Text(said))
