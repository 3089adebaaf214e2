"""What a pass over the files of a work group came to: counts, outcomes, findings; nothing is committed here.

``collect`` commits it (``split``), ``precheck`` only shows it, so that both say the same of every row. Flagged rows are worked on
slice by slice, as they were screened: a file of five million wrong rows needs no more memory than one of a hundred thousand
(invariant 10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from pipelines.catalog import RECORD
from pipelines.collecting.causes import causes, first_flagged
from pipelines.collecting.notices import Known, notices
from pipelines.collecting.outcome import Outcome, status_of
from pipelines.collecting.passes import SLICE_ROWS, ScreeningResult
from pipelines.collecting.replies import FindingsWriter
from pipelines.ground.errors import HubError
from pipelines.reading import Problem, no_rows
from pipelines.reading.faults import fault
from pipelines.screening import COUNTED, MEASURES, REFUSED, Screen, counts
from pipelines.screening.findings import findings, refused_rows
from pipelines.storage.columns import BATCH, ROW_NUMBER

_NO_LINES: Final = {BATCH: pl.String, ROW_NUMBER: pl.Int64, "raw_text": pl.String, "fault": pl.String}


@dataclass(frozen=True)
class Verdicts:
    """The verdict on the files of a group.

    ``cells`` holds violations by rule id over all rows, those that were confirmed included, for the second route to compare;
    ``counted`` has ``_batch_id, rule_id, rows, confirmed``, malformed lines included.
    """

    screen: Screen
    passed: ScreeningResult
    outcomes: tuple[Outcome, ...]
    counted: pl.DataFrame
    cells: Mapping[str, int]
    malformed: pl.DataFrame

    def findings(self, files: FindingsWriter) -> Iterator[pl.DataFrame]:
        """Write the findings files, and give the refused rows slice by slice.

        The files are whole when the last slice was taken; they have their names after ``files.appear()``.
        """
        screen = self.screen
        rules = screen.catalog.rules[screen.dataset.id]
        fields = {field.id: field for field in screen.fields}
        for flagged, lines in _with_lines(_slices(self.passed), self.malformed):
            files.add(findings(flagged, lines, rules, fields), flagged, lines)
            rows = refused_rows(flagged, lines, rules, screen.fields)
            if rows.height:
                yield rows
        files.finish()


def judge(screen: Screen, passed: ScreeningResult, known: Callable[[str], Known] | None = None) -> Verdicts:
    """Count what a pass left.

    Args:
        screen: of the dataset.
        passed: the files, screened.
        known: by provider, which numbers name refused rows of it; ``precheck`` without a hub cannot know.

    Raises:
        HubError: rows are missing.
    """
    rules = screen.catalog.rules[screen.dataset.id]
    malformed = _malformed(passed)
    counted, refused, first = _counted(passed, screen)
    cells = dict(counted.group_by("rule_id").agg(pl.col("rows").sum()).rows())
    line_rule = next(rule.id for rule in rules if rule.field == RECORD)
    counted = pl.concat([counted, _line_counts(malformed, line_rule)])
    outcomes = _outcomes(passed, refused, malformed, counted, first, screen, known)
    return Verdicts(screen, passed, tuple(outcomes), counted, cells, malformed)


def _malformed(passed: ScreeningResult) -> pl.DataFrame:
    """The malformed lines of all files, put together column by column: there may be as many as rows."""
    parts = [pl.DataFrame(schema=_NO_LINES)]
    for one in passed.opened:
        lines, separator, width = one.source.malformed, one.source.separator, len(one.source.columns.names)
        suffix = one.source.read_as or one.delivery.suffix
        part = {
            ROW_NUMBER: pl.Series([number for number, _ in lines], dtype=pl.Int64),
            "raw_text": pl.Series([text for _, text in lines], dtype=pl.String),
            "fault": pl.Series([fault(text, suffix, separator, width) for _, text in lines], dtype=pl.String),
        }
        parts.append(pl.DataFrame(part).select(pl.lit(one.delivery.batch_id).alias(BATCH), *part))
    return pl.concat(parts)


def _line_counts(malformed: pl.DataFrame, rule_id: str) -> pl.DataFrame:
    lines = malformed.group_by(BATCH).agg(pl.len().cast(pl.Int64).alias("rows"))
    return lines.with_columns(rule_id=pl.lit(rule_id), confirmed=pl.lit(0, dtype=pl.Int64)).select(*COUNTED)


def _slices(passed: ScreeningResult) -> Iterator[pl.DataFrame]:
    for path in sorted(passed.flagged.iterdir()):
        yield pl.read_parquet(path, hive_partitioning=False)


def _counted(passed: ScreeningResult, screen: Screen) -> tuple[pl.DataFrame, dict[str, int], pl.DataFrame]:
    """Rows, and confirmed ones, by batch and rule; refused rows by batch; and the first flagged rows of each."""
    parts, refused = [], []
    first: pl.DataFrame | None = None
    for flagged in _slices(passed):
        first = first_flagged(first, flagged)
        parts.append(counts(flagged, screen.rules))
        refused.append(flagged.filter(pl.col(REFUSED)).group_by(BATCH).agg(pl.len().cast(pl.Int64).alias("rows")))
    counted = pl.concat(parts).group_by(BATCH, "rule_id").agg(pl.col("rows", "confirmed").sum()).sort(BATCH, "rule_id")
    assert first is not None  # a pass leaves one slice at least
    return counted, dict(pl.concat(refused).group_by(BATCH).agg(pl.col("rows").sum()).rows()), first


def _with_lines(slices: Iterator[pl.DataFrame], malformed: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Slices with the malformed lines that stand before their last row, so that findings come in the order of rows.

    Lines that are more than a slice come in slices too.
    """
    left = malformed
    flagged = pl.DataFrame()
    for flagged in slices:
        last = flagged.group_by(BATCH).agg(pl.col(ROW_NUMBER).max().alias("last"))
        placed = left.join(last, on=BATCH, how="left", maintain_order="left")
        before = (placed["last"] > placed[ROW_NUMBER]).fill_null(False)
        *many, few = left.filter(before).iter_slices(SLICE_ROWS) if before.any() else [left.clear()]
        for some in many:
            yield flagged.clear(), some
        yield flagged, few
        left = left.filter(~before)
    for some in left.iter_slices(SLICE_ROWS) if left.height else ():
        yield flagged.clear(), some


def _outcomes(
    passed: ScreeningResult,
    refused: Mapping[str, int],
    malformed: pl.DataFrame,
    counted: pl.DataFrame,
    first: pl.DataFrame,
    screen: Screen,
    known: Callable[[str], Known] | None,
) -> list[Outcome]:
    """Outcome of each file; conservation is asserted, not assumed."""
    measured = {row[BATCH]: row for row in passed.measured.select(BATCH, *MEASURES).to_dicts()}
    lines = dict(malformed.group_by(BATCH).len().rows())
    required = [rule.id for rule in screen.catalog.rules[screen.dataset.id] if rule.primitive.startswith("required")]
    missing = dict(counted.filter(pl.col("rule_id").is_in(required)).group_by(BATCH).agg(pl.col("rows").sum()).rows())
    broken_by: dict[str, dict[str, int]] = {}
    for batch, rule, number in counted.select(BATCH, "rule_id", "rows").rows():
        broken_by.setdefault(batch, {})[rule] = number
    outcomes = []
    for one in passed.opened:
        batch = one.delivery.batch_id
        found: Mapping[str, int] = measured.get(batch, dict.fromkeys(MEASURES, 0))
        broken = lines.get(batch, 0)
        if found["rows"] != found["accepted"] + refused.get(batch, 0):
            raise HubError(
                f"{batch}: {found['rows']} rows read, {found['accepted']} accepted, {refused.get(batch, 0)} refused"
            )
        problem: Problem | None = None
        if found["rows"] + broken == 0:
            problem = no_rows()
        outcomes.append(
            Outcome(
                one.delivery,
                status_of(found["accepted"], refused.get(batch, 0) + broken),
                {
                    "rows_in": found["rows"] + broken,
                    "rows_accepted": found["accepted"],
                    "rows_refused": refused.get(batch, 0) + broken,
                    "rows_warned": found["warned"],
                    "missing_cells": missing.get(batch, 0),
                    **{name: found[name] for name in MEASURES if name not in ("rows", "accepted", "warned")},
                },
                one.source.encoding,
                problem,
                one.source.columns.unknown,
                one.source.columns.names,
                passed.skipped_rows.get(batch, ()),
                (
                    *notices(one.source, screen, known(one.delivery.provider_id) if known else None),
                    *([passed.repeated[batch]] if batch in passed.repeated else []),
                    *causes(
                        screen,
                        broken_by.get(batch, {}),
                        found["rows"],
                        first.filter(pl.col(BATCH) == batch),
                        malformed.filter(pl.col(BATCH) == batch),
                    ),
                ),
            )
        )
    return outcomes
