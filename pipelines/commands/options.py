"""What every verb shares: options, exit statuses, the hub it works on, the instant it works as of."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pipelines.errors import InputError

if TYPE_CHECKING:
    from pipelines.intake import Hub

DONE, FINDINGS, UNUSABLE, FAILED = 0, 1, 2, 3
_NOON_IN_CHINA: Final = time(4, 0)

HomeOption = Annotated[Path | None, typer.Option("--home", help="Home folder (default $CREDIT_HUB_HOME, else ./home).")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="The day the work is done as of.")
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
    from pipelines.intake import Hub
    from pipelines.settings import Settings

    settings = Settings.read(home)
    if must_exist and not settings.home.is_dir():
        raise InputError(f"{settings.home}: there is no hub here; give --home, or make one with 'credit-hub demo'")
    if settings.home.exists() and not settings.home.is_dir():
        raise InputError(f"{settings.home}: is a file; --home must be a folder")
    return Hub.open(settings)


def instant(as_of: str | None) -> datetime:
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


def exit_with(status: int) -> None:
    """Leave the command with an exit status of the contract."""
    if status:
        raise typer.Exit(status)
