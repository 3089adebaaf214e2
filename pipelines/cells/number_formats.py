r"""What Excel shows of a number: number formats taken apart, and applied where the result is certain.

Source: ECMA-376-1 §18.8.30 (numFmts, built-in formats) and §18.8.31 (format codes); [MS-OI29500] for the formats of East Asian
versions (27–36, 50–58). ``!`` escapes the next character as ``\`` does, in Chinese Excel ([MS-XLS] writes it so too).
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property, lru_cache
from typing import Final

DIGITS: Final = 15
"""Digits that Excel keeps of a number."""
GENERAL: Final = "General"
BUILT_IN: Final[dict[int, str]] = {
    0: GENERAL, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "#,##0", 6: "#,##0", 7: "#,##0.00", 8: "#,##0.00",
    9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm",
    27: "yyyy年m月", 28: "m月d日", 29: "m月d日", 30: r"m\-d\-yy", 31: "yyyy年m月d日", 32: "h时mm分", 33: "h时mm分ss秒",
    34: "h时mm分", 35: "h时mm分ss秒", 36: "yyyy年m月", 37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00",
    41: "#,##0", 42: "#,##0", 43: "#,##0.00", 44: "#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0",
    48: "##0.0E+0", 49: "@", 50: "yyyy年m月", 51: "m月d日", 52: "yyyy年m月", 53: "m月d日", 54: "m月d日", 55: "yyyy年m月",
    56: "m月d日", 57: "yyyy年m月", 58: "m月d日",
}  # fmt: skip
"""Formats that a file names by number alone, as the Chinese version shows them. Source: ECMA-376-1 §18.8.30."""

_TOKEN: Final = re.compile(
    r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|_.|\*.|\[(?P<bracket>[^\]]*)\]|(?P<general>General|G/通用格式)'
    r"|(?P<clock>上午/下午|AM/PM|A/P)|(?P<power>E[+-])|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_COMPARED: Final = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "=": operator.eq, "<>": operator.ne,
}  # fmt: skip
_CONDITION: Final = re.compile(r"(<=|>=|<>|<|>|=)(-?[\d.]+)")
_SIMPLE_DAY: Final = re.compile(r'(?:\[\$-[0-9A-Fa-f]+\])?(?:[ymd]+(?:[-/.]|"[年月日]")?)+(?:;@)?')
_DATE_LETTERS: Final = "ymdhseagb"
_QUIET: Final = "$¥￥€£+-() ,.\u00a0"
"""Literals that say nothing: signs of currencies and numbers."""
_UNIT: Final = re.compile(r"[十百千]?[万亿]元?|[十百千]元?|元|[kKmM]\b")
_RUN: Final = re.compile(r"\d[\d,]*(?:\.\d+)?|\.\d+")


@dataclass(frozen=True)
class _Section:
    """One of the parts of a format between semicolons: kind and text of each token."""

    tokens: tuple[tuple[str, str], ...]
    condition: tuple[str, float] | None
    special: bool

    @cached_property
    def kinds(self) -> frozenset[str]:
        return frozenset(kind for kind, _ in self.tokens)

    @cached_property
    def literal(self) -> str:
        return "".join(text for kind, text in self.tokens if kind == "literal")

    @cached_property
    def around(self) -> tuple[str, int, str] | None:
        """Of a section for whole numbers alone: what stands before, how many digits there are at least, what stands behind."""
        places = [n for n, (kind, _) in enumerate(self.tokens) if kind in ("digit", "general", "at")]
        if self.special or not places or self.kinds - {"digit", "literal", "general", "at"} or _split(self):
            return None
        texts = [text for kind, text in self.tokens if kind == "digit"]
        if len(places) != places[-1] - places[0] + 1 or "?" in texts or len(places) - len(texts) > 1:
            return None
        before = "".join(text for _, text in self.tokens[: places[0]])
        return before, texts.count("0"), "".join(text for _, text in self.tokens[places[-1] + 1 :])

    def holds(self, value: float) -> bool:
        sign, bound = self.condition or ("", 0.0)
        return not sign or _COMPARED[sign](value, bound)


@lru_cache(maxsize=4096)
def is_date(code: str) -> bool:
    """True for a format that shows a day or a time of day."""
    kinds = _sections(code)[0].kinds
    return "date" in kinds and "digit" not in kinds - {"fraction"}


@lru_cache(maxsize=4096)
def is_time(code: str) -> bool:
    """True for a format that shows hours, minutes or seconds and no day."""
    return is_date(code) and not any(
        kind == "date" and text in "ydegba" for kind, text in _sections(code)[0].tokens
    ) and not _shows_month(code)  # fmt: skip


def _shows_month(code: str) -> bool:
    """A month is written as minutes are; it is one unless hours come before or seconds behind."""
    letters = "".join(text for kind, text in _sections(code)[0].tokens if kind == "date")
    return "m" in letters and "h" not in letters and "s" not in letters


@lru_cache(maxsize=4096)
def is_simple_day(code: str) -> bool:
    """True for a format of which every reader of workbooks knows that it shows a day: year, month and day alone."""
    return _SIMPLE_DAY.fullmatch(code) is not None


@lru_cache(maxsize=4096)
def is_plain(code: str) -> bool:
    """True where the shown number is the stored one, but for digits behind the point, thousands and signs of currencies."""
    if code == GENERAL:
        return True
    sections = [one for one in _sections(code) if one.tokens]
    return bool(_sections(code)[0].tokens) and all(
        section.kinds <= {"digit", "point", "comma", "general", "literal", "at", "power"}
        and not section.special
        and not section.literal.strip(_QUIET)
        and not _scaled(section)
        and not _split(section)
        and sum(text == "0" for _, text in _integer(section)) <= 1
        and bool(section.kinds & {"digit", "general", "at"})
        for section in sections
    )


@lru_cache(maxsize=4096)
def changes_text(code: str) -> bool:
    """True where a text in the cell is shown with something around it, or not at all."""
    sections = _sections(code)
    text = sections[3] if len(sections) > 3 else next((one for one in sections if "at" in one.kinds), None)
    return text is not None and (bool(text.literal.strip()) or "at" not in text.kinds)


def text_shown(code: str, text: str) -> str:
    """A text as a cell of that format shows it."""
    sections = _sections(code)
    shown = sections[3] if len(sections) > 3 else next((one for one in sections if "at" in one.kinds), None)
    return text if shown is None else "".join(text if kind == "at" else part for kind, part in shown.tokens).strip()


def stored(value: float) -> str:
    """A number as a cell in the format General holds it: fifteen digits, no power of ten, no zero behind the point."""
    short = f"{value:.{DIGITS}g}"
    if "e" not in short and short != "-0":
        return short
    number = Decimal(f"{value:.{DIGITS - 1}e}")
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) if number else "0"


def shown(code: str, value: float) -> str | None:
    """A number as a cell of that format shows it, without the blanks at its ends; None where that is not certain.

    Args:
        code: a format that shows no date.
        value: of the cell.
    """
    section, number = _chosen(code, value)
    if section is None or section.special or section.kinds & {"date", "power", "fraction"}:
        return None
    digits = stored(abs(number))
    if section.around and "." not in digits:
        before, least, behind = section.around
        digits = "" if digits == "0" and not least and "digit" in section.kinds else digits.zfill(least)
        return f"{'-' if number < 0 else ''}{before}{digits}{behind}".strip()
    exact = Decimal(digits)
    exact *= Decimal(100) ** sum(kind == "percent" for kind, _ in section.tokens)
    exact /= Decimal(1000) ** _scaled(section)
    sign = "-" if number < 0 else ""
    if "digit" not in section.kinds:
        inner = f"{exact:f}"
        text = "".join(_literal(kind, part, inner) for kind, part in section.tokens)
    else:
        text = _filled(section, exact)
    return (sign + text).strip()


def says_only_the_number(code: str, value: float) -> bool:
    """True where what is shown of a number adds nothing to it: no words, no zeros before it, no other unit."""
    section, _ = _chosen(code, value)
    if section is None or section.special or "percent" in section.kinds or _scaled(section) or _split(section):
        return False
    if section.literal.strip(_QUIET) or not section.kinds & {"digit", "general", "at"}:
        return False
    padded = sum(text == "0" for _, text in _integer(section))
    return padded <= max(1, len(stored(abs(value)).partition(".")[0]))


def same_number(code: str, value: float, unit: str) -> bool:
    """Whether a number reads the same as it is stored, and in the unit of its column.

    Args:
        code: a format that shows no date.
        value: of the cell.
        unit: in which the column is, such as ``万元``; empty where it has none.
    """
    section, _ = _chosen(code, value)
    text = shown(code, value)
    if section is None or text is None:
        # Fractions, powers of ten and numbers in Chinese say the same number.
        return section is None or not _scaled(section)
    return reads_as(text, value, unit, section.literal)


def reads_as(text: str, value: float, unit: str, words: str | None = None) -> bool:
    """Whether a text shows a number as it is stored, in the unit of its column.

    Args:
        text: what is shown.
        value: what is stored.
        unit: in which the column is; empty where it has none.
        words: those of the text that are no part of the number; None for all of it.
    """
    if not text:
        return value == 0
    named = _UNIT.search(text if words is None else words)
    if "%" in text or (unit and named and named[0].removesuffix("元") != unit.removesuffix("元")):
        return False
    runs = _RUN.findall(text)
    if not runs:
        return value == 0
    number = Decimal(runs[0].replace(",", ""))
    behind = len(runs[0].partition(".")[2])
    return abs(number - abs(Decimal(stored(value)))) <= Decimal(5).scaleb(-behind - 1)


def _literal(kind: str, part: str, number: str) -> str:
    return number if kind in ("general", "at") else part if kind in ("literal", "percent") else ""


@lru_cache(maxsize=4096)
def _sections(code: str) -> tuple[_Section, ...]:
    parts: list[list[tuple[str, str]]] = [[]]
    conditions: list[tuple[str, float] | None] = [None]
    special = [False]
    for found in _TOKEN.finditer(code):
        if found["other"] == ";":
            parts.append([])
            conditions.append(None)
            special.append(False)
            continue
        if (bracket := found["bracket"]) is not None:
            if condition := _CONDITION.fullmatch(bracket):
                conditions[-1] = (condition[1], float(condition[2]))
            elif bracket.lower().strip("hms") == "" and bracket:
                parts[-1].append(("date", bracket[0].lower()))
            elif bracket.startswith("$"):
                parts[-1].append(("literal", bracket[1:].partition("-")[0]))
            elif bracket.lower().startswith("dbnum"):
                special[-1] = True
            continue
        parts[-1].append(_token(found))
    return tuple(
        _Section(_with_fractions([one for one in tokens if one[1]]), condition, odd)
        for tokens, condition, odd in zip(parts, conditions, special, strict=True)
    )


def _token(found: re.Match[str]) -> tuple[str, str]:
    if found["general"]:
        return "general", GENERAL
    if found["clock"]:
        return "date", "h"
    if found["power"]:
        return "power", "E"
    if (text := found["quoted"] if found["quoted"] is not None else found["escaped"]) is not None:
        return "literal", text
    other = found["other"]
    if other is None:
        return "literal", ""
    kinds = {".": "point", ",": "comma", "%": "percent", "@": "at"}
    kind = "digit" if other in "0#?" else kinds.get(other)
    if kind is None:
        kind = "date" if other.lower() in _DATE_LETTERS else "literal"
    return kind, other.lower() if kind == "date" else other


def _with_fractions(tokens: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """``# ?/?`` is a fraction; ``mm:ss.0`` shows parts of a second, which are no digits of a number."""
    kinds = [kind for kind, _ in tokens]
    slash = [n for n, one in enumerate(tokens) if one == ("literal", "/")]
    if any(0 < n < len(tokens) - 1 and kinds[n - 1] == "digit" and kinds[n + 1] in ("digit", "literal") for n in slash):
        return (*tokens, ("fraction", "/"))
    if "date" in kinds:
        return tuple(("second" if kind in ("digit", "point") else kind, text) for kind, text in tokens)
    return tuple(tokens)


def _chosen(code: str, value: float) -> tuple[_Section | None, float]:
    """The section for a number, and the number it shows: without its sign where the section is the one for negatives."""
    sections = [one for one in _sections(code)[:3] if "at" not in one.kinds or "digit" in one.kinds]
    if not sections:
        return _sections(code)[0], value
    if any(one.condition for one in sections):
        found = next((one for one in sections if one.holds(value)), None)
        return found, abs(value) if found is not None and found.condition and value < 0 else value
    if value < 0 and len(sections) > 1:
        return sections[1], abs(value)
    return sections[2 if value == 0 and len(sections) > 2 else 0], value


def _integer(section: _Section) -> list[tuple[str, str]]:
    """The digits before the point."""
    kinds = [kind for kind, _ in section.tokens]
    end = kinds.index("point") if "point" in kinds else len(kinds)
    return [one for one in section.tokens[:end] if one[0] == "digit"]


def _scaled(section: _Section) -> int:
    """How often the number is divided by a thousand: commas behind the last digit."""
    kinds = [kind for kind, _ in section.tokens if kind in ("digit", "comma", "point")]
    behind = 0
    while kinds and kinds[-1] in ("comma", "point"):
        behind += kinds.pop() == "comma"
    return behind if kinds else 0


def _split(section: _Section) -> bool:
    """True where a literal stands between digits, as the point of ``0!.0000`` does."""
    places = [n for n, (kind, _) in enumerate(section.tokens) if kind == "digit"]
    if not places:
        return False
    return any(kind == "literal" for kind, _ in section.tokens[places[0] : places[-1]])


def _filled(section: _Section, exact: Decimal) -> str:
    """Digits put into their places, literals between them staying where they are."""
    kinds = [kind for kind, _ in section.tokens]
    point = kinds.index("point") if "point" in kinds else len(kinds)
    behind = sum(kind == "digit" for kind in kinds[point:])
    rounded = exact.quantize(Decimal(1).scaleb(-behind), rounding=ROUND_HALF_UP)
    whole, _, rest = f"{rounded:f}".partition(".")
    before = [n for n in range(point) if kinds[n] == "digit"]
    thousands = any(kinds[n] == "comma" for n in range(before[0], before[-1])) if before else False
    texts = dict(_whole(section, before, "" if whole == "0" else whole, thousands=thousands))
    kept = len(rest)
    places = [n for n in range(point, len(kinds)) if kinds[n] == "digit"]
    while kept and section.tokens[places[kept - 1]][1] == "#" and rest[kept - 1] == "0":
        kept -= 1
    texts |= {place: digit for place, digit in zip(places, rest[:kept], strict=False)}
    out = []
    for n, (kind, text) in enumerate(section.tokens):
        if kind == "digit":
            out.append(texts.get(n, ""))
        elif kind in ("literal", "percent") or (kind == "point" and places):
            out.append(text)
    return "".join(out)


def _whole(section: _Section, places: list[int], digits: str, *, thousands: bool) -> list[tuple[int, str]]:
    """The digits before the point by the place of the token that shows them."""
    found: list[tuple[int, str]] = []
    left = digits
    for count, place in enumerate(reversed(places)):
        first = count == len(places) - 1
        shown_digits, left = (left, "") if first else (left[-1:], left[:-1])
        text = shown_digits or {"0": "0", "?": " "}.get(section.tokens[place][1], "")
        if thousands:
            text = _grouped(text, count)
        found.append((place, text))
    return found


def _grouped(digits: str, behind: int) -> str:
    """Digits with a comma wherever so many digits, with those ``behind`` them, are a multiple of three."""
    out = ""
    for place, digit in enumerate(reversed(digits), start=behind):
        out = digit + ("," if place and place % 3 == 0 else "") + out
    return out
