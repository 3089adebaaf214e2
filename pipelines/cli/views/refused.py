"""What ``precheck`` and ``waive`` say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.console import RenderableType
from rich.panel import Panel
from rich.table import Column
from rich.text import Text

from pipelines.cli import console
from pipelines.pages.words import WORDS
from pipelines.storage.outbox import FINDINGS_CSV, RECEIPT_HTML

if TYPE_CHECKING:
    from pipelines.catalog import Catalog
    from pipelines.collecting.waivers import Waived
    from pipelines.pages.receipts.page import Cell
    from pipelines.precheck import Prechecked

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
    console.json(content if packed else content[0])


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
    cells = cells_to_change(content, done.folder / FINDINGS_CSV)[:_MOST_CELLS]
    console.report(
        Panel(body, title=title, title_align="left", border_style=_COLOURS[said.kind]),
        *(Text(f"请注意：{notice}", style="yellow") for notice in content["notices"]),
        _rules(content) if content["rules"] else None,
        *(_cells(cells) if cells else ()),
    )
    console.line(f"报告 report: {done.folder / RECEIPT_HTML}；全部问题见同一目录的 findings.xlsx", whole=True)


def _rules(content: dict[str, Any]) -> RenderableType:
    """The rules that were broken; Chinese has no blanks to break a line at, so that cells are folded instead of cut."""
    wide = console.reading_width() >= _WIDE
    columns: list[str | Column] = ["处理", "行数", Column("问题", overflow="fold")]
    columns += [Column("规则", overflow="fold")] if wide else []
    rows = []
    for rule in content["rules"][:_MOST_RULES]:
        word = Text(WORDS["row"][rule["severity"]], style="red" if rule["severity"] == "reject" else "yellow")
        named = [Text(rule["rule_id"], style="dim")] if wide else []
        rows.append((word, f"{rule['rows']:,}", rule["message_zh"], *named))
    return console.table(columns, rows)


def _cells(cells: Sequence[Cell]) -> list[RenderableType]:
    """The cells to change: a table, or below each other where a table would be too narrow to read."""
    title = "要改的单元格"
    if console.reading_width() < _NARROW:
        below = []
        for cell in cells:
            place = f"第 {cell.row} 行 {cell.place}".rstrip()
            below.append(Text(f"· {place}　{cell.title}\n  现在：{cell.value or '（空）'}\n  要求：{cell.wanted}"))
        return [Text(title, style="italic"), *below]
    texts = [Column(name, overflow="fold") for name in ("数据项", "现在的值", "要求")]
    rows = [(cell.row, cell.place, cell.title, cell.value or "（空）", cell.wanted) for cell in cells]
    return [console.table(["行", "单元格", *texts], rows, title=title, title_justify="left")]


def waived(done: Waived, *, as_json: bool) -> None:
    """How many rows are no longer waited for."""
    if as_json:
        console.json(done.to_json())
        return
    said = f"核销 waived: {done.rows:,} 行" + (f"（{done.waiver_id}）" if done.waiver_id else "")
    if done.already_closed:
        said += f"；此前已销号 closed before: {done.already_closed:,} 行"
    if done.left_open:
        said += f"；还违反其他规则，未核销 left open, they broke other rules too: {done.left_open:,} 行"
    console.line(said)
