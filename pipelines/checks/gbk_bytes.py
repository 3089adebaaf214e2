"""UTF-8 that was read as GBK: 锦川有限公司 becomes 閿﹀窛鏈夐檺鍏徃.

A Chinese character is three bytes of UTF-8, the first E4 to E9, the others 80 to BF; GBK takes two bytes for a character. So two
Chinese characters become three: one of the bytes (E4..E9, 80..BF), one of (80..BF, E4..E9), one of (80..BF, 80..BF). Where
at least one of the three is not in GB 2312, which sound text hardly ever leaves, this is no accident.
"""

from __future__ import annotations

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
THIRD: Final = "".join(sorted(_characters(_OTHERS, _OTHERS)))
"""Characters of GBK by the bytes they are written with."""

RARE_FIRST: Final = "".join(filter(_is_rare, FIRST))
RARE_SECOND: Final = "".join(filter(_is_rare, SECOND))
RARE_THIRD: Final = "".join(filter(_is_rare, THIRD))
"""Those of them that GB 2312 does not have."""

RARE: Final = RARE_FIRST + RARE_SECOND + RARE_THIRD


def reads_as_utf8(text: str) -> bool:
    """True where a text holds three characters in a row that are two Chinese ones of UTF-8 read as GBK."""
    kinds = "".join(_kind(character) for character in text)
    return any(place in kinds for place in _PLACES)


_PLACES: Final = tuple(a + b + c for a in "aA" for b in "bB" for c in "cC" if "ABC" != a + b + c)


def _kind(character: str) -> str:
    """Which of the three it could be, by its bytes: a, b or c, upper case where GB 2312 has it; a dot for others."""
    try:
        raw = character.encode("gbk")
    except UnicodeEncodeError:
        return "."
    if len(raw) != 2:
        return "."
    lead, trail = raw[0] in _LEADS, raw[1] in _LEADS
    low, low_trail = raw[0] in _OTHERS, raw[1] in _OTHERS
    kind = "a" if lead and low_trail else "b" if low and trail else "c" if low and low_trail else "."
    return kind if _is_rare(character) else kind.upper()
