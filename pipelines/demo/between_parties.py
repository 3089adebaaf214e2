"""What parties who do not trust one another send: messages about another's records, answers, a repair that comes too early.

objection           one province about two penalties of another, two months before the last: never handled, so overdue
record_withdrawal   the same about three penalties of another, in the last month: nothing changes until that answers
message_reply       it agrees to the first and not to the second; the third waits
credit_repair       the other's own repair of a serious penalty whose shortest display is not over: refused
administrative_penalty   one with a telephone number that no mask can hide: accepted, and set aside at publishing
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import polars as pl

from pipelines.catalog import Catalog
from pipelines.records.messages import MESSAGE_ID, message_id
from pipelines.storage.columns import PROVIDER, SUBJECT_KEY
from pipelines.storage.superseded import key_columns

SENDER: Final = "guangdong"
VICTIM: Final = "sichuan"
PENALTY: Final = "administrative_penalty"
_WITHDRAWN: Final = 3
_OBJECTED: Final = 2
_MONTHS_BEFORE: Final = 2  # fifteen working days are over by the last
_UNSOUND_NUMBER: Final = "99001号"  # above all numbers of a year
HIDDEN: Final = "联系电话１19900000000。"
"""The full-width digit before the number hides it from the mask, and not from the suite of the public product."""
_LEGAL: Final = "法人及非法人组织"


@dataclass(frozen=True)
class Message:
    """A file of one provider: rows as text columns named by field id, which rules they break, and how many are refused for it."""

    provider_id: str
    dataset_id: str
    rows: pl.DataFrame
    planted: Mapping[str, int] = field(default_factory=dict)
    refused: int = 0


def sent_between(
    catalog: Catalog,
    sent: Mapping[str, pl.DataFrame],
    centres: Mapping[str, tuple[str, str]],
    *,
    month: int,
    months: int,
    day: date,
) -> list[Message]:
    """The files of a month.

    Args:
        catalog: for the code tables.
        sent: right records of the victim so far, by dataset.
        centres: name and code of the body that uploads, by provider.
        month: number of the month.
        months: how many there are.
        day: on which they are received.
    """
    penalties = sent.get(PENALTY)
    if penalties is None or SENDER not in centres:
        return []
    named = penalties.filter(
        (pl.col("subject_category") == _LEGAL)
        & pl.col("credit_code").is_not_null()
        & pl.col("severity_code").is_not_null()
    ).unique(["credit_code", "document_number", "authority_code"], keep="first", maintain_order=True)
    # Of what the ministry sends too, the ministry's version may count: these are the province's alone.
    alone = ~pl.col("authority_name").str.contains("市场监督管理")
    general = named.filter((pl.col("severity_code") == "一般") & alone)
    if month == months - _MONTHS_BEFORE:
        return [Message(SENDER, "objection", _objections(general.tail(_OBJECTED), centres[SENDER], day))]
    if month != months or general.height < _WITHDRAWN:
        return []
    asked = _withdrawals(general.head(_WITHDRAWN), centres[SENDER], day)
    found = [
        Message(SENDER, "record_withdrawal", asked),
        Message(VICTIM, "message_reply", _replies(catalog, asked, day)),
    ]
    early = named.filter(
        (pl.col("severity_code") == "严重") & (pl.col("decision_date") >= day.replace(month=1, day=1).isoformat())
    )
    number = pl.concat_str(pl.col("document_number").str.extract(r"^(.*〕)"), pl.lit(_UNSOUND_NUMBER))
    unsound = general.tail(1).with_columns(
        number.alias("document_number"), (pl.col("penalty_content") + pl.lit(HIDDEN)).alias("penalty_content")
    )
    found.append(Message(VICTIM, PENALTY, unsound, {f"{PENALTY}.penalty_content.mobile_in_text": 1}))
    if month > 1 and early.height:
        terms = catalog.policies.repair.on(day)
        rule = f"credit_repair.applied_on.min_display_{terms.id}"
        found.append(Message(VICTIM, "credit_repair", _repair(early.head(1), centres[VICTIM], day), {rule: 1}, 1))
    return found


def _about(penalties: pl.DataFrame, centre: tuple[str, str], day: date) -> pl.DataFrame:
    """The columns by which a message names a penalty, and who sends it."""
    return penalties.select(
        "subject_name",
        "subject_category",
        "credit_code",
        pl.lit("行政处罚").alias("record_dataset"),
        pl.col("document_number").alias("record_document_number"),
        pl.col("authority_name").alias("record_authority_name"),
        pl.col("authority_code").alias("record_authority_code"),
        pl.lit(centre[0]).alias("source_name"),
        pl.lit(centre[1]).alias("source_code"),
        pl.lit(f"{day.isoformat()} 09:00:00").alias("source_updated_at"),
    )


def _withdrawals(penalties: pl.DataFrame, centre: tuple[str, str], day: date) -> pl.DataFrame:
    return _about(penalties, centre, day).with_columns(
        pl.lit("决定被撤销").alias("withdrawal_reason"),
        pl.lit("行政复议决定撤销原处罚决定。").alias("withdrawal_note"),
        _numbered(f"粤府复〔{day.year}〕", 101, "号").alias("withdrawal_document_number"),
        pl.lit(day.isoformat()).alias("withdrawn_on"),
    )


def _objections(penalties: pl.DataFrame, centre: tuple[str, str], day: date) -> pl.DataFrame:
    return _about(penalties, centre, day).with_columns(
        _numbered(f"YY{day:%Y%m%d}-", 9001).alias("objection_number"),
        pl.lit(day.isoformat()).alias("raised_on"),
        pl.lit("其他-信息有误").alias("ground"),
        pl.lit("罚款已经缴清，公示状态没有更新。").alias("ground_note"),
    )


def _numbered(before: str, first: int, behind: str = "") -> pl.Expr:
    numbers = pl.int_range(pl.len()) + first
    return pl.concat_str(pl.lit(before), numbers.cast(pl.String), pl.lit(behind))


def _repair(penalties: pl.DataFrame, centre: tuple[str, str], day: date) -> pl.DataFrame:
    own = penalties.select("authority_name", "authority_code", "severity_code")
    cells = {
        "applied_on": day.isoformat(),
        "duty_fulfilled": "是",
        "duty_fulfilled_on": day.isoformat(),
        "commitment_made": "是",
        "result": "同意修复",
        "decided_on": day.isoformat(),
    }
    about = pl.concat([_about(penalties, centre, day), own], how="horizontal")
    return about.with_columns(pl.lit(text).alias(name) for name, text in cells.items())


def _replies(catalog: Catalog, asked: pl.DataFrame, day: date) -> pl.DataFrame:
    """Yes to the first, no to the second; the messages have the ids that the hub gives them."""
    key = key_columns(catalog.datasets["record_withdrawal"])
    named = asked.with_columns(
        pl.col("credit_code").alias(SUBJECT_KEY),
        pl.lit(SENDER).alias(PROVIDER),
        pl.lit(PENALTY).alias("record_dataset"),
    )
    ids = named.select(message_id("record_withdrawal", key))[MESSAGE_ID].to_list()
    return pl.DataFrame(
        {
            "message_id": ids[:2],
            "decision": ["同意", "不同意"],
            "reply_reason": ["经核实，原处罚决定已经撤销。", "经核实，处罚决定没有撤销。"],
            "replied_on": [day.isoformat()] * 2,
        }
    )
