"""What every verb shares: options, exit statuses, the hub it works on, the instant it works as of."""

from __future__ import annotations

import getpass
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.ground.clock import instant
from pipelines.ground.errors import InputError

if TYPE_CHECKING:
    from pipelines.storage.hub import Hub

DONE, FINDINGS, UNUSABLE, FAILED = 0, 1, 2, 3

HomeOption = Annotated[Path | None, typer.Option("--home", help="Home folder (default $CREDIT_HUB_HOME, else ./home).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="The day the work is done as of.")
]
WhyOption = Annotated[
    str | None,
    typer.Option(
        "--why", metavar="TEXT", help="Why as of a day beyond today, or before the last release; written down."
    ),
]
ProviderOption = Annotated[str | None, typer.Option("--provider", help="Only this provider.")]
ProductOption = Annotated[str | None, typer.Option("--product", help="Only this product.")]
PeriodOption = Annotated[
    str | None,
    typer.Option("--period", metavar="PERIOD", help="Month 2026-03, quarter 2026-Q1 or year 2026 of the scorecard."),
]


def open_hub(home: Path | None, *, must_exist: bool = False) -> Hub:
    """The hub of a home folder.

    Raises:
        InputError: there is no hub there, and one must exist; or it is a file.
    """
    from pipelines.ground.settings import Settings
    from pipelines.storage.hub import Hub

    settings = Settings.read(home)
    if must_exist and not settings.home.is_dir():
        raise InputError(f"{settings.home}: there is no hub here; give --home, or make one with 'credit-hub demo'")
    if settings.home.exists() and not settings.home.is_dir():
        raise InputError(f"{settings.home}: is a file; --home must be a folder")
    return Hub.open(settings)


def begin(hub: Hub, operation: str, as_of: str | None, why: str | None, *, product: str | None = None) -> datetime:
    """The instant the work is done as of; an unusual day needs a reason (``pipelines.operations.second_word``).

    Raises:
        InputError: it is no day, or needs a reason and has none.
    """
    at = instant(as_of)
    if as_of is not None:
        from pipelines.operations import second_word

        second_word(hub, operation, at, today=instant(None), why=why, by=person(), product=product)
    return at


def person() -> str:
    """Who is at the keyboard, as the system knows them."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may have no name for its user
        return str(os.getuid())


def exit_with(status: int) -> None:
    """Leave the command with an exit status of the contract."""
    if status:
        raise typer.Exit(status)
