"""What a text must not hold: lost or private characters, what clean-up had to take away, and personal data.

Polars looks at the few texts that could be unsound (``suspects``); SQL has one test for all of its own, ``ODD_TEXT``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.catalog import CLEANED, Rule
from pipelines.checks.gbk_bytes import FIRST, RARE, SECOND, reads_as_utf8
from pipelines.checks.prepared_columns import cleaned_name, suspect_name
from pipelines.checks.registry import (
    CELL_SQL,
    CellCheck,
    Lookups,
    Parameters,
    register,
    register_functions,
    register_sql,
)
from pipelines.checks.sql_functions import expect, plain
from pipelines.privacy.find import holds_citizen_id, holds_mobile

_PERSON: Final = r"[1-9]\d{5}(18|19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
_BETWEEN: Final = r"[ \t\x{A0}\x{3000}-]"
_HAN: Final = "[㐀-鿿豈-﫿𠀀-𱍏]"

# The bytes of UTF-8 as Latin-1 and Windows-1252 show them: first bytes of two and three, then the others.
_LEADS: Final = "[ÂÃâ-éíï]"
_OTHERS: Final = "[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
# Bytes of GBK as they show them, without the signs and letters that GB 2312 has: ¤ § ¨ ° ± · × ÷ à á è é ê ì í ò ó ù ú ü.
_GBK_BYTES: Final = "[¡-£¥¦©-¯²-¶¸-ÖØ-ßâ-çëîïñôõöøûýþÿ]"

TEXT_CHECKS: Final = (
    "no_replacement_character",
    "no_private_use_character",
    "no_control_character",
    "no_lost_character",
    "no_markup",
    "no_citizen_id_in_text",
    "no_mobile_in_text",
)
"""Checks, by their names in the suites, that only a text can fail which is odd (``ODD_TEXT``)."""

ODD_TEXT: Final = (
    "regexp_matches({s}, '"
    r"[\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x{{9F}}\x{{A1}}-\x{{B6}}\x{{B8}}-\x{{D6}}\x{{D8}}-\x{{F6}}\x{{F8}}-\x{{FF}}"
    rf"\x{{{{E000}}}}-\x{{{{F8FF}}}}\x{{{{FFFD}}}}?？□〓{RARE}]|锟斤拷|烫烫烫|屯屯屯|葺葺葺|<[/!A-Za-z]|^[-=+@＝＋－＠]"
    r"|([0-9０-９][- \t\x{{A0}}\x{{3000}}]?){{10}}[0-9０-９]')"
)
"""SQL with ``{s}`` for the column: one test for all of ``TEXT_CHECKS``; true for every text that fails one of them."""


def suspect(rule: Rule) -> pl.Expr:
    """The text of the rule's field where it could be unsound, else null."""
    return pl.col(suspect_name(rule.field))


def _garbled(rule: Rule, _: Lookups) -> pl.Expr:
    text = suspect(rule)
    lost = text.str.contains("\ufffd|锟斤拷|^[?？□〓 ]+$")
    as_latin = text.str.contains(f"(?:{_LEADS}{_OTHERS}{{1,2}}){{2}}|{_GBK_BYTES}{{3}}")
    return lost | as_latin | text.map_batches(_as_gbk, return_dtype=pl.Boolean, is_elementwise=True)


def _as_gbk(texts: pl.Series) -> pl.Series:
    rows = texts.str.contains(f"[{RARE}]").fill_null(False)
    places = rows.arg_true()
    read = [reads_as_utf8(text) for text in texts.gather(places)]
    return rows.scatter(places, pl.Series(read, dtype=pl.Boolean)) if len(places) else rows


def _bit_unset(column: str, parameters: Parameters, prefixes: Sequence[str]) -> str:
    """The bit of a field in the mask of cleaned fields; the parameter is the place of the field."""
    expect(parameters, 1, int, prefixes)
    return f"({column}::BIGINT & {1 << int(parameters[0])}) = 0"


register_functions(
    {
        "hub_narrow(s)": "translate(s, '０１２３４５６７８９Ｘｘ', '0123456789Xx')",
        # Numbers of the shape of a citizen ID, and digits with single blanks or hyphens between them, joined: 510100 19900307 0001.
        "hub_long_numbers(s)": rf"""list_concat(regexp_extract_all(s, '{_PERSON}'), list_transform(regexp_extract_all(s,
        '[0-9](?:{_BETWEEN}?[0-9])+(?:{_BETWEEN}?[Xx])?'), lambda number: regexp_replace(number, '{_BETWEEN}', '', 'g')))""",
        # The numbers are taken apart only where there is one: nearly never.
        "hub_citizen_id_in_text(s)": rf"""CASE WHEN regexp_matches(s, '(?:[0-9０-９]{_BETWEEN}?){{17}}[0-9Xx０-９Ｘｘ]')
        THEN len(list_filter(list_transform(hub_long_numbers(hub_narrow(s)), lambda number: upper(number)),
        lambda number: length(number) = 18 AND hub_plausible_person(number))) > 0 ELSE false END""",
        # UTF-8 read as GBK: see pipelines.checks.gbk_bytes. Character by character, where there is a rare one: a regular expression
        # over these sets would have to be compiled for every column.
        "hub_read_as_gbk(s)": rf"""CASE WHEN regexp_matches(s, '[{RARE}]') THEN len(list_filter(range(1, length(s) - 1), lambda place:
        contains('{FIRST}', s[place]) AND contains('{SECOND}', s[place + 1])
        AND (contains('{RARE}', s[place]) OR contains('{RARE}', s[place + 1])) AND s[place + 2] BETWEEN '㐀' AND '鿿')) > 0 ELSE false END""",
        # UTF-8 or GBK read as Latin-1 or Windows-1252.
        "hub_read_as_latin(s)": rf"""regexp_matches(s, '{_LEADS}{_OTHERS}{{1,2}}{_LEADS}{_OTHERS}')
        OR regexp_matches(s, '{_GBK_BYTES}{_GBK_BYTES}{_GBK_BYTES}')""",
    }
)
register(
    __name__,
    CellCheck(
        "replacement_character",
        _garbled,
        plain(
            "NOT (contains({s}, chr(65533)) OR contains({s}, '锟斤拷') OR regexp_full_match({s}, '[ ?？□〓]+')"
            " OR hub_read_as_latin({s}) OR hub_read_as_gbk({s}))"
        ),
        suite_name="no_replacement_character",
        of_any_text=True,
    ),
    CellCheck(
        "private_use_character",
        lambda rule, _: suspect(rule).str.contains("[\ue000-\uf8ff]"),
        plain(r"NOT regexp_matches({s}, '[\x{{E000}}-\x{{F8FF}}]')"),
        suite_name="no_private_use_character",
    ),
    CellCheck(
        "lost_character",
        lambda rule, _: suspect(rule).str.contains(
            rf"{_HAN}\?+{_HAN}|{_HAN}\?\?|\?\?{_HAN}|\?{{3}}|{_HAN}〓|〓{_HAN}|{_HAN}□{_HAN}|烫烫烫|屯屯屯|葺葺葺"
        ),
        plain(
            f"NOT (regexp_matches({{s}}, '({_HAN}[?][?]|[?][?]{_HAN}|{_HAN}[?]{_HAN}|[?][?][?])')"
            f" OR regexp_matches({{s}}, '({_HAN}〓|〓{_HAN}|{_HAN}□{_HAN})')"
            " OR contains({s}, '烫烫烫') OR contains({s}, '屯屯屯') OR contains({s}, '葺葺葺'))"
        ),
        suite_name="no_lost_character",
    ),
    CellCheck(
        "citizen_id_in_text",
        lambda rule, _: holds_citizen_id(suspect(rule)),
        plain("NOT hub_citizen_id_in_text({s})"),
        suite_name="no_citizen_id_in_text",
        of_any_text=True,
    ),
    CellCheck(
        "mobile_in_text",
        lambda rule, _: holds_mobile(suspect(rule)),
        plain(
            "NOT regexp_matches(hub_narrow({s}), '(^|[^0-9])(86)?1[3-9][0-9]([0-9]{{8}}|"
            "[- ][0-9]{{4}}[- ][0-9]{{4}})([^0-9]|$)')"
        ),
        suite_name="no_mobile_in_text",
    ),
    CellCheck(
        "cleaned",
        lambda rule, _: pl.col(cleaned_name(rule.field)),
        _bit_unset,
        suite_name="not_cleaned",
        suite_column=CLEANED,
    ),
)
register_sql(CELL_SQL, "no_control_character", plain(r"NOT regexp_matches({s}, '[\x00-\x08\x0B\x0C\x0E-\x1F\x7F]')"))
