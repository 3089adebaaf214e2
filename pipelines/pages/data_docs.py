"""Great Expectations Data Docs of the latest releases, made on demand, readable without a network.

    <home>/data_docs/<dataset_id>/index.html                    ours: what was validated, each expectation's result
    <home>/data_docs/<dataset_id>/expectations/<suite>.html     Great Expectations' page of the suite
    <home>/data_docs/<dataset_id>/validations/<suite>/<release_id>/<instant>/<batch>.html    and of its results

The suite is the one the gate asks of a release; the context lives in memory; the pages hold counts, never a value of a
record.

As Great Expectations writes them, the pages load 17 files from content networks, report to its logo server, and fill
the index by script. So the index is our own, and ``offline`` copies text and structure only, by a list of what may
stay: whatever a later version adds is dropped, not loaded.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pipelines import expectations
from pipelines.ground.errors import HubError, InputError
from pipelines.pages.theme import render, style
from pipelines.publishing import gate
from pipelines.storage.files import replace_file
from pipelines.storage.manifest import Manifest, latest

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

    from pipelines.catalog import Catalog, Rule
    from pipelines.storage.hub import Hub

INDEX: Final = "index.html"
_TABLE: Final = "latest_release"
_COUNTS: Final = {"result_format": "BASIC", "partial_unexpected_count": 0}

_ATTRIBUTES: Final = re.compile("id|class|colspan|rowspan|hidden|scope|lang|charset|name|content|href")
_ELEMENTS: Final = re.compile(
    "html|head|meta|title|body|nav|main|header|section|div|span|p|pre|code|br|hr|h[1-6]|a|b|strong|i|em|small"
    "|ul|ol|li|dl|dt|dd|table|caption|thead|tbody|tfoot|tr|th|td"
)
_VOID: Final = re.compile("area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr")


def build(hub: Hub, dataset: str | None) -> list[Path]:
    """Validate the latest release of a dataset, or of every dataset that has one, and write its Data Docs.

    Returns:
        The index page of each, in the order of the catalogue.

    Raises:
        InputError: there is no such dataset, or nothing was released yet.
        HubError: the suite was never generated, or Great Expectations wrote no page.
    """
    known = hub.catalog.datasets
    if dataset is not None and dataset not in known:
        raise InputError(f"dataset '{dataset}' is not in the catalogue; use one of: {', '.join(sorted(known))}")
    releases = {name: latest(hub.home, name) for name in known if dataset in (None, name)}
    released = {name: manifest for name, manifest in releases.items() if manifest is not None}
    if not released:
        raise InputError(f"{dataset or 'all datasets'}: nothing was released yet; run 'credit-hub publish' first")
    return [_build_one(hub, name, manifest) for name, manifest in released.items()]


def offline(page: str) -> str:
    """A page of Great Expectations without anything that loads, runs or reports, with our style sheet in its head."""
    parser = _Offline()
    parser.feed(page)
    parser.close()
    return "".join(parser.kept)


def _build_one(hub: Hub, dataset_id: str, manifest: Manifest) -> Path:
    target = hub.home.data_docs(dataset_id)
    with hub.home.locked(f"docs-{dataset_id}.lock"):
        work = hub.home.work(f"docs-{dataset_id}")
        shutil.rmtree(work, ignore_errors=True)
        made, done = work / "made", work / "done"
        made.mkdir(parents=True)
        results = _validate(hub, dataset_id, manifest, made)
        pages = sorted(path.relative_to(made) for path in made.rglob("*.html"))
        for page in pages:
            (done / page).parent.mkdir(parents=True, exist_ok=True)
            replace_file(done / page, offline((made / page).read_text(encoding="utf-8")).encode())
        replace_file(done / INDEX, _index(hub.catalog, manifest, results, pages).encode())
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)
        done.replace(target)
        shutil.rmtree(work)
    return target / INDEX


def _validate(hub: Hub, dataset_id: str, manifest: Manifest, site: Path) -> Sequence[Any]:
    """Run the suite over the release as a checkpoint, have the pages written, and return the results."""
    from great_expectations import Checkpoint, ValidationDefinition
    from great_expectations.core.run_identifier import RunIdentifier

    from pipelines.checks.sql_functions import install_checks
    from pipelines.expectations.counting import loaded
    from pipelines.expectations.duckdb_datasource import new_context
    from pipelines.expectations.duckdb_dialect import handed_over

    suite = expectations.read(hub.settings.expectations, dataset_id)
    suite = _described(hub.catalog, dataset_id, gate.for_release(hub.catalog, dataset_id, suite))
    asked = loaded(suite)
    con = expectations.connection(hub.catalog, hub.settings.memory_limit, site.parent)
    try:
        install_checks(con)
        con.execute(f"CREATE TEMP VIEW {_TABLE} AS {_rows(hub, manifest, asked)}")
        context = new_context()
        for name in context.get_site_names():
            context.delete_data_docs_site(name)
        context.add_data_docs_site(dataset_id, _site(site))
        with handed_over(con) as url:
            source = context.data_sources.add_duckdb("credit_hub", connection_string=url)
            asset = source.add_table_asset(dataset_id, table_name=_TABLE)
            rows = asset.add_batch_definition_whole_table(manifest.release_id)
            context.suites.add(asked)
            definition = ValidationDefinition(name=dataset_id, data=rows, suite=asked)
            context.validation_definitions.add(definition)
            checkpoint = Checkpoint(name=dataset_id, validation_definitions=[definition], result_format=_COUNTS)
            context.checkpoints.add(checkpoint)
            run = checkpoint.run(run_id=RunIdentifier(run_name=manifest.release_id, run_time=manifest.as_of))
            context.build_data_docs(site_names=[dataset_id], build_index=False)
    finally:
        con.close()
    results = [result for one in run.run_results.values() for result in one.results]
    if len(results) != len(suite["expectations"]):
        raise HubError(
            f"{dataset_id}: {len(suite['expectations'])} expectations, but {len(results)} results;"
            " run 'credit-hub catalog build', then publish and try again"
        )
    return results


def _rows(hub: Hub, manifest: Manifest, suite: ExpectationSuite) -> str:
    """SQL of the release as text, as the gate sees it, with the columns that make its checks cheap."""
    from pipelines.checks.sql_functions import identifier
    from pipelines.expectations.checks import shared_columns
    from pipelines.publishing.gate import as_text

    folder = hub.home.shared / manifest.product_id / manifest.release_id
    rows = as_text(hub.catalog, manifest.product_id, manifest.paths(folder))
    columns = [
        f", {sql} AS {identifier(name)}"
        for functions in shared_columns(suite.expectations).values()
        for name, sql in functions.items()
    ]
    return f"SELECT *{''.join(columns)} FROM ({rows})"


def _site(folder: Path) -> Any:
    """The configuration of a site of files, without hints for beginners."""
    return {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }


def _described(catalog: Catalog, dataset_id: str, suite: dict[str, Any]) -> dict[str, Any]:
    """The suite with each expectation in the catalogue's words, as the HTML that a description is shown as."""
    rules = {rule.id: rule for rule in catalog.rules[dataset_id]}
    items = [
        {**item, "description": _words(item["meta"]["rule_id"], rules.get(item["meta"]["rule_id"]))}
        for item in suite["expectations"]
    ]
    return {**suite, "expectations": items}


def _words(rule_id: str, rule: Rule | None) -> str:
    said = f"{rule.field_zh}：{rule.expected_zh} " if rule else ""
    return html.escape(said).replace("$", "&#36;") + f"<code>{html.escape(rule_id)}</code>"


def _index(catalog: Catalog, manifest: Manifest, results: Iterable[Any], pages: Sequence[Path]) -> str:
    dataset = catalog.datasets[manifest.product_id]
    rules = {rule.id: rule for rule in catalog.rules[dataset.id]}
    rows = []
    for result in results:
        rule_id = result.expectation_config.meta["rule_id"]
        found = (result.result or {}).get("unexpected_count")
        rows.append({"rule_id": rule_id, "rule": rules.get(rule_id), "success": result.success, "unexpected": found})
    links = {page.parts[0]: page.as_posix() for page in pages}
    if links.keys() != {"validations", "expectations"}:
        raise HubError(f"{dataset.id}: Great Expectations wrote {sorted(links)} instead of results and suite")
    return render(
        "data_docs/index.html.j2",
        dataset=dataset,
        catalog=catalog,
        manifest=manifest,
        results=sorted(rows, key=lambda row: (row["success"], row["rule_id"])),
        failed=sum(not row["success"] for row in rows),
        links=links,
    )


class _Offline(HTMLParser):
    """Copies a page; an element that is not known to be harmless is left out whole, an attribute or link by itself."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = ["<!DOCTYPE html>\n"]
        self._left_out: str | None = None
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._left_out is not None:
            self._depth += tag == self._left_out
        elif not _ELEMENTS.fullmatch(tag) or _is_controls(attrs):
            self._left_out, self._depth = (None, 0) if _VOID.fullmatch(tag) else (tag, 1)
        elif tag != "meta" or "http-equiv" not in dict(attrs):
            kept = [(name, value or "") for name, value in attrs if _is_harmless(name, value)]
            written = "".join(f' {name}="{html.escape(value)}"' for name, value in kept)
            self.kept.append(f"<{tag}{written}>")
            if tag == "head":
                self.kept.append(f'<link rel="icon" href="data:,"><style>{style("data_docs")}</style>')

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if not _VOID.fullmatch(tag):
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._left_out is not None:
            self._depth -= tag == self._left_out
            self._left_out = self._left_out if self._depth else None
        elif _ELEMENTS.fullmatch(tag) and not _VOID.fullmatch(tag):
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def _keep(self, text: str) -> None:
        if self._left_out is None:
            self.kept.append(text)


def _is_controls(attrs: Iterable[tuple[str, str | None]]) -> bool:
    """The card of buttons beside the results, which need a script."""
    return {"card", "mb-3"} <= set((dict(attrs).get("class") or "").split())


def _is_harmless(name: str, value: str | None) -> bool:
    """True for an attribute that loads and runs nothing, and for a link that stays in the folder."""
    target = urlsplit(value or "")
    return bool(_ATTRIBUTES.fullmatch(name)) and (name != "href" or not (target.scheme or target.netloc))
