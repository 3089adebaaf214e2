"""The rules of display written down once more, straightforwardly and without the hub's own code, to be compared with it."""

from __future__ import annotations

from datetime import date


def months_later(day: date, months: int) -> date:
    """Day by day: the same day of the month, or the last one that month has."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    for number in range(day.day, 0, -1):
        try:
            return date(year, month, number)
        except ValueError:
            continue
    raise AssertionError


def severity_of(severity: str | None, kinds: str | None = None, simple: str | None = None) -> str:
    """The agency's class; without one, warnings and public criticism alone and simple procedure are minor (domain.md §13.3)."""
    if severity is not None:
        return severity
    if simple == "yes" or (kinds and set(kinds.split(";")) <= {"warning", "public_criticism"}):
        return "minor"
    return "general"


def stops(
    severity: str | None,
    decided: date,
    kinds: str | None = None,
    simple: str | None = None,
    necessary: str | None = None,
) -> date | None:
    """The day on which display stops, from the tables of domain.md §4.1 and §4.2; None where there is no display."""
    kind = severity_of(severity, kinds, simple)
    if kind == "minor":
        return months_later(decided, 3) if necessary == "yes" and decided >= date(2026, 4, 1) else None
    if decided >= date(2026, 4, 1):
        return months_later(decided, {"general": 12, "serious": 36}[kind])
    if decided >= date(2023, 5, 1):
        return months_later(decided, 36)
    return months_later(decided, {"general": 12, "serious": 36}[kind])


def expected(
    severity: str | None,
    decided: date,
    day: date,
    kinds: str | None = None,
    simple: str | None = None,
    necessary: str | None = None,
) -> str:
    end = stops(severity, decided, kinds, simple, necessary)
    if end is None or day < decided:
        return "recorded"
    return "displayed" if day < end else "expired"
