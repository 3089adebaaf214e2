"""What came from a unit: missing, empty and broken are three things (invariant 9), and none of them is a score."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pipelines.scoring.arrivals import Arrivals

EMPTY_PROBLEMS: Final = frozenset({"empty_file", "no_rows"})


class State(StrEnum):
    """``status`` of scorecard.parquet (contract.md)."""

    SCORED = "scored"
    NO_DATA = "no_data"
    EMPTY = "empty"
    BROKEN = "broken"
    NOT_DUE = "not_due"


def state_of(came: Arrivals, feeds_due: int) -> State:
    """State of a unit from what came in the period, before its indicators are looked at.

    A delivery whose bytes came before brings nothing, so a unit that only re-sent old files sent nothing.
    """
    if not came.files:
        return State.NO_DATA if feeds_due else State.NOT_DUE
    if came.rows_in:
        return State.SCORED
    return State.BROKEN if came.broken_files else State.EMPTY


def explain(state: State, came: Arrivals, measured_weight: float, minimum: float) -> str:
    """What happened, in a sentence a manager reads; empty for a scored unit."""
    match state:
        case State.SCORED:
            text = ""
        case State.NO_DATA if came.repeated:
            text = f"本期只收到 {came.repeated} 个以前报送过的文件，没有新数据。"
        case State.NO_DATA:
            text = "本期没有收到任何文件。"
        case State.EMPTY:
            text = f"本期收到 {came.files} 个文件，都没有数据行。"
        case State.BROKEN:
            text = f"本期收到 {came.files} 个文件，都无法读取，没有一行数据入库。"
        case State.NOT_DUE if not came.files:
            text = "本期没有应报的目录项，也没有收到数据。"
        case State.NOT_DUE:
            text = f"能够测量的指标权重合计只有 {measured_weight:g}，不足 {minimum:g}，不计总分。"
    return text
