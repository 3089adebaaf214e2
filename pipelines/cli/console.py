"""What the command prints: tables for people on a terminal, JSON for programs, errors that look like whose they are."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from pipelines.audit import AuditFinding
    from pipelines.collecting import Collected
    from pipelines.identifiers import CodeReport
    from pipelines.impact import Impact
    from pipelines.impact.what_if import WhatIf
    from pipelines.publishing import Published
    from pipelines.publishing.upkeep import Upkeep
    from pipelines.publishing.verify import Verified
    from pipelines.storage.hub import Hub

_STATUS_ZH: Final = {"accepted": "全部入库", "partial": "部分入库", "rejected": "未入库", "duplicate": "重复报送"}
_MOST_LISTED: Final = 40
_OUT: Final = Console(highlight=False, width=None if sys.stdout.isatty() else 180)
_ERR: Final = Console(stderr=True, soft_wrap=True, highlight=False)


@contextmanager
def steps(title: str) -> Iterator[Callable[[str], None]]:
    """Says on stderr what is being done and how long it took; a spinner on a terminal."""
    begun = time.monotonic()
    with _ERR.status(title) as status:

        def step(name: str) -> None:
            status.update(f"{title} · {name}")
            if not _ERR.is_terminal:
                _ERR.print(f"{title} · {name}")

        yield step
    _ERR.print(f"{title} · {time.monotonic() - begun:.1f} s", style="dim")


def error(message: str) -> None:
    """Something the caller gave cannot be used."""
    _ERR.print(f"错误 error: {message}", style="red", markup=False)


def failure(message: str) -> None:
    """Our own failure; never worded as the provider's."""
    _ERR.print(f"枢纽自身故障 credit-hub failed: {message}", style="bold magenta", markup=False)


def table(frame: pl.DataFrame, *, as_json: bool) -> None:
    """Rows of a query."""
    if as_json:
        sys.stdout.write(frame.write_json() + "\n")
        return
    shown = Table(*frame.columns)
    for row in frame.rows():
        shown.add_row(*("" if value is None else str(value) for value in row))
    _OUT.print(shown)


def collected(hub: Hub, done: Collected, *, as_json: bool) -> None:
    """Receipts of a pass."""
    if as_json:
        _json(
            {
                "receipts": [one.to_json() for one in done.receipts],
                "strays": [unclaimed_entry.message for unclaimed_entry in done.unclaimed],
            }
        )
    else:
        _receipts(hub, done)
    _unclaimed(done)


def published(hub: Hub, done: Sequence[Published], *, as_json: bool) -> None:
    """Releases that products stand at."""
    if as_json:
        _json([_release(one) for one in done])
        return
    if not done:
        _OUT.print("没有可发布的数据 nothing to publish: the lake holds no accepted rows")
        return
    shown = Table("product", "release", "rows", "added", "changed", "removed", "")
    for one in done:
        numbers = [f"{one.changes[name]:,}" if one.new else "" for name in ("added", "changed", "removed")]
        shown.add_row(one.product_id, one.release_id, f"{one.rows:,}", *numbers, "new" if one.new else "unchanged")
    _OUT.print(shown)
    if held := sorted({one.held_at for one in done if one.held_at}):
        _OUT.print(
            f"公示时钟不倒走 the publication clock does not run back: products that stand at {held[-1]} were published as of that"
            " day, not as of the earlier one that was asked for"
        )
    _OUT.print(f"共享数据 shared datasets: {hub.home.shared}")


def scored(hub: Hub, done: Any, *, as_json: bool) -> None:
    """Where the scorecard is, and the ranking."""
    if as_json:
        _json(_scorecard(done))
        return
    _OUT.print(f"评分卡 scorecard: {hub.home.scorecards / done.period / 'index.html'}")


def compared(done: WhatIf, *, as_json: bool) -> None:
    """Two schemes side by side: the last period unit by unit, the others in a line each."""
    if as_json:
        _json(done.to_json())
        return
    _OUT.print(f"评分方案 {done.scheme_now} → {done.scheme_then}，{done.periods[0]} 至 {done.periods[-1]}")
    for line in done.differences or ("两个方案没有差别。",):
        _OUT.print(f"  {line}")
    past = Table("期间", "有总分", "升", "降", "名次有变", "等级有变", "最多升", "最多降")
    for period in done.periods:
        some = [one for one in done.shifts if one.period == period]
        gained = [one.gained for one in some if one.gained is not None]
        past.add_row(
            period,
            str(len(gained)),
            str(sum(value > 0 for value in gained)),
            str(sum(value < 0 for value in gained)),
            str(sum(bool(one.places) for one in some)),
            str(sum(one.now.grade != one.then.grade for one in some)),
            f"{max(gained, default=0.0):+.2f}",
            f"{min(gained, default=0.0):+.2f}",
        )
    _OUT.print(past)
    shown = Table("地区或部门", "总分", "改后", "增减", "等级", "改后", "名次", "改后", title=done.periods[-1])
    last = [one for one in done.shifts if one.period == done.periods[-1]]
    for one in sorted(last, key=lambda shift: (shift.scope, shift.then.rank or 999, shift.unit)):
        shown.add_row(
            one.unit_zh,
            *(f"{total:.2f}" if total is not None else "—" for total in (one.now.total, one.then.total)),
            f"{one.gained:+.2f}" if one.gained is not None else "—",
            *(grade or "—" for grade in (one.now.grade, one.then.grade)),
            *(str(rank) if rank else "—" for rank in (one.now.rank, one.then.rank)),
        )
    _OUT.print(shown)


def impact(found: Impact, *, as_json: bool) -> None:
    """What a changed catalogue would turn, by rule and provider."""
    if as_json:
        _json(found.to_json())
        return
    if not found.datasets:
        _OUT.print("两个目录对已收数据的判定规则没有差别，没有重新检查。")
        return
    _OUT.print(
        f"规则有变的目录项：{'、'.join(found.datasets)}；重新检查 {found.batches:,} 个文件 {found.rows:,} 行"
        + (f"，其中 {found.unread:,} 个文件无法读取" if found.unread else "")
        + f"。会改判拒收 {found.refused:,} 行，会改判入库 {found.accepted:,} 行。"
    )
    shown = Table("规则", "报送单位", "级别", "改判拒收", "改判入库", "现在违反", "改后违反")
    for column in shown.columns[3:]:
        column.justify = "right"
    for one in found.rules[:_MOST_LISTED]:
        numbers = (one.refused, one.accepted, one.broke, one.would_break)
        shown.add_row(one.rule_id, one.provider_id, one.severity, *(f"{number:,}" for number in numbers))
    _OUT.print(shown)
    if len(found.rules) > _MOST_LISTED:
        _OUT.print(f"共 {len(found.rules):,} 行，这里列前 {_MOST_LISTED} 行；全部见 --json。")


def ran(hub: Hub, collected_: Collected, published_: Sequence[Published], scored_: Any, *, as_json: bool) -> None:
    """All three."""
    if as_json:
        _json(
            {
                "receipts": [one.to_json() for one in collected_.receipts],
                "strays": [unclaimed_entry.message for unclaimed_entry in collected_.unclaimed],
                "releases": [_release(one) for one in published_],
                "scorecard": _scorecard(scored_),
            }
        )
    else:
        _receipts(hub, collected_)
        published(hub, published_, as_json=False)
        scored(hub, scored_, as_json=False)
    _unclaimed(collected_)


def codes(reports: Sequence[CodeReport], *, as_json: bool) -> None:
    """Verdicts on credit codes."""
    if as_json:
        _json([report.to_json() for report in reports])
        return
    from pipelines.identifiers import MESSAGES_ZH, Caution, Reason

    shown = Table()
    for title in ("输入", "代码", "结论", "原因与提示", "建议"):
        shown.add_column(title, overflow="fold", no_wrap=title != "原因与提示")
    for report in reports:
        words = [MESSAGES_ZH[Reason(report.reason)]] if report.reason else []
        words += [MESSAGES_ZH[Caution(caution)] for caution in report.warnings]
        verdict = "[green]有效[/]" if report.valid else "[red]无效[/]"
        shown.add_row(report.input, report.code or "", verdict, "；".join(words), report.suggestion or "")
    _OUT.print(shown)


def traced(hub: Hub, found: Mapping[str, Any], *, as_json: bool) -> None:
    """Everything about a subject."""
    if as_json:
        _json(found)
        return
    from pipelines.trace.page import page

    _OUT.print(page(found, hub.catalog))


def audited(hub: Hub, examined: Sequence[AuditFinding], *, as_json: bool) -> None:
    """What the audit found, and what interrupted runs left."""
    from pipelines.audit.audit import summary

    findings, left = [f for f in examined if not f.leftover], [f for f in examined if f.leftover]
    if as_json:
        said = {"findings": findings, **({"leftovers": left} if left else {})}
        told = {name: [{"subject": f.subject, "message": f.message} for f in some] for name, some in said.items()}
        _json({"ok": not findings, **told})
        return
    for one in left:
        _OUT.print(f"· {one.subject}: {one.message}", style="dim", markup=False)
    if left:
        _OUT.print(
            f"中断的作业留下 {len(left)} 项，不是丢失 left by interrupted runs, no loss: {len(left)}", style="dim"
        )
    for finding in findings:
        _OUT.print(f"✗ {finding.subject}: {finding.message}", style="red", markup=False)
    if findings:
        _OUT.print(f"审计发现 {len(findings)} 个问题 {len(findings)} findings", style="bold red")
        return
    counted = summary(hub)
    _OUT.print(
        f"审计通过 audit passed: {counted['files']:,} deliveries, {counted['rows_in']:,} rows in = "
        f"{counted['rows_accepted']:,} accepted + {counted['rows_refused']:,} refused "
        f"(open {counted['open']:,} + resolved {counted['resolved']:,} + waived {counted['waived']:,})",
        style="green",
    )


def maintained(hub: Hub, done: Upkeep, *, as_json: bool) -> None:
    """What the day's upkeep did."""
    if as_json:
        _json(
            {
                "releases": [_release(one) for one in done.released if one.new],
                "erased_rows": dict(done.erased),
                "removed_releases": {name: list(ids) for name, ids in done.removed.items()},
                "tables": [vars(one) for one in done.tables],
            }
        )
        return
    if new := [one for one in done.released if one.new]:
        published(hub, new, as_json=False)
    if done.erased:
        _OUT.print(f"已撤回记录的内容已从湖中清除 erased from the lake: {sum(done.erased.values()):,} rows")
    if done.removed:
        _OUT.print(f"留存期满的旧版本已删除 old releases removed: {sum(map(len, done.removed.values())):,}")
    shown = Table("table", "files before", "after", "removed", "log bytes")
    for one in done.tables:
        shown.add_row(one.table, *(f"{n:,}" for n in (one.files_before, one.files_after, one.removed, one.log_bytes)))
    _OUT.print(shown)


def verified(hub: Hub, done: Verified, *, as_json: bool) -> None:
    """Files of a product that are not what their manifest says."""
    found = [{"path": one.path.relative_to(hub.home.root).as_posix(), "message": one.message} for one in done.damage]
    if as_json:
        _json({"product_id": done.product_id, "releases": done.releases, "files": done.files, "damage": found})
        return
    for one in found:
        _OUT.print(f"{one['path']}: {one['message']}")
    word = "有损坏 damaged" if found else "完好 whole"
    _OUT.print(f"{done.product_id}: {word}; {done.releases:,} releases, {done.files:,} files")


_CASES_ZH: Final = {
    "several_names": "一码多名",
    "several_codes": "一名多码",
    "registrar": "代码与登记管理部门不符",
    "region": "代码与所在地区不符",
    "conflict": "条块报送内容矛盾",
    "other_channel": "条块重复报送",
    "on_hold": "异议尚未办结",
}


def demo(hub: Hub, plan: Mapping[str, Any], *, only: int | None, as_json: bool) -> None:
    """What was dropped."""
    if as_json:
        _json(plan)
        return
    days = plan["days"] if only is None else [plan["days"][only - 1]]
    files = [file for file in plan["files"] if file["received_on"] in days]
    rows = sum(file["rows"] for file in files)
    _OUT.print(f"样例已放入收件目录 sample delivery dropped: {len(files)} files, {rows:,} rows in {hub.home.inbox}")
    _OUT.print(f"对应报送日 to be received on: {', '.join(days)}")
    if cases := Counter(case["kind"] for file in files for case in file["cases"]):
        shown = "，".join(f"{title} {cases[kind]:,}" for kind, title in _CASES_ZH.items() if cases[kind])
        _OUT.print(f"合在一起才看得出的情形 told only by several records together: {shown}")


def catalog_checked(findings: Sequence[Any], *, as_json: bool) -> None:
    """Findings of the catalogue check."""
    if as_json:
        _json([{"path": str(f.path), "line": f.line, "message": f.message} for f in findings])
        return
    for finding in findings:
        _OUT.print(f"✗ {finding.path}:{finding.line}: {finding.message}", style="red", markup=False)
    if findings:
        _OUT.print(f"{len(findings)} findings", style="bold red")
    else:
        _OUT.print("目录检查通过 the catalogue is sound", style="green")


def catalog_built(changed: Sequence[Path], pages: Sequence[Path], *, as_json: bool) -> None:
    """What was generated."""
    if as_json:
        _json({"suites_changed": [str(p) for p in changed], "pages": [str(p) for p in pages]})
        return
    _OUT.print(f"{len(changed)} suites changed, {len(pages)} pages written: {pages[0] if pages else ''}")


def paths(written: Sequence[Path]) -> None:
    """Where something was written."""
    for path in written:
        _OUT.print(str(path))


def _receipts(hub: Hub, done: Collected) -> None:
    if not done.receipts:
        _OUT.print(f"收件目录没有新文件 nothing new in {hub.home.inbox}")
        return
    shown = Table("provider", "dataset", "file", "结论", "in", "accepted", "refused", "warned", "")
    order = {status: place for place, status in enumerate(("rejected", "partial", "duplicate", "accepted"))}
    receipts = [one.to_json() for one in done.receipts]
    ranked: list[Any] = sorted(
        receipts, key=lambda r: (order[str(r["status"])], r["provider_id"], r["dataset_id"], r["file_name"])
    )
    listed = ranked[:_MOST_LISTED]
    for one in listed:
        rows = one["rows"]
        why = one["rules"][0]["message_zh"] if one["rules"] else ""
        if one["problem"]:
            why = one["problem"]["message_zh"]
        elif "first_batch_id" in one:
            why = f"与批次 {one['first_batch_id']} 的内容完全相同，未重复入库"
        numbers = [f"{rows[name]:,}" for name in ("in", "accepted", "refused", "warned")]
        shown.add_row(one["provider_id"], one["dataset_id"], one["file_name"], _STATUS_ZH[one["status"]], *numbers, why)
    _OUT.print(shown)
    if left := len(ranked) - len(listed):
        _OUT.print(f"…… 另有 {left} 个文件，见回执 and {left} more, see their receipts")
    total = {name: sum(r["rows"][name] for r in ranked) for name in ("in", "accepted", "refused", "warned")}
    by_status = {zh: sum(r["status"] == status for r in ranked) for status, zh in _STATUS_ZH.items()}
    words = "，".join(f"{zh} {number}" for zh, number in by_status.items() if number)
    _OUT.print(
        f"{len(done.receipts)} 个文件（{words}）：{total['in']:,} 行 = 入库 {total['accepted']:,} + 退回 {total['refused']:,}"
        f"，入库有提示 {total['warned']:,}"
    )
    _OUT.print(f"回执 receipts: {hub.home.outboxes}")


def _unclaimed(done: Collected) -> None:
    for unclaimed_entry in done.unclaimed:
        error(unclaimed_entry.message)


def _release(one: Published) -> dict[str, Any]:
    return {
        "product_id": one.product_id,
        "release_id": one.release_id,
        "rows": one.rows,
        "new": one.new,
        "changes": dict(one.changes),
        **({"held_at": one.held_at} if one.held_at else {}),
    }


def _scorecard(done: Any) -> dict[str, Any]:
    return {"period": done.period, "folder": str(done.folder), "version": done.version.number}


def _json(content: Any) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n")
