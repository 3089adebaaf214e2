"""Every byte of a product's releases against its manifests: the digests, recomputed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.ground.errors import InputError
from pipelines.storage.hub import Hub
from pipelines.storage.manifest import DATA, ChangesFile, DataFile, Manifest, Pointer, pointer_path, read, releases
from pipelines.storage.tables import digest


@dataclass(frozen=True)
class Damage:
    """A file of a release, or a manifest, that is not what it should be."""

    path: Path
    message: str


@dataclass(frozen=True)
class Verified:
    """What ``verify`` looked at and found."""

    product_id: str
    releases: int
    files: int
    damage: tuple[Damage, ...]


def verify(hub: Hub, product_id: str) -> Verified:
    """Recompute the digests of every release of a product.

    Raises:
        InputError: there is no such product, or nothing of it was released.
    """
    if product_id not in hub.catalog.products:
        raise InputError(
            f"product '{product_id}' is not in the catalogue; use one of: {', '.join(sorted(hub.catalog.products))}"
        )
    folder = hub.home.product(product_id)
    there = releases(hub.home, product_id)
    pointer = pointer_path(hub.home, product_id)
    if not there and not pointer.exists():
        raise InputError(f"product '{product_id}' has no release here; publish it with 'credit-hub publish'")
    found = []
    if not pointer.exists():
        found.append(Damage(pointer, "the product has releases, but nothing points to the latest"))
    elif Pointer.read(pointer).release_id not in there:
        found.append(Damage(pointer, "points to a release that is not there"))
    files = 0
    for release_id in there:
        manifest = read(folder / release_id)
        files += len(manifest.files) + 1
        found += damage(folder / release_id, manifest)
    return Verified(product_id, len(there), files, tuple(found))


def damage(folder: Path, manifest: Manifest) -> Iterator[Damage]:
    """What is wrong with the files of a release and with the account in its manifest."""
    if manifest.changes_file is None:
        yield Damage(folder, "the manifest does not name its changes file")
    changes = [manifest.changes_file] if manifest.changes_file is not None else []
    files: list[DataFile | ChangesFile] = [*manifest.files, *changes]
    for file in files:
        path = folder / file.path
        if not path.exists():
            yield Damage(path, "a file of the release is missing")
        elif digest(path) != file.sha256:
            yield Damage(path, "a file of the release was altered")
    named = {file.path for file in manifest.files}
    for path in sorted((folder / DATA).glob("*")):
        if f"{DATA}/{path.name}" not in named:
            yield Damage(path, "a file that no manifest names")
    if not manifest.account.balances():
        yield Damage(folder, "accepted rows are not published + superseded + duplicate + withheld")
    if manifest.account.withheld != sum(manifest.withheld.values()):
        yield Damage(folder, "withheld rows are not those of its reasons")
    if manifest.rows != sum(file.rows for file in manifest.files):
        yield Damage(folder, "the manifest's rows are not those of its files")
