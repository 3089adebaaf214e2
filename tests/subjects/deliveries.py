"""Deliveries about a handful of subjects, with every kind of conflict among them, and what each is for."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tests.conftest import AS_OF, GOOD_CODES, HEADER, Home, row
from tests.publishing.penalties import PENALTY, sent

FUJIAN, BEIJING, SHARED_NAME, ANHUI, _ = GOOD_CODES
ORGAN: Final = "12100000400000624D"
"""A public institution's code, in a list of enterprises."""

HOUSEHOLD: Final = "92330106MA2B1C3D42"
PERSON_WITH_CODE: Final = "92110108MA00000B3F"
REGISTRATION: Final = "enterprise_registration"
DAYS: Final = tuple(AS_OF - timedelta(days=days) for days in (3, 2, 1))


def registrations(*rows: str) -> str:
    return "\n".join([f"{HEADER},数据更新时间", *rows]) + "\n"


def registered(code: str, when: str, **cells: str) -> str:
    return f"{row(code, **cells)},{when}"


FIRST: Final = registrations(
    registered(FUJIAN, "2026-01-02", 企业名称="福建甲(集团)有限公司", 所在省份="福建"),
    registered(BEIJING, "2026-01-02", 企业名称="北京乙有限公司", 所在省份="北京"),
    registered(SHARED_NAME, "2026-01-02", 企业名称="同名有限公司", 所在省份="上海"),
    registered(ANHUI, "2026-01-02", 企业名称="安徽旧名有限公司", 所在省份="安徽"),
    registered(ORGAN, "2026-01-02", 企业名称="某事业单位", 所在省份="北京"),
    registered(HOUSEHOLD, "", 企业名称="杭州某小店", 所在省份="浙江", 注册地址="一号"),
    registered(HOUSEHOLD, "", 企业名称="杭州某小店", 所在省份="浙江", 注册地址="二号"),
)
RENAMED: Final = registrations(registered(ANHUI, "2026-03-02", 企业名称="同名有限公司", 所在省份="安徽"))
PENALTIES: Final = sent(
    PENALTY,
    {"credit_code": FUJIAN, "subject_name": "福建甲（集团） 有限公司", "document_number": "川1号"},
    {"credit_code": FUJIAN, "subject_name": "福建甲（集团）有限公司", "document_number": "川2号"},
    {"credit_code": BEIJING, "subject_name": "北京丙有限公司", "document_number": "川3号"},
    {"credit_code": ANHUI, "subject_name": "安徽旧名有限公司", "document_number": "川4号"},
    {
        "credit_code": "92330106MA2B1C3D42",
        "subject_name": "张三丰",
        "subject_category": "自然人",
        "certificate_type": "护照号",
        "certificate_number": "E12345678",
        "legal_representative": "",
        "document_number": "川5号",
    },
)


def delivered(home: Home) -> Home:
    """Three days of deliveries, collected and not published."""
    home.drop("fujian", REGISTRATION, FIRST, name="first.csv")
    home.collect(DAYS[0])
    home.drop("anhui", REGISTRATION, RENAMED, name="renamed.csv")
    home.drop("sichuan", PENALTY, PENALTIES, name="penalties.csv")
    home.collect(DAYS[1])
    return home
