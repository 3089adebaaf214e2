"""UTF-8 that was read as GBK: 锦川有限公司 becomes 閿﹀窛鏈夐檺鍏徃.

A Chinese character is three bytes of UTF-8, the first E4 to E9, the others 80 to BF; GBK takes two bytes for a character. So two
Chinese characters become three: one of the bytes (E4..E9, 80..BF), one of (80..BF, E4..E9), and one more. Where one of the first
two is not in GB 2312, which sound text hardly ever leaves, this is no accident: 278,000 registrations and 10,000 penalties, 50
million characters, have no such place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_LEADS: Final = range(0xE4, 0xEA)
_OTHERS: Final = range(0x80, 0xC0)


def _characters(first: range, second: range) -> Iterator[str]:
    for one in first:
        for other in second:
            try:
                yield bytes((one, other)).decode("gbk")
            except UnicodeDecodeError:
                continue


def _is_rare(character: str) -> bool:
    if character < "\u3400":  # a sign, of which GB 2312 has several by another code point
        return False
    try:
        return not character.encode("gb2312")
    except UnicodeEncodeError:
        return True


FIRST: Final = "".join(sorted(_characters(_LEADS, _OTHERS)))
SECOND: Final = "".join(sorted(_characters(_OTHERS, _LEADS)))
"""Characters of GBK by the bytes they are written with."""

RARE_FIRST: Final = "".join(filter(_is_rare, FIRST))
RARE_SECOND: Final = "".join(filter(_is_rare, SECOND))
"""Those of them that GB 2312 does not have."""

RARE: Final = RARE_FIRST + RARE_SECOND


def reads_as_utf8(text: str) -> bool:
    """True where a text holds the beginning of two Chinese characters of UTF-8 read as GBK, and one ideograph more."""
    kinds = "".join(_kind(character) for character in text)
    return any("\u3400" <= text[found.end()] <= "\u9fff" for found in _PLACES.finditer(kinds))


_PLACES: Final = re.compile("(?:ab|aB|Ab)(?=([abcABC]))")


def _kind(character: str) -> str:
    """Which it could be by its bytes: a first or b second, else c for an ideograph; upper case where GB 2312 has it."""
    ideograph = "\u3400" <= character <= "\u9fff"
    try:
        raw = character.encode("gbk")
    except UnicodeEncodeError:
        return "c" if ideograph else "."
    if len(raw) == 1:
        return "."
    lead, trail = raw
    kind = "a" if lead in _LEADS and trail in _OTHERS else "b" if lead in _OTHERS and trail in _LEADS else "c"
    if kind == "c" and not ideograph:
        return "."
    return kind if _is_rare(character) else kind.upper()
