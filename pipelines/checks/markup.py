"""Markup and formulas in a text: tags of web pages, and what a spreadsheet would run.

A Chinese text in pointed brackets (<食品安全法>) is no tag, and a text that begins with a sign (-当事人, +86) no formula: a formula
is a name with a bracket, a reference to a cell, or a call of a program.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from pipelines.checks.registry import CellCheck, register, register_functions
from pipelines.checks.sql_functions import plain
from pipelines.checks.texts import suspect

_TAGS: Final = (
    *(
        "a",
        "abbr",
        "b",
        "big",
        "body",
        "br",
        "button",
        "center",
        "code",
        "dd",
        "div",
        "dl",
        "dt",
        "em",
        "embed",
        "font",
        "form",
    ),
    *(
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "hr",
        "html",
        "i",
        "iframe",
        "img",
        "input",
        "label",
        "li",
        "link",
        "meta",
    ),
    *(
        "object",
        "ol",
        "option",
        "p",
        "pre",
        "script",
        "select",
        "small",
        "span",
        "strong",
        "style",
        "sub",
        "sup",
        "svg",
    ),
    *(
        "table",
        "tbody",
        "td",
        "textarea",
        "th",
        "thead",
        "title",
        "tr",
        "tt",
        "u",
        "ul",
        "video",
        "xml",
        "o:p",
        "v:shape",
    ),
)
TAG: Final = rf"(?i)</?(?:{'|'.join(_TAGS)})(?:[ \t\n\f\r/>]|$)|<!--|<!\[CDATA\[|<\?xml"
FORMULA: Final = (
    r"^[=+\-@＝＋－＠][ \t\n\x0B\f\r]*(?:[A-Za-z_][A-Za-z0-9_.]*[ \t\n\x0B\f\r]*[(|!]|\$?[A-Za-z]{1,3}\$?[0-9]{1,7}(?:[^A-Za-z0-9]|$))"
    r"|^[=＝][ \t\n\x0B\f\r]*[(\[{0-9]"
)
"""What a spreadsheet would run, at the beginning of a text: ``=SUM(``, ``=cmd|``, ``=Sheet1!``, ``=A1``, ``=1+1``."""

register_functions(
    {
        "hub_tagged(s)": rf"""CASE WHEN regexp_matches(s, '<[A-Za-z/!?]') THEN
        regexp_matches(s, '<(/|)({"|".join(sorted(_TAGS))})([ \t\n\f\r/>]|$)', 'i')
        OR regexp_matches(s, '<([?]xml|!--|!\[CDATA\[)', 'i') ELSE false END""",
        "hub_formula(s)": r"""CASE WHEN contains('=+-@＝＋－＠', left(s, 1)) THEN regexp_matches(s, '^[=＝][ \t\n\x0B\f\r]*[([{0-9]'
        || '|^.[ \t\n\x0B\f\r]*(?:[A-Za-z_][A-Za-z0-9_.]*[ \t\n\x0B\f\r]*[(|!]|\$?[A-Za-z]{1,3}\$?[0-9]{1,7}([^A-Za-z0-9]|$))')
        ELSE false END""",
    }
)


def marked_up(text: pl.Expr) -> pl.Expr:
    """True where a text holds a tag, or is a formula; null for null."""
    return text.str.contains(TAG) | text.str.contains(FORMULA)


def hidden_in(text: pl.Expr) -> pl.Expr:
    """True where a name or a number holds what begins a tag, or is a formula: in these any tag is one too many; null for null."""
    return text.str.contains("<[A-Za-z/!?]") | text.str.contains(FORMULA)


register(
    __name__,
    CellCheck(
        "markup",
        lambda rule, _: marked_up(suspect(rule)),
        plain("NOT (hub_tagged({s}) OR hub_formula({s}))"),
        suite_name="no_markup",
    ),
)
