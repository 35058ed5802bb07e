from datetime import date, time

import pytest

from meetings.calendars import calendar_of, calendars_of
from meetings.core.schooldays import WallSpan
from students.models import BellPeriod, CalendarDay, Term
from tests.cast import school, school_year

pytestmark = pytest.mark.django_db

REGULAR = {str(n): WallSpan(420 + 60 * n, 480 + 60 * n) for n in range(1, 7)}
EARLY = {str(n): WallSpan(420 + 60 * n, 465 + 60 * n) for n in range(1, 5)}


def name_day(at, on, day_type):
    CalendarDay.objects.create(school=at, on=on, day_type=day_type)


def test_calendar_of_a_year_with_closed_early_and_saturday():
    here = school()
    school_year(date(2026, 11, 23), date(2026, 12, 4))
    name_day(here, date(2026, 11, 26), "closed")
    name_day(here, date(2026, 11, 27), "Closed")
    name_day(here, date(2026, 12, 2), "early")
    name_day(here, date(2026, 12, 5), "regular")

    calendar = calendar_of(here)

    regular = [date(2026, 11, day) for day in (23, 24, 25, 30)] + [date(2026, 12, day) for day in (1, 3, 4, 5)]
    assert calendar.day_types == {**dict.fromkeys(regular, "regular"), date(2026, 12, 2): "early"}
    assert calendar.bells == {"regular": REGULAR, "early": EARLY}
    assert (calendar.zone, calendar.first_day, calendar.last_day) == (
        "America/New_York",
        date(2026, 11, 23),
        date(2026, 12, 5),
    )


def test_calendar_of_terms_without_a_school_year():
    here = school()
    Term.objects.create(
        sourced_id="s1", title="Fall", kind="semester", start_on=date(2026, 11, 23), end_on=date(2026, 11, 24)
    )
    Term.objects.create(
        sourced_id="s2", title="Spring", kind="semester", start_on=date(2026, 11, 30), end_on=date(2026, 11, 30)
    )

    assert list(calendar_of(here).day_types) == [date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 30)]


def test_calendar_of_a_school_year_leaves_other_terms_out():
    here = school()
    school_year(date(2026, 11, 23), date(2026, 11, 24))
    Term.objects.create(
        sourced_id="summer", title="Summer", kind="term", start_on=date(2027, 7, 1), end_on=date(2027, 7, 2)
    )

    assert list(calendar_of(here).day_types) == [date(2026, 11, 23), date(2026, 11, 24)]


def test_calendar_without_terms_runs_between_the_days_named():
    here = school()
    name_day(here, date(2026, 11, 26), "closed")
    name_day(here, date(2026, 12, 1), "early")

    assert calendar_of(here).day_types == {
        date(2026, 11, 27): "regular",
        date(2026, 11, 30): "regular",
        date(2026, 12, 1): "early",
    }


def test_calendar_without_any_row_has_no_school_day():
    calendar = calendar_of(school())

    assert (dict(calendar.day_types), calendar.school_days(date(2026, 1, 1), date(2027, 1, 1))) == ({}, [])


def test_calendar_with_one_day_type_takes_it_as_the_usual():
    here = school()
    school_year(date(2026, 11, 23), date(2026, 11, 23))
    here.default_day_type = ""
    BellPeriod.objects.filter(school=here, day_type="early").delete()

    assert calendar_of(here).day_types == {date(2026, 11, 23): "regular"}


def test_calendar_with_bounds_knows_no_day_outside():
    here = school()
    school_year()

    calendar = calendar_of(here, date(2026, 11, 23), date(2026, 11, 24))

    assert calendar.school_days(date(2026, 11, 1), date(2026, 12, 1)) == [date(2026, 11, 23), date(2026, 11, 24)]


def test_calendars_of_two_schools_in_as_many_queries_as_of_one(django_assert_num_queries):
    here, there = school(), school("Lincoln Middle")
    school_year(date(2026, 11, 23), date(2026, 11, 24))
    name_day(there, date(2026, 11, 24), "closed")
    BellPeriod.objects.filter(school=there, day_type="early").delete()
    BellPeriod.objects.create(school=there, day_type="early", period="HR", start=time(8), end=time(8, 15))

    with django_assert_num_queries(4):
        one = calendars_of([here.pk])
    with django_assert_num_queries(4):
        both = calendars_of([here.pk, there.pk, here.pk])

    assert one == {here.pk: calendar_of(here)}
    assert both == {here.pk: calendar_of(here), there.pk: calendar_of(there)}
    assert both[there.pk].day_types == {date(2026, 11, 23): "regular"}
    assert both[there.pk].bells["early"] == {"HR": WallSpan(480, 495)}
