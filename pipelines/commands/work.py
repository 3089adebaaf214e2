"""Verbs that move data on: collect, publish, score, run, maintain, demo."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines import console
from pipelines.commands.options import (
    DONE,
    UNUSABLE,
    AsOfOption,
    HomeOption,
    JsonOption,
    PeriodOption,
    ProductOption,
    ProviderOption,
    exit_with,
    instant,
    open_hub,
)

if TYPE_CHECKING:
    from pipelines.intake import Hub
    from pipelines.scorecard import ScoreResult


def collect(
    home: HomeOption = None, provider: ProviderOption = None, as_of: AsOfOption = None, as_json: JsonOption = False
) -> None:
    """One pass over the inboxes: raw → read → screen → lake → receipts."""
    hub, at = open_hub(home), instant(as_of)
    from pipelines.catalog.site import keep
    from pipelines.intake import collect as run_collect

    with console.steps("归集 collect") as step:
        done = run_collect(hub, provider=provider, as_of=at, progress=step)
    keep(hub.home, hub.catalog)
    console.collected(hub, done, as_json=as_json)
    exit_with(UNUSABLE if done.strays else DONE)


def publish(
    home: HomeOption = None, product: ProductOption = None, as_of: AsOfOption = None, as_json: JsonOption = False
) -> None:
    """Resolve and release what changed."""
    hub, at = open_hub(home), instant(as_of)
    from pipelines.release import publish as run_publish

    with console.steps("发布 publish") as step:
        done = run_publish(hub, product=product, as_of=at, progress=step)
    console.published(hub, done, as_json=as_json)


def score(
    home: HomeOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    what_if: Annotated[
        Path | None, typer.Option("--what-if", help="Compare past periods under this scorecard.yaml; write nothing.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Scorecards of a month, a quarter or a year."""
    hub, at = open_hub(home, must_exist=what_if is not None), instant(as_of)
    if what_if is not None:
        from pipelines.scorecard.what_if import read_scheme
        from pipelines.scorecard.what_if import what_if as compare

        scheme = read_scheme(what_if)
        with console.steps("评分方案比较 what-if"), hub.home.lake_in_use():
            compared = compare(hub.home, hub.catalog, scheme, period=period or this_month(at), as_of=at)
        console.compared(compared, as_json=as_json)
        return
    with console.steps("评分 score"):
        done = score_period(hub, period, at)
    console.scored(hub, done, as_json=as_json)


def run(home: HomeOption = None, as_of: AsOfOption = None, as_json: JsonOption = False) -> None:
    """Collect, publish and score."""
    hub, at = open_hub(home), instant(as_of)
    from pipelines.intake import collect as run_collect
    from pipelines.release import publish as run_publish

    with console.steps("归集 collect") as step:
        collected = run_collect(hub, provider=None, as_of=at, progress=step)
    with console.steps("发布 publish") as step:
        published = run_publish(hub, product=None, as_of=at, progress=step)
    with console.steps("评分 score"):
        scored = score_period(hub, None, at)
    console.ran(hub, collected, published, scored, as_json=as_json)
    exit_with(UNUSABLE if collected.strays else DONE)


def maintain(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Compact the lake and remove files that belong to no table."""
    hub = open_hub(home, must_exist=True)
    from pipelines.audit.audit import tables
    from pipelines.lake.maintenance import maintain as run_maintain

    with console.steps("维护 maintain"):
        done = run_maintain(hub.home, tables(hub))
    console.maintained(done, as_json=as_json)


def demo(
    home: HomeOption = None,
    as_of: AsOfOption = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same delivery.")] = 20260401,
    scale: Annotated[float, typer.Option(help="1.0 is a month of all regions.")] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Drop a sample delivery of all regions into the inboxes."""
    hub, at = open_hub(home), instant(as_of)
    from pipelines.demo import make_delivery
    from pipelines.intake.inbox import CHINA

    with console.steps("样例 demo"):
        plan = make_delivery(hub.home.root, hub.catalog, as_of=at.astimezone(CHINA).date(), seed=seed, scale=scale)
    console.demo(hub, plan.to_json(), as_json=as_json)


def score_period(hub: Hub, period: str | None, at: datetime) -> ScoreResult:
    """The scorecard of a period; without one, of the month of ``at``.

    Raises:
        InputError: the period is none.
    """
    from pipelines.catalog.site import keep
    from pipelines.scorecard import score as run_score
    from pipelines.scorecard.period import Period

    chosen = period or this_month(at)
    Period.parse(chosen, at)
    keep(hub.home, hub.catalog)
    with hub.home.lake_in_use():
        return run_score(hub.home, hub.catalog, period=chosen, as_of=at)


def this_month(at: datetime) -> str:
    """The month of an instant in China, as a period is written."""
    from pipelines.intake.inbox import CHINA

    return f"{at.astimezone(CHINA):%Y-%m}"
