"""What a delivery of several months promises: one story goes on, and every later file knows what came before it."""

from __future__ import annotations

from typing import Any


def test_what_was_planted_in_each_month_is_what_screening_finds(judged_months: list[Any]) -> None:
    different = {
        f"{one.file.key} {rule}": (one.file.planted.get(rule, 0), one.found.get(rule, 0))
        for one in judged_months
        for rule in {*one.file.planted, *one.found}
        if one.file.planted.get(rule, 0) != one.found.get(rule, 0)
    }

    assert different == {}
