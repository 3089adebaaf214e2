"""Ten weeks of a small hub in which everything the indicators measure happens: received, corrected, waived, repaired, disputed.

Nothing is written into a ledger by hand: files are dropped, collected and published, and time goes on. What has to come of it is
reckoned in ``tests/scorecard/test_what_happened.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from pipelines.ground.errors import HubError
from pipelines.operations import score_period, upkeep, waive
from pipelines.publishing import gate
from pipelines.scoring import ScoreResult
from tests.conftest import GOOD_CODES, Home, file, row
from tests.publishing.penalties import PENALTY, sent

SICHUAN, ZHEJIANG, HUBEI = "510000", "330000", "420000"
ANOTHER_NAME: Final = "蜀锦另一名称有限公司"
MOBILE: Final = "现场检查，联系人电话13800138000"
PERIODS: Final = ("2026-03", "2026-04", "2026-05", "2026-Q2")


def noon(month: int, day: int) -> datetime:
    """Noon in China of a day of 2026."""
    return datetime(2026, month, day, 4, tzinfo=UTC)


def penalty(number: str, company: int = 0, decided: str = "2026-03-09", **cells: str) -> dict[str, str]:
    """Cells of a penalty; companies by their place in ``GOOD_CODES``."""
    said = {"document_number": number, "decision_date": decided, "source_updated_at": f"{decided} 09:00:00"}
    return said | {"credit_code": GOOD_CODES[company], "subject_name": _NAMES[company]} | cells


def about(number: str, company: int = 0, **cells: str) -> dict[str, str]:
    """Cells of a message about the penalty of a number."""
    named = {"record_document_number": number, "source_updated_at": "2026-04-01 09:00:00"}
    return named | {"credit_code": GOOD_CODES[company], "subject_name": _NAMES[company]} | cells


_NAMES: Final = ("成都蜀锦文化有限公司", "锦川甲有限公司", "锦川乙有限公司", "锦川丙有限公司", "锦川丁有限公司")
_SEATS: Final = (("福建", "福州"), ("北京", "北京"), ("北京", "北京"))  # where the codes say
_PLAN: Final = {
    "repair_ground": "法院裁定批准重整计划",
    "ruling_number": "（2026）川9901破3号",
}  # no condition is asked
_REPAIR: Final = {"applied_on": "2026-04-02", "duty_fulfilled_on": "2026-04-01", "decided_on": "2026-04-07", **_PLAN}


def _registered(company: int) -> str:
    province, city = _SEATS[company]
    return row(GOOD_CODES[company], 企业名称=_NAMES[company], 所在省份=province, 地区=city)


class Story:
    """The home, and what was given back: receipts in the order of the files, scorecards by period and day."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.receipts: list[dict[str, Any]] = []
        self.cards: dict[tuple[str, str], ScoreResult] = {}

    def receive(self, day: datetime, *files: tuple[str, str, str]) -> list[dict[str, Any]]:
        """Drop files of providers and datasets, and collect them."""
        for provider, dataset, content in files:
            self.home.drop(provider, dataset, content, name=f"{dataset}-{day:%m%d}.csv")
        found = self.home.collect(day)
        self.receipts += found
        return found

    def score(self, period: str, day: datetime) -> ScoreResult:
        """As ``credit-hub score`` does."""
        done = self.cards[period, f"{day:%m-%d}"] = score_period(self.home.hub, period, day)
        return done


def told(home: Home) -> Story:
    """March to May 2026."""
    story = Story(home)
    _march(story)
    _april(story)
    _may(story)
    return story


def _march(story: Story) -> None:
    story.receive(
        noon(3, 10),
        ("sichuan", "enterprise_registration", file(*(_registered(n) for n in (0, 1, 2)))),
        (
            "sichuan",
            PENALTY,
            sent(
                PENALTY,
                penalty("川1号"),
                penalty("川2号", 1, violation_facts=MOBILE),
                penalty("川3号", 2, decided="2026-01-05"),  # two months late
                penalty("川4号", 3, violation_type=""),
                penalty("川5号", 3, decision_date="2026-02-30"),
            ),
        ),
        (
            "zhejiang",
            PENALTY,
            sent(
                PENALTY,
                penalty("浙1号", 1),
                penalty("浙2号", 0, subject_name=ANOTHER_NAME),  # one code, two names
                penalty("浙3号", 2, penalty_basis=""),
                penalty("浙4号", 2, penalty_basis=""),
            ),
        ),
        ("hubei", PENALTY, sent(PENALTY, penalty("鄂1号", 2), penalty("鄂2号", 4, decided="2023-05-04"))),
    )
    story.home.publish_all(noon(3, 10))
    zhejiang = next(one for one in story.receipts if one["provider_id"] == "zhejiang")
    story.receive(noon(3, 16), ("sichuan", PENALTY, sent(PENALTY, penalty("川4号", 3))))
    number = story.home.findings(zhejiang)["quarantine_id"][0]
    waive(
        story.home.hub,
        [number],
        batch=None,
        rule=None,
        by="规划处",
        reason="历史数据没有这一项",
        day=noon(3, 17).date(),
    )
    story.receive(noon(3, 24), ("hubei", PENALTY, sent(PENALTY, penalty("鄂3号", 2, "2026-03-20", authority_name=""))))
    story.home.publish_all(noon(3, 24))
    story.score("2026-03", noon(3, 31))


def _april(story: Story) -> None:
    story.receive(noon(4, 2), ("hubei", PENALTY, sent(PENALTY, penalty("鄂3号", 2, "2026-03-20"))))
    story.receive(
        noon(4, 8),
        ("sichuan", "credit_repair", sent("credit_repair", about("川1号", **_REPAIR))),
        (
            "sichuan",
            "objection",
            sent(
                "objection", about("川2号", 1, objection_number="异1", raised_on="2026-04-01", closed_on="", result="")
            ),
        ),
        ("zhejiang", "objection", sent("objection", about("浙1号", 1, objection_number="异2", raised_on="2026-04-01"))),
        ("hubei", "objection", sent("objection", about("鄂1号", 2, objection_number="异3", raised_on="2026-04-07"))),
    )
    story.home.publish_all(noon(4, 8))
    closed = {"closed_on": "2026-04-13", "result": "维持原信息", "source_updated_at": "2026-04-14 09:00:00"}
    story.receive(
        noon(4, 14),
        (
            "sichuan",
            "objection",
            sent("objection", about("川2号", 1, objection_number="异1", raised_on="2026-04-01") | closed),
        ),
        ("zhejiang", "credit_repair", sent("credit_repair", about("浙1号", 1, **_REPAIR))),
    )
    # Publishing is refused when Zhejiang's repair has to take effect, and works again after its time is over.
    with gate_shut():
        publish_refused(story.home, noon(4, 14))
    story.score("2026-04", noon(4, 22))
    upkeep(story.home.hub, noon(4, 24))
    story.score("2026-04", noon(4, 30))


def _may(story: Story) -> None:
    # On 4 May the penalty of 2023 has been shown for three years.
    with gate_shut():
        publish_refused(story.home, noon(5, 4))
    right = [penalty(f"五月{n}号", 2, "2026-04-29") for n in range(3)]
    story.receive(
        noon(5, 5),
        ("hubei", PENALTY, sent(PENALTY, *right)),
        ("sichuan", PENALTY, sent(PENALTY, penalty("川6号", 2, "2026-04-29"))),
    )
    story.score("2026-05", noon(5, 5))
    upkeep(story.home.hub, noon(5, 6))
    story.score("2026-05", noon(5, 31))
    story.score("2026-Q2", noon(5, 31))


def gate_shut() -> Any:
    """No candidate passes the gate."""
    patch = pytest.MonkeyPatch()

    def refuse(_: Any, product_id: str, *__: Any) -> None:
        raise gate.Refused(f"{product_id}: of this test")

    patch.setattr(gate, "no_fall", refuse)
    return _undone(patch)


class _undone:  # noqa: N801
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._patch: Callable[[], None] = patch.undo

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._patch()


def publish_refused(home: Home, day: datetime) -> None:
    """A run of which something was refused."""
    with pytest.raises(HubError, match="of this test"):
        home.publish_all(day)
