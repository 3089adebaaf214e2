"""What ``collect``, ``publish``, ``score``, ``run``, ``maintain`` and ``demo`` say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from pipelines.cli import console
from pipelines.pages.words import WORDS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from pipelines.collecting import Collected, Settling
    from pipelines.impact.what_if import WhatIf
    from pipelines.publishing import Published
    from pipelines.publishing.upkeep import Upkeep
    from pipelines.storage.hub import Hub
    from pipelines.storage.receipt import Receipt

_MOST_LISTED: Final = 40
_NUMBERS: Final = ("in", "accepted", "refused", "warned")
_COUNTS: Final = ("received", "accepted", "refused", "warned")


def collected(hub: Hub, done: Collected, *, as_json: bool) -> None:
    """Receipts of a pass."""
    if as_json:
        console.json(_pass(hub, done))
    else:
        _receipts(hub, done)
    _unclaimed(done)


def published(hub: Hub, done: Sequence[Published], *, as_json: bool) -> None:
    """The latest releases of the products."""
    if as_json:
        console.json([_release(one) for one in done])
        return
    if not done:
        console.line("没有可发布的数据 nothing to publish: the lake holds no accepted rows")
        return
    rows = []
    for one in done:
        numbers = [f"{one.changes[name]:,}" if one.new else "" for name in ("added", "changed", "removed")]
        rows.append((one.product_id, one.release_id, f"{one.rows:,}", *numbers, _what(one)))
    console.show(console.table(("product", "release", "rows", "added", "changed", "removed", ""), rows))
    if held := sorted({one.held_at for one in done if one.held_at}):
        console.line(
            f"公示时钟不倒走 the publication clock does not run back: products that stand at {held[-1]} were published as of that"
            " day, not as of the earlier one that was asked for"
        )
    console.line(f"共享数据 shared datasets: {hub.home.shared}")


def _what(one: Published) -> str:
    """What became of a product in a run."""
    if one.held is not None:
        return "held"
    return "new" if one.new else "unchanged"


def scored(hub: Hub, done: Any, *, as_json: bool) -> None:
    """Where the scorecard is, and the ranking."""
    if as_json:
        console.json(_scorecard(done))
        return
    console.line(f"评分卡 scorecard: {hub.home.scorecards / done.period / 'index.html'}")


def compared(done: WhatIf, *, as_json: bool) -> None:
    """Two schemes side by side: the last period unit by unit, the others in a line each."""
    if as_json:
        console.json(done.to_json())
        return
    console.line(f"评分方案 {done.scheme_now} → {done.scheme_then}，{done.periods[0]} 至 {done.periods[-1]}")
    for line in done.differences or ("两个方案没有差别。",):
        console.line(f"  {line}")
    console.show(_by_period(done), _by_unit(done))


def _by_period(done: WhatIf) -> RenderableType:
    rows = []
    for period in done.periods:
        some = [one for one in done.shifts if one.period == period]
        gained = [one.gained for one in some if one.gained is not None]
        counts = (
            len(gained),
            sum(value > 0 for value in gained),
            sum(value < 0 for value in gained),
            sum(bool(one.places) for one in some),
            sum(one.now.grade != one.then.grade for one in some),
        )
        most = (f"{value:+.2f}" for value in (max(gained, default=0.0), min(gained, default=0.0)))
        rows.append((period, *counts, *most))
    return console.table(("期间", "有总分", "升", "降", "名次有变", "等级有变", "最多升", "最多降"), rows)


def _by_unit(done: WhatIf) -> RenderableType:
    last = [one for one in done.shifts if one.period == done.periods[-1]]
    rows = [
        (
            one.unit_zh,
            *(f"{total:.2f}" if total is not None else "—" for total in (one.now.total, one.then.total)),
            f"{one.gained:+.2f}" if one.gained is not None else "—",
            *(grade or "—" for grade in (one.now.grade, one.then.grade)),
            *(rank or "—" for rank in (one.now.rank, one.then.rank)),
        )
        for one in sorted(last, key=lambda shift: (shift.scope, shift.then.rank or 999, shift.unit))
    ]
    columns = ("地区或部门", "总分", "改后", "增减", "等级", "改后", "名次", "改后")
    return console.table(columns, rows, title=done.periods[-1])


def ran(hub: Hub, collected_: Collected, published_: Sequence[Published], scored_: Any, *, as_json: bool) -> None:
    """All three."""
    if as_json:
        releases = [_release(one) for one in published_]
        console.json({**_pass(hub, collected_), "releases": releases, "scorecard": _scorecard(scored_)})
    else:
        _receipts(hub, collected_)
        published(hub, published_, as_json=False)
        scored(hub, scored_, as_json=False)
    _unclaimed(collected_)


def maintained(hub: Hub, done: Upkeep, *, as_json: bool) -> None:
    """What the day's upkeep did."""
    if as_json:
        console.json(
            {
                "releases": [_release(one) for one in done.released if one.new],
                "erased_rows": dict(done.erased),
                "removed_releases": {name: list(ids) for name, ids in done.removed.items()},
                "tables": [vars(one) for one in done.tables],
                "removed_files": list(done.put_away_removed),
            }
        )
        return
    if new := [one for one in done.released if one.new]:
        published(hub, new, as_json=False)
    if done.erased:
        console.line(f"已撤回记录的内容已从湖中清除 erased from the lake: {sum(done.erased.values()):,} rows")
    if done.put_away_removed:
        count = len(done.put_away_removed)
        console.line(f"收走满期的文件已从 .done 目录删除 taken files removed from .done/ (raw/ has them): {count:,}")
    if done.removed:
        console.line(f"留存期满的旧版本已删除 old releases removed: {sum(map(len, done.removed.values())):,}")
    rows = [
        (one.table, *(f"{n:,}" for n in (one.files_before, one.files_after, one.removed, one.log_bytes)))
        for one in done.tables
    ]
    console.show(console.table(("table", "files before", "after", "removed", "log bytes"), rows))


def demo(hub: Hub, plan: Mapping[str, Any], *, only: int | None, as_json: bool) -> None:
    """What was dropped."""
    if as_json:
        console.json(plan)
        return
    days = plan["days"] if only is None else [plan["days"][only - 1]]
    files = [file for file in plan["files"] if file["received_on"] in days]
    rows = sum(file["rows"] for file in files)
    console.line(f"样例已放入收件目录 sample delivery dropped: {len(files)} files, {rows:,} rows in {hub.home.inbox}")
    console.line(f"对应报送日 to be received on: {', '.join(days)}")
    if cases := Counter(case["kind"] for file in files for case in file["cases"]):
        shown = "，".join(f"{title} {cases[kind]:,}" for kind, title in _cases().items() if cases[kind])
        console.line(f"合在一起才看得出的情形 seen only in several records together: {shown}")


def _cases() -> dict[str, str]:
    """What a demo delivery holds on purpose, in the order in which it is said."""
    from pipelines.pages.conflict_files import TITLES_ZH
    from pipelines.storage.conflicts import CONTRADICTING

    conflicts = {kind: title for kind, title in TITLES_ZH.items() if kind != CONTRADICTING}
    return conflicts | {"conflict": "条块报送内容矛盾", "other_channel": "条块重复报送", "on_hold": "异议尚未办结"}


def _receipts(hub: Hub, done: Collected) -> None:
    for one in done.settling:
        console.line(one.message)
    if not done.receipts and not done.settling:
        console.line(f"收件目录没有新文件 nothing new in {hub.home.inbox}")
    if not done.receipts:
        return
    order = {status: place for place, status in enumerate(("rejected", "partial", "duplicate", "accepted"))}
    ranked = sorted(done.receipts, key=lambda one: (order[one.status], one.provider_id, one.dataset_id, one.file_name))
    listed = ranked[:_MOST_LISTED]
    console.show(console.table(("provider", "dataset", "file", "结论", *_NUMBERS, ""), map(_receipt, listed)))
    if left := len(ranked) - len(listed):
        console.line(f"…… 另有 {left} 个文件，见回执 and {left} more, see their receipts")
    total = {name: sum(getattr(one.rows, name) for one in done.receipts) for name in _COUNTS}
    by_status = {zh: sum(one.status == status for one in done.receipts) for status, zh in WORDS["status"].items()}
    words = "，".join(f"{zh} {number}" for zh, number in by_status.items() if number)
    console.line(
        f"{len(done.receipts)} 个文件（{words}）：{total['received']:,} 行 = 入库 {total['accepted']:,} + 退回 {total['refused']:,}"
        f"，入库有提示 {total['warned']:,}"
    )
    console.line(f"回执 receipts: {hub.home.outboxes}")


def _receipt(one: Receipt) -> tuple[str, ...]:
    why = one.rules[0].message_zh if one.rules else ""
    if one.problem is not None:
        why = one.problem.message_zh
    elif one.first_batch_id is not None:
        why = f"与批次 {one.first_batch_id} 的内容完全相同，未重复入库"
    numbers = (f"{getattr(one.rows, name):,}" for name in _COUNTS)
    return one.provider_id, one.dataset_id, one.file_name, WORDS["status"][one.status], *numbers, why


def _pass(hub: Hub, done: Collected) -> dict[str, Any]:
    return {
        "receipts": [one.to_json() for one in done.receipts],
        "unclaimed": [entry.message for entry in done.unclaimed],
        # The name of 0.1.0, which programs may read.
        "strays": [entry.message for entry in done.unclaimed],
        "settling": [_waiting(hub, one) for one in done.settling],
    }


def _waiting(hub: Hub, one: Settling) -> dict[str, str]:
    return {"path": one.path.relative_to(hub.home.root).as_posix(), "settled_at": one.settled_at_text}


def _unclaimed(done: Collected) -> None:
    for entry in done.unclaimed:
        console.error(entry.message)


def _release(one: Published) -> dict[str, Any]:
    return {
        "product_id": one.product_id,
        "release_id": one.release_id,
        "rows": one.rows,
        "new": one.new,
        "changes": dict(one.changes),
        **({"held_at": one.held_at} if one.held_at else {}),
        **({"held": one.held.held_id} if one.held else {}),
    }


def _scorecard(done: Any) -> dict[str, Any]:
    return {"period": done.period, "folder": str(done.folder), "version": done.version.number}
