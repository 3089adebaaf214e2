"""Plants defects in right rows, each row at most one, and counts them by rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np
import polars as pl

from pipelines.catalog import CONTRADICTS, Dataset, Field, Kind, Rule
from pipelines.demo.breaking import Break, Breaker
from pipelines.demo.drawing import Booleans, Draw
from pipelines.demo.vocabulary import Profile

EXTRA: Final = "\ue0f1"
"""Marks, in the last cell, a line that is to get one column too many; the writer replaces it."""
SHORT: Final = "\ue0f2"
"""Stands for the last cell of a line that is to get one column too few."""

_WEIGHTS: Final = {
    "required": 1.3,
    "required_when": 1.1,
    "credit_code_checksum": 2.0,
    "credit_code_length": 1.2,
    "credit_code_alphabet": 0.9,
    "credit_code_legacy_number": 0.7,
    "credit_code_citizen_id": 0.15,
    "date": 1.2,
    "decimal": 1.5,
    "in_table": 1.2,
    "items_in_table": 1.5,
    "date_not_after": 1.2,
    "cleaned": 0.25,
    "replacement_character": 0.2,
    "private_use_character": 0.1,
    "max_length": 0.1,
    "citizen_id_in_text": 0.1,
    "mobile_in_text": 0.1,
}
_USUAL: Final = 0.5
_WRONG_CODES: Final = ("checksum", "length", "alphabet", "legacy_number", "placeholder")
_WRONG_CODE_SHARE: Final = 0.14
_MALFORMED: Final = 0.0012
_REPEATS: Final = {"exact": 0.003, "newer": 0.005, "conflicting": 0.0015}
CORRECTED: Final = "（更正）"
"""Stands behind the text of a later version."""
_EVENING: Final = " 18:30:00"


@dataclass(frozen=True)
class Planted:
    """Rows with defects, in another order.

    ``clean`` are rows without any that come once; ``corrected`` is what the refused ones should have been; ``accepted`` are those
    that are to reach the lake.
    """

    rows: pl.DataFrame
    clean: pl.DataFrame
    corrected: pl.DataFrame
    accepted: pl.DataFrame
    counts: dict[str, int]
    repeats: dict[str, int]
    again: dict[str, int]
    refused: int
    warned: int
    late: int


@dataclass
class _Sheet:
    """Rows being spoilt: new cells by column, and which rows were touched."""

    rows: pl.DataFrame
    touched: Booleans
    cells: dict[str, dict[int, str | None]]

    def take(self, draw: Draw, allowed: Booleans, wanted: int) -> list[int]:
        """Up to that many untouched rows out of the allowed ones, which then count as touched."""
        free = np.flatnonzero(allowed & ~self.touched)
        chosen = (
            draw.generator.choice(free, min(wanted, len(free)), replace=False) if wanted and len(free) else free[:0]
        )
        self.touched[chosen] = True
        return [int(row) for row in chosen]

    def spoilt(self) -> pl.DataFrame:
        """The rows with their new cells."""
        columns = []
        for name, cells in self.cells.items():
            new = pl.Series(list(cells.values()), dtype=pl.String)
            columns.append(self.rows[name].clone().scatter(list(cells), new))
        return self.rows.with_columns(columns)


def plant(
    rows: pl.DataFrame,
    dataset: Dataset,
    breaker: Breaker,
    draw: Draw,
    profile: Profile,
    *,
    breakable: Sequence[Rule],
    late_before: str | None,
    again: Mapping[str, pl.DataFrame],
    kept: int,
    told: Sequence[pl.DataFrame],
    everything: bool,
) -> Planted:
    """Spoil some rows.

    Args:
        rows: right rows, dates in ISO form; the columns are those of the file, in its order.
        dataset: what they are records of.
        breaker: its rules, and how to break one.
        draw: the file's source of chance.
        profile: how much is to be wrong.
        breakable: the rules for which there is a way; telling them again for every file would take longer than all else.
        late_before: decisions of an earlier date are late, in ISO form.
        again: right rows of earlier months that come once more; they stay right.
        kept: so many of the first rows stay as they are, and come once.
        told: right rows that tell something together with others (``pipelines.demo.cases``); they stay right.
        everything: a thorough provider breaks every rule.
    """
    whole = np.arange(rows.height) < kept
    sheet = _Sheet(rows, whole.copy(), defaultdict(dict))
    rules = {rule.id: rule for rule in breaker.rules}
    counts: Counter[str] = Counter()
    gone: list[int] = []
    warned = 0
    wanted = _wanted(breakable, rows.height, draw, profile, dataset, everything=everything)
    ways = breaker.ways(rule for rule in breakable if wanted[rule.id])
    can = _eligible(ways, rows)
    for alone in sorted(ways, key=lambda one: int(can[one.rule.id].sum())):
        way, number = alone, wanted[alone.rule.id]
        chosen = sheet.take(draw, can[way.rule.id].to_numpy(), number)
        if not chosen and (company := breaker.in_company(alone)):
            way = company  # no row is free for it alone: it breaks others with it
            chosen = sheet.take(draw, _eligible([way], rows).to_series().to_numpy(), number)
        _spoil(sheet, way, chosen, draw)
        broken = (way.rule.id, *way.also)
        counts.update(dict.fromkeys(broken, len(chosen)) if chosen else {})
        rejected = any(rules[rule_id].rejects for rule_id in broken)
        gone.extend(chosen if rejected else ())
        warned += 0 if rejected else len(chosen)
    lines = _malformed(sheet, draw, profile)
    if lines:
        counts[_line_rule(breaker.rules).id] = len(lines)
        gone.extend(lines)
    repeats, contradicted = _repeated(sheet, dataset, breaker.fields, draw, profile)
    copies_gone = _contradicting(repeats, contradicted, rows.height)
    if copies_gone:
        rule = _contradiction(breaker.rules)
        counts[rule.id] = 2 * len(copies_gone)
        if rule.rejects:
            gone.extend(place for chosen in contradicted.values() for place in chosen)
        else:
            warned += 2 * len(copies_gone)
            copies_gone, contradicted = [], {}
    spoilt = sheet.spoilt()
    dated = dataset.timeliness.field if dataset.timeliness else None
    judged = pl.concat([spoilt, *repeats.values(), *again.values(), *told])
    right = pl.concat([rows, *again.values(), *told])
    late = int((right[dated] < late_before).sum()) if dated and late_before else 0
    reaching = np.ones(judged.height, dtype=np.bool_)
    reaching[[*gone, *copies_gone]] = False
    return Planted(
        rows=judged[draw.shuffled(judged.height)],
        clean=rows.filter(pl.Series(whole | ~sheet.touched)),
        corrected=rows[sorted(gone)],
        accepted=judged.filter(pl.Series(reaching)),
        counts=dict(counts),
        repeats={name: frame.height for name, frame in repeats.items() if name not in contradicted},
        again={name: frame.height for name, frame in again.items()},
        refused=len(gone) + len(copies_gone),
        warned=warned,
        late=late,
    )


def _eligible(ways: Sequence[Break], rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(way.eligible.fill_null(False).alias(way.rule.id) for way in ways)


def _wanted(
    breakable: Sequence[Rule], height: int, draw: Draw, profile: Profile, dataset: Dataset, *, everything: bool
) -> Counter[str]:
    """How many rows each rule is to lose."""
    primitives = [
        rule.primitive.partition("_when_")[0] if rule.primitive.startswith("required") else rule.primitive
        for rule in breakable
    ]
    weights = np.array([_WEIGHTS.get(name, _USUAL) for name in primitives])
    drawn = draw.generator.multinomial(round(height * profile.defects), weights / weights.sum())
    least = int(profile.thorough and everything)
    wanted = Counter({rule.id: max(int(n), least) for rule, n in zip(breakable, drawn, strict=True)})
    if profile.story == "wrong_codes":
        code = dataset.subject.credit_code
        share = round(height * _WRONG_CODE_SHARE / len(_WRONG_CODES))
        codes = [rule for rule in breakable if rule.field == code and rule.primitive.endswith(_WRONG_CODES)]
        wanted.update({rule.id: share for rule in codes})
    return wanted


def _spoil(sheet: _Sheet, way: Break, chosen: list[int], draw: Draw) -> None:
    chance = Random(int(draw.generator.integers(0, 2**62)))
    for place in chosen:
        changed = way.change(sheet.rows.row(place, named=True), chance)
        for name, value in changed.items():
            sheet.cells[name][place] = value


def _line_rule(rules: tuple[Rule, ...]) -> Rule:
    return next(rule for rule in rules if not rule.cells)


def _malformed(sheet: _Sheet, draw: Draw, profile: Profile) -> list[int]:
    """Lines with a column too many or too few, of which only a text file can have any."""
    if profile.encoding == "xlsx" or profile.story == "nearly_perfect":
        return []
    last = sheet.rows.columns[-1]
    wanted = max(int(sheet.rows.height >= 150), round(sheet.rows.height * _MALFORMED))
    chosen = sheet.take(draw, np.ones(sheet.rows.height, dtype=np.bool_), wanted)
    for index, place in enumerate(chosen):
        sheet.cells[last][place] = SHORT if index % 3 == 2 else f"{sheet.rows[last][place] or ''}{EXTRA}"
    return chosen


def _repeated(
    sheet: _Sheet, dataset: Dataset, fields: Mapping[str, Field], draw: Draw, profile: Profile
) -> tuple[dict[str, pl.DataFrame], dict[str, list[int]]]:
    """Copies of untouched rows; and the rows that their copies contradict, by kind: another text, and no later time."""
    if profile.story == "nearly_perfect":
        return {}, {}
    columns = set(sheet.rows.columns)
    text = changing_text(dataset, fields, sheet.rows.columns)
    stamp = next((n for n in dataset.version_order if n in columns and fields[n].kind is Kind.TIMESTAMP), None)
    found: dict[str, pl.DataFrame] = {}
    contradicted: dict[str, list[int]] = {}
    for name, share in _REPEATS.items():
        filled = sheet.rows[text or sheet.rows.columns[0]].is_not_null().to_numpy()
        chosen = sheet.take(draw, filled, max(1, round(sheet.rows.height * share)))
        copies = sheet.rows[chosen]
        if name != "exact" and text:
            copies = copies.with_columns(pl.col(text) + CORRECTED)
        if name == "newer" and stamp:
            copies = copies.with_columns(pl.col(stamp).str.slice(0, 10) + _EVENING)
        elif name != "exact" and text and len(chosen):
            contradicted[name] = chosen
        found[name] = copies
    return found, contradicted


def _contradicting(
    repeats: Mapping[str, pl.DataFrame], contradicted: Mapping[str, list[int]], before: int
) -> list[int]:
    """Places of the copies that contradict the rows they were made of, in the rows with all copies behind them."""
    places: list[int] = []
    for name, copies in repeats.items():
        places += range(before, before + copies.height) if name in contradicted else ()
        before += copies.height
    return places


def _contradiction(rules: Sequence[Rule]) -> Rule:
    return next(rule for rule in rules if rule.other == CONTRADICTS)


def changing_text(dataset: Dataset, fields: Mapping[str, Field], columns: Sequence[str]) -> str | None:
    """The text that a later version of a record has otherwise: the longest by which no record and no subject is known."""
    fixed = (*dataset.record_key, dataset.subject.name)
    texts = [f for f in fields.values() if f.kind is Kind.STRING and f.id in columns and f.id not in fixed]
    free = [f for f in texts if f.pattern is None and f.known_with is None]
    return max(free, key=lambda f: (f.required, f.max_length or 0)).id if free else None
