from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from zoneinfo import TZPATH, ZoneInfo, reset_tzpath

import pytest
import time_machine
from django.urls import reverse

from meetings import jobs
from meetings.actions import outbox
from meetings.actions.reschedule import reschedule
from meetings.core import schooldays
from meetings.models import Meeting, Message, MessageState
from meetings.wallclock import Shift, shift_of, wall_time
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, plan_of
from tests.meetings.booked import book as booked_without_a_kept_time
from tests.queued import asked_for

pytestmark = pytest.mark.django_db
ALWAYS_SUMMER = "Etc/GMT+4"  # Four hours behind UTC all year.


def forget_the_rules():
    ZoneInfo.clear_cache()
    for kept in (schooldays._zone, schooldays._stretches_around, schooldays._stretches_of_utc_day):
        kept.cache_clear()


@contextmanager
def no_more_winter_time(folder):
    """As after an update of the zone data that brings the end of clock changes in New York."""
    (folder / "America").mkdir()
    (folder / "America" / "New_York").write_bytes(
        files("tzdata").joinpath("zoneinfo", *ALWAYS_SUMMER.split("/")).read_bytes()
    )
    before = TZPATH
    reset_tzpath(to=[str(folder), *before])
    forget_the_rules()
    try:
        yield
    finally:
        reset_tzpath(to=before)
        forget_the_rules()


def told():
    return list(Message.objects.filter(kind="clock_moved").order_by("pk").values_list("recipient__email", "state"))


def look():
    with time_machine.travel(NOW, tick=False):
        return jobs.look_at_clock_rules()


def test_wall_time_is_what_the_clock_shows_with_its_offset():
    assert wall_time("America/New_York", START) == "2026-12-03T13:30-05:00"
    both = [datetime(2026, 11, 1, hour, 30, tzinfo=UTC) for hour in (5, 6)]
    assert [wall_time("America/New_York", at) for at in both] == ["2026-11-01T01:30-04:00", "2026-11-01T01:30-05:00"]


def test_booking_and_moving_keep_what_the_clock_is_to_show():
    cast = people.cast()
    meeting = booked(cast)
    kept = [meeting.wall_start]

    reschedule(meeting, plan_of(cast, start=START + HOUR), by=cast.case_manager, why="Snow", version=1, now=NOW)

    assert [*kept, meeting.wall_start] == ["2026-12-03T13:30-05:00", "2026-12-03T14:30-05:00"]


def test_nothing_is_said_while_the_rules_stay():
    meeting = booked(people.cast())

    assert (shift_of(meeting), look(), told()) == (None, 0, [])


def test_nothing_is_said_of_a_meeting_whose_time_was_not_kept(tmp_path):
    meeting = booked_without_a_kept_time(people.cast())

    with no_more_winter_time(tmp_path):
        assert (shift_of(meeting), look()) == (None, 0)


def test_zone_rules_that_move_a_coming_meeting_are_told_once_to_who_keeps_it(tmp_path):
    cast = people.cast()
    meeting = booked(cast, by=cast.administrator)

    with no_more_winter_time(tmp_path):
        assert shift_of(meeting) == Shift(meeting, datetime(2026, 12, 3, 13, 30), START - HOUR)  # noqa: DTZ001
        assert (look(), look()) == (1, 1)

    assert told() == [("marcus.bell@schools.example", "queued"), ("dana.ortiz@schools.example", "queued")]
    row = Message.objects.filter(kind="clock_moved").first()
    assert row.subject == "Check the time: school meeting Thu, Dec 3, 2:30 PM"
    assert "was booked for Thursday, December 3 at 1:30 PM" in row.text
    assert "it begins on Thursday, December 3 at 2:30 PM" in row.text
    assert Meeting.objects.get().start_at == START
    assert asked_for("send_outbox")


def test_zone_rules_say_nothing_of_meetings_that_are_off_or_over(tmp_path):
    cast = people.cast()
    booked(cast, start=datetime(2026, 11, 23, 15, tzinfo=UTC))
    booked(cast, due_date_id=None)
    Meeting.objects.filter(start_at=START).update(status="cancelled")

    with no_more_winter_time(tmp_path), time_machine.travel(NOW + HOUR, tick=False):
        assert (jobs.look_at_clock_rules(), told()) == (0, [])


def test_page_leads_to_the_time_that_was_agreed_and_the_move_sends_the_update(tmp_path, client, mail_server):
    cast = people.cast()
    meeting = booked(cast)
    client.force_login(cast.case_manager)
    page = reverse("meetings:meeting", args=[meeting.pk])

    with no_more_winter_time(tmp_path), time_machine.travel(NOW, tick=False):
        jobs.look_at_clock_rules()
        flagged = client.get(page).content.decode()
        move = reverse("meetings:reschedule", args=[meeting.pk]) + "?at=2026-12-03T17:30Z"
        assert "It was booked for Thursday, December 3, 1:30 PM." in flagged
        assert "the school’s clock will show 2:30 PM" in flagged
        assert move in flagged
        form = client.get(move).context["form"]
        typed = {name: form[name].value() or "" for name in form.fields} | {"why": "New clock rules", "despite": "1"}
        assert client.post(move, typed).status_code == 302
        meeting.refresh_from_db()
        assert (meeting.start_at, meeting.wall_start) == (START - HOUR, "2026-12-03T13:30-04:00")
        assert "since this was booked" not in client.get(page).content.decode()
        outbox.drain(lambda: NOW, limit=50, seconds=20)

    # Who was told to look need not be told any more; everyone asked gets the update.
    assert told() == [("dana.ortiz@schools.example", MessageState.WITHDRAWN)]
    update = Message.objects.get(recipient=cast.teacher.person, kind="update")
    assert update.state == MessageState.SENT
    assert [got["Message-ID"] for got in mail_server.to("raj.patel@schools.example")] == [update.message_id]
