"""Working days (工作日) from ``catalog/calendar.yaml``: deadlines of so many working days after a date.

The day itself does not count (Civil Code, article 201). A year the calendar does not know has Monday to Friday as working
days, and is provisional; so is a year that the State Council has not announced.
"""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.catalog.models import WorkingCalendar


class WorkingDays:
    """Working days of the years in the calendar."""

    def __init__(self, calendar: WorkingCalendar) -> None:
        self._off = frozenset(day for year in calendar.years for day in year.holidays)
        self._on = frozenset(day for year in calendar.years for day in year.working_weekends)
        self._years = {year.year: year for year in calendar.years}
        self._confirmed = frozenset(year.year for year in calendar.years if not year.provisional)

    def is_working_day(self, day: date) -> bool:
        """True where offices work on that day."""
        return day in self._on or (day.weekday() < 5 and day not in self._off)

    def is_provisional(self, day: date) -> bool:
        """True where the calendar of that day's year has not been announced."""
        return day.year not in self._confirmed

    def note_zh(self, day: date) -> str | None:
        """Why a deadline of that day's year is provisional, None where it is not."""
        if not self.is_provisional(day):
            return None
        year = self._years.get(day.year)
        if year is None:
            return f"{day.year}年的工作日历没有收录，暂按周一至周五推算。"
        return f"{day.year}年的工作日历暂定：{year.source}。"

    def deadline(self, day: date, working_days: int) -> date:
        """The last day on which a record of ``day`` is still in time, ``working_days`` working days after it."""
        while working_days > 0:
            day += timedelta(days=1)
            working_days -= self.is_working_day(day)
        return day

    def earliest_in_time(self, received: date, working_days: int) -> date:
        """The earliest date whose deadline is not before ``received``: what is dated earlier and received then, is late."""
        day = received - timedelta(days=working_days)
        while self.deadline(day - timedelta(days=1), working_days) >= received:
            day -= timedelta(days=1)
        return day
