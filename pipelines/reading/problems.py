"""Why a whole file cannot be taken: what the provider is told, in both languages, and what to do."""

from __future__ import annotations

from dataclasses import dataclass


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


def unknown_header(headers: list[str], title: str) -> Problem:
    """No column is one of the dataset's."""
    shown = "、".join(headers[:5]) or "（空）"
    return Problem(
        "unknown_header",
        f"第 1 行应为“{title}”的表头，但没有一列能识别（读到：{shown}）。请按目录模板的列名重新导出，并确认放入了正确的目录。",
        f"Row 1 should be the header of the dataset, but no column is known (found: {', '.join(headers[:5])}). "
        "Export with the column names of the catalogue and check the folder.",
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


def unsupported_format(name: str) -> Problem:
    """A file of a kind the hub does not read."""
    return Problem(
        "unsupported_format",
        f"不支持该文件类型：{name}。请使用 CSV（UTF-8 或 GB18030）或 XLSX 后重新报送。",
        f"This kind of file is not read: {name}. Send CSV (UTF-8 or GB18030) or XLSX.",
    )


def broken_workbook(reason: str) -> Problem:
    """An XLSX that cannot be opened."""
    return Problem(
        "broken_workbook",
        f"工作簿无法打开（{reason}）。请在 Excel 中重新另存为 .xlsx（不加密码）后再报送。",
        f"The workbook cannot be opened ({reason}). Save it again as .xlsx without a password.",
    )


def missing_columns(titles: list[str]) -> Problem:
    """Required columns are not there, so that no row can be right."""
    return Problem(
        "missing_columns",
        f"缺少必填列：{'、'.join(titles)}。所有行因此都未入库，请补齐这些列后重新报送。",
        f"Required columns are missing: {', '.join(titles)}. No row could be accepted; add them and send the file again.",
    )
