r"""A delivered text file as UTF-8 with plain line ends, line for line the same; a line that is in no encoding is marked.

What is rewritten: the encoding, ``\r\r\n`` and lone ``\r`` as ends of lines. A marked line holds the byte 0xFF, which
UTF-8 never has, so that whoever reads on finds it, and no character of it is ever guessed.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pipelines.ground.ordered_map import ordered_map
from pipelines.reading.chunks import CHUNK, SMALL, whole_lines

_CUT: Final = "credit_hub_cut"


@dataclass
class Rewritten:
    """What was met on the way: lines that were marked, and lines beyond ASCII in the chunks that hold them."""

    wide: int = 0
    marked: int = 0


def rewrite_gb18030(path: Path, target: Path, *, lone_returns: bool) -> Rewritten:
    """Write a GB18030 file as UTF-8; lines that are UTF-8 already, or in neither, are marked."""
    from pipelines.reading.line_places import line_ends
    from pipelines.reading.lines import from_gb18030, wide_lines

    def decoded(chunk: bytes) -> tuple[bytes, int, int]:
        content, marked = from_gb18030(chunk)
        return content, len(marked), wide_lines(chunk, line_ends(chunk)) if len(marked) else 0

    seen = Rewritten()
    with path.open("rb", buffering=0) as source, target.open("wb") as sink:
        for content, marked, wide in ordered_map(decoded, whole_lines(source, lone_returns=lone_returns, size=SMALL)):
            seen.marked += marked
            seen.wide += wide
            sink.write(content)
    return seen


def rewrite_utf16(path: Path, target: Path) -> Rewritten:
    """Write a UTF-16 file with byte order mark as UTF-8; characters cut in two are marked, and so is their line."""
    seen = Rewritten()
    decoder = codecs.getincrementaldecoder("utf-16")(errors=_CUT)
    with path.open("rb") as source, target.open("wb") as sink:
        while True:
            chunk = source.read(CHUNK)
            text = decoder.decode(chunk, final=not chunk)
            seen.marked += text.count("\udcff")
            sink.write(text.encode("utf-8", errors="surrogateescape"))
            if not chunk:
                return seen


def _mark_cut(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


codecs.register_error(_CUT, _mark_cut)


def rewrite_utf8(path: Path, target: Path, *, lone_returns: bool) -> None:
    """Write a UTF-8 file again with plain line ends; its bytes stay otherwise."""
    with path.open("rb") as source, target.open("wb") as sink:
        for chunk in whole_lines(source, lone_returns=lone_returns):
            sink.write(chunk)


def ends_of(head: bytes) -> tuple[bool, bool]:
    r"""Whether the beginning of a file has ``\r\r\n``, and whether lone ``\r`` are its only line ends."""
    return b"\r\r\n" in head, b"\r" in head and b"\n" not in head
