"""The ``credit-hub`` command (contract.md, "Verbs").

Exit status: 0 done; 1 done, and the data has findings; 2 unusable arguments or input; 3 our own failure. Heavy libraries are
imported by the verb that needs them, so that ``credit-hub code`` answers at once.
"""

from __future__ import annotations

import os
import sys
import traceback
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipelines import console
from pipelines.errors import HubError, InputError

if TYPE_CHECKING:
    from pipelines.intake import Hub
    from pipelines.scorecard import ScoreResult

DONE, FINDINGS, UNUSABLE, FAILED = 0, 1, 2, 3
_NOON_IN_CHINA: Final = time(4, 0)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
                  help="Collection-and-sharing hub for public credit information (公共信用信息归集共享枢纽).")  # fmt: skip
catalog_app = typer.Typer(no_args_is_help=True, help="Check and build the catalogue.")
app.add_typer(catalog_app, name="catalog")

HomeOption = Annotated[Path | None, typer.Option("--home", help="Home folder (default $CREDIT_HUB_HOME, else ./home).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="The day the work is done as of.")
]
ProviderOption = Annotated[str | None, typer.Option("--provider", help="Only this provider.")]
ProductOption = Annotated[str | None, typer.Option("--product", help="Only this product.")]
PeriodOption = Annotated[str | None, typer.Option("--period", metavar="YYYY-MM", help="Month of the scorecard.")]


@app.command()
def collect(
    home: HomeOption = None, provider: ProviderOption = None, as_of: AsOfOption = None, as_json: JsonOption = False
) -> None:
    """One pass over the inboxes: raw → read → screen → lake → receipts."""
    hub, instant = _hub(home), _instant(as_of)
    from pipelines.catalog.site import keep
    from pipelines.intake import collect as run_collect

    with console.steps("归集 collect") as step:
        done = run_collect(hub, provider=provider, as_of=instant, progress=step)
    keep(hub.home, hub.catalog)
    console.collected(hub, done, as_json=as_json)
    _exit(UNUSABLE if done.strays else DONE)


@app.command()
def publish(
    home: HomeOption = None, product: ProductOption = None, as_of: AsOfOption = None, as_json: JsonOption = False
) -> None:
    """Resolve and release what changed."""
    hub, instant = _hub(home), _instant(as_of)
    from pipelines.release import publish as run_publish

    with console.steps("发布 publish") as step:
        done = run_publish(hub, product=product, as_of=instant, progress=step)
    console.published(hub, done, as_json=as_json)


@app.command()
def score(
    home: HomeOption = None, period: PeriodOption = None, as_of: AsOfOption = None, as_json: JsonOption = False
) -> None:
    """Scorecards of a month."""
    hub, instant = _hub(home), _instant(as_of)
    with console.steps("评分 score"):
        done = score_period(hub, period, instant)
    console.scored(hub, done, as_json=as_json)


@app.command()
def run(home: HomeOption = None, as_of: AsOfOption = None, as_json: JsonOption = False) -> None:
    """Collect, publish and score."""
    hub, instant = _hub(home), _instant(as_of)
    from pipelines.intake import collect as run_collect
    from pipelines.release import publish as run_publish

    with console.steps("归集 collect") as step:
        collected = run_collect(hub, provider=None, as_of=instant, progress=step)
    with console.steps("发布 publish") as step:
        published = run_publish(hub, product=None, as_of=instant, progress=step)
    with console.steps("评分 score"):
        scored = score_period(hub, None, instant)
    console.ran(hub, collected, published, scored, as_json=as_json)
    _exit(UNUSABLE if collected.strays else DONE)


@app.command()
def code(codes: Annotated[list[str], typer.Argument(help="Credit codes.")], as_json: JsonOption = False) -> None:
    """Verdict and reasons for credit codes (统一社会信用代码)."""
    from pipelines.catalog import catalog
    from pipelines.identifiers import describe
    from pipelines.settings import Settings

    known = catalog(Settings.read().catalog)
    reports = describe(codes, pairs=known.registrar_pairs, regions=known.division_codes)
    console.codes(reports, as_json=as_json)


@app.command()
def audit(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Prove conservation and changes from what is on disk; exit status 1 where something is wrong."""
    hub = _hub(home, must_exist=True)
    from pipelines.audit import audit as run_audit

    with console.steps("审计 audit"):
        findings = run_audit(hub)
    console.audited(hub, findings, as_json=as_json)
    _exit(FINDINGS if findings else DONE)


@app.command()
def maintain(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Compact the lake and remove files that belong to no table."""
    hub = _hub(home, must_exist=True)
    from pipelines.audit.audit import tables
    from pipelines.lake.maintenance import maintain as run_maintain

    with console.steps("维护 maintain"):
        done = run_maintain(hub.home, tables(hub))
    console.maintained(done, as_json=as_json)


@app.command()
def sql(query: str, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Read-only DuckDB over the lake, the ledger and the latest releases."""
    hub = _hub(home, must_exist=True)
    from pipelines.lake.query import query as run_query

    console.table(run_query(hub, query), as_json=as_json)


@app.command()
def demo(
    home: HomeOption = None,
    as_of: AsOfOption = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same delivery.")] = 20260401,
    scale: Annotated[float, typer.Option(help="1.0 is a month of all regions.")] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Drop a sample delivery of all regions into the inboxes."""
    hub, instant = _hub(home), _instant(as_of)
    from pipelines.demo import make_delivery
    from pipelines.intake.inbox import CHINA

    with console.steps("样例 demo"):
        plan = make_delivery(hub.home.root, hub.catalog, as_of=instant.astimezone(CHINA).date(), seed=seed, scale=scale)
    console.demo(hub, plan.to_json(), as_json=as_json)


@catalog_app.command("check")
def catalog_check(as_json: JsonOption = False) -> None:
    """Check the catalogue and the generated suites; exit status 1 where something is wrong."""
    from pipelines.catalog.check import check
    from pipelines.settings import Settings

    settings = Settings.read()
    findings = check(settings.catalog, settings.expectations)
    console.catalog_checked(findings, as_json=as_json)
    _exit(FINDINGS if findings else DONE)


@catalog_app.command("build")
def catalog_build(
    site: Annotated[Path | None, typer.Option(help="Folder for the catalogue's web page.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Generate the expectation suites and the catalogue's web page."""
    from pipelines.catalog import catalog
    from pipelines.catalog.site import build
    from pipelines.expectations import write_all
    from pipelines.settings import Settings

    settings = Settings.read()
    known = catalog(settings.catalog)
    changed = write_all(known, settings.expectations)
    pages = build(known, site or settings.home / "catalog")
    console.catalog_built(changed, pages, as_json=as_json)


@catalog_app.command("docs")
def catalog_docs(
    home: HomeOption = None, dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None
) -> None:
    """Great Expectations Data Docs of the latest releases, offline."""
    hub = _hub(home, must_exist=True)
    from pipelines.expectations.data_docs import build as build_docs

    console.paths(build_docs(hub, dataset))


def main() -> None:
    """Entry point: turns errors into one sentence and an exit status."""
    try:
        result = app(standalone_mode=False)
        sys.exit(result if isinstance(result, int) else DONE)
    except SystemExit:
        raise
    except InputError as error:
        console.error(str(error))
        sys.exit(UNUSABLE)
    except HubError as error:
        console.failure(str(error))
        sys.exit(FAILED)
    except (typer.Abort, KeyboardInterrupt):
        console.error("stopped; run the same command again, it goes on where it stopped")
        sys.exit(FAILED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(DONE)
    except Exception as error:
        if _is_usage(error):
            error.show()  # type: ignore[attr-defined]
            sys.exit(UNUSABLE)
        if isinstance(error, OSError) and error.errno in _DISK:
            console.error(
                f"{error.filename or 'the home'}: {error.strerror}; free space or mend the permissions, then run again"
            )
            sys.exit(UNUSABLE)
        if os.environ.get("CREDIT_HUB_DEBUG"):
            traceback.print_exc()
        console.failure(f"{type(error).__name__}: {error} (set CREDIT_HUB_DEBUG=1 for the traceback)")
        sys.exit(FAILED)


_DISK: Final = (1, 13, 28, 30)  # EPERM, EACCES, ENOSPC, EROFS


def _is_usage(error: Exception) -> bool:
    return hasattr(error, "exit_code") and hasattr(error, "show")


def _hub(home: Path | None, *, must_exist: bool = False) -> Hub:
    from pipelines.intake import Hub
    from pipelines.settings import Settings

    settings = Settings.read(home)
    if must_exist and not settings.home.is_dir():
        raise InputError(f"{settings.home}: there is no hub here; give --home, or make one with 'credit-hub demo'")
    if settings.home.exists() and not settings.home.is_dir():
        raise InputError(f"{settings.home}: is a file; --home must be a folder")
    return Hub.open(settings)


def _instant(as_of: str | None) -> datetime:
    """The instant work is done as of: noon in China of the given day, or now. The only place that reads the clock."""
    return datetime.now(UTC) if as_of is None else instant_of(as_of)


def instant_of(as_of: str) -> datetime:
    """Noon in China of a day.

    Raises:
        InputError: it is no day.
    """
    try:
        day = date.fromisoformat(as_of)
    except ValueError as error:
        raise InputError(f"--as-of {as_of}: is no day; write it as YYYY-MM-DD, for example 2026-11-22") from error
    return datetime.combine(day, _NOON_IN_CHINA, UTC)


def score_period(hub: Hub, period: str | None, instant: datetime) -> ScoreResult:
    """The scorecard of a month; without one, of the month of ``instant``.

    Raises:
        InputError: the period is no month.
    """
    from pipelines.catalog.site import keep
    from pipelines.intake.inbox import CHINA
    from pipelines.scorecard import score as run_score

    chosen = period or f"{instant.astimezone(CHINA):%Y-%m}"
    try:
        datetime.strptime(chosen, "%Y-%m")
    except ValueError as error:
        raise InputError(f"--period {chosen}: is no month; write it as YYYY-MM, for example 2026-11") from error
    keep(hub.home, hub.catalog)
    with hub.home.lake_in_use():
        return run_score(hub.home, hub.catalog, period=chosen, as_of=instant)


def _exit(status: int) -> None:
    if status:
        raise typer.Exit(status)
