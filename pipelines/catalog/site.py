"""The catalogue as a web site in Chinese: what a province reads before it sends, and what a receipt links to.

    <folder>/index.html             every dataset, code table, legal basis and provider
    <folder>/<dataset_id>.html      one dataset: its fields, rules, code tables and legal bases

Anchors, part of the layout because receipts and scorecards link to them (``link`` makes the first two):

    <dataset_id>.html#<dataset_id>.<field_id>    a field
    <dataset_id>.html#<rule_id>                  a rule
    <dataset_id>.html#code.<table_id>            a code table that the dataset uses; on index.html every one
    index.html#legal.<basis_id>, index.html#provider.<provider_id>

A page is one file without script or outside asset; the same catalogue gives the same bytes. A page grows by a section:
one more entry in ``INDEX`` or ``DATASET``, and the template ``templates/<page>/<section id>.html.j2`` that renders it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from pipelines.catalog.load import Catalog
from pipelines.catalog.models import CodeTable, Condition, Dataset, Field, Kind, LegalBasis
from pipelines.catalog.rules import RECORD, Rule
from pipelines.home import replace_file

TEMPLATES: Final = Path(__file__).parent / "templates"
MARK: Final = '<meta name="generator" content="credit-hub catalog build">'


class Section(NamedTuple):
    """A part of a page: its anchor and the name of its template, and its heading."""

    id: str
    title_zh: str


INDEX: Final = (
    Section("datasets", "目录项"),
    Section("codes", "代码表"),
    Section("bases", "依据文件"),
    Section("providers", "报送单位"),
)
DATASET: Final = (
    Section("about", "说明"),
    Section("fields", "数据项"),
    Section("rules", "规则"),
    Section("codes", "代码表"),
    Section("bases", "法律依据"),
)

WORDS: Final[dict[str, dict[str, str]]] = {
    "cycle": {
        "daily": "每日",
        "7_working_days": "七个工作日内",
        "monthly": "每月",
        "quarterly": "每季度",
        "yearly": "每年",
    },
    "disclosure": {"public": "向社会公示", "government": "政府部门共享", "authorised": "授权查询"},
    "severity": {"reject": "拒收", "warn": "提示"},
    "dimension": {
        "conformity": "规范性",
        "completeness": "完整性",
        "accuracy": "准确性",
        "consistency": "一致性",
        "timeliness": "时效性",
        "accessibility": "可访问性",
    },
    "level": {
        "law": "法律",
        "administrative_regulation": "行政法规",
        "local_regulation": "地方性法规",
        "policy_document": "政策性文件",
        "rule": "规章",
        "standard": "标准",
    },
    "provider_level": {"province": "省级平台", "ministry": "部委"},
    "confidence": {"high": "未见原文，把握较大", "medium": "未见原文，待核实", "low": "未见原文，把握不大"},
    "kind": {
        "string": "文本",
        "date": "日期",
        "timestamp": "时间",
        "integer": "整数",
        "decimal": "数值",
        "code": "代码（单选）",
        "codes": "代码（可多选）",
        "credit_code": "统一社会信用代码",
        "organisation_code": "组织机构代码",
        "registration_number": "工商注册号",
        "certificate_number": "证件号码",
        "document_number": "文书号",
    },
    "derived": {"subject_key": "主体标识（由总枢纽推出）", "received_on": "收到日期（由总枢纽记录）"},
}


def build(catalog: Catalog, folder: Path) -> list[Path]:
    """Write the site, remove pages of datasets that are no more, and return every page, ``index.html`` first."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = _pages(catalog)
    for name, text in pages.items():
        path = folder / name
        if not path.exists() or path.read_bytes() != text.encode():
            replace_file(path, text.encode())
    for path in folder.glob("*.html"):
        if path.name not in pages and MARK.encode() in path.read_bytes():
            path.unlink()
    return [folder / name for name in pages]


def link(anchor: str) -> str:
    """Where a rule (by its id) or a field (``<dataset_id>.<field_id>``) stands, relative to the site."""
    return f"{anchor.partition('.')[0]}.html#{anchor}"


def _pages(catalog: Catalog) -> dict[str, str]:
    environment = _environment(catalog)
    index, dataset = environment.get_template("index.html.j2"), environment.get_template("dataset.html.j2")
    pages = {"index.html": index.render(sections=INDEX)}
    for one in catalog.datasets.values():
        pages[f"{one.id}.html"] = dataset.render(
            sections=DATASET,
            dataset=one,
            fields=catalog.fields(one.id),
            rules=_by_field(catalog, one.id),
            tables=_tables(catalog, one.id),
            words=_DatasetWords(catalog, one),
        )
    return pages


def _environment(catalog: Catalog) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "document": document,
        "kind": kind,
        "limits": limits,
        "name": lambda key, of: WORDS[of].get(key, key),
    }
    environment.globals |= {
        "catalog": catalog,
        "mark": MARK,
        "class_name": lambda key: catalog.class_titles.get(key, key),
        "owner_name": lambda key: catalog.owner_titles.get(key, key),
        "subject_name": lambda key: _labels(catalog, "subject_category").get(key, key),
        "region_name": lambda key: _labels(catalog, "province").get(key, "全国" if key == "100000" else key),
        "owed_by": lambda provider: _owed(catalog, provider),
        "used_by": lambda table: [d for d in catalog.datasets.values() if table in _tables(catalog, d.id)],
        "resting_on": lambda basis: [d for d in catalog.datasets.values() if basis in d.legal_bases],
        "all_rules": [rule for rules in catalog.rules.values() for rule in rules],
    }
    return environment


def _owed(catalog: Catalog, provider_id: str) -> list[str]:
    """Datasets that a provider owes until further notice, each once."""
    return list(dict.fromkeys(duty.dataset_id for duty in catalog.duties[provider_id] if duty.valid_to is None))


def _labels(catalog: Catalog, name: str) -> dict[str, str]:
    table = catalog.code_tables.get(name)
    return {entry.code: entry.label_zh for entry in table.entries} if table else {}


def _tables(catalog: Catalog, dataset_id: str) -> dict[str, CodeTable]:
    """Code tables of a dataset's fields, in the order of the fields."""
    return {f.code_table: catalog.code_tables[f.code_table] for f in catalog.fields(dataset_id) if f.code_table}


def _by_field(catalog: Catalog, dataset_id: str) -> dict[str, list[Rule]]:
    """Rules by field, in the order of the fields, those of the whole line first."""
    found: dict[str, list[Rule]] = {name: [] for name in (RECORD, *(f.id for f in catalog.fields(dataset_id)))}
    for rule in catalog.rules[dataset_id]:
        found[rule.field].append(rule)
    return {name: rules for name, rules in found.items() if rules}


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
        *(["不晚于收到日期"] if field.not_future else []),
        *([f"表中没有的写“{field.other_prefix}”加具体内容"] if field.other_prefix else []),
    ]


class _DatasetWords:
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

    def _condition(self, condition: Condition) -> str:
        other = self._fields[condition.field]
        if condition.present:
            return f"“{other.title_zh}”已填写"
        labels = _labels(self._catalog, other.code_table or "")
        values = "或".join(f"“{labels.get(code, code)}”" for code in condition.is_in or condition.contains or ())
        return f"“{other.title_zh}”{'为' if condition.is_in else '含'}{values}"
