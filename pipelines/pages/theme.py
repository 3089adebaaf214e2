"""How every page is made: one Jinja environment, one base template, one style sheet.

    templates/base.html.j2    the frame of a page
    templates/style.css       the style, in parts; a page carries the parts for all and those for its room
    templates/<room>/         templates of a room: catalogue, data_docs, receipts, scorecards

A page is one file with its style in it. It loads nothing but the scripts that lie beside scorecards.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.ground import figures
from pipelines.ground.clock import CHINA
from pipelines.pages import phrases
from pipelines.pages.words import name

TEMPLATES: Final = Path(__file__).parent / "templates"
_PART: Final = re.compile(r"^/\* for ([a-z_, ]+): .*?\*/\n", re.MULTILINE)


def render(template: str, **content: object) -> str:
    """A page from a template of a room, ``<room>/<page>.html.j2``, and what the template asks for."""
    return _environment().get_template(template).render(content, style=style(template.partition("/")[0]))


@cache
def style(room: str) -> Markup:
    """The style sheet as the pages of a room carry it: the parts for all and those for the room, in their order."""
    _, *parts = _PART.split((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return Markup("".join(css for rooms, css in pairs if {"all", room} & set(rooms.split(", "))).strip())


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (
        *(figures.floored, figures.lost, figures.signed, figures.percent, figures.rate, figures.share),
        *(figures.fraction, figures.day),
        *(phrases.breakable, phrases.day_ranges, phrases.document, phrases.kind, phrases.limits, phrases.months),
        *(phrases.public_source, name, in_china),
    )
    made.filters |= {one.__name__: one for one in filters} | {"number": figures.count}
    made.globals |= {"dash": figures.NONE, "spell": phrases.spell}
    return made


def in_china(instant: str) -> str:
    """An instant in UTC (ISO 8601) as a person in China writes it."""
    return f"{datetime.fromisoformat(instant).astimezone(CHINA):%Y-%m-%d %H:%M}"
