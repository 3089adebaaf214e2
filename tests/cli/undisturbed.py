"""Two deliveries whose outcome is known, and what a home may differ in from one in which nothing was ever disturbed: nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import polars as pl

from pipelines.audit import audit
from pipelines.ground.clock import instant_of
from pipelines.ground.settings import Settings
from pipelines.storage.hub import Hub
from pipelines.storage.ledger import TABLES, ledger
from tests.conftest import GOOD_CODES, Home, file, row

DAY: Final = "2026-11-22"


def opened(root: Path) -> Home:
    return Home(Hub.open(Settings.read(root)))


def drop(home: Home) -> None:
    """Two files, two work groups, good and bad rows; the same times of change every time."""
    home.drop("sichuan", "enterprise_registration", file(row(), row("91350100M000100Y44", 所在省份="N/A"), "zu,kurz"))
    home.drop(
        "yunnan",
        "enterprise_registration",
        file(row(GOOD_CODES[1]), row(GOOD_CODES[0], 企业名称="改名")),
        encoding="gb18030",
    )
    for path in (home.root / "inbox").rglob("*.csv"):
        os.utime(path, ns=(10**18, 10**18))


def finish(home: Home) -> None:
    """What is run again after the crash, undisturbed."""
    home.collect(instant_of(DAY))
    home.publish(instant_of(DAY))


def tables(home: Home) -> dict[str, pl.DataFrame]:
    """Every table of the lake, its rows sorted."""
    found = {f"ledger/{name}": ledger(home.hub.home, name).read() for name in TABLES}
    found["records"], found["quarantine"] = home.records(), home.quarantine()
    return {
        name: frame.with_columns(
            pl.col(c).list.join("|") for c, t in frame.schema.items() if t == pl.List(pl.String)
        ).sort(pl.all())
        for name, frame in found.items()
    }


def on_disk(home: Home) -> dict[str, bytes]:
    """Bytes of what others read: releases, receipts, originals, and the names of what was put away."""
    files = [p for part in ("shared", "outbox", "raw", "inbox") for p in (home.root / part).rglob("*") if p.is_file()]
    return {path.relative_to(home.root).as_posix(): path.read_bytes() for path in files if path.suffix != ".tmp"}


def leftovers(home: Home) -> list[str]:
    """What a pass leaves of its own state, half-written temporary files apart; nothing, when it is done."""
    state = [
        p for part in ("pending", "groups", "work") for p in (home.root / "state" / part).rglob("*") if p.is_file()
    ]
    return sorted(p.relative_to(home.root).as_posix() for p in state if p.suffix != ".tmp")


@dataclass(frozen=True)
class Wanted:
    """A home in which nothing was ever killed, read once: others are compared with it many times."""

    tables: dict[str, pl.DataFrame]
    on_disk: dict[str, bytes]

    @classmethod
    def of(cls, home: Home) -> Self:
        return cls(tables(home), on_disk(home))


def differences(home: Home, wanted: Wanted) -> list[str]:
    """What is not as in a home in which nothing was ever killed."""
    expected, right, mine = wanted.tables, wanted.on_disk, on_disk(home)
    found = [f"rows of {name}" for name, frame in tables(home).items() if not frame.equals(expected[name])]
    found += [f"only in one of the homes: {name}" for name in sorted(set(mine) ^ set(right))]
    found += [f"bytes of {name}" for name in sorted(set(mine) & set(right)) if mine[name] != right[name]]
    found += [f"left behind: {name}" for name in leftovers(home)]
    return found + [f"audit: {finding.subject}: {finding.message}" for finding in audit(home.hub)]


def home_rows(home: Home) -> list[tuple[object, ...]]:
    """What a reader of the latest release sees."""
    return sorted(home.shared().select("credit_code", "name").rows())
