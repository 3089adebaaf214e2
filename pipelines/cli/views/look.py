"""What ``code``, ``audit``, ``verify`` and ``sql`` say."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Column
from rich.text import Text

from pipelines.cli import console

if TYPE_CHECKING:
    import polars as pl

    from pipelines.audit import AuditFinding
    from pipelines.identifiers import CodeReport
    from pipelines.publishing.verify import Verified
    from pipelines.storage.hub import Hub


def codes(reports: Sequence[CodeReport], *, as_json: bool) -> None:
    """Verdicts on credit codes."""
    if as_json:
        console.json([report.to_json() for report in reports])
        return
    from pipelines.identifiers import MESSAGES_ZH, Caution, Reason

    titles = ("输入", "代码", "结论", "原因与提示", "建议")
    rows = []
    for report in reports:
        words = [MESSAGES_ZH[Reason(report.reason)]] if report.reason else []
        words += [MESSAGES_ZH[Caution(caution)] for caution in report.warnings]
        verdict = Text("有效", style="green") if report.valid else Text("无效", style="red")
        rows.append((report.input, report.code, verdict, "；".join(words), report.suggestion))
    columns = [Column(title, overflow="fold", no_wrap=title != "原因与提示") for title in titles]
    console.show(console.table(columns, rows))


def rows(frame: pl.DataFrame, *, as_json: bool) -> None:
    """Rows of a query."""
    if as_json:
        sys.stdout.write(frame.write_json() + "\n")
    else:
        console.show(console.table(frame.columns, frame.rows()))


def messages(found: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Messages about records, and what became of each."""
    if as_json:
        console.json(found)
        return
    from pipelines.pages.message_files import STATES_ZH

    if not found:
        console.line("没有修复、撤回、异议消息 no messages")
        return
    titles = ("消息编号", "种类", "提出单位", "记录报送单位", "目录项", "文书号", "状态", "期限", "说明")
    names = ("message_id", "kind", "sender", "record_provider", "dataset_id", "document_number")
    rows = [
        (*(one[name] for name in names), STATES_ZH[str(one["state"])], one["due_on"], one["reason"]) for one in found
    ]
    console.show(console.table([Column(title, overflow="fold") for title in titles], rows))


def audited(hub: Hub, examined: Sequence[AuditFinding], *, as_json: bool) -> None:
    """What the audit found, and what interrupted runs left."""
    from pipelines.audit.audit import summary

    findings, left = [f for f in examined if not f.leftover], [f for f in examined if f.leftover]
    if as_json:
        said = {"findings": findings, **({"leftovers": left} if left else {})}
        shown = {name: [{"subject": f.subject, "message": f.message} for f in some] for name, some in said.items()}
        console.json({"ok": not findings, **shown})
        return
    for one in left:
        console.line(f"· {one.subject}: {one.message}", style="dim")
    if left:
        console.line(
            f"中断的作业留下 {len(left)} 项，不是丢失 left by interrupted runs, no loss: {len(left)}", style="dim"
        )
    for finding in findings:
        console.line(f"✗ {finding.subject}: {finding.message}", style="red")
    if findings:
        console.line(f"审计发现 {len(findings)} 个问题 {len(findings)} findings", style="bold red")
        return
    counted = summary(hub)
    console.line(
        f"审计通过 audit passed: {counted['files']:,} deliveries, {counted['rows_in']:,} rows in = "
        f"{counted['rows_accepted']:,} accepted + {counted['rows_refused']:,} refused "
        f"(open {counted['open']:,} + resolved {counted['resolved']:,} + waived {counted['waived']:,})",
        style="green",
    )


def verified(hub: Hub, done: Verified, *, as_json: bool) -> None:
    """Files of a product that are not what their manifest says."""
    found = [{"path": one.path.relative_to(hub.home.root).as_posix(), "message": one.message} for one in done.damage]
    if as_json:
        console.json({"product_id": done.product_id, "releases": done.releases, "files": done.files, "damage": found})
        return
    for one in found:
        console.line(f"{one['path']}: {one['message']}")
    word = "有损坏 damaged" if found else "完好 whole"
    console.line(f"{done.product_id}: {word}; {done.releases:,} releases, {done.files:,} files")
