"""The folder channel: what lies in the inboxes, and taking it.

Order of taking one file: bytes into ``raw/``, the delivery into ``state/pending/``, the file into ``.done/``. After a crash at any
point the next pass does what is left, and the delivery keeps its id and its day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from pipelines.catalog import Catalog
from pipelines.errors import InputError
from pipelines.home import Home, read_all, write_json
from pipelines.intake import raw
from pipelines.intake.delivery import Delivery, batch_id, repeated_id, token
from pipelines.stopwatch import stage

CHINA: Final = timezone(timedelta(hours=8))
_UNFINISHED: Final = (".part", ".tmp")
_MANIFEST: Final = ".manifest.json"


@dataclass(frozen=True)
class Stray:
    """Something in the inbox that cannot be taken; it is left where it is."""

    path: Path
    message: str


def take(home: Home, catalog: Catalog, *, provider: str | None, as_of: datetime) -> list[Stray]:
    """Take every finished file of one provider, or of all, into the raw zone.

    Args:
        home: the hub's home.
        catalog: for the providers it knows.
        provider: only this one.
        as_of: the instant of receipt, aware.

    Returns:
        What could not be taken, with what to do.

    Raises:
        InputError: the provider is not in the catalogue.
    """
    if provider is not None and provider not in catalog.providers:
        raise InputError(
            f"provider '{provider}' is not in the catalogue; use one of: {', '.join(sorted(catalog.providers))}"
        )
    strays: list[Stray] = []
    with home.locked():
        raw.forget_unfinished(home)
        for folder in _children(home.inbox):
            if provider is not None and folder.name != provider:
                continue
            if not folder.is_dir() or folder.name not in catalog.providers:
                strays.append(_stray_provider(folder, catalog))
                continue
            for path in _files(folder, strays):
                try:
                    _take_one(home, catalog, path, as_of)
                except FileNotFoundError:
                    continue  # its owner took it back while we looked
                except PermissionError as error:
                    strays.append(_stray_unreadable(path, error))
    return strays


def pending(home: Home) -> list[Delivery]:
    """Deliveries that were taken and not yet screened, in the order of dataset, provider and name."""
    found = [Delivery.from_json(content) for content in read_all(home.pending)]
    return sorted(found, key=lambda d: (d.dataset_id, d.provider_id, d.file_name, d.batch_id))


def _children(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if not p.name.startswith(".")) if folder.is_dir() else []


def _files(provider_folder: Path, strays: list[Stray]) -> Iterator[Path]:
    for folder in _children(provider_folder):
        if not folder.is_dir():
            strays.append(_stray_file(folder))
            continue
        for path in _children(folder):
            if path.name.endswith(_UNFINISHED) or path.name.endswith(_MANIFEST):
                continue
            if not path.is_file() or path.is_symlink():
                strays.append(_stray_folder(path))
                continue
            yield path


def _stray_file(path: Path) -> Stray:
    return Stray(
        path,
        f"{path}: 文件应放在数据集目录中（inbox/<provider_id>/<dataset_id>/），请移动后再报送。"
        " A file belongs into the folder of its dataset; move it there.",
    )


def _stray_folder(path: Path) -> Stray:
    return Stray(
        path,
        f"{path}: 这是目录，不是文件；请把其中的文件直接放到 {path.parent.name}/ 下。"
        f" This is a folder, not a file; put its files directly below {path.parent.name}/.",
    )


def _stray_unreadable(path: Path, error: OSError) -> Stray:
    return Stray(
        path,
        f"{path}: 文件读不了（{error.strerror}），未归集；请检查文件权限。"
        " The file cannot be read and was left alone; check its permissions.",
    )


def _stray_provider(folder: Path, catalog: Catalog) -> Stray:
    known = ", ".join(sorted(catalog.providers))
    return Stray(
        folder,
        f"{folder}: 目录中没有报送单位“{folder.name}”，其中的文件未归集；请改用下列目录名之一。"
        f" '{folder.name}' is no provider of the catalogue, its files were left alone; use one of: {known}.",
    )


def _take_one(home: Home, catalog: Catalog, path: Path, as_of: datetime) -> None:
    provider_id, dataset_id = path.parent.parent.name, path.parent.name
    dropped = token(path.name, path.stat().st_mtime_ns)
    with stage("raw"):
        sha256, size = raw.keep(home, path)
    first_id = batch_id(provider_id, dataset_id, sha256)
    delivery = Delivery(
        batch_id=first_id,
        first_batch_id=None,
        provider_id=provider_id,
        region_code=catalog.providers[provider_id].region_code,
        dataset_id=dataset_id,
        file_name=path.name,
        sha256=sha256,
        bytes=size,
        received_on=as_of.astimezone(CHINA).date().isoformat(),
        received_at=as_of.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        token=dropped,
    )
    record = raw.first_delivery(home, sha256, first_id)
    if not record.exists():
        write_json(record, delivery.to_json())
    else:
        delivery = _again(home, delivery, Delivery.from_json(json.loads(record.read_text())))
    write_json(home.pending / f"{delivery.batch_id}.json", delivery.to_json())
    _put_away(path)


def _again(home: Home, delivery: Delivery, first: Delivery) -> Delivery:
    """The delivery of bytes that came before: the first one, interrupted, or a repeat with an id of its own."""
    if delivery.token == first.token and not _receipt(home, first).exists():
        return first
    nothing_came = _nothing_came_of(home, first)
    times = 1
    while True:
        repeat = replace(
            delivery,
            batch_id=repeated_id(first.batch_id, delivery.token, times),
            first_batch_id=None if nothing_came else first.batch_id,
        )
        if not _receipt(home, repeat).exists():
            return repeat
        nothing_came = nothing_came and _nothing_came_of(home, repeat)
        times += 1


def _nothing_came_of(home: Home, delivery: Delivery) -> bool:
    """True where no row of a delivery was ever judged.

    Such a file (a wrong ending, a dataset or a header the catalogue did not know then) may come again: under another name, or
    after the catalogue has changed, it is no duplicate of its own failure.
    """
    path = _receipt(home, delivery)
    if not path.exists():
        return False
    content = json.loads(path.read_text(encoding="utf-8"))
    return bool(content["status"] == "rejected" and content["rows"]["in"] == 0)


def _receipt(home: Home, delivery: Delivery) -> Path:
    return home.outbox(delivery.provider_id, delivery.batch_id) / "receipt.json"


def _put_away(path: Path) -> None:
    """Move a taken file, and its manifest, to ``inbox/<provider>/.done/<dataset>/``."""
    done = path.parent.parent / ".done" / path.parent.name
    done.mkdir(parents=True, exist_ok=True)
    for one in (path, path.with_name(path.name + _MANIFEST), path.with_name(path.stem + _MANIFEST)):
        if one.exists():
            target = done / one.name
            times = 1
            while target.exists():
                times += 1
                target = done / f"{one.stem}.{times}{one.suffix}"
            one.replace(target)
