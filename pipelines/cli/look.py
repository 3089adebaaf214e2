"""Verbs that only look: code, trace, audit, verify, sql."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli import console
from pipelines.cli.options import (
    DONE,
    FINDINGS,
    AsOfOption,
    HomeOption,
    JsonOption,
    ProviderOption,
    exit_with,
    open_hub,
)
from pipelines.cli.views import look as view
from pipelines.ground.clock import instant


def code(codes: Annotated[list[str], typer.Argument(help="Credit codes.")], as_json: JsonOption = False) -> None:
    """Verdict and reasons for credit codes (统一社会信用代码)."""
    from pipelines.catalog import catalog
    from pipelines.ground.settings import Settings
    from pipelines.identifiers import describe

    known = catalog(Settings.read().catalog)
    reports = describe(codes, pairs=known.registrar_pairs, regions=known.division_codes)
    view.codes(reports, as_json=as_json)


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


def messages(
    home: HomeOption = None,
    provider: ProviderOption = None,
    state: Annotated[str | None, typer.Option(help="Only messages in this state, such as pending.")] = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Repairs, withdrawals and objections (修复、撤回、异议): who asked, whose record it is, and what became of each."""
    hub, at = open_hub(home, must_exist=True), instant(as_of)
    from pipelines.ground.clock import CHINA
    from pipelines.operations import messages as found

    view.messages(found(hub, at.astimezone(CHINA).date(), provider=provider, state=state), as_json=as_json)


def audit(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Prove conservation and changes from what is on disk; exit status 1 where something is wrong."""
    hub = open_hub(home, must_exist=True)
    from pipelines.audit import examined

    with console.steps("审计 audit"):
        found = examined(hub)
    view.audited(hub, found, as_json=as_json)
    exit_with(FINDINGS if any(not one.leftover for one in found) else DONE)


def verify(
    product: Annotated[str, typer.Argument(help="Product id.")], home: HomeOption = None, as_json: JsonOption = False
) -> None:
    """Recompute every digest of a product's releases; exit status 1 where one is wrong."""
    hub = open_hub(home, must_exist=True)
    from pipelines.publishing.verify import verify as run_verify

    with console.steps("校验 verify"):
        done = run_verify(hub, product)
    view.verified(hub, done, as_json=as_json)
    exit_with(FINDINGS if done.damage else DONE)


def sql(query: str, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Read-only DuckDB over the lake, the ledger and the latest releases."""
    hub = open_hub(home, must_exist=True)
    from pipelines.query.query import query as run_query

    view.rows(run_query(hub, query), as_json=as_json)
