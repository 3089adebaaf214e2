"""What a person or a program is told of a code."""

import json

import pytest

from pipelines.identifiers import MESSAGES_EN, MESSAGES_ZH, Caution, Reason, describe


def test_the_answer_has_exactly_the_keys_of_the_contract(pairs: frozenset[str]) -> None:
    (report,) = describe([" 9135O100m000100Y43"], pairs=pairs, regions=["350100"])
    assert json.loads(json.dumps(report.to_json())) == {
        "input": " 9135O100m000100Y43",
        "code": "9135O100M000100Y43",
        "valid": False,
        "reason": "alphabet",
        "warnings": ["cleaned"],
        "suggestion": "91350100M000100Y43",
        "parts": None,
    }
    (report,) = describe(["91350100M000100Y43"], pairs=pairs, regions=["350100"])
    assert report.to_json() == {
        "input": "91350100M000100Y43",
        "code": "91350100M000100Y43",
        "valid": True,
        "reason": None,
        "warnings": [],
        "suggestion": None,
        "parts": {"registrar": "9", "category": "1", "region": "350100", "organisation_code": "M000100Y4"},
    }


def test_answers_come_in_the_order_of_the_questions(pairs: frozenset[str]) -> None:
    asked = ["无", "91350100M000100Y43", "x", "91350100M000100Y43", "", "110101199003070003"]
    reports = describe(asked, pairs=pairs, regions=["350100"])
    assert [report.input for report in reports] == asked
    assert [report.valid for report in reports] == [False, True, False, True, False, False]
    assert [report.code for report in reports][:1] == [None]
    assert describe([], pairs=pairs, regions=[]) == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("91350100m000100Y43", [Caution.CLEANED]),
        ("91350100M000100Y56", [Caution.INNER_CHECK]),
        ("54110101ME0123458L", [Caution.REGISTRAR_PAIR, Caution.REGION_UNKNOWN]),
        ("91350100M000100Y44", []),
        ("9135", []),
    ],
)
def test_a_caution_is_given_for_codes_that_are_accepted_all_the_same(code: str, expected: list[Caution]) -> None:
    (report,) = describe([code], pairs={"91"}, regions=["350100"])
    assert list(report.warnings) == expected


def test_nothing_is_told_of_a_citizen_id_beyond_what_it_is(pairs: frozenset[str]) -> None:
    (report,) = describe(["110101199003070003"], pairs=pairs, regions=["350100"])
    assert (report.reason, report.parts, report.suggestion) == (Reason.CITIZEN_ID, None, None)


def test_every_verdict_has_one_sentence_in_both_languages() -> None:
    for messages, stop in ((MESSAGES_ZH, "。"), (MESSAGES_EN, ".")):
        assert set(messages) == {*Reason, *Caution}
        assert all(text.endswith(stop) for text in messages.values())
