"""What the catalogue's documents, fields, conditions and examples say in a phrase of Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import Final, NamedTuple

from markupsafe import Markup

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import Condition, Dataset, Due, Field, Kind, LegalBasis
from pipelines.catalog.rules import EVIDENCE, RECORD, Rule
from pipelines.pages.words import WORDS

_WORKING_PAPER: Final = re.compile(r"[，,；]?\s*见 domain\.md[^，；]*$")  # known to the makers of the catalogue only
_LONGEST: Final = 60
_FEW: Final = 4
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060\u3000\ue000-\uf8ff\ufeff]")


def document(basis: LegalBasis) -> str:
    """A document as it is cited: 《title》 and its number, unless the title has it already."""
    return f"《{basis.title_zh}》" + ("" if basis.number in basis.title_zh else f"（{basis.number}）")


def kind(field: Field) -> str:
    """The type of a field's values."""
    name = WORDS["kind"][field.kind]
    if field.kind is not Kind.DECIMAL:
        return name
    precision, scale = field.precision_scale
    return f"{name}，整数最多 {precision - scale} 位，小数最多 {scale} 位"


def limits(field: Field) -> list[str]:
    """What a value must keep to beyond its type, each in a phrase."""
    bounds = {"大于": field.min_exclusive, "不小于": field.min_inclusive, "不大于": field.max_inclusive}
    return [
        *([f"最长 {field.max_length} 个字符"] if field.max_length is not None else []),
        *([f"格式 {field.pattern}"] if field.pattern is not None else []),
        *(f"{name} {bound:g}" for name, bound in bounds.items() if bound is not None),
        *([f"一般不大于 {most:,.0f}，超过的照收并提示"] if (most := field.plausible_max) is not None else []),
        *(["不晚于收到日期"] if field.not_future else []),
        *([f"表中没有的写“{field.other_prefix}”加具体内容"] if field.other_prefix else []),
        *(["不要写公民身份号码和电话"] if field.free_text else []),
    ]


def spell(first: date | None, last: date | None) -> str:
    """A validity in words."""
    if first is None:
        return f"至 {last} 止" if last else "—"
    return f"{first} 至 {last}" if last else f"{first} 起"


def months(number: int) -> str:
    """A number of months, in years where it is whole years."""
    if number == 0:
        return "无"
    return f"{number // 12} 年" if number % 12 == 0 else f"{number} 个月"


def due(one: Due) -> str:
    """By when something is owed."""
    if one.working_days is not None:
        return f"记录日期之后 {one.working_days} 个工作日内"
    return f"每期结束后的次月 {one.day_of_next_month} 日以前"


def day_ranges(days: tuple[date, ...]) -> str:
    """Days of one year as ranges: 2月15日至23日、4月4日."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and (day - runs[-1][-1]).days == 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return "、".join(_run(run[0], run[-1]) for run in runs) or "—"


def _run(first: date, last: date) -> str:
    said = f"{first.month}月{first.day}日"
    if first == last:
        return said
    return f"{said}至{'' if first.month == last.month else f'{last.month}月'}{last.day}日"


def breakable(name: str) -> Markup:
    """An id that a narrow column may break behind a point or an underscore."""
    return Markup("").join(Markup("{}<wbr>").format(part) for part in re.split(r"(?<=[._])", name))


def public_source(source: str) -> str:
    """A source without what only the makers of the catalogue can look up."""
    return _WORKING_PAPER.sub("", source)


def cell(text: str | None) -> str:
    """A cell of an example as it can be seen: empty, invisible and endless ones are described."""
    if text is None or text == "":
        return "（空）"
    seen = _UNSEEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)
    seen = re.sub(r"^ +| +$|(?<= ) | (?= )", lambda found: "␣" * len(found[0]), seen)
    return seen if len(text) <= _LONGEST else f"{seen[: _LONGEST // 2]}……（共 {len(text)} 个字符）"


def labels(catalog: Catalog, name: str) -> dict[str, str]:
    """Chinese names of the codes of a table; none for a table that is not there."""
    table = catalog.code_tables.get(name)
    return {entry.code: entry.label_zh for entry in table.entries} if table else {}


Pieces = list[tuple[str, bool]]
"""A text in pieces; True for what is wrong."""


class Example(NamedTuple):
    """An example of a rule: ``good`` or ``bad``, its heading, and title and text of each cell."""

    kind: str
    heading: str
    cells: list[tuple[str, Pieces]]


def differing(good: str, bad: str) -> Pieces:
    """A bad text with the characters marked that differ from the good one: where few do, and none is missing."""
    pairs = list(zip(good, bad, strict=False))
    if len(good) != len(bad) or not 0 < sum(one != other for one, other in pairs) <= _FEW:
        return [(bad, False)]
    return [
        ("".join(other for _, other in some), wrong)
        for wrong, some in groupby(pairs, key=lambda pair: pair[0] != pair[1])
    ]


class DatasetWords:
    """What a dataset says about its fields, in words."""

    def __init__(self, catalog: Catalog, dataset: Dataset) -> None:
        self._catalog = catalog
        self._fields = {field.id: field for field in catalog.fields(dataset.id)}

    def title(self, name: str) -> str:
        """Title of a field, or of what the hub derives itself."""
        return self._fields[name].title_zh if name in self._fields else WORDS["derived"].get(name, name)

    def required(self, field: Field) -> list[str]:
        """When a field must be filled and when not."""
        conditions = {"必填": field.required_when, "不填": field.empty_when, "须为公民身份号码": field.citizen_id_when}
        said = ["必填"] if field.required else []
        said += [f"{self._condition(when)}时{what}" for what, when in conditions.items() if when]
        return said if field.required or field.required_when else ["选填", *said]

    def beginnings(self, field: Field) -> list[str]:
        """How a code begins, or never begins, by what another field says."""
        said = []
        for one in field.code_prefix:
            verb, codes = ("以", one.starts_with) if one.starts_with else ("不以", one.never_starts_with)
            other = f"“{self.title(one.field)}”为{self.values(one.field, one.is_in)}"
            said.append(f"{other}时一般{verb} {'、'.join(codes)} 开头")
        return said

    def _condition(self, condition: Condition) -> str:
        other = self._fields[condition.field]
        if condition.present:
            return f"“{other.title_zh}”已填写"
        verb = "为" if condition.is_in else "含"
        return f"“{other.title_zh}”{verb}{self.values(other.id, condition.is_in or condition.contains or ())}"

    def values(self, name: str, codes: tuple[str, ...]) -> str:
        """Codes of a field's table, or literal texts, as quoted names."""
        field = self._fields.get(name)
        known = labels(self._catalog, field.code_table or "") if field else {}
        return "或".join(f"“{known.get(code, code)}”" for code in codes)

    def examples(self, rule: Rule) -> list[Example]:
        """The good and the bad example of a rule; none where it has none."""
        good, bad = (rule.good, rule.bad) if rule.cells else self._line(rule)
        found = []
        if good:
            cells = [(self.title(name), [(self._cell(name, text), False)]) for name, text in good.items()]
            found.append(Example("good", "✓ 对", cells))
        if bad:
            cells = [
                (self.title(name), differing(self._cell(name, good.get(name)), self._cell(name, text)))
                for name, text in bad.items()
            ]
            found.append(Example("bad", "✗ 错", cells))
        return found

    def _line(self, rule: Rule) -> tuple[Mapping[str, str | None], Mapping[str, str | None]]:
        """The examples of a rule about the line as it came: the line itself stands for its cells."""
        check = self._catalog.checks[rule.id.rpartition(".")[2]]
        good, bad = ({RECORD: text} if isinstance(text, str) else {} for text in (check.good, check.bad))
        return good, bad

    def _cell(self, name: str, text: str | None) -> str:
        if name in EVIDENCE:
            return "否" if text == "0" else "是"
        """A cell as it can be seen, a code by its name."""
        field = self._fields.get(name)
        known = labels(self._catalog, field.code_table or "") if field else {}
        return cell(known.get(text or "", text))
