"""A row that looks wrong and is right is accepted when its provider says why; what cannot be right is not."""

from __future__ import annotations

import pytest

from pipelines.audit import audit
from pipelines.catalog import catalog
from pipelines.ground.settings import Settings
from pipelines.storage.ledger import ledger
from tests.conftest import AS_OF, Home

pytestmark = pytest.mark.usefixtures("without_the_second_route")

REASON = "合同约定先行生效，已核对原件"


GOOD = {
    "CF_XDR_MC": "福建示例有限公司",
    "CF_XDR_LB": "法人及非法人组织",
    "CF_XDR_SHXYM": "91350100M000100Y43",
    "CF_FRDB": "吴新",
    "CF_WSH": "川农处罚〔2026〕28号",
    "CF_WFXW": "经营假农药",
    "CF_SY": "所售杀虫剂未标注农药登记证号。",
    "CF_YJ": "《农药管理条例》第五十五条第一款",
    "CF_CFLB": "罚款",
    "CF_NR": "责令改正违法行为，并处罚款。",
    "CF_NR_FK": "2",
    "CF_JDRQ": "2026-11-20",
    "CF_YXQ": "2029-11-19",
    "CF_CFJG": "潮州市农业农村局",
    "CF_CFJGDM": "11445100MYBXN9B20H",
    "CF_SJLY": "潮州市农业农村局",
    "CF_SJLYDM": "11445100MYBXN9B20H",
    "SJC": "2026-11-20 11:43:52",
    "失信严重程度": "一般",
    "失信严重程度分类依据": "本领域行政处罚信息分类标准第三条第（一）项",
}


@pytest.fixture
def penalties() -> list[dict[str, str]]:
    """Good cells of a penalty, by header."""
    return [GOOD]


def sent(rows: list[dict[str, str]]) -> str:
    heads = list(rows[0])
    lines = [",".join(heads), *(",".join(f'"{one.get(head, "")}"' for head in heads) for one in rows)]
    return "\n".join(lines) + "\n"


@pytest.mark.second_route
def test_a_refused_row_is_accepted_with_a_reason_counted_and_told(home: Home, penalties: list[dict[str, str]]) -> None:
    good = penalties[0]
    odd = good | {"CF_YXQ": "2019-01-01"}
    home.drop("sichuan", "administrative_penalty", sent([odd]))
    [first] = home.collect()
    rule = "administrative_penalty.decision_date.decision_date_before_valid_to"
    assert [one["rule_id"] for one in first["rules"] if one["severity"] == "reject"] == [rule]
    assert "确认说明" in home.findings(first)["hint_zh"][0]

    home.drop("sichuan", "administrative_penalty", sent([odd | {"确认说明": REASON}]), name="b.csv")
    [second] = home.collect()

    assert second["status"] == "accepted"
    assert second["rows"] == {"in": 1, "accepted": 1, "refused": 0, "warned": 0}
    assert second["confirmed"]["rows"] == 1
    assert [(one["rule_id"], one["rows"]) for one in second["confirmed"]["rules"]] == [(rule, 1)]
    assert second["corrects"]["rows"] == 1
    [record] = home.records("administrative_penalty").to_dicts()
    assert (record["_confirmation"], record["_confirmed_rules"]) == (REASON, rule)
    batches = ledger(home.hub.home, "batches").read().sort("rows_confirmed")
    assert batches["rows_confirmed"].to_list() == [0, 1]
    page = (home.hub.home.outbox("sichuan", second["batch_id"]) / "receipt.html").read_text(encoding="utf-8")
    assert "按确认说明入库" in page
    assert home.findings(second).is_empty()
    assert audit(home.hub) == []
    home.publish(AS_OF)
    assert "_confirmation" not in home.shared("administrative_penalty").columns


def test_a_warning_that_is_confirmed_is_no_warning(home: Home, penalties: list[dict[str, str]]) -> None:
    large = penalties[0] | {"CF_NR_FK": "5000", "CF_NR": "罚款5000万元"}
    home.drop(
        "sichuan", "administrative_penalty", sent([large, large | {"CF_WSH": "川市监处罚〔2026〕9号"}]), name="a.csv"
    )
    home.drop("sichuan", "administrative_penalty", sent([large | {"_confirmation": REASON}]), name="b.csv")

    doubted, confirmed = sorted(home.collect(), key=lambda r: r["file_name"])

    assert (doubted["rows"]["warned"], doubted["confirmed"]["rows"]) == (2, 0)
    assert (confirmed["rows"]["warned"], confirmed["confirmed"]["rows"]) == (0, 1)
    assert confirmed["rules"] == []


def test_no_reason_confirms_nothing(home: Home, penalties: list[dict[str, str]]) -> None:
    odd = penalties[0] | {"CF_YXQ": "2019-01-01"}
    home.drop(
        "sichuan", "administrative_penalty", sent([odd | {"确认说明": said} for said in ("", "无", "是的", "N/A")])
    )
    assert [r["rows"]["refused"] for r in home.collect()] == [4]


def test_what_cannot_be_right_stays_refused_whatever_is_said(home: Home, penalties: list[dict[str, str]]) -> None:
    odd = penalties[0] | {"CF_YXQ": "2019-01-01", "CF_WSH": "", "确认说明": f"{REASON}，联系人510000209912311002"}
    home.drop("sichuan", "administrative_penalty", sent([odd]))

    [receipt] = home.collect()

    assert receipt["rows"]["refused"] == 1
    assert receipt["confirmed"]["rows"] == 0
    assert {one["rule_id"].rpartition(".")[2] for one in receipt["rules"] if one["severity"] == "reject"} == {
        "required"
    }
    [kept] = home.quarantine("administrative_penalty").to_dicts()
    assert kept["rule_ids"] == ["administrative_penalty.document_number.required"]


def test_personal_data_and_missing_values_cannot_be_confirmed() -> None:
    for rules in catalog(Settings.read().catalog).rules.values():
        for rule in rules:
            if rule.confirmable:
                assert not rule.primitive.startswith(("required", "citizen_id", "mobile")), rule.id
                assert rule.cells, rule.id


def test_a_reason_too_short_and_a_number_that_is_none_are_told_with_their_rows(
    home: Home, penalties: list[dict[str, str]]
) -> None:
    """What was told and had no effect is never passed over; what was told rightly is not complained of."""
    good = penalties[0]
    wrong = good | {"CF_YXQ": "2026-11-19"}
    home.drop("sichuan", "administrative_penalty", sent([good, wrong]))
    [first] = home.collect()
    number = f"{first['batch_id']}-3"
    assert first["rows"]["refused"] == 1
    assert first["notices"] == []
    rows = [
        wrong | {"退回编号": number, "确认说明": "无误"},
        good | {"CF_WSH": "川农处罚〔2026〕29号", "退回编号": "0123456789abcdef-7", "确认说明": ""},
        good | {"CF_WSH": "川农处罚〔2026〕30号", "退回编号": "无", "确认说明": "/"},
    ]
    home.drop("sichuan", "administrative_penalty", sent(rows), name="again.csv")
    [second] = home.collect()

    assert second["rows"] == {"in": 3, "accepted": 2, "refused": 1, "warned": 0}
    unknown, short = second["notices"]
    assert unknown.startswith("第 3 行的“退回编号”不是本单位")
    assert "0123456789abcdef-7" in unknown
    assert short.startswith("第 2 行的“确认说明”太短（例如“无误”）")
    page = (home.root / "outbox/sichuan" / second["batch_id"] / "receipt.html").read_text(encoding="utf-8")
    assert unknown in page
    assert short in page

    home.drop("beijing", "administrative_penalty", sent([good | {"退回编号": number}]))
    [other] = home.collect()
    assert other["status"] == "accepted"
    assert other["notices"][0].startswith("第 2 行的“退回编号”不是本单位")
    page = (home.root / "outbox/beijing" / other["batch_id"] / "receipt.html").read_text(encoding="utf-8")
    assert "没有需要改的" not in page
