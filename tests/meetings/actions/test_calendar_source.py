from datetime import UTC, datetime, timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from meetings import jobs, sealed
from meetings.actions import calendar_readers, calendar_source
from meetings.actions.calendar_source import (
    AHEAD,
    BEHIND,
    add_address,
    claim,
    fail,
    keep,
    keep_unchanged,
    read,
    read_due,
    read_soon,
    remove,
)
from meetings.core.intervals import Span, minute_of
from meetings.feeds.addresses import Refusal, RefusedAddressError
from meetings.feeds.readings import Reading, Trouble, UnreadableError
from meetings.models import CalendarBusy, CalendarKind, CalendarSource, CalendarTrouble
from tests.cast import cast
from tests.meetings.feeds.written import event
from tests.meetings.own_calendar import ADDRESS, HOUR, PATH, again, at, hour_of, kept, minutes_until_due, serve
from tests.queued import asked_for
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def c():
    return cast()


@pytest.fixture
def now():
    # Claims go by the database's clock, so that the times of these tests are those of today.
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def source(c, now):
    return add_address(c.teacher.person, ADDRESS, " Work ", by=c.teacher, now=now)


def state(source):
    source.refresh_from_db()
    return (source.trouble, source.failures, source.good_at)


# Adding and removing


def test_add_keeps_the_address_encrypted_and_asks_for_a_reading(c, now, source):
    assert (source.person, source.kind, source.name) == (c.teacher.person, CalendarKind.ADDRESS, "Work")
    assert (source.host, source.ending, source.created_by) == ("calendar.google.com", "4e5f", c.teacher)
    assert b"private" not in bytes(source.secret)
    assert sealed.unseal(source.secret) == ADDRESS
    assert asked_for("read_calendar") == [{"pk": source.pk}]
    assert (source.good_at, source.tried_at, kept(source)) == (None, None, [])


@pytest.mark.parametrize(
    "address", ["http://calendar.google.com/basic.ics", "https://127.0.0.1/basic.ics", "", "hello"]
)
def test_add_refuses_what_may_not_be_read(c, now, address):
    with pytest.raises(RefusedAddressError):
        add_address(c.teacher.person, address, "", by=c.teacher, now=now)

    assert (CalendarSource.objects.count(), asked_for("read_calendar")) == (0, [])


def test_add_takes_a_host_of_the_district(c, now, settings):
    settings.CALENDAR_HOSTS = ["calendar.district.example"]

    added = add_address(c.teacher.person, "webcal://calendar.district.example/dana", "", by=c.teacher, now=now)

    assert (added.host, added.ending) == ("calendar.district.example", "dana")


def test_add_the_same_address_twice(c, now, source):
    with pytest.raises(RefusedAddressError) as refused:
        add_address(c.teacher.person, ADDRESS.replace("https", "webcal"), "", by=c.teacher, now=now)
    assert refused.value.why == Refusal.HELD_ALREADY

    other = add_address(c.vice_principal.person, ADDRESS, "", by=c.vice_principal, now=now)
    assert other.pk != source.pk


def test_add_more_than_anyone_needs(c, now, monkeypatch, source):
    monkeypatch.setattr(calendar_source, "MOST_SOURCES", 1)

    with pytest.raises(RefusedAddressError) as refused:
        add_address(c.teacher.person, ADDRESS.replace("dana", "d"), "", by=c.teacher, now=now)
    assert refused.value.why == Refusal.TOO_MANY


def test_remove_forgets_the_address_and_the_times(c, now, source, calendar_server):
    serve(calendar_server, hour_of(at(now, 1)))
    assert read(source.pk, now)

    assert remove(source, by=c.teacher, now=now)
    assert not remove(CalendarSource(pk=source.pk or 1), by=c.teacher, now=now)
    assert (CalendarSource.objects.count(), CalendarBusy.objects.count()) == (0, 0)
    assert not read(source.pk or 1, now)


# Reading


def test_read_keeps_the_times_of_the_window(c, now, source, calendar_server):
    tomorrow, day_after = at(now, 1), at(now, 2)
    serve(
        calendar_server,
        hour_of(tomorrow, "SUMMARY:Doctor", "LOCATION:Elm Street"),
        hour_of(day_after, "STATUS:TENTATIVE", uid="two"),
        hour_of(at(now, -3), uid="past"),
        hour_of(at(now, 200), uid="far"),
        event("DTSTART:never!", uid="broken"),
        ETag='"v1"',
    )

    assert read(source.pk, now)

    assert kept(source) == [(tomorrow, tomorrow + HOUR, False), (day_after, day_after + HOUR, True)]
    assert state(source) == ("", 0, now)
    assert (source.etag, source.skipped, source.has_floating_times) == ('"v1"', 1, False)
    assert (source.covers_until_at, source.trouble_since_at) == (now + AHEAD, None)
    assert 29 < minutes_until_due(source) <= 30


def test_read_leaves_out_what_the_owner_declined_and_our_own_invites(c, now, source, calendar_server, settings):
    settings.BASE_URL = "https://iep.schools.example"
    by_login = f"ATTENDEE;PARTSTAT=DECLINED:mailto:{c.teacher.login}"
    serve(
        calendar_server,
        hour_of(at(now, 1), by_login),
        hour_of(at(now, 2), uid="0b7f3c1e-6a52-4a6c-9d55-1f2f6e9b7a10@iep.schools.example"),
        hour_of(at(now, 3), uid="two"),
    )

    assert read(source.pk, now)

    assert [start for start, _, _ in kept(source)] == [at(now, 3)]


def test_floating_times_are_in_the_zone_of_the_owners_school(c, now, source, calendar_server):
    local = datetime(2027, 1, 5, 9)  # noqa: DTZ001
    now = datetime(2026, 12, 1, tzinfo=UTC)
    serve(calendar_server, event(f"DTSTART:{local:%Y%m%dT%H%M%S}", "DURATION:PT1H"))

    assert read(source.pk, now)

    assert [start for start, _, _ in kept(source)] == [datetime(2027, 1, 5, 14, tzinfo=UTC)]
    assert CalendarSource.objects.get().has_floating_times
    c.teacher.person.time_zone = "America/Chicago"
    assert calendar_readers.zone_of(CalendarSource(person=c.teacher.person)) == "America/Chicago"


def test_read_again_replaces_what_was_kept(now, source, calendar_server):
    serve(calendar_server, hour_of(at(now, 1)))
    assert read(source.pk, now)
    again(source)
    serve(calendar_server, hour_of(at(now, 2)))

    assert read(source.pk, now)

    assert [start for start, _, _ in kept(source)] == [at(now, 2)]


def test_nothing_has_changed_counts_as_read(now, source, calendar_server):
    serve(calendar_server, hour_of(at(now, 1)), ETag='"v1"')
    assert read(source.pk, now)
    again(source)
    serve(calendar_server, status=304)
    later = now + HOUR

    assert read(source.pk, later)

    assert calendar_server.asked[-1][2]["If-None-Match"] == '"v1"'
    assert (state(source), [start for start, _, _ in kept(source)]) == (("", 0, later), [at(now, 1)])
    assert source.covers_until_at == now + AHEAD


def test_unchanged_calendar_is_read_whole_once_a_day(now, source, calendar_server):
    """Its series go on: what was worked out yesterday ends a day too soon."""
    serve(calendar_server, hour_of(at(now, 1), "RRULE:FREQ=DAILY"), ETag='"v1"')
    assert read(source.pk, now)
    count = len(kept(source))
    again(source)
    later = now + timedelta(days=1, seconds=30)

    assert read(source.pk, later)

    assert "If-None-Match" not in calendar_server.asked[-1][2]
    assert source.covers_until_at is None
    assert CalendarSource.objects.get().covers_until_at == now + timedelta(days=1) + AHEAD
    assert len(kept(source)) == count + 1


@pytest.mark.parametrize(
    ("page", "trouble"),
    [
        ((404, {}, b""), CalendarTrouble.NOT_FOUND),
        ((403, {}, b""), CalendarTrouble.NOT_ALLOWED),
        ((500, {}, b""), CalendarTrouble.NO_ANSWER),
        ((200, {}, b"<html>Sign in</html>"), CalendarTrouble.NOT_A_CALENDAR),
        ((200, {}, b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n"), CalendarTrouble.NOT_A_CALENDAR),
        ((302, {"Location": "https://127.0.0.1/"}, b""), CalendarTrouble.REFUSED_ADDRESS),
        ((200, {}, b"x" * 5_000_001), CalendarTrouble.TOO_LARGE),
    ],
)
def test_last_good_copy_stands_while_a_calendar_cannot_be_read(now, source, calendar_server, page, trouble):
    serve(calendar_server, hour_of(at(now, 1)))
    assert read(source.pk, now)
    good = kept(source)
    again(source)
    calendar_server.pages[PATH] = page
    later = now + HOUR

    assert not read(source.pk, later)

    assert kept(source) == good
    assert (*state(source), source.trouble_since_at) == (trouble, 1, now, later)


def test_waits_grow_and_end_with_the_first_success(now, source, monkeypatch):
    """Reading itself is tried above; here a calendar that fails at will, by the door for other kinds."""
    outcomes = []

    def reader(asked, window):
        if isinstance(outcomes[-1], Trouble):
            raise UnreadableError(outcomes[-1])
        return outcomes[-1]

    monkeypatch.setitem(calendar_readers.READERS, CalendarKind.ADDRESS, reader)
    waits = []
    outcomes.append(Trouble.NO_ANSWER)
    for _ in range(8):
        again(source)
        assert not read(source.pk, now)
        waits.append(round(minutes_until_due(source)))

    assert waits == [15, 30, 60, 120, 240, 360, 360, 360]
    assert (*state(source), source.trouble_since_at) == ("no_answer", 8, None, now)

    outcomes.append(Trouble.NOT_FOUND)
    again(source)
    assert not read(source.pk, now + HOUR)
    assert (*state(source), source.trouble_since_at) == ("not_found", 9, None, now)

    outcomes.append(Reading())
    again(source)
    assert read(source.pk, now + HOUR)
    assert (*state(source), source.trouble_since_at) == ("", 0, now + HOUR, None)
    assert round(minutes_until_due(source)) == 30


def test_window_that_is_asked_of_every_kind(c, now, monkeypatch):
    asked = []

    def reader(source, window):
        asked.append((source.pk, window))
        return Reading(busy=(Span(window.start, window.start + 60),))

    monkeypatch.setitem(calendar_readers.READERS, CalendarKind.GOOGLE, reader)
    source = CalendarSource.objects.create(
        person=c.teacher.person, kind=CalendarKind.GOOGLE, due_at=now, created_at=now
    )

    assert read(source.pk, now + timedelta(seconds=30))

    assert asked == [(source.pk, Span(minute_of(now - BEHIND), minute_of(now + AHEAD)))]
    assert kept(source) == [(now - BEHIND, now - BEHIND + HOUR, False)]


def test_wrong_key_ends_the_job_and_keeps_what_was_kept(now, source, calendar_server, settings):
    serve(calendar_server, hour_of(at(now, 1)))
    assert read(source.pk, now)
    again(source)
    settings.STORE_KEY = "another"

    with pytest.raises(sealed.WrongKeyError):
        read(source.pk, now)

    assert len(kept(source)) == 1


def test_new_key_takes_over_with_the_next_reading(now, source, calendar_server, settings):
    serve(calendar_server, hour_of(at(now, 1)))
    settings.STORE_KEY = f"new,{settings.STORE_KEY}"
    assert read(source.pk, now)

    settings.STORE_KEY = "new"
    source.refresh_from_db()
    assert sealed.unseal(source.secret) == ADDRESS


# Who reads when


def test_second_run_of_the_same_job_reads_nothing(now, source, calendar_server):
    serve(calendar_server, hour_of(at(now, 1)))

    assert read(source.pk, now)
    assert not read(source.pk, now)
    assert len(calendar_server.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_calendar(now, source, calendar_server):
    serve(calendar_server, hour_of(at(now, 1)))

    won = at_once(lambda: read(source.pk, now), lambda: read(source.pk, now))

    assert sorted(won) == [False, True]
    assert (len(calendar_server.asked), len(kept(source))) == (1, 1)


def test_who_slept_past_the_lease_has_nothing_to_say(now, source):
    late = claim(source.pk)
    again(source)
    mine = claim(source.pk)
    CalendarSource.objects.filter(pk=source.pk).update(tried_at=Now() - timedelta(seconds=1))
    mine.refresh_from_db()
    window = Span(minute_of(now), minute_of(now + AHEAD))

    assert not keep(late, Reading(busy=(Span(window.start, window.start + 60),)), window, now)
    assert not keep_unchanged(late, now)
    fail(late, Trouble.NO_ANSWER, now)
    assert (state(source), kept(source)) == (("", 0, None), [])
    assert keep(mine, Reading(), window, now)


def test_read_soon_though_it_was_tried_just_now(now, source, calendar_server):
    serve(calendar_server, hour_of(at(now, 1)))
    assert read(source.pk, now)

    assert read_soon(source)

    assert asked_for("read_calendar") == [{"pk": source.pk}] * 2
    assert read(source.pk, now)
    assert remove(CalendarSource.objects.get(), by=None, now=now)
    assert not read_soon(source)


def test_due_calendars_are_asked_for_once(c, now, source):
    again(source)
    asked = len(asked_for("read_calendar"))

    assert (jobs.read_calendars(), jobs.read_calendars()) == (1, 0)

    assert asked_for("read_calendar")[asked:] == [{"pk": source.pk}]
    assert 9 < minutes_until_due(source) <= 10


def test_calendars_that_are_not_due_or_nobodys_any_more(c, now, source):
    left = add_address(c.vice_principal.person, ADDRESS, "", by=None, now=now)
    gone = add_address(c.case_manager.person, ADDRESS, "", by=None, now=now)
    kinds = CalendarSource.objects.create(person=c.teacher.person, kind="google", due_at=now, created_at=now)
    for each in (left, gone, kinds):
        again(each)
    type(c.vice_principal).objects.get_queryset().filter(pk=c.vice_principal.pk).update(is_active=False)
    type(c.case_manager.person).objects.filter(pk=c.case_manager.pk).update(gone_at=now)

    assert read_due() == 0


def test_due_calendars_in_bounded_batches(c, now, source):
    more = [add_address(c.teacher.person, ADDRESS.replace("dana", f"d{n}"), "", by=None, now=now) for n in range(4)]
    for each in (source, *more):
        again(each)

    assert [read_due(3), read_due(3), read_due(3)] == [3, 2, 0]


def test_job_reads_by_the_clock(now, source, calendar_server):
    serve(calendar_server, hour_of(at(now, 1)))

    assert jobs.read_calendar(source.pk)
    assert len(kept(source)) == 1


def test_neither_log_nor_row_holds_the_address(now, source, calendar_server, caplog):
    calendar_server.pages[PATH] = (404, {}, b"")
    assert not read(source.pk, now)

    assert [record.getMessage() for record in caplog.records if record.name.startswith("meetings")] == [
        f"Calendar {source.pk} could not be read: not_found"
    ]
    row = CalendarSource.objects.values().get()
    assert not any(
        "private-0a1b" in str(bytes(value) if isinstance(value, memoryview) else value) for value in row.values()
    )
