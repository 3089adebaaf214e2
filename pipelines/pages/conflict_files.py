"""What goes back to providers: ``outbox/<provider_id>/conflicts-<YYYY-MM>.csv``, every conflict the provider has a part in.

One line for each statement, the provider's own first, those of others below, so that a clerk sees who says what and whom to ask.
UTF-8 with byte order mark. The file of a month is rewritten with each release of the month; a month without conflicts has none.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from pipelines.catalog import Catalog
from pipelines.privacy.mask import identifiers_masked
from pipelines.screening.findings import escape_formula
from pipelines.storage.conflicts import CONTRADICTING, REGION_DIFFERS, REGISTRAR, SEVERAL_CODES, SEVERAL_NAMES
from pipelines.storage.files import make_folder, replace_file
from pipelines.storage.home import Home
from pipelines.storage.ledger import ledger
from pipelines.storage.outbox import conflicts_csv
from pipelines.subjects.mentions import SubjectMaster

TITLES_ZH: Final = {
    SEVERAL_NAMES: "一码多名",
    SEVERAL_CODES: "一名多码",
    REGISTRAR: "代码与登记管理部门不符",
    REGION_DIFFERS: "代码与所在地区不符",
    CONTRADICTING: "同一记录内容矛盾",
}
WHAT_TO_DO_ZH: Final = {
    SEVERAL_NAMES: "请对照营业执照或登记证书核对代码和名称：写错的，更正后重新报送；"
    "名称已经变更的，由登记机关报送变更后的登记信息。本单位核对无误的不用改。",
    SEVERAL_CODES: "请对照营业执照或登记证书核对代码：写错的，更正后重新报送；"
    "确属重复赋码的，由登记管理部门处理；确是同名的不同主体，不用改。",
    REGISTRAR: "请对照证照核对代码前两位，以及这条信息是否报错了目录项或主体类别："
    "写错的，更正后重新报送；确属这样赋码的，不用改。",
    REGION_DIFFERS: "请对照证照核对代码和所在省份：写错的，更正后重新报送；主体迁移到外省而代码不变的，不用改。",
    CONTRADICTING: "同一条记录报送了几次，内容不同，又没有更新时间可以判断先后。请对照原件核对所列数据项："
    "写错的一方更正后重新报送，并填写数据更新时间。",
}
NO_EXPECTED_NAME_ZH: Final = "没有登记信息，请与其他单位核对"
COLUMNS: Final = (
    "核对编号", "问题", "统一社会信用代码", "名称", "报送的内容", "应与之相符的内容", "报送单位", "本单位报送",
    "目录项", "文件名", "行号", "收到日期", "相同内容条数", "怎么办", "批次号",
)  # fmt: skip


def write_conflict_files(home: Home, master: SubjectMaster, statements: pl.DataFrame, period: str) -> list[Path]:
    """Write the month's file of every provider that has a part in a conflict; bring those of others up to date.

    Args:
        home: where the outboxes are.
        master: for rules and names.
        statements: all conflicts.
        period: month, ``YYYY-MM``.

    Returns:
        Files that were written because they said something else, or nothing, before.
    """
    providers = set(statements["provider_id"].drop_nulls())
    known = {path.parent.name for path in home.outboxes.glob(f"*/{conflicts_csv(period)}")}
    shown = _shown(home, master, statements)
    written = []
    for provider_id in sorted(providers | known):
        mine = statements.filter(pl.col("provider_id") == provider_id)["conflict_id"].unique().implode()
        lines = _lines(shown.filter(pl.col("conflict_id").is_in(mine)), provider_id)
        content = BOM_UTF8 + lines.write_csv(line_terminator="\r\n").encode()
        path = home.outbox_of(provider_id) / conflicts_csv(period)
        if path.exists() and path.read_bytes() == content:
            continue
        make_folder(path.parent)
        replace_file(path, content)
        written.append(path)
    return written


def _lines(rows: pl.DataFrame, provider_id: str) -> pl.DataFrame:
    own = pl.col("provider_id") == provider_id
    ordered = rows.with_columns(own.alias("own")).sort(
        ["kind", "conflict_id", "own", "credit_code", "provider_id", "dataset_id", "said"],
        descending=[False, False, True, False, False, False, False],
        nulls_last=True,
    )
    number = pl.col("conflict_id").rle_id() + 1
    return ordered.select(
        number.alias("核对编号"),
        *(pl.col(name) for name in COLUMNS[1:7]),
        pl.when("own").then(pl.lit("是")).otherwise(pl.lit("否")).alias("本单位报送"),
        *(pl.col(name) for name in COLUMNS[8:]),
    )


def _shown(home: Home, master: SubjectMaster, statements: pl.DataFrame) -> pl.DataFrame:
    """Statements in the words of the file."""
    catalog = master.catalog
    batches = ledger(home, "batches").scan().select("batch_id", "file_name").unique("batch_id").collect()
    providers = {one.id: one.title_zh for one in catalog.providers.values()}
    datasets = {one.id: one.title_zh for one in catalog.datasets.values()}
    as_sent = pl.col("kind").is_in([SEVERAL_NAMES, SEVERAL_CODES])
    said = (
        pl.when(as_sent)
        .then(escape_formula(identifiers_masked(pl.col("said"))))
        .when(pl.col("kind") == CONTRADICTING)
        .then(pl.concat_str(pl.lit("内容不同的数据项："), _titles(catalog, statements)))
        .otherwise(_said(catalog, "said"))
    )
    return statements.join(batches, on="batch_id", how="left", maintain_order="left").with_columns(
        pl.col("kind").replace_strict(TITLES_ZH).alias("问题"),
        pl.col("credit_code").alias("统一社会信用代码"),
        escape_formula(identifiers_masked(pl.col("name"))).alias("名称"),
        said.alias("报送的内容"),
        _expected(master).alias("应与之相符的内容"),
        pl.col("provider_id").replace(providers).alias("报送单位"),
        pl.col("dataset_id").replace(datasets).alias("目录项"),
        escape_formula(pl.col("file_name")).alias("文件名"),
        pl.col("row_number").alias("行号"),
        pl.col("received_on").alias("收到日期"),
        pl.col("records").alias("相同内容条数"),
        pl.col("kind").replace_strict(WHAT_TO_DO_ZH).alias("怎么办"),
        pl.col("batch_id").alias("批次号"),
    )


def _titles(catalog: Catalog, statements: pl.DataFrame) -> pl.Expr:
    """Ids of fields as the titles they have in the dataset."""
    ids = pl.col("said").str.split(",")
    found = pl.lit(None, dtype=pl.String)
    for dataset_id in statements.filter(pl.col("kind") == CONTRADICTING)["dataset_id"].unique().sort():
        titles = {field.id: field.title_zh for field in catalog.fields(dataset_id)}
        said = ids.list.eval(pl.element().replace(titles)).list.join("、")
        found = pl.when(pl.col("dataset_id") == dataset_id).then(said).otherwise(found)
    return found


def _said(catalog: Catalog, column: str) -> pl.Expr:
    """A region or a pair of characters with what it means."""
    labels: Mapping[str, str] = {
        entry.code: entry.label_zh
        for table in ("registrar_pair", "province")
        for entry in catalog.code_tables[table].entries
    }
    meaning = pl.col(column).replace_strict(labels, default="未知", return_dtype=pl.String)
    return pl.concat_str(pl.col(column), pl.lit(" "), meaning)


def _expected(master: SubjectMaster) -> pl.Expr:
    """What the statement should go with."""
    labels = {entry.code: entry.label_zh for entry in master.catalog.code_tables["registrar_pair"].entries}
    registrars = {
        dataset_id: "、".join(f"{pair} {labels.get(pair, '')}".strip() for pair in pairs)
        for dataset_id, pairs in master.rules.registrars.items()
    }
    return (
        pl.when(pl.col("kind") == SEVERAL_NAMES)
        .then(pl.coalesce(escape_formula(identifiers_masked(pl.col("expected"))), pl.lit(NO_EXPECTED_NAME_ZH)))
        .when(pl.col("kind") == REGION_DIFFERS)
        .then(pl.concat_str(_said(master.catalog, "expected"), pl.lit("（代码第3、4位）")))
        .when(pl.col("kind") == REGISTRAR)
        .then(
            pl.col("dataset_id").replace_strict(
                registrars, default="与主体类别相符的登记管理部门和机构类别", return_dtype=pl.String
            )
        )
        .when(pl.col("kind") == CONTRADICTING)
        .then(pl.lit("同一条记录只有一种内容"))
        .otherwise(pl.lit("一个名称只有一个代码"))
    )
