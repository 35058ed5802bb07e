"""The school year around a date: closed days, early release, bell times."""

from dataclasses import dataclass
from datetime import date, timedelta

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = 1, 2, 3, 4, 5
REGULAR, EARLY, CLOSED = "regular", "early_release", "closed"

# Figures of real schools: an elementary day of 8:30 to 2:45, a middle school day of six periods of 54 minutes that
# ends at 12:51 on Wednesdays.
BELLS = {
    "elementary": {
        REGULAR: ["1 08:30 09:15", "2 09:20 10:10", "3 10:15 11:05", "4 11:10 12:00", "Lunch 12:00 12:40",
                  "5 12:45 13:35", "6 13:40 14:45"],
        EARLY: ["1 08:30 09:05", "2 09:10 09:45", "3 09:50 10:25", "4 10:30 11:05", "Lunch 11:10 11:45",
                "5 11:50 12:25", "6 12:30 13:10"],
    },
    "middle": {
        REGULAR: ["1 07:55 08:49", "2 08:54 09:48", "3 09:58 10:52", "4 10:57 11:51", "Lunch 11:51 12:36",
                  "5 12:41 13:35", "6 13:44 14:38"],
        EARLY: ["1 07:55 08:32", "2 08:37 09:14", "3 09:24 10:01", "4 10:06 10:43", "5 10:48 11:25",
                "Lunch 11:25 12:09", "6 12:14 12:51"],
    },
}  # fmt: skip


@dataclass(frozen=True)
class Year:
    first: date
    last: date
    closed: frozenset[date]

    @property
    def title(self) -> str:
        return f"{self.first.year}–{self.last.year}"

    def is_open(self, day: date) -> bool:
        return self.first <= day <= self.last and day.isoweekday() <= FRIDAY and day not in self.closed

    def open_days(self, first: date, last: date) -> list[date]:
        days = (last - first).days + 1
        return [day for n in range(days) if self.is_open(day := first + timedelta(n))]

    def day_type(self, day: date) -> str:
        if not self.is_open(day):
            return CLOSED
        return EARLY if day.isoweekday() == WEDNESDAY else REGULAR

    def day_types(self) -> list[tuple[date, str]]:
        """Return the weekdays that are not ordinary."""
        found = [(day, CLOSED) for day in sorted(self.closed)]
        return found + [(day, EARLY) for day in self.open_days(self.first, self.last) if self.day_type(day) == EARLY]


def year_around(today: date) -> Year:
    """Return the school year that contains a date; in the summer the one that begins next."""
    year = _year_from(today.year - 1)
    return year if today <= year.last else _year_from(today.year)


def _year_from(start: int) -> Year:
    first, last = date(start, 8, 20), date(start + 1, 6, 16)
    first, last = _on_or_after(first, MONDAY), _on_or_after(last, TUESDAY)
    return Year(first, last, frozenset(day for day in _closed(start) if day.isoweekday() <= FRIDAY))


def _closed(start: int) -> list[date]:
    thanksgiving = _nth(start, 11, THURSDAY, 4)
    winter = _span(date(start, 12, 23), date(start + 1, 1, 2))
    spring_start = _on_or_after(date(start + 1, 4, 3), MONDAY)
    return [
        _nth(start, 9, MONDAY, 1),
        _nth(start, 10, MONDAY, 2),
        _nth(start, 11, MONDAY, 1) + timedelta(1),
        date(start, 11, 11),
        thanksgiving,
        thanksgiving + timedelta(1),
        *winter,
        _nth(start + 1, 1, MONDAY, 3),
        _nth(start + 1, 2, MONDAY, 3),
        *_span(spring_start, spring_start + timedelta(4)),
        _on_or_after(date(start + 1, 5, 25), MONDAY),
    ]


def _span(first: date, last: date) -> list[date]:
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def _on_or_after(day: date, weekday: int) -> date:
    return day + timedelta((weekday - day.isoweekday()) % 7)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    return _on_or_after(date(year, month, 1), weekday) + timedelta(7 * (n - 1))
