"""Verbs about refused rows: precheck, which finds them before they are sent, and waive, which lets them be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.options import DONE, FINDINGS, UNUSABLE, AsOfOption, HomeOption, JsonOption, exit_with, open_hub
from pipelines.ground.clock import instant
from pipelines.storage.home import Home

if TYPE_CHECKING:
    from pipelines.ground.settings import Settings
    from pipelines.storage.hub import Hub


def precheck(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file as it would be sent.")],
    dataset: Annotated[str, typer.Option("--dataset", metavar="ID", help="The dataset it is meant for.")],
    provider: Annotated[str | None, typer.Option("--provider", metavar="ID", help="Who would send it.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder of the report (default: beside the file).")
    ] = None,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """The same screening as collect, offline; nothing is written but the report.

    Exit status 1 where something is to be corrected or looked at, 2 where the file cannot be used. Of an archive, every file in it
    is reported.
    """
    from pipelines.catalog import catalog
    from pipelines.cli.views import refused as view
    from pipelines.ground.settings import Settings
    from pipelines.precheck import precheck as run_precheck

    settings = Settings.read(home)
    known = catalog(settings.catalog)
    done = run_precheck(
        known,
        file,
        dataset,
        provider_id=provider,
        as_of=instant(as_of),
        out=out,
        hub=_at_hand(settings),
        limits=settings.limits,
    )
    view.prechecked(done, known, as_json=as_json)
    if any(one.receipt["status"] == "rejected" and one.receipt["rows"]["in"] == 0 for one in done):
        exit_with(UNUSABLE)
    exit_with(DONE if all(one.passed for one in done) else FINDINGS)


def waive(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[QUARANTINE_ID]...", help="Numbers of refused rows.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="Who decides.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why these rows need no correction.")] = "",
    batch: Annotated[str | None, typer.Option("--batch", help="Open rows of this batch.")] = None,
    rule: Annotated[
        str | None, typer.Option("--rule", help="Open rows that broke this refusing rule and no other.")
    ] = None,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that refused rows need no correction: who and why go into the ledger; the rows stay out of the lake."""
    hub, at = open_hub(home, must_exist=True), instant(as_of)
    from pipelines.cli.views import refused as view
    from pipelines.ground.clock import CHINA
    from pipelines.operations import waive as run_waive

    done = run_waive(hub, ids or [], batch=batch, rule=rule, by=by, reason=reason, day=at.astimezone(CHINA).date())
    view.waived(done, as_json=as_json)


def _at_hand(settings: Settings) -> Hub | None:
    """The hub of the home, where there is one that has collected something."""
    if not Home(settings.home).lake.is_dir():
        return None
    from pipelines.storage.hub import Hub

    return Hub.open(settings)
