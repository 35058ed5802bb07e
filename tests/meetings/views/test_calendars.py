"""The page Calendars: one's meetings out, one's busy times in."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from meetings.models import CalendarFeed, CalendarSource
from tests.booking import NOW, booked
from tests.cast import cast
from tests.meetings.views.test_propose import words
from tests.owncalendar import own_calendar
from tests.queued import asked_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]
SECRET = "https://calendar.google.com/calendar/ical/dana%40schools.example/private-0f1e2d3c4b5a/basic.ics"
PAGE = reverse("meetings:calendars")


@pytest.fixture
def monday(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def c():
    return cast()


@pytest.fixture
def dana(c, client):
    client.force_login(c.case_manager)
    return client


def press(client, name, *args, **data):
    return client.post(reverse(f"meetings:{name}", args=args), data, follow=True)


def shown(client):
    return words(client.get(PAGE))


# Meetings out


def test_address_is_made_shown_once_and_opens_the_feed(c, dana):
    booked(c)
    assert "Make an address" in shown(dana)

    made = press(dana, "calendars_feed")

    address = made.context["address"]
    assert address in made.content.decode()
    assert made.headers["Cache-Control"] == "private, no-store"
    feed = Client().get(address.removeprefix("http://localhost:8000"))
    assert (feed.status_code, feed.content.count(b"BEGIN:VEVENT")) == (200, 1)
    again = dana.get(PAGE)
    assert "You made an address on Nov 23. It is not shown again" in words(again)
    assert address not in again.content.decode()


def test_new_address_ends_the_old_one(c, dana):
    paths = [press(dana, "calendars_feed").context["address"].removeprefix("http://localhost:8000") for _ in range(2)]

    assert [Client().get(path).status_code for path in paths] == [404, 200]


def test_switched_off_address_ends(c, dana):
    path = press(dana, "calendars_feed").context["address"].removeprefix("http://localhost:8000")

    off, twice = press(dana, "calendars_feed_off"), press(dana, "calendars_feed_off")

    assert "Switched off. Calendars that used the address find nothing there any more." in words(off)
    assert "It was off already." in words(twice)
    assert Client().get(path).status_code == 404
    assert "Make an address" in shown(dana)
    assert CalendarFeed.objects.count() == 1


def test_page_tells_how_late_each_calendar_shows_a_change(c, dana):
    said = shown(dana)

    assert "Google asks again after 8 to 24 hours, and has no button for it." in said
    assert "Outlook asks after about 3 hours, Apple as often as you set. Invites by mail are faster" in said


# Busy times in


def test_address_is_added_and_never_shown_again(c, dana):
    answer = dana.post(PAGE, {"address": SECRET, "name": "School calendar"}, follow=True)

    source = CalendarSource.objects.get()
    assert (source.person, source.kind, source.name, source.created_by) == (
        c.case_manager.person,
        "address",
        "School calendar",
        c.case_manager,
    )
    said = words(answer)
    assert "Added. It is being read; until then you count as to be asked, not as free." in said
    assert "School calendar calendar.google.com, ends in 4b5a Not read yet" in said
    assert "0f1e2d3c4b5a" not in answer.content.decode()


def test_refused_address_says_why_and_what_to_do(c, dana):
    answer = dana.post(PAGE, {"address": "http://calendar.google.com/basic.ics", "name": "Mine"})

    assert "A calendar is read by https alone. Copy the address that begins with https://." in words(answer)
    assert answer.context["form"]["name"].value() == "Mine"
    assert CalendarSource.objects.count() == 0


def test_empty_address_is_asked_for(c, dana):
    assert "Paste the address of the calendar." in words(dana.post(PAGE, {"address": ""}))


def test_removed_calendar_takes_no_time_any_more(c, dana):
    source = own_calendar(c.case_manager, (NOW, NOW + timedelta(hours=1)), now=NOW)

    said = words(press(dana, "calendars_remove", source.pk))

    assert "Removed, with every time that it took." in said
    assert CalendarSource.objects.count() == 0


def test_calendar_is_read_now_by_the_worker(c, dana):
    source = own_calendar(c.case_manager, now=NOW)

    said = words(press(dana, "calendars_read", source.pk))

    assert "It is being read." in said
    assert asked_for("read_calendar") == [{"pk": source.pk}]


def test_calendar_that_was_read_just_now_is_not_read_again(c, dana):
    source = own_calendar(c.case_manager, now=NOW, read_ago=timedelta(seconds=59))

    said = words(press(dana, "calendars_read", source.pk))

    assert "It was read less than a minute ago." in said
    assert asked_for("read_calendar") == []


@pytest.mark.parametrize(
    ("read_ago", "says"),
    [
        (timedelta(minutes=10), "Last read today, 8:50 AM · known until May 22 Read now"),
        (timedelta(hours=5), "Colleagues see beside your name: calendar last read 5 hours ago ."),
        (timedelta(days=3), "Last read Fri, Nov 20, 9:00 AM"),
        (timedelta(days=3), "Until it can be read, you count as to be asked, not as free."),
        (None, "Not read yet Until it can be read, you count as to be asked, not as free."),
    ],
)
def test_age_of_a_calendar_and_what_it_means_is_said(c, dana, read_ago, says):
    own_calendar(c.case_manager, now=NOW, read_ago=read_ago, created_at=NOW - timedelta(days=9))

    assert says.replace(" .", ".") in shown(dana)


@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        ("refused_address", "Its address is not allowed here. Remove it, and add the secret address in iCal format."),
        ("no_answer", "Its server does not answer. It is tried again by itself."),
        ("not_found", "Its address is not known there any more. Copy the address anew, add it, and remove this one."),
        ("not_allowed", "It may not be read any more. Share it again, or add its new address."),
        ("too_large", "It is too large to be read."),
        ("too_slow", "Reading it takes too long."),
        ("not_a_calendar", "What comes from its address is not a calendar."),
        ("too_many_events", "It holds too many events."),
    ],
)
def test_trouble_is_said_with_what_to_do(c, dana, trouble, says):
    own_calendar(c.case_manager, now=NOW, trouble=trouble, trouble_since_at=datetime(2026, 11, 20, 15, tzinfo=UTC))

    said = shown(dana)

    assert says in said
    assert "Since Nov 20." in said


def test_events_that_could_not_be_read_and_times_without_a_zone_are_said(c, dana):
    own_calendar(c.case_manager, now=NOW, skipped=2, has_floating_times=True)

    said = shown(dana)

    assert "2 events could not be read, and take no time. Enter them as a commitment if they matter." in said
    assert "Some times name no time zone. They are taken as your school’s own." in said


def test_calendar_of_the_district_can_be_read_now_and_not_removed(c, dana):
    source = own_calendar(c.case_manager, now=NOW, kind="google", secret=None, host="", ending="")

    said = shown(dana)

    assert "Google Calendar read for your whole district" in said
    assert "Remove" not in said
    assert dana.post(reverse("meetings:calendars_remove", args=[source.pk])).status_code == 404
    assert CalendarSource.objects.count() == 1


def test_calendars_of_others_are_not_shown_read_or_removed(c, dana):
    source = own_calendar(c.teacher, now=NOW, name="Club")

    assert "Club" not in shown(dana)
    for name in ("calendars_read", "calendars_remove"):
        assert dana.post(reverse(f"meetings:{name}", args=[source.pk])).status_code == 404
    assert (CalendarSource.objects.count(), asked_for("read_calendar")) == (1, [])


def test_page_takes_as_many_queries_for_many_calendars(c, dana, django_assert_num_queries):
    own_calendar(c.case_manager, now=NOW)
    dana.get(PAGE)
    with django_assert_num_queries(10) as few:
        dana.get(PAGE)
    for _ in range(3):
        own_calendar(c.case_manager, (NOW, NOW + timedelta(hours=1)), now=NOW)
    with django_assert_num_queries(len(few)):
        dana.get(PAGE)


def test_my_hours_leads_to_it(c, dana):
    assert f'href="{PAGE}"' in dana.get(reverse("meetings:hours")).content.decode()
