"""Records that are right one by one and tell something only together: what code verification, resolution and the clock must find.

    several_names     two licences of one code, under two names
    several_codes     two licences of one name, under two codes
    registrar         a registration whose code a civil affairs department would have given
    region            a registration whose code was given in another province
    conflict          a decision that province and ministry sent, of one time and with different texts
    other_channel     a decision that both sent alike
    on_hold           an objection that is not closed: its record is on hold

Kinds have the names the hub itself uses. Subjects of the first four are met nowhere else; their rows break no rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from pipelines.catalog import Catalog, Kind
from pipelines.demo.codes import credit_codes
from pipelines.demo.drawing import Draw
from pipelines.demo.province import Province
from pipelines.demo.subjects import COMPANY, SOCIETY, subjects
from pipelines.demo.vocabulary import profiles

SEVERAL_NAMES, SEVERAL_CODES, REGISTRAR, REGION = "several_names", "several_codes", "registrar", "region"
CONFLICT, OTHER_CHANNEL, ON_HOLD = "conflict", "other_channel", "on_hold"

_SERIALS: Final = 600_000_000  # far above those of the provinces' own subjects
_ROOM: Final = 10_000
_NUMBERS_FROM: Final = 90_001  # above the document numbers of twelve months
_BODIES: Final = 64
_THOROUGH: Final = 3
_OPEN: Final = 12
_AGAIN: Final = "-2"  # behind the number of an earlier message about the same record
_LEGAL: Final = "法人及非法人组织"
_UPSTREAM: Final = "（总局直报）"
_FORMER: Final = "筹备处"
_ELSEWHERE: Final = ("440305", "510104")
_TEXTS: Final = ("penalty_content", "licence_content", "registered_address")
_PLACES: Final = ("region", "city_region", "province", "city", "county", "place", "above")


@dataclass(frozen=True)
class Case:
    """One thing to be found: whose code, and what is said of it: the other name or code, the pair, the region, or a number."""

    kind: str
    credit_code: str
    said: str


@dataclass(frozen=True)
class Told:
    """Rows to add to a file, and what they tell."""

    rows: pl.DataFrame
    cases: tuple[Case, ...]


def cases_of(province: Province, dataset_id: str, draw: Draw, rows: pl.DataFrame) -> Told | None:
    """What a province tells beside its right records; None where it tells nothing.

    Args:
        province: in its last month; a ministry and a nearly perfect province tell nothing.
        dataset_id: of the records.
        draw: a source of chance of its own.
        rows: right records of the file, of which new ones are made.
    """
    make = _TOLD.get(dataset_id)
    profile = province.profile
    if make is None or profile.bureau or profile.story == "nearly_perfect":
        return None
    number = [one.id for one in profiles()].index(profile.id)
    places = province.subjects.select(_PLACES).unique(maintain_order=True)
    first = _SERIALS + _ROOM * number + (_ROOM // 2 if dataset_id == _LICENCE else 0)
    drawn = subjects(draw, province.words, places, _BODIES, first, national=False, as_of=province.as_of)
    bodies = drawn.filter(pl.col("pair") == COMPANY).unique("name", maintain_order=True)
    return make(province, rows, bodies, _THOROUGH if profile.thorough else 1)


def sent_from_above(rows: pl.DataFrame, province: Province) -> Told:
    """Decisions a province sends too, as its ministry has them: the first half with another text, the others alike (条块重复)."""
    changes = {"source_name": province.centre[0], "source_code": province.centre[1]}
    text = next(name for name in _TEXTS if name in rows.columns)
    sent = rows.with_columns(pl.lit(value).alias(name) for name, value in changes.items() if name in rows.columns)
    half = sent.height // 2
    different = sent[:half].with_columns(pl.col(text) + _UPSTREAM)
    number = "document_number" if "document_number" in rows.columns else "credit_code"
    told = [CONFLICT] * half + [OTHER_CHANNEL] * (sent.height - half)
    named = zip(told, rows["credit_code"], rows[number], strict=True)
    return Told(pl.concat([different, sent[half:]]), tuple(Case(kind, code or "", said) for kind, code, said in named))


def objected_to(catalog: Catalog, dataset_id: str, rows: pl.DataFrame, *, thorough: bool) -> Told | None:
    """Messages that hold a record back until they are closed, and are not: some of the rows again, under a number of their own.

    Args:
        catalog: says which messages those are.
        dataset_id: of the rows.
        rows: right records of the file.
        thorough: more of them.
    """
    fields = {field.id: field for field in catalog.fields(dataset_id)}
    for message in catalog.policies.repair.messages:
        condition = message.closed
        if message.dataset != dataset_id or condition is None or condition.present is not True:
            continue
        asked = [one.id for one in fields.values() if one.required_when and one.required_when.field == condition.field]
        closing = [condition.field, *(name for name in rows.columns if any(name.startswith(one) for one in asked))]
        naming = [message.record.dataset, message.record.number, message.record.authority]
        named = rows.filter(pl.col("credit_code").is_not_null()).unique(naming, keep="first", maintain_order=True)
        key = [fields[name] for name in catalog.datasets[dataset_id].record_key if name in fields]
        number = next(field.id for field in key if field.kind is Kind.STRING)
        made = named.head(_OPEN if thorough else 1).with_columns(
            pl.col(number) + _AGAIN, *(pl.lit(None, dtype=pl.String).alias(name) for name in closing)
        )
        told = made.select("credit_code", message.record.number).rows()
        return Told(made, tuple(Case(ON_HOLD, code, record) for code, record in told))
    return None


def _registered(province: Province, rows: pl.DataFrame, bodies: pl.DataFrame, count: int) -> Told:
    """Registrations whose codes say something else: of another registrar, and of another province."""
    template, bodies = _templates(rows, 2 * count), bodies.head(2 * count)
    away = next(region for region in _ELSEWHERE if region[:2] != province.region[:2])
    number = min(template.height, bodies.height)
    kinds = [(REGISTRAR, REGION)[n % 2] for n in range(number)]
    pairs = pl.Series([SOCIETY if kind == REGISTRAR else COMPANY for kind in kinds], dtype=pl.String)
    regions = [own if kind == REGISTRAR else away for kind, own in zip(kinds, bodies["region"], strict=False)]
    serials = _SERIALS // 2 + _ROOM * int(province.region[:2]) + np.arange(number, dtype=np.int64)
    codes = credit_codes(pairs, pl.Series(regions, dtype=pl.String), serials)
    made = template[:number].with_columns(bodies["name"][:number].alias("name"), codes.alias("credit_code"))
    home = "660000" if province.profile.id == "bingtuan" else province.region
    said = [SOCIETY if kind == REGISTRAR else home for kind in kinds]
    return Told(made, tuple(Case(*one) for one in zip(kinds, codes, said, strict=True)))


def _licensed(_: Province, rows: pl.DataFrame, bodies: pl.DataFrame, count: int) -> Told:
    """Licences in pairs: one code under two names, one name under two codes."""
    template = _templates(rows.filter(_plain(rows)), 4 * count)
    many = min(template.height // 4, bodies.height // 3, count)
    names: list[str] = []
    codes: list[str] = []
    cases: list[Case] = []
    for place in range(many):
        one, first, second = (bodies.row(3 * place + n, named=True) for n in range(3))
        former = f"{one['name']}{_FORMER}"
        names += [one["name"], former, first["name"], first["name"]]
        codes += [one["credit_code"]] * 2 + [first["credit_code"], second["credit_code"]]
        cases += [
            Case(SEVERAL_NAMES, one["credit_code"], former),
            Case(SEVERAL_CODES, first["credit_code"], second["credit_code"]),
        ]
    numbers = pl.Series([str(_NUMBERS_FROM + n) for n in range(4 * many)], dtype=pl.String)
    made = template[: 4 * many].with_columns(
        pl.Series("subject_name", names, pl.String),
        pl.Series("credit_code", codes, pl.String),
        pl.concat_str(pl.col("document_number").str.extract(r"^(.*〕)"), numbers, pl.lit("号")).alias(
            "document_number"
        ),
        pl.concat_str(pl.col("licence_number").str.head(-7), numbers.str.zfill(7)).alias("licence_number"),
    )
    return Told(made, tuple(cases))


_LICENCE: Final = "administrative_licence"
_TOLD: Final[dict[str, Callable[[Province, pl.DataFrame, pl.DataFrame, int], Told]]] = {
    "enterprise_registration": _registered,
    _LICENCE: _licensed,
}


def _templates(rows: pl.DataFrame, count: int) -> pl.DataFrame:
    return rows[np.resize(np.arange(rows.height), count)] if rows.height else rows


def _plain(rows: pl.DataFrame) -> pl.Expr:
    """Licences of legal persons that give no other number of theirs, which would be that of somebody else."""
    others = [name for name in rows.columns if name.endswith(("registration_number", "organisation_code"))]
    others += [name for name in rows.columns if name in _OTHER_NUMBERS]
    return (pl.col("subject_category") == _LEGAL) & pl.all_horizontal(pl.col(name).is_null() for name in others)


_OTHER_NUMBERS: Final = ("institution_certificate_number", "social_organisation_number")
