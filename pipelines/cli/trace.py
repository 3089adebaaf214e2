"""The verb trace: everything the hub knows of a subject."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.options import HomeOption, JsonOption, open_hub


def trace(
    code: Annotated[str, typer.Argument(help="Credit code of the subject.")],
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Everything about a subject (完整信用记录): every version, its file and row, verdict, releases, conflicts."""
    hub = open_hub(home, must_exist=True)
    from pipelines.cli.views.trace import traced
    from pipelines.trace import trace as run_trace

    traced(run_trace(hub, code), hub.catalog, as_json=as_json)
