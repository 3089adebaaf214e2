"""What ``held`` and ``approve`` say, and the sentence about a release that waits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from pipelines.cli import console

if TYPE_CHECKING:
    from pipelines.storage.held import HeldRelease
    from pipelines.storage.hub import Hub

_MOST: Final = 20
_DECIDED: Final = {"approved": "已批准 approved", "refused": "不批准 refused"}


def held(hub: Hub, some: Sequence[HeldRelease], *, as_json: bool) -> None:
    """Held releases, each with what would leave by sender and by provider of the records."""
    if as_json:
        console.json([_plain(one) for one in some])
        return
    from pipelines.pages.held_releases import key_of, provider_zh, reason_zh, why

    if not some:
        console.line("没有暂缓发布的产品 nothing is held")
    for one in some:
        console.line(f"{one.held_id}", style="bold")
        console.line(
            f"  {one.product_id} 仍为 stays at {one.standing_release_id}；将撤下 would leave: "
            f"{one.leaving:,} / {one.rows_before:,}"
        )
        for excess in one.exceeded:
            console.line(f"  ! {why(excess, hub.catalog)}")
        if one.decision is not None:
            console.line(f"  {_DECIDED[one.decision.decision]}: {one.decision.by} {one.decision.at} {one.decision.why}")
        rows = [
            (
                provider_zh(count.asked_by, hub.catalog),
                provider_zh(count.record_provider, hub.catalog),
                reason_zh(count.reason),
                f"{count.records:,}",
                f"{one.records_before.get(count.record_provider or '', 0):,}",
            )
            for count in sorted(one.counts, key=lambda count: -count.records)
        ]
        console.show(console.table(("提出单位", "记录报送单位", "原因", "将撤下", "该单位现有"), rows[:_MOST]))
        if (left := len(rows) - _MOST) > 0:
            console.line(f"  …… 另有 {left} 行 and {left} more, see --json")
        for record in one.sample[:_MOST]:
            console.line(f"  · {key_of(record)}")


def decided(done: Sequence[HeldRelease], *, as_json: bool) -> None:
    """What was decided, and what follows."""
    if as_json:
        console.json([_plain(one) for one in done])
        return
    for one in done:
        assert one.decision is not None
        said = f"{_DECIDED[one.decision.decision]}: {one.held_id}（{one.leaving:,} 条 records）"
        follows = f"；下次发布时生效 released by the next: credit-hub publish --product {one.product_id}"
        console.line(said + (follows if one.decision.decision == "approved" else "；现行版本不变 the release stands"))


def waits(hub: Hub, one: HeldRelease) -> None:
    """The sentence about a release that waits, on stderr."""
    from pipelines.pages.held_releases import why

    reasons = "；".join(why(excess, hub.catalog) for excess in one.exceeded[:3])
    refused = "，已答复不批准" if one.decision is not None and one.decision.decision == "refused" else ""
    console.error(
        f"{one.product_id}: 暂缓发布{refused} held at {one.standing_release_id}: {one.leaving:,} of {one.rows_before:,} records"
        f" would leave（{reasons}）; look with 'credit-hub held', release with 'credit-hub approve {one.held_id} --why …'"
    )


def _plain(one: HeldRelease) -> dict[str, Any]:
    """As in the file, with the sums a reader would make first."""
    sums = {
        "by_sender": one.by("asked_by"),
        "by_provider": one.by("record_provider"),
        "by_reason": one.by("reason"),
    }
    shown = {name: {who or "clock": number for who, number in counted.items()} for name, counted in sums.items()}
    return {**one.to_json(), "share": round(one.leaving / one.rows_before, 4) if one.rows_before else None, **shown}
