"""GB18030 to UTF-8 at the speed of the C library, with exactly the characters of Python's strict codec.

Python's codec decodes about 280 MB/s and holds the interpreter lock; glibc's ``iconv`` 700 MB/s without it (measured, glibc
2.36), so that two chunks are decoded at once. The two disagree on some twenty codes (GB18030-2005 against private-use
characters of 2000), and which they are depends on the version of glibc. So the two are compared, code by code, before the
first use, and a line in which ``iconv`` fails, or gives a character it is known to give wrongly, is decoded by Python. Where
there is no glibc, Python decodes everything.
"""

from __future__ import annotations

import codecs
import ctypes
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

NAME: Final = "gb18030"
_NOTED: Final = "credit_hub_noted"
_NONE: Final = ctypes.c_size_t(-1).value
_GROWS: Final = 3  # a byte that cannot be decoded becomes the three of U+FFFD
_MOST_DIFFERENCES: Final = 200  # beyond that it is another encoding by the same name


class _Seen(threading.local):
    """Where the decoder met bytes it cannot decode."""

    def __init__(self) -> None:
        self.places: list[int] = []


_seen = _Seen()


def _note(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    _seen.places.append(error.start)
    return "\ufffd", error.start + 1


codecs.register_error(_NOTED, _note)


def noted(chunk: bytes, encoding: str) -> tuple[str, list[int]]:
    """The text of a chunk by Python's codec, and the places of the bytes that are not in the encoding, each as U+FFFD."""
    _seen.places = []
    text = chunk.decode(encoding, errors=_NOTED)
    places, _seen.places = _seen.places, []
    return text, places


def transcoded(
    chunk: bytes, ends: NDArray[np.intp], foreign: NDArray[np.intp], mark: bytes
) -> tuple[bytes, NDArray[np.intp]]:
    """A chunk of whole GB18030 lines as UTF-8.

    Args:
        chunk: bytes.
        ends: places of the newline that ends each line, or of the end of the chunk.
        foreign: numbers (from 0) of lines in another encoding, which stay as they are.
        mark: what is put before a line that is not GB18030, the foreign ones included.

    Returns:
        As many lines in UTF-8, and the numbers of those that are marked: their bytes that cannot be decoded are U+FFFD each.
    """
    library = _library()
    if library is None:
        return _by_python(chunk, ends, foreign, mark)
    content, bad = _converted(library, chunk, ends, foreign.tolist(), mark)
    wrong = [line for line in _suspected(content) if line not in bad]
    if wrong:
        lines = content.split(b"\n")
        for line in wrong:
            text, places = noted(chunk[_begin(ends, line) : ends[line]], NAME)
            lines[line] = (mark if places else b"") + text.encode()
            if places:
                bad.add(line)
        content = b"\n".join(lines)
    return content, np.asarray(sorted(bad), dtype=np.intp)


def _by_python(
    chunk: bytes, ends: NDArray[np.intp], foreign: NDArray[np.intp], mark: bytes
) -> tuple[bytes, NDArray[np.intp]]:
    text, places = noted(chunk, NAME)
    content = text.encode()
    bad = np.union1d(np.searchsorted(ends, np.asarray(places, dtype=np.intp)), foreign)
    if len(bad):
        lines = content.split(b"\n")
        for line in bad.tolist():
            lines[line] = mark + lines[line]
        for line in foreign.tolist():
            lines[line] = mark + chunk[_begin(ends, line) : ends[line]]
        content = b"\n".join(lines)
    return content, bad


def _begin(ends: NDArray[np.intp], line: int) -> int:
    return int(ends[line - 1]) + 1 if line else 0


def _library() -> ctypes.CDLL | None:
    """The C library, if it is one whose ``iconv`` can be held to Python's codec."""
    library = _glibc()
    return library if library is not None and _wrong() is not None else None


@lru_cache(maxsize=1)
def _glibc() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if not hasattr(library, "gnu_get_libc_version"):
            return None
        library.iconv_open.restype = ctypes.c_void_p
        library.iconv_open.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
        library.iconv_close.argtypes = [ctypes.c_void_p]
        library.iconv.restype = ctypes.c_size_t
        library.iconv.argtypes = [ctypes.c_void_p] * 5
        descriptor = library.iconv_open(b"UTF-8", b"GB18030")
    except (AttributeError, OSError):
        return None
    if descriptor in (None, _NONE):
        return None  # its table is a package of its own in some distributions
    library.iconv_close(descriptor)
    return library


def _converted(
    library: ctypes.CDLL, chunk: bytes, ends: NDArray[np.intp], foreign: list[int], mark: bytes
) -> tuple[bytes, set[int]]:
    """The lines by ``iconv``, those it stops at by Python; and the numbers of those that are marked."""
    written = _room.of(_GROWS * (len(chunk) + len(mark) * len(ends)) + 16)
    start = ctypes.addressof(ctypes.c_char.from_buffer(written))
    origin = ctypes.cast(ctypes.c_char_p(chunk), ctypes.c_void_p).value or 0
    bad: set[int] = set()
    read = filled = 0
    descriptor = library.iconv_open(b"UTF-8", b"GB18030")
    try:
        for stop in [*foreign, None]:
            until = len(chunk) if stop is None else _begin(ends, stop)
            while read < until:
                source, left = ctypes.c_void_p(origin + read), ctypes.c_size_t(until - read)
                sink, room = ctypes.c_void_p(start + filled), ctypes.c_size_t(len(written) - filled)
                library.iconv(descriptor, *(ctypes.byref(each) for each in (source, left, sink, room)))
                run, filled = filled, len(written) - room.value
                if left.value == 0:
                    break
                line = int(np.searchsorted(ends, until - left.value))
                text, places = noted(chunk[_begin(ends, line) : ends[line] + 1], NAME)
                if places:
                    bad.add(line)
                filled = _put(
                    written, max(run, written.rfind(b"\n", run, filled) + 1), mark if places else b"", text.encode()
                )
                read = int(ends[line]) + 1
            if stop is not None:
                bad.add(stop)
                read = int(ends[stop]) + 1
                filled = _put(written, filled, mark, chunk[until:read])
    finally:
        library.iconv_close(descriptor)
    return bytes(memoryview(written)[:filled]), bad


def _put(written: bytearray, at: int, *parts: bytes) -> int:
    """Put bytes into a buffer, which keeps its size; where they end."""
    for part in parts:
        written[at : at + len(part)] = part
        at += len(part)
    return at


class _Room(threading.local):
    """A buffer for each thread: a fresh one for every chunk costs as much as the decoding."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def of(self, size: int) -> bytearray:
        if len(self._kept) < size:
            self._kept = bytearray(size)
        return self._kept


_room = _Room()


def _suspected(content: bytes) -> Iterator[int]:
    """Numbers of the lines that hold a character which ``iconv`` may have given wrongly."""
    wrong = _wrong() or {}
    places: list[int] = []
    even, odd = (np.frombuffer(part, "<u2", len(part) // 2) for part in (content, content[1:]))
    for pair, characters in wrong.items():
        if pair[:1] not in content:
            continue
        for shift, pairs in enumerate((even, odd)):
            found = pairs == int.from_bytes(pair, "little")
            if found.any():
                at_all = (2 * np.flatnonzero(found) + shift).tolist()
                places += [at for at in at_all if content.startswith(characters, at)]
    if places:
        ends = np.flatnonzero(np.frombuffer(content, np.uint8) == ord("\n"))
        yield from np.unique(np.searchsorted(ends, np.asarray(places, dtype=np.intp))).tolist()


@lru_cache(maxsize=1)
def _wrong() -> dict[bytes, tuple[bytes, ...]] | None:
    """Characters in UTF-8 that ``iconv`` gives for codes which are others in Python, by their first two bytes.

    All codes of two bytes and those of four bytes below U+10000 are looked at; above, both compute the character (the tests
    look at all of them). None where the two differ too much.
    """
    library = _glibc()
    if library is None:
        return None
    twos = [bytes((a, b)) for a in range(0x81, 0xFF) for b in (*range(0x40, 0x7F), *range(0x80, 0xFF))]
    characters = "".join(map(chr, (*range(0x80, 0xD800), *range(0xE000, 0x10000))))
    fours = [code for code in map(_code, characters) if len(code) == 4]
    chunk = b"\n".join([*twos, *fours])
    ends = np.append(np.flatnonzero(np.frombuffer(chunk, np.uint8) == ord("\n")), len(chunk))
    ours = noted(chunk, NAME)[0].encode().split(b"\n")
    theirs = _converted(library, chunk, ends, [], b"")[0].split(b"\n")
    found = {b for a, b in zip(ours, theirs, strict=True) if a != b}
    if len(found) > _MOST_DIFFERENCES:
        return None
    return {pair: tuple(b for b in sorted(found) if b[:2] == pair) for pair in {b[:2] for b in found}}


def _code(character: str) -> bytes:
    return character.encode(NAME)
