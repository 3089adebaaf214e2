"""Why a whole file cannot be taken: what the provider reads, in both languages, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HEADER_ROWS: Final = 10  # the header is one of so many first rows


@dataclass(frozen=True)
class Problem:
    """The ``problem`` of a receipt; ``code`` is stable, for programs."""

    code: str
    message_zh: str
    message_en: str

    def to_json(self) -> dict[str, str]:
        """As in the receipt."""
        return {"code": self.code, "message_zh": self.message_zh, "message_en": self.message_en}


class Unreadable(Exception):
    """A whole file is rejected; nothing of it reaches the lake, its bytes stay in ``raw/``."""

    def __init__(self, problem: Problem, encoding: str = "") -> None:
        super().__init__(problem.message_en)
        self.problem, self.encoding = problem, encoding


def empty_file() -> Problem:
    """Zero bytes."""
    return Problem(
        "empty_file",
        "文件是空的（0 字节）。请检查导出程序，重新导出后再放入收件目录。",
        "The file is empty (0 bytes). Check the export, then drop the file again.",
    )


def no_rows() -> Problem:
    """A header and nothing below it."""
    return Problem(
        "no_rows",
        "文件只有表头，没有数据行。如本期确无数据，无需报送空文件；否则请补齐数据后重新报送。",
        "The file has a header and no rows. Send it again with its rows; a period without records needs no file.",
    )


def undecodable(line: int, position: int, byte: int) -> Problem:
    """Neither UTF-8 nor GB18030."""
    return Problem(
        "undecodable",
        f"文件不是 UTF-8，也不是 GB18030（第 {line} 行第 {position} 个字节 0x{byte:02X}）。"
        "整个文件未入库。请用 Excel“另存为 CSV UTF-8”后重新放入收件目录。",
        f"Neither UTF-8 nor GB18030 (line {line}, byte {position}: 0x{byte:02X}). Nothing was taken in. "
        "Save the file as CSV UTF-8 and drop it again.",
    )


def unknown_header(headers: list[str], title: str, why: tuple[str, str] | None = None) -> Problem:
    """No column is one of the dataset's; ``why``: what is wrong with the header and what to do, where that is known."""
    shown = "、".join(headers[:5]) or "（空）"
    todo_zh, todo_en = why or (
        "请按目录模板的列名重新导出，并确认放入了正确的目录。",
        "Export with the column names of the catalogue and check the folder.",
    )
    return Problem(
        "unknown_header",
        f"前 {HEADER_ROWS} 行里应有“{title}”的表头，但没有一列能识别（读到：{shown}）。{todo_zh}",
        f"One of the first {HEADER_ROWS} rows should be the header of the dataset, but no column is known "
        f"(found: {', '.join(headers[:5])}). {todo_en}",
    )


_SHOWN: Final = {
    " ": "空格",
    "\u3000": "全角空格",
    "\x01": "看不见的字符 \\x01（Hive 等系统导出时默认的分隔符）",
    "\x02": "看不见的字符 \\x02",
    "\x1f": "看不见的字符 \\x1f",
}


def other_separator(separator: str) -> tuple[str, str]:
    """The names of the header stand between something that separates no cells."""
    shown = _SHOWN.get(separator, f"“{separator}”")
    return (
        f"列名之间用的是{shown}，不能用来分列；请改用英文逗号或制表符分隔，或者另存为 .xlsx，整个文件重新报送。",
        f"The column names stand between {separator!r}, which separates no cells; use commas or tabs, or send an .xlsx.",
    )


def garbled_header(meant: str) -> tuple[str, str]:
    """The header was written in one encoding and saved as if it were another."""
    return (
        f"列名成了乱码（例如其中一个本来是“{meant}”）：文件在转存时用错了编码，内容多半也坏了。请从源系统重新导出，"
        "存为“CSV UTF-8”或 .xlsx，用记事本打开确认汉字正常后再报送。",
        f"The column names are garbled (one of them was '{meant}'): the file was saved in a wrong encoding. Export it again.",
    )


def big5_header(meant: str) -> tuple[str, str]:
    """The file is in Big5, the encoding of traditional characters."""
    return (
        f"文件是繁体中文的 Big5 编码（例如其中一列是“{meant}”），读不成规范汉字。请在源系统里导出简体中文，"
        "存为“CSV UTF-8”或 .xlsx，列名按目录模板，再重新报送。",
        f"The file is in Big5 (one column is '{meant}'), and its characters are traditional. Export it in simplified "
        "characters as CSV UTF-8 or .xlsx, with the column names of the catalogue.",
    )


def other_unit(headers: list[tuple[str, str, str, str]]) -> Problem:
    """Amounts in another unit than the dataset's; of each its header, its unit, the header it should have, and that unit."""
    zh = "；".join(
        f"列“{text}”的单位是{unit}，请把金额换算成{wanted_unit}，列名改为“{wanted}”"
        if unit
        else f"列“{text}”没有写明单位，请确认金额是{wanted_unit}（不是的先换算），列名改为“{wanted}”"
        for text, unit, wanted, wanted_unit in headers
    )
    en = "; ".join(
        f"column '{text}' is in {unit or 'no unit that is said'}, give '{wanted}' in {wanted_unit}"
        for text, unit, wanted, wanted_unit in headers
    )
    return Problem(
        "other_unit",
        f"{zh}。单位弄错会差一万倍，所以整个文件未入库；改好后重新报送。",
        f"{en}. Nothing was taken in; correct the column and send the file again.",
    )


def several_headers(row: int) -> Problem:
    """A second header further down has the columns in another order."""
    return Problem(
        "several_headers",
        f"第 {row} 行又是一行表头，但列的顺序与前面的表头不一样，下面的行会读错列。整个文件未入库。"
        f"请把第 {row} 行起的内容另存为一个文件，或者把各部分的列排成同样的顺序，再重新报送。",
        f"Row {row} is another header with its columns in another order, so that the rows below would be misread. Nothing was "
        f"taken in. Save the rows from {row} on as a file of their own, or put the columns of all parts in one order.",
    )


def duplicate_columns(headers: list[str]) -> Problem:
    """Two columns mean the same field."""
    shown = "、".join(headers)
    return Problem(
        "duplicate_columns",
        f"表头中有重复的列：{shown}。无法判断以哪一列为准，请只保留一列后重新报送。",
        f"The header names a field twice: {', '.join(headers)}. Keep one column and send the file again.",
    )


def not_in_catalogue(dataset_id: str, known: list[str]) -> Problem:
    """The folder names no dataset of the catalogue."""
    return Problem(
        "not_in_catalogue",
        f"目录中没有数据集“{dataset_id}”，目录之外的信息不得归集。请放入下列目录之一：{'、'.join(known)}。",
        f"The catalogue has no dataset '{dataset_id}', and nothing outside the catalogue may be collected. "
        f"Use one of: {', '.join(known)}.",
    )


def broken_workbook(reason: str) -> Problem:
    """An XLSX that cannot be opened."""
    return Problem(
        "broken_workbook",
        "工作簿损坏或者没有传完整，无法打开，整个文件未入库。请在 Excel 中打开原文件，另存为 .xlsx（不加密码）后重新报送。",
        f"The workbook cannot be opened ({reason}). Save it again as .xlsx without a password.",
    )


def empty_workbook() -> Problem:
    """A workbook in which no cell has anything."""
    return Problem(
        "empty_file",
        "工作簿里没有内容。请检查导出程序，重新导出后再放入收件目录。",
        "The workbook has nothing in any cell. Check the export, then drop the file again.",
    )


def burst_workbook() -> Problem:
    """Opening the workbook ended the process that opens workbooks."""
    return Problem(
        "broken_workbook",
        "工作簿打开时撑满了内存，或者内容损坏：常见原因是有单元格远在数据之外。整个文件未入库。"
        "请把数据复制到新工作簿，另存为 .xlsx 后重新报送。",
        "Opening the workbook took more memory than it may, or its content is damaged; often a cell lies far from the data. "
        "Nothing was taken in. Copy the rows into a new workbook, save it as .xlsx and send that.",
    )


def missing_columns(titles: list[str], fits_better: tuple[str, str] | None = None) -> Problem:
    """Required columns are not there, so that no row can be right; ``fits_better``: title and id of another dataset."""
    elsewhere_zh = elsewhere_en = ""
    if fits_better is not None:
        title, dataset_id = fits_better
        elsewhere_zh = f"这些列更像“{title}”：如果放错了目录，请原样放到 {dataset_id} 目录。"
        elsewhere_en = f" The columns look like '{dataset_id}': if it was the wrong folder, drop the file there."
    return Problem(
        "missing_columns",
        f"缺少必填列：{'、'.join(titles)}。所有行因此都未入库，请补齐这些列后重新报送。{elsewhere_zh}",
        f"Required columns are missing: {', '.join(titles)}. No row could be accepted; add them and send the file again."
        f"{elsewhere_en}",
    )


def names_contradict_register(asked: int, wrong: int, share: float, rows: str) -> Problem:
    """Most names of a file are not those of its codes: they have one cause, and no row can be trusted."""
    return Problem(
        "names_contradict_register",
        f"文件里有 {asked:,} 行的统一社会信用代码有登记名称可以核对，其中 {wrong:,} 行的名称与登记的不一致（{rows}），"
        f"超过 {share:.0%}：多半是只排序了名称一列、粘贴错了行，或者列错位，名称和代码张冠李戴。整个文件未入库。"
        "请从源系统重新导出后报送；名称确实都变更了的，逐行在“确认说明”一列写明理由后重报。",
        f"Of {asked:,} rows whose credit code is in the register, {wrong:,} have another name than is registered, more than "
        f"{share:.0%}: one column was probably sorted or pasted alone. Nothing was taken in. Export the file again; where the "
        "names have really changed, say so in the column of confirmations, row by row.",
    )


SPLIT: Final = ("请拆成几个文件后重新报送。", "Split the file and send the parts.")


def too_large(
    name_zh: str,
    name_en: str,
    found: int,
    limit: int,
    *,
    unit_zh: str = "",
    unit_en: str = "",
    todo: tuple[str, str] = SPLIT,
) -> Problem:
    """Something of the file is beyond a limit of the settings; both figures are given, and what ``todo`` in both languages."""
    return Problem(
        "too_large",
        f"{name_zh}超过上限：实际 {found:,}{unit_zh}，上限 {limit:,}{unit_zh}。整个文件未入库。{todo[0]}",
        f"{name_en} beyond the limit: {found:,}{unit_en}, at most {limit:,}{unit_en}. Nothing was taken in. {todo[1]}",
    )


def too_slow(seconds: int) -> Problem:
    """Reading took longer than the settings allow."""
    return Problem(
        "too_slow",
        f"读取文件超过 {seconds} 秒仍未完成，整个文件未入库。请拆成几个较小的文件后重新报送。",
        f"Reading the file took more than {seconds} seconds. Nothing was taken in. Split it and send the parts.",
    )


def utf16_without_mark() -> Problem:
    """UTF-16 that does not say so: byte order would be a guess."""
    return Problem(
        "undecodable",
        "文件像是没有字节顺序标记的 UTF-16 编码，字节顺序只能靠猜，整个文件未入库。请另存为“CSV UTF-8”后重新放入收件目录。",
        "The file looks like UTF-16 without a byte order mark; the order of bytes would be a guess. Nothing was taken in. "
        "Save it as CSV UTF-8 and drop it again.",
    )


def not_a_workbook(found_zh: str, found_en: str) -> Problem:
    """The name says workbook, the content says something else."""
    return Problem(
        "broken_workbook",
        f"文件名是 Excel 工作簿，内容却是{found_zh}，整个文件未入库。请用 Excel 打开后“另存为 .xlsx”再报送。",
        f"The name says workbook, but the content is {found_en}. Nothing was taken in. "
        "Open it in Excel, save it as .xlsx and send that.",
    )


def encrypted(what_zh: str, what_en: str) -> Problem:
    """A password is needed."""
    return Problem(
        "encrypted",
        f"{what_zh}加了密码，无法读取，整个文件未入库。请去掉密码后重新报送。",
        f"The {what_en} is protected with a password and cannot be read. Nothing was taken in. Send it without a password.",
    )


def macros() -> Problem:
    """A workbook that carries programs."""
    return Problem(
        "workbook_macros",
        "工作簿带有宏（程序），整个文件未入库。请另存为不带宏的 .xlsx 后重新报送。",
        "The workbook carries macros. Nothing was taken in. Save it as .xlsx without macros and send that.",
    )


def external_entities() -> Problem:
    """XML that declares a document type, the way to external entities and entity bombs."""
    return Problem(
        "workbook_entities",
        "工作簿内部含有文档类型声明（DOCTYPE），正常的 Excel 文件没有这种内容，整个文件未入库。请在 "
        "Excel 中新建工作簿，粘贴数据后重新报送。",
        "The workbook's XML declares a document type, which no workbook of Excel does. Nothing was taken in. "
        "Paste the rows into a new workbook and send that.",
    )


def formulas_without_values(cell: str) -> Problem:
    """Formulas whose results were never saved: the cells would read as empty."""
    return Problem(
        "workbook_formulas",
        f"工作簿里有公式没有保存计算结果（例如单元格 {cell}），读出来会是空的，整个文件未入库。请在 "
        "Excel 中打开并保存，或把公式粘贴为数值后重新报送。",
        f"The workbook has formulas without saved results (cell {cell} for one), which would read as empty. Nothing was taken in. "
        "Open and save it in Excel, or paste the formulas as values.",
    )


def several_sheets(names: list[str]) -> Problem:
    """More than one sheet holds records: which rows count is not for the hub to decide."""
    return Problem(
        "several_sheets",
        f"工作簿里有几张工作表都有数据：{'、'.join(names[:10])}。整个文件未入库。请每张工作表另存为一个文件后重新报送。",
        f"Several sheets of the workbook hold records: {', '.join(names[:10])}. Nothing was taken in. "
        "Save each sheet as a file of its own and send them.",
    )


def no_json_rows(wrapped_in: str = "") -> Problem:
    """JSON that is no array of objects; ``wrapped_in``: the name under which an object holds one."""
    inside_zh = f"数据包在“{wrapped_in}”里面：只要它后面方括号里的内容。" if wrapped_in else ""
    inside_en = f"The rows are wrapped in '{wrapped_in}': send the array alone. " if wrapped_in else ""
    return Problem(
        "not_json",
        '文件不是 JSON 数组。.json 应为 [{"列名": "值"}, …]，.jsonl 应为每行一个 {"列名": "值"}。'
        f"{inside_zh}整个文件未入库，请改正导出程序后重新报送。",
        'The file is no JSON array. A .json file is [{"column": "value"}, …], a .jsonl file one object a line. '
        f"{inside_en}Nothing was taken in; correct the export and send it again.",
    )


def no_usable_element(count: int, number: int, text: str) -> Problem:
    """JSON of which no element can be read."""
    return Problem(
        "not_json",
        f"文件里有 {count:,} 个元素，没有一个能读成一行：列名出现两次、值是嵌套的对象或数组、数字是 NaN，或者括号、引号不完整。"
        f"例如第 {number} 个：{text}。整个文件未入库，请改正导出程序后重新报送。",
        f"None of the {count:,} elements can be read as a row: a name twice, a nested value, NaN, or brackets and quotes "
        f"that do not match. Element {number}, for one: {text}. Nothing was taken in; correct the export and send it again.",
    )


def archive(code: str, message_zh: str, message_en: str) -> Problem:
    """An archive, or one member of it, that cannot be taken."""
    return Problem(code, message_zh, message_en)


def layout_unclear(first: list[str], second: list[str], known: list[str]) -> Problem:
    """Columns of two standards in one file, and a column whose codes mean something else in each."""
    return Problem(
        "layout_unclear",
        f"表头混用了两种标准的列名（{'、'.join(first[:3])} 与 {'、'.join(second[:3])}），"
        "同一代码在两种标准里含义相反，无法判断。整个文件未入库。"
        f"请统一列名，或在清单文件中用 schema_version 写明标准（{'、'.join(known)}）后重新报送。",
        f"The header mixes columns of two standards ({', '.join(first[:3])} and "
        f"{', '.join(second[:3])}), in which the same code means "
        "different things. Nothing was taken in. Use the columns of one, or say schema_version in the "
        f"manifest ({', '.join(known)}).",
    )


def unknown_layout(told: str, known: list[str]) -> Problem:
    """The manifest names a standard that the dataset does not have."""
    return Problem(
        "unknown_schema_version",
        f"清单文件写的标准版本“{told}”不在目录里（可用：{'、'.join(known) or '无'}）。整个文件未入库，"
        "请改正 schema_version 后重新报送。",
        f"The manifest's schema_version '{told}' is none of the dataset's ({', '.join(known) or 'it has none'}). "
        "Nothing was taken in; correct it and send the file again.",
    )
