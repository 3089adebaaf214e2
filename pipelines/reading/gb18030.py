"""GB18030 to UTF-8 at the speed of the C library, with exactly the characters of Python's strict codec.

Python's codec decodes about 280 MB/s and holds the interpreter lock; glibc's ``iconv`` 700 MB/s without it (measured, glibc
2.36), so that two chunks are decoded at once. The two disagree on some twenty codes (GB18030-2005 against private-use
characters of 2000), and which they are depends on the version of glibc. So the two are compared, code by code, before the
first use, and a line in which ``iconv`` fails, or gives a character it is known to give wrongly, is decoded by Python. Where
there is no glibc, Python decodes everything.

Looking for what may be wrong costs a third of the decoding. GBK is the part of GB18030 on whose characters the two agree, so a
chunk is decoded as that first, which stops at every other code; only a chunk with many of these is decoded as GB18030.
"""

from __future__ import annotations

import codecs
import ctypes
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import Final

import numpy as np

from pipelines.reading.line_places import line_begin, line_ends

NAME: Final = "gb18030"
Refused = Callable[[str], bytes]
_NOTED: Final = "credit_hub_noted"
_NONE: Final = ctypes.c_size_t(-1).value
_NEWLINE: Final = ord("\n")
_GROWS: Final = 3  # a byte that cannot be decoded becomes the three of U+FFFD
_SPARE: Final = 1 << 16
_MOST_DIFFERENCES: Final = 200  # beyond that it is another encoding by the same name
_PART: Final = "gbk"
_MOST_STOPS: Final = 64  # lines of a chunk that are decoded by Python, because they are in GB18030 and not in its part


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
    chunk: bytes, refused: Refused, foreign: Mapping[int, bytes] = MappingProxyType({})
) -> tuple[bytes, dict[int, str]]:
    """A chunk of whole GB18030 lines as UTF-8, which has as many lines.

    Args:
        chunk: bytes.
        refused: what is written for a line that is not GB18030, given its text.
        foreign: what is written for a line, by its number (from 0), whatever it holds.

    Returns:
        The lines in UTF-8, and the texts of those that are not GB18030 by number: a byte that cannot be decoded is U+FFFD.
    """
    library = usable_library()
    if library is None:
        return by_python(chunk, refused, foreign)
    name = _PART
    made = _converted(library, chunk, refused, foreign, _PART, _MOST_STOPS) if _wrong(_PART) is not None else None
    if made is None:
        name = NAME
        made = _converted(library, chunk, refused, foreign, NAME) if _wrong(NAME) is not None else None
    if made is None:
        return by_python(chunk, refused, foreign)
    content, bad = made
    wrong = [line for line in _suspected(content, name) if line not in bad and line not in foreign]
    if wrong:
        sent, lines = chunk.split(b"\n"), content.split(b"\n")
        for line in wrong:
            text, places = noted(sent[line], NAME)
            lines[line] = refused(text) if places else text.encode()
            if places:
                bad[line] = text
        content = b"\n".join(lines)
    return content, bad


def by_python(chunk: bytes, refused: Refused, foreign: Mapping[int, bytes]) -> tuple[bytes, dict[int, str]]:
    """What ``transcoded`` gives, by Python's codec alone."""
    text, places = noted(chunk, NAME)
    if not places and not foreign:
        return text.encode(), {}
    lines = text.split("\n")
    found = set(np.searchsorted(line_ends(chunk), np.asarray(places, dtype=np.intp)).tolist())
    bad = {line: lines[line] for line in sorted(found - foreign.keys())}
    instead = {line: refused(text) for line, text in bad.items()} | dict(foreign)
    return b"\n".join(instead.get(n, line.encode()) for n, line in enumerate(lines)), bad


def usable_library() -> ctypes.CDLL | None:
    """The C library, if it is one whose ``iconv`` can be held to Python's codec."""
    library = _glibc()
    return library if library is not None and (_wrong(_PART) is not None or _wrong(NAME) is not None) else None


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
    library: ctypes.CDLL,
    chunk: bytes,
    refused: Refused,
    foreign: Mapping[int, bytes],
    name: str,
    most_stops: int | None = None,
) -> tuple[bytes, dict[int, str]] | None:
    """The lines by ``iconv``, those it stops at by Python; and the texts of those that are not GB18030.

    None where the library does not know the encoding ``name``, or stops at more lines that are GB18030 than ``most_stops``.
    """
    written = _room.of(_GROWS * len(chunk) + sum(map(len, foreign.values())) + _SPARE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(written))
    origin = ctypes.cast(ctypes.c_char_p(chunk), ctypes.c_void_p).value or 0
    places = line_ends(chunk) if foreign else None
    values = np.frombuffer(chunk, dtype=np.uint8)
    bad: dict[int, str] = {}
    read = filled = stops = line = counted = 0
    descriptor = library.iconv_open(b"UTF-8", name.upper().encode())
    if descriptor in (None, _NONE):
        return None
    try:
        for stop in [*sorted(foreign), None]:
            until = len(chunk) if stop is None or places is None else line_begin(places, stop)
            while read < until:
                source, left = ctypes.c_void_p(origin + read), ctypes.c_size_t(until - read)
                sink, room = ctypes.c_void_p(start + filled), ctypes.c_size_t(len(written) - filled)
                library.iconv(descriptor, *(ctypes.byref(each) for each in (source, left, sink, room)))
                run, filled = filled, len(written) - room.value
                if left.value == 0:
                    break
                # Few lines are stopped at: to count up to each costs less than to find all ends of lines.
                begin = chunk.rfind(b"\n", 0, until - left.value) + 1
                line, counted = line + int(np.count_nonzero(values[counted:begin] == _NEWLINE)), begin
                end = chunk.find(b"\n", begin)
                end = end if end >= 0 else len(chunk)
                text, undecodable = noted(chunk[begin:end], NAME)
                if undecodable:
                    bad[line] = text
                elif stops == most_stops:
                    return None
                stops += not undecodable
                begun = max(run, written.rfind(b"\n", run, filled) + 1)
                read = min(end + 1, len(chunk))
                instead = refused(text) if undecodable else text.encode()
                filled = _put(written, begun, instead, chunk[end:read])
            if stop is not None and places is not None:
                read = min(int(places[stop]) + 1, len(chunk))
                filled = _put(written, filled, foreign[stop], chunk[places[stop] : read])
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


def _suspected(content: bytes, name: str) -> Iterator[int]:
    """Numbers of the lines that hold a character which ``iconv`` may have given wrongly, decoding them as ``name``."""
    wrong = _wrong(name) or {}
    if len(content) < min(map(len, chain.from_iterable(wrong.values())), default=1):
        return
    places: list[int] = []
    even, odd = (np.frombuffer(content, "<u2", (len(content) - shift) // 2, shift) for shift in (0, 1))
    begun = {first for first in sorted({pair[:1] for pair in wrong}) if first in content}
    for pair, characters in wrong.items():
        if pair[:1] not in begun:
            continue
        for shift, pairs in enumerate((even, odd)):
            found = pairs == int.from_bytes(pair, "little")
            if found.any():
                at_all = (2 * np.flatnonzero(found) + shift).tolist()
                places += [at for at in at_all if content.startswith(characters, at)]
    if places:
        yield from np.unique(np.searchsorted(line_ends(content), np.asarray(places, dtype=np.intp))).tolist()


@lru_cache(maxsize=2)
def _wrong(name: str) -> dict[bytes, tuple[bytes, ...]] | None:
    """Characters in UTF-8 that ``iconv`` gives for codes which are others in Python, by their first two bytes.

    Args:
        name: what ``iconv`` decodes them as: GB18030, or GBK.

    All codes of one and two bytes are looked at, and those of four bytes below U+10000; above, both compute the character (the
    tests look at all of them). GBK has none of four bytes: that it stops is looked at for each beginning of one. None where
    the two differ too much, or the library does not know the encoding.
    """
    library = _glibc()
    if library is None:
        return None
    short = [*(bytes((a,)) for a in range(0x80, 0x100)), *_twos()]
    chunk = b"\n".join([*short, *(_fours() if name == NAME else _beginnings())])
    ours = noted(chunk, NAME)[0].encode().split(b"\n")
    made = _converted(library, chunk, str.encode, {}, name)
    if made is None:
        return None
    found = {b for a, b in zip(ours, made[0].split(b"\n"), strict=True) if a != b}
    if len(found) > _MOST_DIFFERENCES or any(len(character) < 2 for character in found):
        return None
    return {pair: tuple(b for b in sorted(found) if b[:2] == pair) for pair in {b[:2] for b in found}}


def _twos() -> Iterator[bytes]:
    return (bytes((a, b)) for a in range(0x81, 0xFF) for b in (*range(0x40, 0x7F), *range(0x80, 0xFF)))


def _fours() -> Iterator[bytes]:
    characters = "".join(map(chr, (*range(0x80, 0xD800), *range(0xE000, 0x10000))))
    return (code for code in map(_code, characters) if len(code) == 4)


def _beginnings() -> Iterator[bytes]:
    return (bytes((a, b, 0x81, 0x30)) for a in range(0x81, 0xFF) for b in range(0x30, 0x3A))


def _code(character: str) -> bytes:
    return character.encode(NAME)
