"""What a held release is shown as to the person who decides: Markdown, in the words of officials.

Numbers, and the keys of a few records; names of subjects are not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pipelines.catalog import Catalog
from pipelines.pages.words import name
from pipelines.records.changes import REASON
from pipelines.records.messages import ASKED_BY
from pipelines.storage.held import RECORD_PROVIDER, Excess, HeldRelease

CLOCK_ZH: Final = "公示时钟"
_MOST: Final = 15
_SAMPLE: Final = 5


def subject_of(some: Sequence[HeldRelease]) -> str:
    """The question, in a line."""
    leaving = sum(one.leaving for one in some)
    return f"{len(some)} 个产品暂缓发布，共有 {leaving:,} 条记录将撤下，是否批准？"


def body_of(some: Sequence[HeldRelease], catalog: Catalog) -> str:
    """What would go, by who asked, by the provider of the records, and by reason, product by product."""
    return "\n\n".join([_HEAD, *(_of(one, catalog) for one in some)])


_HEAD = (
    "下列产品如果发布，减少的记录超过 `policies/releases.yaml` 规定的限度，因此暂缓，现行版本保持不变，其他产品照常发布。"
    "请核对是谁提出、撤下的是谁报送的记录：报送账号被盗用、批量误报、业务日期填错，都会是这个样子。\n\n"
    "**批准（Approve）**：须填写理由，所列记录撤下，产品随即发布。**不批准（Reject）**：维持现行版本，请联系提出单位撤销；"
    "以后仍可用 `credit-hub approve` 批准。逾期未答复的，维持现行版本。"
)


def _of(one: HeldRelease, catalog: Catalog) -> str:
    product = catalog.products.get(one.product_id)
    title = product.title_zh if product is not None else one.product_id
    lines = [
        f"### {title}（`{one.product_id}`）",
        f"编号 `{one.held_id}`；现行版本 `{one.standing_release_id}`，{one.rows_before:,} 条；将撤下 **{one.leaving:,}** 条"
        f"（{_percent(one.leaving, one.rows_before)}）。",
        "",
        *(f"- {why(excess, catalog)}" for excess in one.exceeded[:_MOST]),
        "",
        "| 提出单位 | 记录报送单位 | 原因 | 将撤下 |",
        "|---|---|---|---:|",
    ]
    counts = sorted(one.counts, key=lambda count: -count.records)
    lines += [
        f"| {provider_zh(count.asked_by, catalog)} | {provider_zh(count.record_provider, catalog)} "
        f"| {reason_zh(count.reason)} | {count.records:,} |"
        for count in counts[:_MOST]
    ]
    if len(counts) > _MOST:
        lines.append(f"| … | 另有 {len(counts) - _MOST} 行 | | {sum(count.records for count in counts[_MOST:]):,} |")
    lines += ["", "| 记录报送单位 | 现有 | 将撤下 | 占比 |", "|---|---:|---:|---:|"]
    for owner, number in list(one.by("record_provider").items())[:_MOST]:
        of = one.records_before.get(owner or "", 0)
        lines.append(f"| {provider_zh(owner, catalog)} | {of:,} | {number:,} | {_percent(number, of)} |")
    lines += ["", "部分记录的标识：", "", *(f"- `{key_of(record)}`" for record in one.sample[:_SAMPLE])]
    return "\n".join(lines)


def why(excess: Excess, catalog: Catalog) -> str:
    """Which limit is passed, in a sentence."""
    whose = "全部记录" if excess.provider_id is None else f"{provider_zh(excess.provider_id, catalog)}报送的记录"
    what = "公示期满" if excess.kind == "clock" else "修复、撤回和异议"
    return (
        f"{what}将使{whose}减少 {excess.leaving:,}/{excess.of:,}（{excess.share:.1%}），限度 {excess.largest_share:.0%}"
    )


def provider_zh(provider_id: str | None, catalog: Catalog) -> str:
    """The name of a provider; of nobody, the clock."""
    if provider_id is None:
        return CLOCK_ZH
    known = catalog.providers.get(provider_id)
    return known.title_zh if known is not None else provider_id


def key_of(record: Mapping[str, str | None]) -> str:
    """The record key of a record of the sample, in a line."""
    return " / ".join(
        value or "" for column, value in record.items() if column not in (ASKED_BY, RECORD_PROVIDER, REASON)
    )


def reason_zh(reason: str) -> str:
    """Why a record leaves."""
    return name(reason, "display_state")


def _percent(number: int, of: int) -> str:
    return f"{number / of:.1%}" if of else "—"
