"""Findings: one line for each row and rule, all of them, so that a province finds the cell (contract.md, findings.csv).

Values are shown as sent, but personal identifiers masked, and a value that a spreadsheet would run as a formula gets an
apostrophe in front.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import CONTRADICTS, RECORD, REPAIRABLE_FROM, Field, Kind, Rule
from pipelines.checks.prepared_columns import reason_name
from pipelines.identifiers import clean, credit_code
from pipelines.privacy.mask import identifiers_masked, masked
from pipelines.screening import REFUSED
from pipelines.storage.columns import ANSWERS_TO, BATCH, CONFIRMED_RULES, RECORD_KEY, ROW_NUMBER
from pipelines.storage.files import make_folder, replace_file

COLUMNS: Final = (
    "row_number", "rule_id", "severity", "field", "field_zh", "value", "expected", "message_zh", "hint_zh", "quarantine_id",
)  # fmt: skip
_CONFIRM: Final = "确认无误的，可加一列“确认说明”写明理由后重报。"
_FORMULA: Final = r"^[=+\-@＝＋－＠\x00-\x1f\x7f]"


def findings(
    flagged: pl.DataFrame, malformed: pl.DataFrame, rules: Sequence[Rule], fields: Mapping[str, Field]
) -> pl.DataFrame:
    """All findings of a work group.

    Args:
        flagged: as ``Screen.flagged`` gives it.
        malformed: ``_batch_id, _row_number, raw_text, fault`` of lines that are no rows.
        rules: of the dataset.
        fields: of the dataset, by id.

    Returns:
        ``_batch_id`` and the columns of findings.csv, by batch, row and rule.
    """
    parts = [
        _of_rule(flagged, rule, fields)
        for rule in rules
        if rule.cells and flagged.height and flagged.select(broken_by(rule).any()).item()
    ]
    line = next((rule for rule in rules if rule.field == RECORD), None)
    if line is not None and malformed.height:
        parts.append(_lines(malformed, line))
    if not parts:
        return no_findings()
    return pl.concat(parts).sort(BATCH, "row_number", "rule_id").select(BATCH, *COLUMNS)


def no_findings() -> pl.DataFrame:
    """The findings of a delivery that has none."""
    return pl.DataFrame(schema={BATCH: pl.String, **dict.fromkeys(COLUMNS, pl.String), "row_number": pl.Int64})


def broken_by(rule: Rule) -> pl.Expr:
    """True for a flagged row that breaks the rule, unless the provider has confirmed it."""
    return pl.col(rule.id) & pl.col(CONFIRMED_RULES).is_null() if rule.confirmable else pl.col(rule.id)


def quarantine_id() -> pl.Expr:
    """Names a refused row for ever: batch and row."""
    return pl.concat_str(pl.col(BATCH), pl.lit("-"), pl.col(ROW_NUMBER))


def write_csv(path: Path, rows: pl.DataFrame) -> None:
    """findings.csv of one delivery: UTF-8 with byte order mark, so that a spreadsheet opens it."""
    make_folder(path.parent)
    replace_file(path, BOM_UTF8 + csv_lines(rows, header=True))


def csv_lines(rows: pl.DataFrame, *, header: bool) -> bytes:
    """Findings as lines of findings.csv."""
    return rows.select(COLUMNS).write_csv(line_terminator="\r\n", include_header=header).encode()


def escape_formula(value: pl.Expr) -> pl.Expr:
    """Text that no spreadsheet runs as a formula."""
    return pl.when(value.str.contains(_FORMULA)).then("'" + value).otherwise(value)


def shown(field: Field, value: pl.Expr) -> pl.Expr:
    """A cell as it may leave the raw zone: sensitive fields masked, citizen IDs in other fields too."""
    return masked(value) if field.sensitive else identifiers_masked(value)


def _names_of(rules: Sequence[Rule]) -> pl.Expr:
    """The ids of the rules that are broken, as a list."""
    if not rules:
        return pl.lit([], dtype=pl.List(pl.String))
    return pl.concat_list(pl.when(broken_by(rule)).then(pl.lit(rule.id)) for rule in rules).list.drop_nulls()


def _of_rule(flagged: pl.DataFrame, rule: Rule, fields: Mapping[str, Field]) -> pl.DataFrame:
    rows = flagged.filter(broken_by(rule))
    field = fields[rule.field]
    value = shown(field, pl.col(rule.field))
    expected: pl.Expr = pl.lit(rule.expected_zh)
    if rule.other == REPAIRABLE_FROM:
        expected = pl.concat_str(
            pl.lit(f"{rule.expected_zh}，"), pl.col(REPAIRABLE_FROM).str.tail(10), pl.lit("起可以申请")
        )
    if rule.other == CONTRADICTS:
        expected = pl.concat_str(pl.lit(f"{rule.expected_zh}；内容不同的是第 "), pl.col(CONTRADICTS), pl.lit(" 行"))
    elif field.kind is Kind.CREDIT_CODE:
        if rule.primitive == "credit_code_citizen_id":
            value = masked(pl.col(rule.field))
        proposed = credit_code.suggestion(clean(pl.col(rule.field)))
        expected = (
            pl.when(proposed.is_not_null())
            .then(pl.concat_str(pl.lit(rule.expected_zh), pl.lit("；疑似应为 "), proposed))
            .otherwise(expected)
        )
    return _rows(rows, rule, value, expected)


def _lines(malformed: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    rows = malformed.with_columns(pl.lit(True).alias(REFUSED))
    return _rows(rows, rule, identifiers_masked(pl.col("raw_text")), pl.col("fault"))


def _rows(rows: pl.DataFrame, rule: Rule, value: pl.Expr, expected: pl.Expr) -> pl.DataFrame:
    return rows.select(
        BATCH,
        pl.col(ROW_NUMBER).alias("row_number"),
        pl.lit(rule.id).alias("rule_id"),
        pl.lit(rule.severity.value).alias("severity"),
        pl.lit(rule.field).alias("field"),
        pl.lit(rule.field_zh).alias("field_zh"),
        escape_formula(value).alias("value"),
        expected.alias("expected"),
        pl.lit(rule.message_zh).alias("message_zh"),
        pl.lit(hint(rule)).alias("hint_zh"),
        pl.when(pl.col(REFUSED)).then(quarantine_id()).alias("quarantine_id"),
    )


def hint(rule: Rule) -> str:
    """What to do about a breach; of one that can be confirmed, also how."""
    return rule.hint_zh + (_CONFIRM if rule.confirmable else "")


def cells_shown(fields: Sequence[Field], rules: Sequence[Rule]) -> list[pl.Expr]:
    """Every cell of a flagged row as it may leave the raw zone, under its field's id."""
    codes = {rule.field for rule in rules if rule.primitive == "credit_code_citizen_id"}
    cells = []
    for field in fields:
        value = shown(field, pl.col(field.id))
        if field.id in codes:
            is_person = pl.col(reason_name(field.id)) == "citizen_id"
            value = pl.when(is_person).then(masked(pl.col(field.id))).otherwise(value)
        cells.append(value.alias(field.id))
    return cells


def refused_rows(
    flagged: pl.DataFrame, malformed: pl.DataFrame, rules: Sequence[Rule], fields: Sequence[Field]
) -> pl.DataFrame:
    """Refused rows as the quarantine keeps them, without the delivery's own columns.

    Returns:
        ``quarantine_id, _batch_id, _row_number, rule_ids, raw_text, _record_key, _answers_to`` and the fields as sent, masked
        where they must be.
    """
    line = [rule.id for rule in rules if rule.field == RECORD]
    broken = [rule for rule in rules if rule.cells and flagged.height and flagged[rule.id].any()]
    rows = flagged.filter(pl.col(REFUSED)).select(
        quarantine_id().alias("quarantine_id"),
        BATCH,
        ROW_NUMBER,
        _names_of(broken).alias("rule_ids"),
        pl.lit(None, dtype=pl.String).alias("raw_text"),
        RECORD_KEY,
        ANSWERS_TO,
        *cells_shown(fields, rules),
    )
    lines = malformed.select(
        quarantine_id().alias("quarantine_id"),
        BATCH,
        ROW_NUMBER,
        pl.lit(line, dtype=pl.List(pl.String)).alias("rule_ids"),
        identifiers_masked(pl.col("raw_text")).alias("raw_text"),
        pl.lit(None, dtype=pl.String).alias(RECORD_KEY),
        pl.lit(None, dtype=pl.String).alias(ANSWERS_TO),
        *(pl.lit(None, dtype=pl.String).alias(field.id) for field in fields),
    )
    return pl.concat([rows, lines]).sort(BATCH, ROW_NUMBER)
