"""The complete record for a person: Chinese first, ids as the files and tables have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from pipelines.catalog import Catalog, Field
from pipelines.cli import console
from pipelines.pages.conflict_files import TITLES_ZH
from pipelines.pages.message_files import STATES_ZH
from pipelines.pages.words import WORDS, name
from pipelines.storage.conflicts import CONTRADICTING
from pipelines.storage.set_aside import UNSOUND


def traced(found: Mapping[str, Any], catalog: Catalog, *, as_json: bool) -> None:
    """Everything about a subject."""
    if as_json:
        console.json(found)
    else:
        console.show(Group(*_parts(found, catalog)))


def _parts(found: Mapping[str, Any], catalog: Catalog) -> Iterator[RenderableType]:
    yield from _subject(found, catalog)
    yield from _conflicts(found["conflicts"], catalog)
    for dataset in found["datasets"]:
        yield Text("")
        total = sum(len(record["versions"]) for record in dataset["records"])
        yield Text(
            f"■ {dataset['title_zh']} {dataset['dataset_id']}：{len(dataset['records'])} 条记录，{total} 个版本",
            style="bold cyan",
        )
        for record in dataset["records"]:
            yield from _record(record, catalog)
        yield from _removed(dataset["removed"], catalog)
    yield from _refused(found["refused"], catalog)
    yield from _about_records(found["messages"], catalog)


def _subject(found: Mapping[str, Any], catalog: Catalog) -> Iterator[RenderableType]:
    subject = found["subject"]
    pairs = {one.code: one.label_zh for one in catalog.code_tables["registrar_pair"].entries}
    shown = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    shown.add_column(style="dim", no_wrap=True)
    shown.add_column(overflow="fold")
    parts = found["parts"] or {}
    pair = f"{parts.get('registrar', '')}{parts.get('category', '')}"
    shown.add_row("统一社会信用代码", f"[bold]{found['code']}[/]")
    shown.add_row("登记管理部门和类别", f"{pair} {pairs.get(pair, '未知')}")
    if subject is None:
        shown.add_row("主体主表", "[yellow]不在最新的主体主表里[/]（没有发布中的记录）")
        yield shown
        return
    master = next(product for product in catalog.products.values() if product.master is not None)
    order = [*sorted(set(catalog.datasets) - set(master.attributes_from)), *reversed(master.attributes_from)]
    fields = {field.id: field for dataset_id in order for field in catalog.fields(dataset_id)}
    titles = {field_id: field.title_zh for field_id, field in fields.items()} | {"name": "名称"}
    for field_id in master.fields:
        if field_id != "credit_code" and subject.get(field_id) is not None:
            value = _label(catalog, fields.get(field_id), str(subject[field_id]))
            source = _source(subject, field_id, catalog)
            shown.add_row(titles.get(field_id, field_id), f"{escape(value)}  [dim]{source}[/]")
    if subject.get("other_names"):
        shown.add_row("其他名称", f"[yellow]{escape(subject['other_names'])}[/]")
    shown.add_row("首次归集", str(subject["first_seen_on"] or ""))
    shown.add_row("最近更新", str(subject["last_seen_on"] or ""))
    shown.add_row("主体主表版本", subject["release_id"])
    yield shown


def _label(catalog: Catalog, field: Field | None, value: str) -> str:
    """A code as people call it."""
    if field is None or field.code_table is None:
        return value
    return next((e.label_zh for e in catalog.code_tables[field.code_table].entries if e.code == value), value)


def _source(subject: Mapping[str, Any], name: str, catalog: Catalog) -> str:
    source = subject.get(f"_{name}_source")
    if not source:
        return ""
    dataset = catalog.datasets.get(source["dataset_id"])
    title = dataset.title_zh if dataset else source["dataset_id"]
    return f"← {title}，{_provider(source['provider_id'], catalog)}，批次 {source['batch_id']} 第 {source['row_number']} 行"


def _provider(provider_id: str, catalog: Catalog) -> str:
    provider = catalog.providers.get(provider_id)
    return provider.title_zh if provider else provider_id


def _conflicts(conflicts: Sequence[Mapping[str, Any]], catalog: Catalog) -> Iterator[RenderableType]:
    if not conflicts:
        return
    yield Text("")
    yield Text(f"▲ 核对发现的问题 conflicts：{len(conflicts)}", style="bold yellow")
    titles = ("问题", "代码", "名称", "说的是", "应与之相符", "报送单位", "批次-行")
    yield console.folded(
        titles,
        (
            (
                TITLES_ZH.get(one["kind"], one["kind"]) if number == 0 else None,
                said["credit_code"],
                said["name"],
                _said(one["kind"], said, catalog),
                said["expected"],
                _provider(said["provider_id"], catalog),
                f"{said['batch_id']}-{said['row_number']}",
            )
            for one in conflicts
            for number, said in enumerate(one["statements"])
        ),
    )


def _said(kind: str, said: Mapping[str, Any], catalog: Catalog) -> str:
    """What a statement says; ids of fields as their titles."""
    text = str(said["said"] or "")
    if kind != CONTRADICTING:
        return text
    titles = {field.id: field.title_zh for field in catalog.fields(said["dataset_id"])}
    return "内容不同：" + "、".join(titles.get(name, name) for name in text.split(","))


def _record(record: Mapping[str, Any], catalog: Catalog) -> Iterator[RenderableType]:
    yield Text(f"  ● {_key(record) or '登记信息'}", style="bold")
    yield console.folded(
        ("结论", "收到", "报送单位", "文件", "行", "批次", "文件摘要", "提示"),
        (
            (
                _verdict(one),
                one["received_on"],
                _provider(one["provider_id"], catalog),
                one["file_name"],
                one["row_number"],
                one["batch_id"],
                (one["sha256"] or "")[:12],
                _messages(one["warnings"]),
            )
            for one in record["versions"]
        ),
    )
    seen = [release for one in record["versions"] for release in one["releases"]]
    if seen:
        yield console.folded(("产品", "自", "至", "状态", "到期"), map(_release, seen))


def _key(record: Mapping[str, Any]) -> str:
    """What tells a record from the others of its subject."""
    return "，".join(
        str(value) for field, value in record["key"].items() if field not in ("subject_key", "credit_code")
    )


def _messages(rules: Sequence[Mapping[str, Any]]) -> str:
    return "；".join(rule.get("message_zh", rule["rule_id"]) for rule in rules)


def _verdict(version: Mapping[str, Any]) -> Text:
    if version["stands"] and version["set_aside"]:
        return Text(f"采用，但{name(UNSOUND, 'display_state')}：{_messages(version['set_aside'])}", style="red")
    if version["stands"]:
        return Text("采用", style="green")
    why = name(version["not_because"], "not_because")
    decided = WORDS["decided_by"].get(version["decided_by"] or "")
    return Text(f"未采用：{why}{f'（{decided}）' if decided else ''}", style="yellow")


def _release(one: Mapping[str, Any]) -> tuple[str | None, ...]:
    state = name(one["display_state"] or "", "display_state")
    until = f"{one['to']}（最新）" if one["current"] else one["to"]
    return one["product_id"], one["from"], until, state, one["display_until"]


def _removed(removed: Sequence[Mapping[str, Any]], catalog: Catalog) -> Iterator[RenderableType]:
    if not removed:
        return
    yield Text("  ○ 已从产品中撤下 taken out of products", style="bold")
    yield console.folded(
        ("产品", "自版本", "原因", "记录"),
        (
            (
                f"{catalog.products[one['product_id']].title_zh} {one['product_id']}",
                one["release_id"],
                name(one["reason"] or "", "display_state"),
                _key(one),
            )
            for one in removed
        ),
    )


def _refused(refused: Sequence[Mapping[str, Any]], catalog: Catalog) -> Iterator[RenderableType]:
    if not refused:
        return
    yield Text("")
    yield Text(f"✗ 被拒的行 refused rows：{len(refused)}", style="bold red")
    yield console.folded(
        ("目录项", "收到", "报送单位", "文件", "行", "批次", "原因"),
        (
            (
                catalog.datasets[one["dataset_id"]].title_zh,
                one["received_on"],
                _provider(one["provider_id"], catalog),
                one["file_name"],
                one["row_number"],
                one["batch_id"],
                _messages(one["rules"]),
            )
            for one in refused
        ),
    )


def _about_records(messages: Sequence[Mapping[str, Any]], catalog: Catalog) -> Iterator[RenderableType]:
    if not messages:
        return
    yield Text("")
    yield Text(f"■ 修复、撤回、异议：{len(messages)} 条", style="bold cyan")
    for one in messages:
        title = catalog.datasets[one["kind"]].title_zh
        sender = catalog.providers[one["sender"]].title_zh if one["sender"] in catalog.providers else one["sender"]
        said = f"{title} {one['message_id']}：{sender}提出，关于 {one['document_number']}，{STATES_ZH[one['state']]}"
        yield Text(f"  · {said}" + (f"，期限 {one['due_on']}" if one["state"] in ("pending", "held") else ""))
