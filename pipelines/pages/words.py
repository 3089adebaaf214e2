"""One glossary: the keys of models, ledgers and scorecards in the Chinese that people read, on every page and sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "cycle": {
        "daily": "每日",
        "7_working_days": "七个工作日内",
        "monthly": "每月",
        "quarterly": "每季度",
        "yearly": "每年",
    },
    "disclosure": {"public": "向社会公示", "government": "政府部门共享", "authorised": "授权查询"},
    "audience": {"public": "社会公众", "authorised": "授权用户、政府部门", "government": "仅政府部门"},
    # What a rule does to a row that breaks it, and what was done to the row.
    "severity": {"reject": "拒收", "warn": "提示"},
    "row": {"reject": "退回", "warn": "提示"},
    # What a delivery came to, and the same for the managers who read a scorecard.
    "status": {"accepted": "全部入库", "partial": "部分入库", "rejected": "未入库", "duplicate": "重复报送"},
    "outcome": {
        "accepted": "全部入库",
        "partial": "部分入库",
        "rejected": "退回，未入库",
        "duplicate": "重复报送，未新增",
    },
    "dimension": {
        "conformity": "规范性",
        "completeness": "完整性",
        "accuracy": "准确性",
        "consistency": "一致性",
        "timeliness": "时效性",
        "accessibility": "可访问性",
    },
    "responsibility": {"provider": "报送单位负责", "hub": "总枢纽负责"},
    "level": {
        "law": "法律",
        "administrative_regulation": "行政法规",
        "local_regulation": "地方性法规",
        "central_policy_document": "党中央、国务院政策性文件",
        "policy_document": "政策性文件",
        "rule": "规章",
        "standard": "标准",
    },
    "provider_level": {"province": "省级平台", "ministry": "部委", "site": "国家信用网站"},
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
    "derived": {
        "_lost_digits": "数值单元格，超过15位",
        "_shown_otherwise": "显示的和存的不是同一个数",
        "_taken_as_shown": "存的和显示的不一样",
        "_merged": "合并单元格",
        "subject_key": "主体标识（由总枢纽推出）",
        "received_on": "收到日期（由总枢纽记录）",
        "provider_id": "报送单位（由总枢纽记录）",
        "record": "整行",
    },
    "deadline": {"document": "文件规定", "platform": "平台承诺"},
    "mask": {
        "ends": "只留首尾几位，其余用星号代替",
        "family_name": "只留姓，名的每个字用一个星号代替",
        "county": "只留到县（市、区），其余遮盖",
        "identifiers": "文字照留，其中的公民身份号码和手机号遮盖",
    },
    "criterion": {
        "source_updated_at": "来源的数据更新时间，晚的优先",
        "received_on": "收到日期，晚的优先",
        "source_rank": "来源层级，高的优先",
        "authority": "代表认定机关的优先",
        "first_sender": "都不代表认定机关的，先报送的优先",
        "completeness": "填写的数据项多的优先",
        "content": "仍然相同的，按内容排定一个固定的次序",
    },
    # Scorecards: what a region or sector without a total has to do, how a due delivery arrived, the period before.
    "todo": {
        "no_data": "把本期数据放入收件目录",
        "empty": "检查导出程序，补齐数据行后重新报送",
        "broken": "按“收到的文件”里写的原因修改后重新报送",
        "not_due": "可测的内容太少，先补齐应报的目录项",
    },
    "arrival": {
        "received": "收到",
        "refused": "全部退回",
        "empty": "空文件",
        "broken": "无法读取",
        "missing": "没有收到",
        "open": "还没到期",
        "not_due": "不要求",
    },
    "manifest": {"agreed": "与清单一致", "differs": "与清单不符"},
    "period": {"month": "上月", "quarter": "上季度", "year": "上年"},
    # The complete record: why a version is not the current one, what decided it, and how a published record is shown.
    "not_because": {
        "unchanged": "重复报送，内容未变",
        "other_channel": "另一渠道报送的同一记录",
        "older_version": "较旧的版本",
        "conflict": "与采用的版本矛盾",
    },
    "decided_by": {
        "source_updated_at": "更新时间较早",
        "received_on": "收到较早",
        "source_rank": "来源层级较低",
        "authority": "报送单位不代表认定机关",
        "first_sender": "他方先报送",
        "completeness": "填写较少",
        "content": "内容排序在后",
    },
    "message_state": {
        "acted": "已生效",
        "pending": "待报送单位答复",
        "agreed": "报送单位同意，已生效",
        "refused": "不予办理",
        "lapsed": "逾期未答复，不生效",
        "held": "异议处理中，暂停公示",
        "overdue": "逾期未办结，恢复公示",
        "closed": "已办结",
    },
    "display_state": {
        "displayed": "公示中",
        "recorded": "不公示",
        "expired": "公示期满",
        "repaired": "已修复",
        "withdrawn": "已撤回",
        "objected": "公示中，异议处理中",
        "on_hold": "异议处理中，暂停公示",
        "unsound": "内容有误，暂不发布",
        "superseded": "被新版本取代",
        "catalogue": "目录调整",
    },
}


def name(key: str, of: str) -> str:
    """The Chinese name of a key; the key itself where it has none."""
    return WORDS[of].get(key, key)
