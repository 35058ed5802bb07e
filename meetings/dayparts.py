"""The parts of a school's day in which a family may say that they can come."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from itertools import pairwise

from meetings.calendars import wall_minute
from students.models import BellPeriod, School

USUAL_BELLS = (time(8, 0), time(15, 0))
MIDDAY = (11 * 60, 13 * 60)
LAST_MINUTE = 24 * 60 - 1


class Part(StrEnum):
    BEFORE_SCHOOL = "before_school"
    MORNING = "morning"
    MIDDAY = "midday"
    AFTERNOON = "afternoon"
    AFTER_SCHOOL = "after_school"


@dataclass(frozen=True)
class DayPart:
    """One part of a weekday, in the school's wall time."""

    part: Part
    start: time
    end: time


def parts_of_day(school: School) -> list[DayPart]:
    """Return the parts of the school's usual day in order, without those that the day does not have. One query.

    Midday is between the bells nearest to 11:00 and 13:00. Before and after school last as long as staff are there.
    A school without bells is taken to teach from 8:00 to 15:00.
    """
    periods = BellPeriod.objects.filter(school=school)
    usual = [row for row in periods if row.day_type == school.default_day_type] or list(periods)
    bells = sorted({wall_minute(at) for row in usual for at in (row.start, row.end)} or map(wall_minute, USUAL_BELLS))
    first, last = bells[0], bells[-1]
    inner = [_nearest(bells, minute) if len(bells) > len(MIDDAY) else minute for minute in MIDDAY]
    edges = [
        max(first - school.minutes_before_bell, 0),
        first,
        *(min(max(minute, first), last) for minute in inner),
        last,
        min(last + school.minutes_after_bell, LAST_MINUTE),
    ]
    spans = zip(Part, pairwise(edges), strict=True)
    return [DayPart(part, _time(start), _time(end)) for part, (start, end) in spans if start < end]


def _nearest(bells: list[int], minute: int) -> int:
    return min(bells, key=lambda bell: abs(bell - minute))


def _time(minute: int) -> time:
    return time(*divmod(minute, 60))
