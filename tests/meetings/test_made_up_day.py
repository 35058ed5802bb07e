"""The demo's hint: when the story can be told."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache

from meetings.made_up_day import prepared_day
from meetings.models import Meeting, MeetingStatus
from students.models import MeetingKind, Role
from tests.cast import as_made_up, cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
START = datetime(2026, 11, 23, 15, 0, tzinfo=ZoneInfo("America/New_York"))


@pytest.fixture
def c(settings):
    settings.DEMO = True
    c = cast()
    as_made_up()
    c.vice_principal.person.sourced_id = "alice-kim"
    c.vice_principal.person.save()
    cache.delete("demo-district")
    yield c
    cache.set("demo-district", False, None)


def section_504(c, roster_id="story-1", *, led_by=None, start_at=START, **extra):
    row = Meeting.objects.create(
        kind=MeetingKind.SECTION_504, student=c.student, school=c.school, start_at=start_at,
        end_at=start_at + timedelta(minutes=45), organizer=c.vice_principal, booked_at=NOW, roster_id=roster_id,
        **extra,
    )  # fmt: skip
    row.seats.create(role=Role.LEA_REPRESENTATIVE, holder=(led_by or c.vice_principal).person)
    # She could hold another seat beside it: that is not to lead.
    row.seats.create(role=Role.OTHER, holder=c.vice_principal.person)
    return row


def test_prepared_day_is_the_soonest_in_the_schools_time(c):
    section_504(c, "story-2", start_at=START + timedelta(days=1))
    section_504(c)
    found = prepared_day(NOW)
    assert (found, found.tzinfo, prepared_day(START)) == (START, START.tzinfo, START + timedelta(days=1))


@pytest.mark.parametrize("extra", [{"roster_id": "b-1"}, {"status": MeetingStatus.CANCELLED}], ids=str)
def test_other_meetings_are_no_prepared_day(c, extra):
    section_504(c, **extra)
    assert prepared_day(NOW) is None


def test_day_whose_swap_was_made_is_not_prepared_any_more(c):
    section_504(c, led_by=c.administrator)
    assert prepared_day(NOW) is None


def test_prepared_day_is_one_query_in_the_demo_and_none_elsewhere(c, settings, django_assert_num_queries):
    section_504(c)
    prepared_day(NOW)  # Asks for the district, once a minute.
    with django_assert_num_queries(1):
        assert prepared_day(NOW) == START
    settings.DEMO = False
    with django_assert_num_queries(0):
        assert prepared_day(NOW) is None


def test_real_district_has_no_prepared_day(c, django_assert_num_queries):
    c.school.sourced_id = "oak-hill"
    c.school.save()
    section_504(c)
    assert prepared_day(NOW) is None
    with django_assert_num_queries(0):
        assert prepared_day(NOW) is None
