"""Verbs that move data on: collect, publish, score, run, maintain, demo."""

from __future__ import annotations

from datetime import datetime
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
from pipelines.errors import InputError

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
    home: HomeOption = None, period: PeriodOption = None, as_of: AsOfOption = None, as_json: JsonOption = False
) -> None:
    """Scorecards of a month."""
    hub, at = open_hub(home), instant(as_of)
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


def maintain(home: HomeOption = None, as_of: AsOfOption = None, as_json: JsonOption = False) -> None:
    """Publish what the day makes due, erase what was withdrawn, remove old releases, compact the lake."""
    hub, at = open_hub(home, must_exist=True), instant(as_of)
    from pipelines.audit.audit import tables
    from pipelines.release.upkeep import upkeep

    with console.steps("维护 maintain") as step:
        done = upkeep(hub, tables(hub), at, step)
    console.maintained(hub, done, as_json=as_json)


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
    """The scorecard of a month; without one, of the month of ``at``.

    Raises:
        InputError: the period is no month.
    """
    from pipelines.catalog.site import keep
    from pipelines.intake.inbox import CHINA
    from pipelines.scorecard import score as run_score

    chosen = period or f"{at.astimezone(CHINA):%Y-%m}"
    try:
        datetime.strptime(chosen, "%Y-%m")
    except ValueError as error:
        raise InputError(f"--period {chosen}: is no month; write it as YYYY-MM, for example 2026-11") from error
    keep(hub.home, hub.catalog)
    with hub.home.lake_in_use():
        return run_score(hub.home, hub.catalog, period=chosen, as_of=at)
