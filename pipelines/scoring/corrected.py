"""What a version of a scorecard says differently from the one before, as a reader of one unit's page wants it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pipelines.ground import figures
from pipelines.scoring import words
from pipelines.scoring.measures import Ratio
from pipelines.scoring.model import CorrectionLine
from pipelines.scoring.table import TOTAL
from pipelines.scoring.versions import Version

_TOTAL_ZH: Final = "总分"


def corrections_by_unit(version: Version, titles: Mapping[str, str]) -> dict[str, tuple[CorrectionLine, ...]]:
    """Numbers that differ from the version before, by unit, the total first.

    Args:
        version: with its ``changes``.
        titles: of the indicators, by id; one that the scheme no longer has goes by its id.
    """
    found: dict[str, list[CorrectionLine]] = {}
    for one in sorted(version.changes, key=lambda change: change["indicator"] != TOTAL):
        name = one["indicator"]
        read = _total if name == TOTAL else _ratio
        title = _TOTAL_ZH if name == TOTAL else titles.get(name, name)
        line = CorrectionLine(name, title, read(one["old"]), read(one["new"]), one["cause_zh"], len(one["batches"]))
        if line.old_zh != line.new_zh:
            found.setdefault(one["unit"], []).append(line)
    return {unit: tuple(lines) for unit, lines in found.items()}


def _total(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "不在名单上"
    if row["score"] is None:
        return words.STATE_ZH[row["status"]]
    rank = f"，第 {row['rank']} 名" if row["rank"] else ""
    return f"{figures.floored(row['score'])} 分 {row['grade'] or ''}".rstrip() + rank


def _ratio(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "没有这个指标"
    ratio = Ratio(int(row["numerator"]), int(row["denominator"]))
    return f"{figures.percent(ratio)}（{figures.fraction(ratio)}）" if ratio.denominator else "没有可测内容"
