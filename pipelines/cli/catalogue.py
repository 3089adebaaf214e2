"""Verbs of the catalogue: check, build, docs, impact."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

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
from pipelines.cli.views import catalogue as view
from pipelines.ground.errors import InputError

catalog_app: Final = typer.Typer(no_args_is_help=True, help="Check and build the catalogue.")


@catalog_app.command("check")
def catalog_check(as_of: AsOfOption = None, as_json: JsonOption = False) -> None:
    """Check the catalogue and the generated suites; exit status 1 where something is wrong.

    Legal bases must be in force on the day of --as-of, today where it is not given.
    """
    from pipelines.catalog_check import check
    from pipelines.ground.clock import CHINA, instant
    from pipelines.ground.settings import Settings

    settings = Settings.read()
    findings = check(settings.catalog, settings.expectations, instant(as_of).astimezone(CHINA).date())
    view.checked(findings, as_json=as_json)
    exit_with(FINDINGS if findings else DONE)


@catalog_app.command("build")
def catalog_build(
    site: Annotated[Path | None, typer.Option(help="Folder for the catalogue's web page.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Generate the expectation suites and the catalogue's web page."""
    from pipelines.catalog import catalog
    from pipelines.expectations import write_all
    from pipelines.ground.settings import Settings
    from pipelines.pages.catalogue import build

    settings = Settings.read(new_expectations=True)
    known = catalog(settings.catalog)
    changed = write_all(known, settings.expectations)
    pages = build(known, site or settings.home / "catalog")
    view.built(changed, pages, as_json=as_json)


@catalog_app.command("docs")
def catalog_docs(
    home: HomeOption = None, dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None
) -> None:
    """Great Expectations Data Docs of the latest releases, offline."""
    hub = open_hub(home, must_exist=True)
    from pipelines.pages.data_docs import build as build_docs

    with console.steps("数据文档 docs"):
        built = build_docs(hub, dataset)
    view.paths(built)


@catalog_app.command("impact")
def catalog_impact(
    catalog: Annotated[Path, typer.Option(help="Folder of the changed catalogue.")],
    home: HomeOption = None,
    dataset: Annotated[str | None, typer.Option(help="Only this dataset.")] = None,
    provider: ProviderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Screen retained deliveries under a changed catalogue and say what would turn; nothing is written."""
    hub = open_hub(home, must_exist=True)
    from pipelines.catalog import Catalog
    from pipelines.impact import impact

    if not (catalog / "datasets").is_dir():
        raise InputError(f"--catalog {catalog}: holds no catalogue; give the folder that has datasets/ in it")
    other = Catalog.load(catalog)
    with console.steps("规则影响 impact") as step, hub.home.lake_in_use():
        found = impact(hub, other, dataset=dataset, provider=provider, progress=step)
    view.impact(found, as_json=as_json)
