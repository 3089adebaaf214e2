"""Penalties, repairs, withdrawals and objections as CSV lines, to drop."""

from __future__ import annotations

from typing import Final

from tests.conftest import GOOD_CODES

AUTHORITY: Final = "11510100MYTKY7NB6T"
OTHER_AUTHORITY: Final = "11330100MY2KA3TL56"
PENALTY: Final = "administrative_penalty"
PRODUCTS: Final = ("administrative_penalty", "administrative_penalty_authorised", "administrative_penalty_public")
NUMBER: Final = "锦市监处罚〔2026〕215号"
PERSON: Final = "110101199003070003"

_PENALTY: Final = {
    "subject_name": "成都蜀锦文化有限公司",
    "subject_category": "法人及非法人组织",
    "credit_code": GOOD_CODES[0],
    "legal_representative": "李某",
    "certificate_type": "",
    "certificate_number": "",
    "document_number": NUMBER,
    "violation_type": "经营超过保质期的食品",
    "violation_facts": "现场检查发现超过保质期的饼干12袋",
    "penalty_basis": "《中华人民共和国食品安全法》第一百二十四条",
    "penalty_kinds": "罚款",
    "penalty_content": "罚款人民币5000元",
    "fine_amount_cny_10k": "0.5",
    "decision_date": "2026-05-12",
    "valid_to": "2099-12-31",
    "publication_ends_on": "",
    "authority_name": "锦川市市场监督管理局",
    "authority_code": AUTHORITY,
    "source_name": "锦川市公共信用信息中心",
    "source_code": "12510100MYLXU54H4G",
    "source_updated_at": "2026-05-13 09:00:00",
    "severity_code": "一般",
}
_ABOUT: Final = {
    "subject_name": "成都蜀锦文化有限公司",
    "subject_category": "法人及非法人组织",
    "credit_code": GOOD_CODES[0],
    "record_dataset": "行政处罚",
    "record_document_number": NUMBER,
    "record_authority_name": "锦川市市场监督管理局",
    "record_authority_code": AUTHORITY,
    "source_name": "锦川市公共信用信息中心",
    "source_code": "12510100MYLXU54H4G",
    "source_updated_at": "2026-11-20 09:00:00",
}
_REPAIR: Final = _ABOUT | {
    "severity_code": "一般",
    "applied_on": "2026-11-02",
    "duty_fulfilled": "是",
    "duty_fulfilled_on": "2026-10-28",
    "commitment_made": "是",
    "result": "同意修复",
    "result_reason": "",
    "decided_on": "2026-11-16",
    "authority_name": "锦川市市场监督管理局",
    "authority_code": AUTHORITY,
}
_WITHDRAWAL: Final = _ABOUT | {
    "withdrawal_reason": "决定被撤销",
    "withdrawal_document_number": "锦府复〔2026〕19号",
    "withdrawn_on": "2026-11-16",
}
_OBJECTION: Final = _ABOUT | {
    "objection_number": "YY20261105-0036",
    "raised_on": "2026-11-05",
    "ground": "其他-信息有误",
    "closed_on": "",
    "result": "",
}
_KINDS: Final = {
    PENALTY: _PENALTY,
    "credit_repair": _REPAIR,
    "record_withdrawal": _WITHDRAWAL,
    "objection": _OBJECTION,
}


def sent(dataset: str, *changes: dict[str, str]) -> str:
    """A file of right records of a dataset, one for each set of changed cells."""
    rows = [_KINDS[dataset] | one for one in (changes or ({},))]
    return "\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n"
