from datetime import UTC, date, datetime, time

import pytest
import time_machine
from django.urls import reverse

from meetings.core.intervals import Span, instant_of, subtract, union
from meetings.loaders import load_case
from meetings.models import Busy, Commitment, CommitmentKind, WeeklyHours
from meetings.ownweek import What, monday_of, week_of
from students.models import Assignment
from tests.booking import HOUR, NOW, START, booked
from tests.cast import cast, staff, teaches
from tests.meetings.views.test_propose import words as text
from tests.owncalendar import own_calendar
from tests.students.views.pages import as_opened, save, words

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 30)  # START is on its Thursday.


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people():
    return cast()


def hours_of(person):
    rows = WeeklyHours.objects.filter(person=person.pk).order_by("pk")
    return [(row.kind, row.weekday, row.day_type, row.start, row.end, row.source) for row in rows]


def lunch(person, weekday=4, **extra):
    fields = {"start": time(12), "end": time(12, 30), "kind": "lunch", "weekday": weekday}
    return WeeklyHours.objects.create(person=person.person, **fields | extra)


def commitments_of(person):
    rows = Commitment.objects.filter(person=person.pk).order_by("pk")
    return [(row.kind, row.title, row.start_at, row.end_at, sorted(map(str, row.takers.all()))) for row in rows]


def busy_spans(person):
    rows = Busy.objects.filter(person=person.pk).order_by("during")
    return [(row.during.lower, row.during.upper, row.commitment_id is not None) for row in rows]


# The week


def thursday(people, person):
    week = week_of(person.person, [people.school], people.school.time_zone, MONDAY, now=NOW)
    return [
        (f"{block.start_at:%H:%M}", f"{block.end_at:%H:%M}", block.what, block.words) for block in week.days[3].blocks
    ]


def test_week_says_what_bells_classes_hours_and_meetings_come_to(people):
    lunch(people.teacher, start=time(11), end=time(11, 30))
    booked(people)

    assert thursday(people, people.teacher) == [
        ("12:30", "13:00", What.FREE, ""),
        ("13:00", "16:00", What.TEACHING, "Grade 4"),
        ("16:00", "16:30", What.LUNCH, ""),
        ("16:30", "18:00", What.TEACHING, "Grade 4"),
        ("18:00", "18:30", What.FREE, ""),
        ("18:30", "19:30", What.MEETING, ""),
        ("19:30", "19:45", What.FREE, ""),
    ]


def test_week_shows_what_ones_own_calendar_takes_of_the_day_and_nothing_of_the_evening(people):
    evening = datetime(2026, 12, 4, 1, tzinfo=UTC)
    own_calendar(people.speech, (START, START + HOUR), (evening, evening + HOUR), now=NOW)

    assert thursday(people, people.speech) == [
        ("12:30", "18:30", What.FREE, ""),
        ("18:30", "19:30", What.CALENDAR, ""),
        ("19:30", "19:45", What.FREE, ""),
    ]


def test_week_shows_where_ones_own_calendar_was_not_read(people):
    own_calendar(people.speech, (START, START + HOUR), now=NOW, read_ago=None)

    assert [(start, what) for start, _, what, _ in thursday(people, people.speech)] == [
        ("12:30", What.UNSURE),
        ("18:30", What.CALENDAR),
        ("19:30", What.UNSURE),
    ]


def test_colleagues_see_that_a_calendar_takes_the_time_and_no_more(client, people):
    own_calendar(people.teacher, (START, START + HOUR), now=NOW, name="Club")
    client.force_login(people.administrator)

    said = text(client.get(reverse("meetings:hours"), {"week": "2026-12-03", "staff": people.teacher.pk}))

    assert "1:30 – 2:30 PM Busy" in said
    assert "calendar" not in said.lower()
    assert "Club" not in said


@pytest.mark.parametrize("who", ["teacher", "case_manager", "speech"])
def test_free_is_what_proposals_take_for_free(people, who):
    person = getattr(people, who)
    lunch(person)
    WeeklyHours.objects.create(person=person.person, weekday=4, start=time(13), end=time(13, 30), kind="prep")
    WeeklyHours.objects.create(person=person.person, day_type="regular", start=time(7, 40), end=time(8), kind="duty")
    if who == "speech":
        WeeklyHours.objects.create(person=person.person, weekday=4, start=time(9), end=time(14), kind="available")
        own_calendar(person, (START - HOUR, START - HOUR / 2), now=NOW, covers=START - NOW + HOUR / 4)
    day = date(2026, 12, 3)
    case = load_case(
        people.student, "annual_review", window_start_on=day, window_end_on=day, duration=30, step=5, now=NOW
    )
    theirs = case.hours[str(person.pk)]

    week = week_of(person.person, [people.school], people.school.time_zone, MONDAY, now=NOW)

    shown = union(
        Span(int(block.start_at.timestamp()) // 60, int(block.end_at.timestamp()) // 60)
        for block in week.days[3].blocks
        if block.what in {What.FREE, What.PREP}
    )
    assert shown == subtract(union(theirs.free), union(theirs.busy))
    assert instant_of(shown[0].start).date() == day


@pytest.mark.parametrize(
    ("day", "monday"),
    [
        (date(2026, 11, 23), date(2026, 11, 23)),
        (date(2026, 11, 27), date(2026, 11, 23)),
        (date(2026, 11, 28), date(2026, 11, 30)),
        (date(2026, 11, 29), date(2026, 11, 30)),
    ],
)
def test_weekend_looks_at_the_week_that_comes(day, monday):
    assert monday_of(day) == monday


def test_own_page_shows_titles_and_an_administrator_sees_busy(client, people):
    Commitment.objects.create(
        person=people.teacher.person, kind="other", title="Dentist", start_at=START, end_at=START + HOUR
    )
    client.force_login(people.teacher)
    assert "Dentist" in words(client.get(reverse("meetings:hours"), {"week": "2026-12-03"}))

    client.force_login(people.administrator)
    page = client.get(reverse("meetings:hours"), {"week": "2026-12-03", "staff": people.teacher.pk})

    assert page.status_code == 200
    assert "Dentist" not in words(page)
    assert "Hours of Raj Patel" in words(page)
    assert "Busy" in words(page)
    assert "<form" not in words(page).split("<main")[1]


@pytest.mark.parametrize(
    ("who", "status"), [("case_manager", 404), ("stranger", 404), ("administrator", 200), ("director", 200)]
)
def test_hours_of_a_colleague_are_for_administrators_of_the_school(client, people, who, status):
    client.force_login(getattr(people, who))

    assert client.get(reverse("meetings:hours"), {"staff": people.teacher.pk}).status_code == status


@pytest.mark.parametrize("week", ["soon", "2026-13-01", "9999-12-31", "0001-01-01", ""])
def test_week_that_is_none_is_this_one(client, people, week):
    client.force_login(people.teacher)

    page = client.get(reverse("meetings:hours"), {"week": week})

    assert page.context["week"].monday == date(2026, 11, 23)


def test_page_takes_the_same_queries_however_much_there_is(client, people, django_assert_num_queries):
    lunch(people.teacher)
    client.force_login(people.teacher)
    url = reverse("meetings:hours")
    Commitment.objects.create(person=people.teacher.person, kind="duty", start_at=START, end_at=START + HOUR)
    booked(people, start=START + 2 * HOUR)
    with django_assert_num_queries(28):
        client.get(url, {"week": "2026-12-03"})
    for n in range(3):
        lunch(people.teacher, weekday=n + 1)
        teaches(people.teacher, people.student, "6", title=f"Art {n}")
        row = Commitment.objects.create(
            person=people.teacher.person, kind="duty", start_at=START + n * HOUR, end_at=START + (n + 1) * HOUR
        )
        row.takers.set([people.speech.person])
    with django_assert_num_queries(28):
        client.get(url, {"week": "2026-12-03"})


# Weekly hours


def test_hours_are_added_changed_deleted_and_put_back(client, people):
    client.force_login(people.teacher)
    typed = {"kind": "duty", "when": "2", "start": "1:30 PM", "end": "14:00"}

    save(client, "meetings:hours_add", **typed)
    assert hours_of(people.teacher) == [("duty", 2, "", time(13, 30), time(14), "people")]

    again = save(client, "meetings:hours_add", **typed)
    assert again.context["form"].errors == {"start": ["You have these hours already."]}

    row = WeeklyHours.objects.get()
    save(client, "meetings:hours_edit", [row.pk], when="type:early")
    assert hours_of(people.teacher) == [("duty", None, "early", time(13, 30), time(14), "people")]

    page = client.post(reverse("meetings:hours_delete", args=[row.pk]), follow=True)
    assert hours_of(people.teacher) == []

    what = words(page).split('name="what" value="')[1].split('"')[0]
    client.post(reverse("meetings:hours_restore"), {"what": what})
    assert hours_of(people.teacher) == [("duty", None, "early", time(13, 30), time(14), "people")]


def test_hours_from_the_office_become_ones_own_with_a_change_and_are_not_deleted(client, people):
    row = lunch(people.teacher, source="roster", school=people.school)
    client.force_login(people.teacher)

    client.post(reverse("meetings:hours_delete", args=[row.pk]))
    assert hours_of(people.teacher) == [("lunch", 4, "", time(12), time(12, 30), "roster")]

    save(client, "meetings:hours_edit", [row.pk], end="12:45")
    assert hours_of(people.teacher) == [("lunch", 4, "", time(12), time(12, 45), "people")]


def test_bad_hours_are_told_beside_the_field_and_kept_as_typed(client, people):
    client.force_login(people.teacher)

    page = save(client, "meetings:hours_add", kind="duty", when="2", start="14:00", end="13:00")
    assert page.context["form"].errors == {"end": ["Choose an end after the start."]}

    page = save(client, "meetings:hours_add", kind="duty", when="2", start="noon", end="13:00")
    assert page.context["form"].errors == {"start": ["Write a time such as 1:30 PM."]}
    assert page.context["form"]["start"].value() == "noon"
    assert hours_of(people.teacher) == []


def test_hours_of_others_are_not_touched(client, people):
    row = lunch(people.teacher)
    client.force_login(people.administrator)

    assert client.get(reverse("meetings:hours_edit", args=[row.pk])).status_code == 404
    assert client.post(reverse("meetings:hours_delete", args=[row.pk])).status_code == 404


def test_hours_changed_in_another_tab_show_both(client, people):
    row = lunch(people.teacher)
    client.force_login(people.teacher)
    url = reverse("meetings:hours_edit", args=[row.pk])
    opened = as_opened(client.get(url))
    WeeklyHours.objects.update(end=time(12, 40))

    page = client.post(url, opened | {"end": "12:50"})

    assert page.status_code == 409
    assert [one.label for one in page.context["differences"]] == ["To"]
    assert hours_of(people.teacher)[0][4] == time(12, 40)


# Other commitments

TYPED = {"kind": "section_504", "title": "504 of Theo", "day": "2026-12-03", "start": "1:30 PM", "end": "2:30 PM"}


def test_504_meeting_takes_time_as_a_meeting_does(client, people):
    client.force_login(people.teacher)

    saved = save(
        client, "meetings:commitment_add", **TYPED, is_transferable="on", takers=[people.colleague.pk, people.speech.pk]
    )

    assert saved.url == reverse("meetings:hours")
    assert commitments_of(people.teacher) == [
        ("section_504", "504 of Theo", START, START + HOUR, ["Jo Lee", "Priya Shah"])
    ]
    assert busy_spans(people.teacher) == [(START, START + HOUR, True)]


@pytest.mark.parametrize("kind", ["section_504", "other_meeting"])
def test_504_meeting_over_a_booked_meeting_is_refused_and_says_which(client, people, kind):
    booked(people)
    client.force_login(people.teacher)

    page = save(client, "meetings:commitment_add", **TYPED | {"kind": kind, "start": "2:00 PM", "end": "3:00 PM"})

    assert page.status_code == 409
    assert "You have a meeting 1:30 – 2:30 PM that day" in words(page)
    assert page.context["form"]["title"].value() == "504 of Theo"
    assert commitments_of(people.teacher) == []
    assert busy_spans(people.teacher) == [(START, START + HOUR, False)]


def test_504_meeting_right_after_a_meeting_is_kept(client, people):
    booked(people)
    client.force_login(people.teacher)

    save(client, "meetings:commitment_add", **TYPED | {"start": "2:30 PM", "end": "3:00 PM"})

    assert len(busy_spans(people.teacher)) == 2


@pytest.mark.parametrize("kind", ["duty", "leave", "other"])
def test_leave_over_a_booked_meeting_is_kept_and_leads_to_the_answer(client, people, kind):
    meeting = booked(people)
    client.force_login(people.teacher)

    saved = save(client, "meetings:commitment_add", **TYPED | {"kind": kind})
    page = client.get(saved.url)

    assert page.context["meetings"] == [meeting]
    assert reverse("meetings:answer", args=[meeting.pk]) in words(page)
    assert "You are booked for 1 meeting in this time" in words(page)
    assert busy_spans(people.teacher) == [(START, START + HOUR, False)]


def test_commitment_is_moved_and_its_time_with_it(client, people):
    client.force_login(people.teacher)
    save(client, "meetings:commitment_add", **TYPED)
    row = Commitment.objects.get()

    save(client, "meetings:commitment_edit", [row.pk], start="2:00 PM", end="3:00 PM")
    half = HOUR / 2
    assert busy_spans(people.teacher) == [(START + half, START + HOUR + half, True)]

    save(client, "meetings:commitment_edit", [row.pk], kind="duty")
    assert busy_spans(people.teacher) == []


def test_move_onto_a_meeting_leaves_all_as_it_was(client, people):
    booked(people)
    client.force_login(people.teacher)
    save(client, "meetings:commitment_add", **TYPED | {"start": "9:00 AM", "end": "9:30 AM"})
    before = commitments_of(people.teacher), busy_spans(people.teacher)

    page = save(client, "meetings:commitment_edit", [Commitment.objects.get().pk], start="2:00 PM", end="3:00 PM")

    assert page.status_code == 409
    assert (commitments_of(people.teacher), busy_spans(people.teacher)) == before


def test_commitment_is_deleted_and_put_back(client, people):
    client.force_login(people.teacher)
    save(client, "meetings:commitment_add", **TYPED, is_transferable="on", takers=[people.speech.pk])
    before = commitments_of(people.teacher), busy_spans(people.teacher)

    page = client.post(reverse("meetings:commitment_delete", args=[Commitment.objects.get().pk]), follow=True)
    assert (commitments_of(people.teacher), busy_spans(people.teacher)) == ([], [])

    what = words(page).split('name="what" value="')[1].split('"')[0]
    client.post(reverse("meetings:commitment_restore"), {"what": what})
    assert (commitments_of(people.teacher), busy_spans(people.teacher)) == before


def test_commitment_is_not_put_back_where_a_meeting_took_the_time(client, people):
    client.force_login(people.teacher)
    save(client, "meetings:commitment_add", **TYPED)
    page = client.post(reverse("meetings:commitment_delete", args=[Commitment.objects.get().pk]), follow=True)
    booked(people)

    what = words(page).split('name="what" value="')[1].split('"')[0]
    page = client.post(reverse("meetings:commitment_restore"), {"what": what}, follow=True)

    assert "That time was taken by a meeting meanwhile" in words(page)
    assert commitments_of(people.teacher) == []


def test_what_someone_else_kept_is_not_put_back_for_me(client, people):
    client.force_login(people.teacher)
    save(client, "meetings:commitment_add", **TYPED)
    page = client.post(reverse("meetings:commitment_delete", args=[Commitment.objects.get().pk]), follow=True)
    what = words(page).split('name="what" value="')[1].split('"')[0]
    client.force_login(people.speech)

    client.post(reverse("meetings:commitment_restore"), {"what": what})

    assert Commitment.objects.count() == 0


def test_commitments_of_others_are_not_touched(client, people):
    client.force_login(people.teacher)
    save(client, "meetings:commitment_add", **TYPED)
    row = Commitment.objects.get()
    client.force_login(people.administrator)

    assert client.get(reverse("meetings:commitment_edit", args=[row.pk])).status_code == 404
    assert client.post(reverse("meetings:commitment_delete", args=[row.pk])).status_code == 404
    assert Commitment.objects.count() == 1


def test_leave_of_several_days_takes_whole_days_at_school(client, people):
    client.force_login(people.teacher)

    save(client, "meetings:commitment_add", kind="leave", day="2026-12-03", last_day="2026-12-04", start="", end="")

    start, end = datetime(2026, 12, 3, 5, tzinfo=UTC), datetime(2026, 12, 5, 5, tzinfo=UTC)
    assert commitments_of(people.teacher) == [("leave", "", start, end, [])]
    shown = as_opened(client.get(reverse("meetings:commitment_edit", args=[Commitment.objects.get().pk])))
    assert (shown["day"], shown["last_day"], "start" in shown) == (date(2026, 12, 3), date(2026, 12, 4), False)


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        ({"day": "2026-11-20"}, {"day": ["That time has passed."]}),
        ({"end": "1:00 PM"}, {"end": ["Choose an end after the start."]}),
        ({"start": ""}, {"start": ["Write the time."]}),
        ({"end": "late"}, {"end": ["Write a time such as 1:30 PM."]}),
        (
            {"day": "2027-03-14", "start": "2:30 AM", "end": "4:00 AM"},
            {"start": ["The clocks change that night and skip this time. Choose another one."]},
        ),
        (
            {"last_day": "2026-12-04"},
            {"last_day": ["Only leave goes over several days. Enter each day of it for itself."]},
        ),
        (
            {"kind": "leave", "last_day": "2026-12-01"},
            {"last_day": ["Choose a day after the first, within a year."]},
        ),
        ({"day": "whenever"}, {"day": ["Write a date such as 12/3/2026."]}),
    ],
)
def test_bad_commitment_is_told_beside_the_field_and_kept_as_typed(client, people, typed, errors):
    client.force_login(people.teacher)

    page = save(client, "meetings:commitment_add", **TYPED | typed)

    assert page.context["form"].errors == errors
    assert page.context["form"]["title"].value() == "504 of Theo"
    assert commitments_of(people.teacher) == []


def test_taker_must_be_a_colleague_of_the_school(client, people):
    client.force_login(people.teacher)

    page = save(client, "meetings:commitment_add", **TYPED, is_transferable="on", takers=[people.stranger.pk])
    assert set(page.context["form"].errors) == {"takers"}

    page = save(client, "meetings:commitment_add", **TYPED, takers=[people.speech.pk])
    assert page.context["form"].errors == {
        "takers": ["Tick above that someone else could take it, or choose nobody here."]
    }


def test_hour_that_comes_twice_is_taken_whole(client, people):
    Assignment.objects.filter(staff=people.teacher).update(is_administrator=False)
    client.force_login(people.teacher)
    typed = {"kind": "duty", "day": "2027-11-07", "start": "1:00 AM", "end": "1:30 AM", "title": ""}

    save(client, "meetings:commitment_add", **typed)

    assert commitments_of(people.teacher)[0][2:4] == (
        datetime(2027, 11, 7, 5, tzinfo=UTC),
        datetime(2027, 11, 7, 6, 30, tzinfo=UTC),
    )


def test_staff_without_a_school_has_a_page_that_says_so(client, people):
    client.force_login(staff("Noor Lantern"))

    assert "On no school" in words(client.get(reverse("meetings:hours")))
    assert "You are on no school" in words(client.get(reverse("meetings:hours_add")))
    assert save(client, "meetings:commitment_add", **TYPED).status_code == 302


@pytest.mark.parametrize("kind", CommitmentKind.values)
def test_kind_and_takers_are_kept_and_said(client, people, kind):
    client.force_login(people.teacher)
    takers = [people.speech.pk, people.case_manager.pk]

    save(client, "meetings:commitment_add", **TYPED | {"kind": kind}, is_transferable="on", takers=takers)

    row = Commitment.objects.get()
    assert (row.kind, row.is_transferable, set(row.takers.values_list("pk", flat=True))) == (kind, True, set(takers))
    shown = client.get(reverse("meetings:commitment_edit", args=[row.pk])).context["form"]
    assert (shown["kind"].value(), set(shown["takers"].value())) == (kind, set(takers))
    assert "Someone else could take it: Jo Lee, Dana Ortiz" in words(client.get(reverse("meetings:hours")))


def test_commitment_that_nobody_is_named_for_says_so(client, people):
    client.force_login(people.teacher)

    save(client, "meetings:commitment_add", **TYPED, is_transferable="on")

    page = words(client.get(reverse("meetings:hours")))
    assert "Someone else could take it, but nobody is named who could" in page
