"""Verbs about releases that wait for a person: held, which shows what would leave with them, and approve."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import AsOfOption, HomeOption, JsonOption, ProductOption, open_hub, person
from pipelines.cli.views import held as view
from pipelines.ground.clock import instant


def held(home: HomeOption = None, product: ProductOption = None, as_json: JsonOption = False) -> None:
    """Releases that wait for a person (暂缓发布): what would leave, who asked for it, whose records they are."""
    hub = open_hub(home, must_exist=True)
    from pipelines.operations import held as find

    view.held(hub, find(hub, product), as_json=as_json)


def approve(
    ids: Annotated[list[str], typer.Argument(metavar="HELD_ID...", help="Ids that 'credit-hub held' shows.")],
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why these records may leave, or may not.")] = "",
    by: Annotated[str | None, typer.Option("--by", help="Who decides (default: the user of the system).")] = None,
    refuse: Annotated[
        bool, typer.Option("--refuse", help="They may not: the release stays held, and says so.")
    ] = False,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Decide about held releases: who, when and why go into the ledger; the next publish releases what was approved."""
    hub, at = open_hub(home, must_exist=True), instant(as_of)
    from pipelines.operations import decide

    done = decide(hub, ids, approve=not refuse, why=why, by=person() if by is None else by, at=at)
    view.decided(done, as_json=as_json)
