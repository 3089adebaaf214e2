"""What changed: since the period before (for the pages), and since the version before (for the record), and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import polars as pl

from pipelines.ground import figures
from pipelines.scoring import words
from pipelines.scoring.history import Past, by_unit
from pipelines.scoring.measures import Ratio
from pipelines.scoring.model import Change
from pipelines.scoring.scoring import UnitScore
from pipelines.scoring.table import TOTAL

_SMALL: Final = 0.005  # points of a total that show as 0.00 are no news
_SHOWN: Final = ("numerator", "denominator", "value", "score", "weight", "status", "grade", "rank")
_NUMBERS: Final = ("numerator", "denominator", "score", "weight", "status", "grade", "rank")
_DELIVERED: Final = frozenset({"ledger.batches", "ledger.rule_counts", "lake.records"})
_RELEASED: Final = frozenset({"ledger.takedowns", "ledger.displays", "ledger.subject_counts"})

CAUSES_ZH: Final = {
    "late_batch": "收到新的文件",
    "withdrawn_batch": "文件不再计入",
    "corrections": "拒收的行得到更正或者豁免",
    "release": "修复、公示或者主体发布的结果有更新",
    "later_records": "以后收到的记录（登记信息、异议结果等）",
    "scheme": "评分方案改变",
    "catalogue": "目录改变",
    "as_of": "截至日期改变",
    "others": "其他地区的变化引起的名次变动",
}


def since_before(unit: UnitScore, before: Past | None) -> tuple[Change, ...]:
    """What changed of a unit since the period before, the dearest first; nothing where the unit is new."""
    old = before.total(unit.code) if before else None
    if before is None or old is None:
        return ()
    rows = before.rows[unit.code]
    found: list[Change] = []
    if old["status"] != unit.state.value:
        then, now = words.STATE_ZH[str(old["status"])], words.STATE_ZH[unit.state.value]
        text = f"上期{then}，本期{now}。{unit.reason_zh}"
        found.append(Change(unit.code, unit.name, "state", None, None, text))
    if unit.total is not None and old["score"] is not None:
        found += _indicators(unit, rows, float(str(old["weight"])))
        found += _red_lines(unit, str(old["red_line"] or ""))
    return tuple(sorted(found, key=lambda one: (one.kind != "state", -abs(one.points or 0.0))))


def _indicators(unit: UnitScore, before: Mapping[str, Mapping[str, Any]], old_weight: float) -> Iterator[Change]:
    for one in unit.indicators:
        row = before.get(one.indicator.id)
        if row is None:
            continue
        old_lost = (100 - row["score"]) * row["weight"] / old_weight if row["score"] is not None else 0.0
        points = old_lost - (one.points_lost or 0.0)
        if abs(points) < _SMALL:
            continue
        then = Ratio(int(row["numerator"]), int(row["denominator"]))
        text = (
            f"{one.indicator.title_zh}由 {figures.percent(then)}（{figures.fraction(then)}）"
            f"变为 {figures.percent(one.ratio)}（{figures.fraction(one.ratio)}），"
            f"{'多得' if points > 0 else '少得'} {abs(points):.2f} 分。"
        )
        yield Change(unit.code, unit.name, "indicator", one.indicator.id, points, text)


def _red_lines(unit: UnitScore, before: str) -> Iterator[Change]:
    for line in unit.red_lines:
        if line.id not in before.split(","):
            text = f"触及红线“{line.title_zh}”，总分不超过 {line.cap:g} 分。"
            points = (unit.total or 0.0) - (unit.uncapped or 0.0)
            yield Change(unit.code, unit.name, "red_line", line.indicator, points, text)


@dataclass(frozen=True)
class Correction:
    """One number of one unit that a new version of a scorecard gives differently; ``indicator`` may be ``total``."""

    unit: str
    unit_zh: str
    indicator: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    cause: str
    cause_zh: str
    batches: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Inputs:
    """What a version was made from, as far as it can change: tables by name, the catalogue's version, the scheme's digest."""

    tables: Mapping[str, pl.DataFrame]
    catalog_version: str
    scheme: str
    as_of: str


def corrections(old: Inputs, new: Inputs, sources: Mapping[str, Sequence[str]]) -> tuple[Correction, ...]:
    """Every number that differs between two versions, with its cause; the totals follow their indicators.

    Args:
        old: the version that was issued.
        new: the one that takes its place.
        sources: of each indicator, the tables it is computed from.
    """
    found: list[Correction] = []
    came, gone = _moved(old.tables["files"], new.tables["files"])
    for name in ("scorecard", "sectors"):
        before, after = by_unit(old.tables[name]), by_unit(new.tables[name])
        for unit in sorted(before.keys() | after.keys()):
            causes: list[_Cause] = []
            for indicator in dict.fromkeys([*after.get(unit, {}), *before.get(unit, {})]):
                was, now = before.get(unit, {}).get(indicator), after.get(unit, {}).get(indicator)
                if was and now and all(was[column] == now[column] for column in _NUMBERS):
                    continue
                if indicator != TOTAL:
                    cause = _cause(
                        was, now, old, new, sources.get(indicator, ()), came.get(unit, ()), gone.get(unit, ())
                    )
                    causes.append(cause)
                elif causes:
                    cause = causes[0]
                else:
                    moved = was is None or now is None or was["score"] != now["score"] or was["grade"] != now["grade"]
                    cause = ("scheme" if moved else "others", ())
                title = str((now or was or {})["unit_zh"])
                found.append(
                    Correction(
                        unit, title, indicator, _numbers(was), _numbers(now), cause[0], CAUSES_ZH[cause[0]], cause[1]
                    )
                )
    return tuple(found)


def summary_zh(some: Sequence[Correction]) -> tuple[str, ...]:
    """The corrections in a sentence for each cause, the commonest first."""
    by_cause: dict[str, list[Correction]] = {}
    for one in some:
        by_cause.setdefault(one.cause, []).append(one)
    sentences = []
    for cause, group in sorted(by_cause.items(), key=lambda item: -len(item[1])):
        names = list(dict.fromkeys(one.unit_zh for one in group))
        batches = {batch for one in group for batch in one.batches}
        shown = "、".join(names[:3]) + (f"等 {len(names)} 个单位" if len(names) > 3 else "")
        files = f"（{len(batches)} 个文件）" if batches else ""
        sentences.append(f"{CAUSES_ZH[cause]}{files}：{shown}的 {len(group)} 个数有变化。")
    return tuple(sentences)


_Cause = tuple[str, tuple[str, ...]]


def _cause(
    was: Mapping[str, Any] | None,
    now: Mapping[str, Any] | None,
    old: Inputs,
    new: Inputs,
    sources: Sequence[str],
    came: tuple[str, ...],
    gone: tuple[str, ...],
) -> _Cause:
    """Why one indicator of one unit differs. Counts first: where they are the same, only the scheme can have changed."""
    if was is None or now is None:
        return "scheme", ()
    if (was["numerator"], was["denominator"]) == (now["numerator"], now["denominator"]):
        state_changed = was["status"] != now["status"] and bool(came)
        return ("late_batch", came) if state_changed else ("scheme" if old.scheme != new.scheme else "others", ())
    named = set(sources)
    reasons: list[tuple[bool, _Cause]] = [
        (bool(named & _DELIVERED and came), ("late_batch", came)),
        (bool(named & _DELIVERED and gone), ("withdrawn_batch", gone)),
        ("ledger.closures" in named, ("corrections", ())),
        (bool(named & _RELEASED), ("release", ())),
        (old.catalog_version != new.catalog_version, ("catalogue", ())),
        ("lake.records" in named, ("later_records", ())),
    ]
    return next((cause for holds, cause in reasons if holds), ("as_of", ()))


def _moved(old: pl.DataFrame, new: pl.DataFrame) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Batches that came, and that went, by unit; those that add nothing are left out."""
    fresh = pl.col("status") != "duplicate"
    before, after = (some.filter(fresh).select("unit", "batch_id") for some in (old, new))

    def by_name(frame: pl.DataFrame) -> dict[str, tuple[str, ...]]:
        return {str(name): tuple(part["batch_id"].sort()) for (name,), part in frame.group_by("unit")}

    on = ["unit", "batch_id"]
    return by_name(after.join(before, on=on, how="anti")), by_name(before.join(after, on=on, how="anti"))


def _numbers(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: row[name] for name in _SHOWN}
