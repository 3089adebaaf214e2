"""What ``catalog check``, ``build``, ``docs`` and ``impact`` say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.table import Column

from pipelines.cli import console

if TYPE_CHECKING:
    from pathlib import Path

    from pipelines.impact import Impact

_MOST_LISTED: Final = 40


def checked(findings: Sequence[Any], *, as_json: bool) -> None:
    """Findings of the catalogue check."""
    if as_json:
        console.json([{"path": str(f.path), "line": f.line, "message": f.message} for f in findings])
        return
    for finding in findings:
        console.line(f"✗ {finding.path}:{finding.line}: {finding.message}", style="red")
    if findings:
        console.line(f"{len(findings)} findings", style="bold red")
    else:
        console.line("目录检查通过 the catalogue is sound", style="green")


def built(changed: Sequence[Path], pages: Sequence[Path], *, as_json: bool) -> None:
    """What was generated."""
    if as_json:
        console.json({"suites_changed": [str(p) for p in changed], "pages": [str(p) for p in pages]})
        return
    console.line(f"{len(changed)} suites changed, {len(pages)} pages written: {pages[0] if pages else ''}")


def paths(written: Sequence[Path]) -> None:
    """Where something was written."""
    for path in written:
        console.line(str(path))


def impact(found: Impact, *, as_json: bool) -> None:
    """What a changed catalogue would turn, by rule and provider."""
    if as_json:
        console.json(found.to_json())
        return
    if not found.datasets:
        console.line("两个目录对已收数据的判定规则没有差别，没有重新检查。")
        return
    console.line(
        f"规则有变的目录项：{'、'.join(found.datasets)}；重新检查 {found.batches:,} 个文件 {found.rows:,} 行"
        + (f"，其中 {found.unread:,} 个文件无法读取" if found.unread else "")
        + f"。会改判拒收 {found.refused:,} 行，会改判入库 {found.accepted:,} 行。"
    )
    columns: list[str | Column] = ["规则", "报送单位", "级别"]
    columns += console.numbers("改判拒收", "改判入库", "现在违反", "改后违反")
    rows = []
    for one in found.rules[:_MOST_LISTED]:
        numbers = (one.refused, one.accepted, one.broke, one.would_break)
        rows.append((one.rule_id, one.provider_id, one.severity, *(f"{number:,}" for number in numbers)))
    console.show(console.table(columns, rows))
    if len(found.rules) > _MOST_LISTED:
        console.line(f"共 {len(found.rules):,} 行，这里列前 {_MOST_LISTED} 行；全部见 --json。")
