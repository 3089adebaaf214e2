"""The raw zone: every file as it came, for ever, under the digest of its bytes.

    raw/<first two of sha256>/<sha256>                     the bytes, read-only (0400)
    raw/<first two of sha256>/<sha256>.<batch_id>.json     who sent it, as what, when, under which name, with which
                                                           manifest: one for each time it was read, and none for a
                                                           duplicate; a file that was refused and comes again with
                                                           another manifest has two

A file is written under a temporary name, synced, then renamed: a name that exists is whole. Nothing here is ever changed or
removed; ``credit-hub audit`` recomputes the digests.
"""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, BinaryIO, Final

from pipelines.ground.errors import InputError
from pipelines.storage.files import make_folder
from pipelines.storage.home import Home

_PIECE: Final = 1 << 20
_AT_ONCE: Final = 1 << 30


class Changing(InputError):
    """A file was written to while it was copied."""


def differs(before: os.stat_result, after: os.stat_result) -> bool:
    """True where a file was written to between two looks at it."""
    return (before.st_size, before.st_mtime_ns, before.st_ino) != (after.st_size, after.st_mtime_ns, after.st_ino)


def keep(home: Home, source: BinaryIO) -> tuple[str, int]:
    """Copy an open file into the raw zone, whole.

    Returns:
        SHA-256 (hexadecimal) and size in bytes of what was copied.

    Raises:
        Changing: it was written to meanwhile; nothing is kept.
    """
    before = os.fstat(source.fileno())
    make_folder(home.raw)
    temporary = home.raw / f".{os.getpid()}.{threading.get_ident()}.tmp"
    with temporary.open("w+b") as kept, ThreadPoolExecutor(1) as pool:
        copy_bytes(source.fileno(), kept.fileno())
        synced = pool.submit(os.fsync, kept.fileno())
        kept.seek(0)
        # The digest is that of the copy.
        digest = hashlib.file_digest(kept, "sha256").hexdigest()
        size = os.fstat(kept.fileno()).st_size
        synced.result()
    if differs(before, os.fstat(source.fileno())):
        temporary.unlink()
        raise Changing(f"{source.name} was written to while it was read; try again when it is whole")
    _put(home, temporary, digest)
    return digest, size


def copy_bytes(source: int, target: int) -> None:
    """All bytes of one open file into another, by the kernel: eight times faster than reading and writing (measured on 1.1 GB)."""
    done = 0
    while True:
        try:
            sent = os.sendfile(target, source, done, _AT_ONCE)
        except OSError as error:
            if done or error.errno not in (errno.EINVAL, errno.ENOSYS):
                raise
            break  # a file system from which the kernel does not copy
        if not sent:
            return
        done += sent
    while piece := os.pread(source, _PIECE, done):
        done += os.write(target, piece)


def _put(home: Home, temporary: Path, digest: str) -> None:
    """Give a whole copy its name; where the bytes are there already, it goes."""
    target = path_of(home, digest)
    if target.exists():
        temporary.unlink()
        return
    make_folder(target.parent)
    temporary.chmod(0o400)
    temporary.replace(target)


class TooMuch(Exception):
    """A stream gave more bytes than it may."""


def keep_stream(home: Home, stream: IO[bytes], most: int) -> tuple[str, int]:
    """Write a stream into the raw zone, in pieces.

    Returns:
        SHA-256 (hexadecimal) and size in bytes.

    Raises:
        TooMuch: it gives more than ``most`` bytes; nothing is kept.
    """
    make_folder(home.raw)
    temporary = home.raw / f".{os.getpid()}.{threading.get_ident()}.member.tmp"
    hasher, size = hashlib.sha256(), 0
    try:
        with temporary.open("wb") as kept:
            while piece := stream.read(_PIECE):
                size += len(piece)
                if size > most:
                    raise TooMuch
                hasher.update(piece)
                kept.write(piece)
            kept.flush()
            os.fsync(kept.fileno())
        _put(home, temporary, hasher.hexdigest())
    finally:
        temporary.unlink(missing_ok=True)
    return hasher.hexdigest(), size


def forget_unfinished(home: Home) -> None:
    """Remove what a killed run left half-copied; only for whoever holds the lock under which files are kept."""
    for path in home.raw.glob(".*.tmp"):
        path.unlink(missing_ok=True)


def place_of(sha256: str) -> str:
    """Where the bytes with this digest lie, below the home."""
    return f"raw/{sha256[:2]}/{sha256}"


def path_of(home: Home, sha256: str) -> Path:
    """Where the bytes of a digest lie."""
    return home.raw / sha256[:2] / sha256


def record_of(home: Home, sha256: str, batch_id: str) -> Path:
    """The record of a delivery of these bytes; batch ids tell the first time and later ones apart."""
    return home.raw / sha256[:2] / f"{sha256}.{batch_id}.json"


def records(home: Home, sha256: str) -> list[Path]:
    """The records of all deliveries of these bytes that were read."""
    return sorted((home.raw / sha256[:2]).glob(f"{sha256}.*.json"))
