"""Verbs that move data on: collect, publish, score, run, maintain, demo."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli import console
from pipelines.cli.options import (
    DONE,
    FINDINGS,
    UNUSABLE,
    AsOfOption,
    HomeOption,
    JsonOption,
    PeriodOption,
    ProductOption,
    ProviderOption,
    WhyOption,
    begin,
    exit_with,
    open_hub,
)
from pipelines.cli.views import held as held_view
from pipelines.cli.views import work as view
from pipelines.ground.clock import instant
from pipelines.ground.errors import InputError

if TYPE_CHECKING:
    from pipelines.publishing import Published
    from pipelines.storage.hub import Hub


def collect(
    home: HomeOption = None,
    provider: ProviderOption = None,
    as_of: AsOfOption = None,
    why: WhyOption = None,
    as_json: JsonOption = False,
) -> None:
    """One pass over the inboxes: raw → read → screen → lake → receipts."""
    hub = open_hub(home)
    at = begin(hub, "collect", as_of, why)
    from pipelines.operations import collect as run_collect
    from pipelines.pages.catalogue import keep

    with console.steps("归集 collect") as step:
        done = run_collect(hub, provider=provider, as_of=at, progress=step)
    keep(hub.home, hub.catalog)
    view.collected(hub, done, as_json=as_json)
    exit_with(UNUSABLE if done.unclaimed else DONE)


def publish(
    home: HomeOption = None,
    product: ProductOption = None,
    as_of: AsOfOption = None,
    why: WhyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Resolve and release what changed; exit status 1 where a release waits for a person."""
    hub = open_hub(home)
    at = begin(hub, "publish", as_of, why, product=product)
    from pipelines.operations import publish as run_publish

    with console.steps("发布 publish") as step:
        done = run_publish(hub, product=product, as_of=at, progress=step)
    view.published(hub, done, as_json=as_json)
    exit_with(_waiting(hub, done))


def score(
    home: HomeOption = None,
    period: PeriodOption = None,
    as_of: AsOfOption = None,
    what_if: Annotated[
        Path | None, typer.Option("--what-if", help="Compare past periods under this scorecard.yaml; write nothing.")
    ] = None,
    why: WhyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Scorecards of a month, a quarter or a year."""
    hub = open_hub(home, must_exist=what_if is not None)
    at = instant(as_of) if what_if is not None else begin(hub, "score", as_of, why)
    from pipelines.operations import score_period, this_month

    if what_if is not None:
        from pipelines.impact.what_if import read_scheme
        from pipelines.impact.what_if import what_if as compare

        scheme = read_scheme(what_if)
        with console.steps("评分方案比较 what-if"), hub.home.lake_in_use():
            compared = compare(
                hub.home,
                hub.catalog,
                scheme,
                period=period or this_month(at),
                as_of=at,
                memory_limit=hub.settings.memory_limit,
            )
        view.compared(compared, as_json=as_json)
        return
    with console.steps("评分 score"):
        done = score_period(hub, period, at)
    view.scored(hub, done, as_json=as_json)


def run(home: HomeOption = None, as_of: AsOfOption = None, why: WhyOption = None, as_json: JsonOption = False) -> None:
    """Collect, publish and score; exit status 1 where a release waits for a person."""
    hub = open_hub(home)
    at = begin(hub, "run", as_of, why)
    from pipelines.operations import collect as run_collect
    from pipelines.operations import publish as run_publish
    from pipelines.operations import score_period

    with console.steps("归集 collect") as step:
        collected = run_collect(hub, provider=None, as_of=at, progress=step)
    with console.steps("发布 publish") as step:
        published = run_publish(hub, product=None, as_of=at, progress=step)
    with console.steps("评分 score"):
        scored = score_period(hub, None, at)
    view.ran(hub, collected, published, scored, as_json=as_json)
    waiting = _waiting(hub, published)
    exit_with(UNUSABLE if collected.unclaimed else waiting)


def maintain(
    home: HomeOption = None, as_of: AsOfOption = None, why: WhyOption = None, as_json: JsonOption = False
) -> None:
    """Publish what the day makes due, erase what was withdrawn 30 days ago, remove old releases, compact the lake."""
    hub = open_hub(home, must_exist=True)
    at = begin(hub, "maintain", as_of, why)
    from pipelines.operations import upkeep

    with console.steps("维护 maintain") as step:
        done = upkeep(hub, at, step)
    view.maintained(hub, done, as_json=as_json)
    exit_with(_waiting(hub, done.released))


def _waiting(hub: Hub, done: Sequence[Published]) -> int:
    """Says which releases wait for a person; the exit status."""
    waiting = [one.held for one in done if one.held is not None]
    for one in waiting:
        held_view.waits(hub, one)
    return FINDINGS if waiting else DONE


def demo(
    home: HomeOption = None,
    as_of: AsOfOption = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same delivery.")] = 20260401,
    scale: Annotated[float, typer.Option(help="1.0 is about 100,000 rows of all regions.")] = 1.0,
    months: Annotated[
        int,
        typer.Option(min=1, max=12, help="Deliveries, a month apart: the last on --as-of, the others at month's end."),
    ] = 3,
    month: Annotated[
        int | None, typer.Option(min=1, help="Drop only this one of the months, 1 for the first; all without it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Drop a sample delivery of every provider into the inboxes, for several months.

    A receipt bears the day on which its file was taken. To receive the files month by month, drop one with --month and collect it
    with --as-of its day (in state/demo_plan.json), then the next; make demo does so.
    """
    if month is not None and month > months:
        raise InputError(
            f"--month {month}: there are only {months} months; give one of them, or more of them with --months"
        )
    hub, at = open_hub(home), instant(as_of)
    from pipelines.demo import make_delivery
    from pipelines.ground.clock import CHINA

    with console.steps("样例 demo"):
        day = at.astimezone(CHINA).date()
        plan = make_delivery(hub.home.root, hub.catalog, as_of=day, seed=seed, scale=scale, months=months, only=month)
    view.demo(hub, plan.to_json(), only=month, as_json=as_json)
