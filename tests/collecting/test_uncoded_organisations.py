"""Who has no credit code and never will (foreign bodies, village groups) can be filed without one being invented."""

from __future__ import annotations

import pytest

from tests.conftest import Home, rules_of
from tests.publishing.penalties import PENALTY, sent

FILED = {"subject_category": "未赋码组织", "credit_code": "", "legal_representative": ""}


@pytest.mark.parametrize(
    ("name", "certificate"),
    [
        ("示例（香港）贸易有限公司", {"certificate_type": "其他-商业登记证", "certificate_number": "12345678-000"}),
        ("Example Shipping Pte. Ltd.", {"certificate_type": "其他-公司注册证书", "certificate_number": "202312345K"}),
        ("临溪县青屏镇禾丰村第三村民小组", {}),
    ],
)
def test_an_organisation_without_a_code_is_taken_and_displayed(
    home: Home, name: str, certificate: dict[str, str]
) -> None:
    home.drop("sichuan", PENALTY, sent(PENALTY, FILED | certificate | {"subject_name": name}))
    [receipt] = home.collect()
    assert (receipt["status"], receipt["rows"]["warned"]) == ("accepted", 0), receipt["rules"]
    home.publish_all()
    assert home.shared(f"{PENALTY}_public")["subject_name"].to_list() == [name]


def test_a_person_filed_as_an_organisation_is_refused(home: Home) -> None:
    """Or the name of a person would be displayed."""
    home.drop("sichuan", PENALTY, sent(PENALTY, FILED | {"subject_name": "诸葛若岚"}))
    [receipt] = home.collect()
    assert rules_of(receipt) == {"subject_name.organisation_name": 1}


def test_whoever_leaves_the_code_out_is_told_the_way(home: Home) -> None:
    home.drop("sichuan", PENALTY, sent(PENALTY, {"credit_code": "", "subject_name": "示例（香港）贸易有限公司"}))
    [receipt] = home.collect()
    [hint] = home.findings(receipt)["hint_zh"]
    assert "类别填“未赋码组织”，这一项留空" in hint
