"""receipt.html: the receipt for a person: verdict first, balanced counts, what was broken most, which cells to change, what next.

One file without any other: it opens on a phone without a network, and prints. Links lead to the findings beside it and to the
catalogue's site in the same home.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from pipelines.catalog import Catalog
from pipelines.pages.receipts.layout import has_cells
from pipelines.pages.theme import render
from pipelines.pages.workbook import letters

MOST_CELLS: Final = 60
"""Cells that the page names; findings.xlsx names them all."""
_LONGEST_VALUE: Final = 80


class Verdict(NamedTuple):
    """What a delivery came to: a class of the style, a word, and a sentence."""

    kind: str
    word: str
    sentence: str


class Cell(NamedTuple):
    """A cell to change."""

    row: str
    place: str
    title: str
    value: str
    wanted: str
    message: str
    hint: str
    severity: str
    field: str


def page(content: Mapping[str, Any], findings: Path, catalog: Catalog, *, precheck: bool = False) -> str:
    """The page of a receipt.

    Args:
        content: the receipt, as receipt.json has it.
        findings: findings.csv of the delivery.
        catalog: for names.
        precheck: it is a trial on the provider's own desk: nothing was sent.
    """
    dataset = catalog.datasets.get(content["dataset_id"])
    provider = catalog.providers.get(content["provider_id"])
    cells = cells_to_change(content, findings)
    rules = _rules(content, catalog)
    confirmable = any(rule["confirmable"] and rule["severity"] == "reject" for rule in rules)
    return render(
        "receipts/receipt.html.j2",
        receipt=content,
        verdict=verdict(content, precheck=precheck),
        dataset_zh=dataset.title_zh if dataset else content["dataset_id"],
        provider_zh=provider.title_zh if provider else content["provider_id"],
        rules=rules,
        cells=cells,
        cells_in_all=sum(rule["rows"] for rule in content["rules"]),
        steps=steps(content, precheck=precheck, confirmable=confirmable),
        precheck=precheck,
        row_word="个元素" if content["file_name"].lower().endswith(".json") else "行",
    )


def verdict(content: Mapping[str, Any], *, precheck: bool = False) -> Verdict:
    """Said at once; a delivery of which nothing was taken never reads like a success."""
    rows = content["rows"]
    n, accepted, refused = (f"{rows[name]:,}" for name in ("in", "accepted", "refused"))
    taken, out = ("可以入库", "会退回") if precheck else ("已入库", "退回")
    match content["status"]:
        case "rejected" if rows["in"]:
            word = "不通过：没有一行可以入库" if precheck else "未入库：没有一行通过"
            return Verdict("bad", word, f"共 {n} 行，全部{out}。请按下面的说明改正后重新报送。")
        case "rejected":
            return Verdict(
                "bad",
                "不通过：文件不能用" if precheck else "未入库：整个文件没有接收",
                "没有一行可以入库。原因和办法见下。" if precheck else "一行都没有入库。原因和办法见下。",
            )
        case "partial":
            word = f"部分通过：{refused} 行要改" if precheck else f"部分入库：{refused} 行退回"
            return Verdict("part", word, f"共 {n} 行，{accepted} 行{taken}，{refused} 行{out}、需要改正后重报。")
        case "duplicate":
            return Verdict("part", "重复报送：没有新增", "这个文件与以前报送过的一个文件内容完全相同，没有再次入库。")
        case "accepted":
            warned = f"其中 {rows['warned']:,} 行有提示，请核对。" if rows["warned"] else "没有需要改的。"
            if content["notices"]:
                warned = warned.removesuffix("没有需要改的。") + "另有请注意的事项，见“请注意”。"
            return Verdict("good", "全部通过" if precheck else "全部入库", f"共 {n} 行，全部{taken}。{warned}")
        case other:
            raise ValueError(f"no such status: {other}")


def steps(content: Mapping[str, Any], *, precheck: bool = False, confirmable: bool = False) -> list[str]:
    """What to do next, in order; ``confirmable``: some rows were refused for what their provider may confirm."""
    rows = content["rows"]
    send = (
        "再预检一次，通过后报送。"
        if precheck
        else "把改好的文件换个文件名放回原来的收件目录；只报改正的行，或者整个文件重报，都可以。"
    )
    if content["status"] == "duplicate":
        return [
            "如果本来要报的是新内容，请检查是否导出错了文件，改正后重新报送。",
            "如果只是再发一次，不用处理；第一次报送的回执仍然有效。",
        ]
    if content["problem"] and not rows["in"]:
        again = "把改好的整个文件放回原来的收件目录。"  # nothing of it was taken: a part would leave rows behind
        return ["按上面的原因改正文件，或者从源系统重新导出。", send if precheck else again]
    if rows["refused"]:
        found = [
            "打开 findings.xlsx 的“原表标注”，红色单元格要改，批注里写着怎么改；“问题清单”里有每一处的位置。",
            "在源系统里改正，以免下次再错；遮盖了的内容（带 * 号的）请对照自己的原文件改。",
            send,
            "重报时保留“退回编号”一列，即使改了文书号或代码，退回的行也能对上、销号。",
        ]
        if confirmable:
            found.append("确认无误、不必改的，在“确认说明”一列写明理由后重报。")
        return found
    if rows["warned"]:
        return [
            "有提示的行已经入库，不必重报；请核对，确有错误的改正后重报。"
            if not precheck
            else "有提示的行可以报送；请先核对，确有错误的改正。",
            "核对无误的，下次报送时可加一列“确认说明”写明理由，不再提示。",
        ]
    return ["可以报送了。"] if precheck else ["不用处理，请留存这份回执。"]


def _rules(content: Mapping[str, Any], catalog: Catalog) -> list[dict[str, Any]]:
    """Rules as broken, with what was expected and what to do."""
    known = {rule.id: rule for rule in catalog.rules.get(content["dataset_id"], ())}
    found = []
    for one in content["rules"]:
        rule = known.get(one["rule_id"])
        link = (
            f"{content['catalog_site']}{one['catalog_page']}"
            if content["catalog_site"] and one["catalog_page"]
            else None
        )
        found.append(
            {
                **one,
                "link": link,
                "hint_zh": rule.hint_zh if rule else "",
                "expected_zh": rule.expected_zh if rule else "",
                "field_zh": rule.field_zh if rule else one["field"],
                "confirmable": bool(rule and rule.confirmable),
            }
        )
    return found


def cells_to_change(content: Mapping[str, Any], findings: Path) -> list[Cell]:
    """The first cells to change: those of refused rows before those with a warning."""
    places = {}
    if has_cells(content["file_name"]):
        places = {name: letters(place) for place, name in enumerate(content["columns"])}
    refused: list[Cell] = []
    warned: list[Cell] = []
    if not findings.exists():
        return []
    csv.field_size_limit(1 << 30)
    with findings.open(encoding="utf-8-sig", newline="") as stream:
        for line in islice(csv.DictReader(stream), 20 * MOST_CELLS):
            cell = _cell(line, places)
            (refused if cell.severity == "reject" else warned).append(cell)
            if len(refused) >= MOST_CELLS:
                break
    order = {name: place for place, name in enumerate(content["columns"])}
    by_place = sorted(refused, key=lambda cell: (int(cell.row), order.get(cell.field, -1)))
    return (by_place + sorted(warned, key=lambda cell: (int(cell.row), order.get(cell.field, -1))))[:MOST_CELLS]


def _cell(line: Mapping[str, str], places: Mapping[str, str]) -> Cell:
    letter = places.get(line["field"])
    value = line["value"] or ""
    return Cell(
        line["row_number"],
        f"{letter}{line['row_number']}" if letter else "",
        line["field_zh"],
        value if len(value) <= _LONGEST_VALUE else f"{value[:_LONGEST_VALUE]}……",
        line["expected"],
        line["message_zh"],
        line["hint_zh"],
        line["severity"],
        line["field"],
    )
