r"""How other programs spell characters in a text, and what is meant by it; nothing is lost.

HTML entities (``&middot;``, ``&#40857;``), escapes of JSON and Java (``\u9f99``), of workbooks (``_x000D_``) and of databases
(``\"``, ``\,``, ``\n``), radicals that PDF readers give for ideographs, and characters that nobody sees: control characters,
zero-width and directional ones, soft hyphens.

Sources: ECMA-376 part 1, 22.9.2.19 (ST_Xstring); MySQL manual, ``SELECT … INTO OUTFILE`` (``ESCAPED BY``); Unicode UAX 9, 14.
"""

from __future__ import annotations

import html
import re
from html.entities import html5
from typing import Final

from pipelines.screening.radicals import RADICALS

_ENTITY: Final = r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});"
UNSEEN: Final = (
    r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F\x{AD}\x{61C}\x{180E}\x{200B}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}"
    r"\x{2066}-\x{206F}\x{FEFF}\x{FFF9}-\x{FFFB}]"
)
"""Characters that nobody sees and no text means, for ``str.replace_all``; joiners apart (``joined``)."""
JOINERS: Final = r"[\x{200C}\x{200D}]"
"""Zero-width joiner and non-joiner: part of the spelling in some scripts, noise between ideographs."""
JOINING: Final = r"[\x{600}-\x{6FF}\x{900}-\x{DFF}\x{1800}-\x{18AF}]"
"""Scripts in which joiners are spelling: Arabic (Uyghur, Kazakh), those of India, Mongolian."""
ODD: Final = rf"[\x{{2E80}}-\x{{2FDF}}\\]|_x[0-9A-Fa-f]{{4}}_|{_ENTITY}"
"""What ``respelled`` may change."""

_ESCAPED_AT_MOST: Final = 3
_WORKBOOK: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_JSON: Final = re.compile(r"(?:\\u[0-9A-Fa-f]{4})+")
_SIGN: Final = re.compile(r"""\\(["',;/])""")
# Not where letters or a drive go before, or letters follow: C:\new is a path.
_LINE: Final = re.compile(r"(?<![A-Za-z0-9:\\])(?:\\r\\n|\\n|\\r|\\\r?\n)(?![A-Za-z])")
_TAB: Final = re.compile(r"(?<![A-Za-z0-9:\\])\\t(?![A-Za-z])")


def respelled(text: str) -> str:
    """A text with the characters that its escapes, entities and radicals stand for."""
    text = _WORKBOOK.sub(lambda found: _character(found[0], found[1]), text)
    if "\\" in text:
        text = _JSON.sub(lambda found: _characters(found[0]), text)
        text = _TAB.sub(" ", _LINE.sub("\n", _SIGN.sub(r"\1", text)))
    for _ in range(_ESCAPED_AT_MOST):  # entities that were escaped more than once too
        text = re.sub(_ENTITY, lambda found: _entity(found[0]), text)
    return text.translate(RADICALS)


def _entity(written: str) -> str:
    return html.unescape(written) if written[1] == "#" or written[1:] in html5 else written


def _character(written: str, digits: str) -> str:
    """The character of a workbook's escape; a carriage return is no more than part of a line's end."""
    code = int(digits, 16)
    if 0xD800 <= code <= 0xDFFF:
        return written
    return "" if code == ord("\r") else chr(code)


def _characters(written: str) -> str:
    """The characters of JSON escapes, two of which may be one character beyond U+FFFF; as written where they are none."""
    units = bytes.fromhex(written.replace("\\u", ""))
    try:
        return units.decode("utf-16-be")
    except UnicodeDecodeError:
        return written
