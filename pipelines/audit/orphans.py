"""Files that nothing names: no commit of the lake, no manifest, no row of the ledger.

A run that was killed leaves such files too, and a later run takes them up or clears them away: those are reported
separately, as leftovers, with what becomes of them. Files that are still being written (hidden, or ``.tmp``) are always of
that kind.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import polars as pl

from pipelines.audit.finding import AuditFinding, below
from pipelines.storage import raw
from pipelines.storage.delivery import Delivery
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import ledger
from pipelines.storage.manifest import CHANGES, DATA, FAILURES, MANIFEST, Manifest, Pointer, pointer_path
from pipelines.storage.outbox import OF_DELIVERY, OF_PROVIDER
from pipelines.storage.tables import DIGEST_DIGITS, Table, digest
from pipelines.storage.work_group import WorkGroup

_OF_RELEASE: Final = frozenset({MANIFEST, CHANGES, DATA})
_TAKE_AWAY: Final = "nobody reads it: find out who put it there, and take it away"
_INTERRUPTED: Final = "a write that was interrupted; it can be removed"


def unfinished(hub: Hub) -> frozenset[str]:
    """Batches that were taken and are not in the ledger yet."""
    found: set[str] = set()
    for one in Delivery.read_all(hub.home.pending):
        found.add(one.batch_id)
    for group in WorkGroup.read_all(hub.home.groups):
        found |= {one.batch_id for one in group.deliveries}
    return frozenset(found)


def orphans_of_lake(hub: Hub, tables: Mapping[str, Table]) -> Iterator[AuditFinding]:
    """Files in ``lake/`` that no Delta log names, neither now nor as one that was replaced."""
    lake = hub.home.root / "lake"
    logs = {path.parent for path in lake.glob("**/_delta_log")}
    for path in _files(lake):
        if not any(folder in logs for folder in path.parents):
            yield _unclaimed_entry(hub, path, f"belongs to no table of the lake; {_TAKE_AWAY}")
    for table in tables.values():
        there = [path for path in _files(table.path) if "_delta_log" not in path.parts]
        unnamed = set(there) - set(table.files())
        if not unnamed:
            continue
        named = _ever_named(table.path)
        for path in sorted(unnamed - named):
            if path.suffix == ".parquet" and digest(path)[:DIGEST_DIGITS] == path.stem:
                said = (
                    "no commit of the table names it: a run that was killed left it; 'maintain' removes it after a week"
                )
                yield AuditFinding(below(hub.home, path), said, leftover=True)
            else:
                yield _unclaimed_entry(hub, path, f"no commit of the table names it; {_TAKE_AWAY}")


def orphans_of_raw(hub: Hub, unread: frozenset[str]) -> Iterator[AuditFinding]:
    """Originals that no delivery names, and deliveries whose original is gone."""
    batches = ledger(hub.home, "batches").scan().select("batch_id", "sha256", "file_name").collect()
    named = set(batches["sha256"].drop_nulls())
    known = {*batches["batch_id"], *unread}
    waiting = {one.sha256 for one in Delivery.read_all(hub.home.pending)}
    unpacked = batches["file_name"].str.contains("/", literal=True).any()
    sizes = _sizes_in_inboxes(hub)
    there: set[str] = set()
    for path in _files(hub.home.raw):
        sha256, _, rest = path.name.partition(".")
        if _being_written(path):
            yield _unclaimed_entry(hub, path, "")
        elif rest:
            if sha256 in waiting or rest.removesuffix(".json") in known:
                continue
            if not (path.parent / sha256).exists() or path.suffix != ".json":
                yield AuditFinding(below(hub.home, path), f"no delivery of the ledger names it; {_TAKE_AWAY}")
            else:
                said = (
                    "a delivery that is not in the ledger: taking it was interrupted; the next 'collect' takes it again"
                )
                yield AuditFinding(
                    below(hub.home, path), said, leftover=path.parent.joinpath(sha256).stat().st_size in sizes
                )
        else:
            there.add(path.name)
            if path.name in named or path.name in waiting or (unpacked and zipfile.is_zipfile(path)):
                continue
            if path.stat().st_size in sizes:
                said = "taking this file was interrupted; the next 'collect' takes it again from the inbox"
                yield AuditFinding(below(hub.home, path), said, leftover=True)
            else:
                yield AuditFinding(below(hub.home, path), f"no delivery of the ledger has these bytes; {_TAKE_AWAY}")
    for sha256 in sorted(named - there):
        [first, *_] = batches.filter(pl.col("sha256") == sha256)["batch_id"].sort()
        said = f"the original of batch {first} is gone: restore the file, or it cannot be read again"
        yield AuditFinding(raw.place_of(sha256), said)


def _sizes_in_inboxes(hub: Hub) -> set[int]:
    """Sizes of the files in the inboxes; no link is followed."""
    sizes: set[int] = set()
    for folder, _, names in os.walk(hub.home.inbox):
        for name in names:
            with suppress(FileNotFoundError):
                sizes.add(Path(folder, name).lstat().st_size)
    return sizes


def orphans_of_outbox(hub: Hub, unread: frozenset[str]) -> Iterator[AuditFinding]:
    """Receipts of batches that the ledger does not know, and files that belong to no receipt."""
    batches = ledger(hub.home, "batches").scan().select("provider_id", "batch_id").collect()
    known = set(batches.rows())
    for provider in sorted(path for path in hub.home.outboxes.glob("*") if path.is_dir()):
        for entry in sorted(provider.iterdir()):
            if entry.is_file():
                if not OF_PROVIDER.fullmatch(entry.name):
                    yield _unclaimed_entry(hub, entry, f"the hub writes no such file to providers; {_TAKE_AWAY}")
            elif entry.name in unread:
                said = "the receipt of a batch that is not in the ledger yet; the next 'collect' finishes it"
                yield AuditFinding(below(hub.home, entry), said, leftover=True)
            elif (provider.name, entry.name) not in known:
                said = f"the receipt of a batch that is not in the ledger; {_TAKE_AWAY}"
                yield AuditFinding(below(hub.home, entry), said)
            else:
                for path in sorted(set(_files(entry)) - {entry / name for name in OF_DELIVERY}):
                    yield _unclaimed_entry(hub, path, f"is no part of a receipt; {_TAKE_AWAY}")


def orphans_of_releases(hub: Hub, product: Path, manifests: Mapping[str, Manifest]) -> Iterator[AuditFinding]:
    """Folders and files below a product that are no release or of none, and releases the ledger does not know.

    Data files are not looked at: ``pipelines.publishing.verify`` does.
    """
    entered = ledger(hub.home, "releases").scan().filter(pl.col("product_id") == product.name)
    known = set(entered.select("release_id").collect()["release_id"])
    pointer = pointer_path(hub.home, product.name)
    current = Pointer.read_if_there(pointer)
    standing = current.release_id if current is not None else ""
    for entry in sorted(product.iterdir()):
        if entry.is_file():
            if entry != pointer:
                yield _unclaimed_entry(hub, entry, f"is no part of a release; {_TAKE_AWAY}")
        elif entry.name == FAILURES:
            for path in sorted(path for path in _files(entry) if path.suffix != ".json"):
                yield _unclaimed_entry(hub, path, f"says nothing of a refused release; {_TAKE_AWAY}")
        else:
            if said := _of_no_release(entry.name, standing, known, has_manifest=entry.name in manifests):
                done_by_publish = entry.name > standing or (entry.name == standing and entry.name in manifests)
                yield AuditFinding(below(hub.home, entry), said, leftover=done_by_publish)
            for path in sorted(path for path in entry.iterdir() if path.name not in _OF_RELEASE):
                yield _unclaimed_entry(hub, path, f"no manifest names it; {_TAKE_AWAY}")


def _of_no_release(name: str, standing: str, known: set[str], *, has_manifest: bool) -> str | None:
    """What is wrong with the folder of a release; those from the standing one on were interrupted."""
    match has_manifest, name > standing:
        case False, True:
            return "publishing was interrupted while a release was put in its place; the next 'publish' does it again"
        case False, False:
            return f"has no manifest, so nothing says what is in it; {_TAKE_AWAY}"
        case True, True:
            return "a whole release to which 'latest.json' does not point yet; the next 'publish' decides"
        case _ if name in known:
            return None
        case _ if name == standing:
            return "is not in the ledger yet; the next 'publish' enters it"
        case _:
            return "a release that the ledger does not know; take it away, or restore the ledger"


def leftovers_of_state(hub: Hub) -> Iterator[AuditFinding]:
    """Work that was begun and not finished: every start of a verb takes it up, or clears it away."""
    state = hub.home.state
    for folder, said in (
        ("pending", "taken, and not screened yet: the next 'collect' does"),
        ("groups", "a work group that was begun: the next 'collect' finishes it"),
        ("erasure", "files with erased content wait to be removed: the next 'maintain' does"),
    ):
        if names := [path.name for path in sorted((state / folder).glob("*")) if not path.name.startswith(".")]:
            yield AuditFinding(
                below(hub.home, state / folder), f"{len(names)} there ({names[0]}, …): {said}", leftover=True
            )
    for path in sorted((state / "work").glob("*")):
        said = "scratch of a run that is at work or was killed; the next one of its kind begins by removing it"
        yield AuditFinding(below(hub.home, path), said, leftover=True)
    for path in sorted((state / "held").glob("*")):
        if not (hub.home.shared / path.name).is_dir():
            yield _unclaimed_entry(hub, path, f"tells of a product that has no release; {_TAKE_AWAY}")
    for name in ("sources", "erased"):
        for path in sorted(path for path in _files(state / name)):
            if not (hub.home.shared / path.stem).is_dir():
                yield _unclaimed_entry(hub, path, f"tells of a product that has no release; {_TAKE_AWAY}")


def _ever_named(table: Path) -> set[Path]:
    """Every data file that the Delta log still tells of: added, or removed and not vacuumed yet."""
    log, names = table / "_delta_log", set[str]()
    for path in log.glob("*.json"):
        for line in path.read_text(encoding="utf-8").splitlines():
            said = json.loads(line)
            names |= {said[kind]["path"] for kind in ("add", "remove") if kind in said}
    for path in log.glob("*.checkpoint*.parquet"):
        rows = pl.scan_parquet(path)
        for kind in {"add", "remove"} & set(rows.collect_schema().names()):
            told = rows.select(pl.col(kind).struct.field("path")).collect().to_series()
            names |= set(told.drop_nulls())
    return {table / unquote(name) for name in names}


def _unclaimed_entry(hub: Hub, path: Path, said: str) -> AuditFinding:
    if _being_written(path):
        return AuditFinding(below(hub.home, path), _INTERRUPTED, leftover=True)
    return AuditFinding(below(hub.home, path), said)


def _being_written(path: Path) -> bool:
    return path.name.startswith(".") or path.name.endswith(".tmp")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
