import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from meetings.models import Answer, Attempt, Busy, Meeting, Seat
from meetings.views.due_csv import safe
from students.models import CalendarDay, DueDate, Person, School, TeamMember
from tests.cast import cast, guardian, school, staff, student
from tests.meetings.booked import NOW, book

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people():
    return cast()


@pytest.fixture
def principal(client, people):
    client.force_login(people.administrator)
    return client


def due(name, people, on, kind="annual_review", at=None, manager=None):
    row = student(name, at or people.school, manager or people.case_manager)
    return DueDate.objects.create(student=row, kind=kind, due_on=on)


def call(row, days_ago, result="no_answer", way="phone"):
    at = NOW - timedelta(days=days_ago)
    return Attempt.objects.create(student=row, way=way, result=result, happened_at=at, entered_at=at)


def page_of(client, **query):
    return client.get(reverse("meetings:due"), query)


def words(response):
    return " ".join(response.content.decode().split())


def listed(response):
    return [one.student.person.full_name for one in response.context["standings"]]


@pytest.mark.parametrize("name", ["meetings:due", "meetings:due_csv"])
@pytest.mark.parametrize(
    ("who", "status"),
    [("administrator", 200), ("director", 200), ("case_manager", 404), ("speech", 404), ("stranger", 404)],
)
def test_due_dates_are_for_administrators(client, people, name, who, status):
    client.force_login(getattr(people, who))
    assert client.get(reverse(name)).status_code == status


def test_counts_of_the_school(principal, people):
    due("Otis Marigold", people, date(2026, 11, 19))
    call(due("Hugo Lantern", people, date(2026, 12, 4)).student, 9)
    call(due("Nell Snowdrop", people, date(2026, 12, 9)).student, 8, result="reached")
    due("Luna Velvet", people, date(2027, 5, 3))
    due("Ezra Pebble", people, date(2026, 12, 1), at=people.other_school, manager=people.stranger)
    book(people)

    page = page_of(principal)

    assert page.context["counts"]._asdict() == {
        "overdue": 1,
        "due_soon": 3,
        "due_soon_not_booked": 2,
        "waiting": 2,
        "lack_a_role": 0,
    }
    assert listed(page) == ["Otis Marigold", "Hugo Lantern", "Nell Snowdrop", "Maya Rainwater", "Luna Velvet"]
    assert "Otis Marigold, 4 days overdue" in words(page)


def test_due_in_30_days_counts_to_the_last_school_day(principal, people):
    for day in range(21, 32):
        CalendarDay.objects.create(school=people.school, on=date(2026, 12, day), day_type="closed")
    DueDate.objects.update(due_on=date(2026, 12, 30))

    assert page_of(principal).context["counts"].due_soon == 1


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"state": "overdue"}, ["Otis Marigold"]),
        ({"state": "booked"}, ["Maya Rainwater"]),
        ({"state": "waiting"}, ["Otis Marigold", "Maya Rainwater"]),
        ({"state": "not_booked"}, ["Otis Marigold", "Nell Snowdrop"]),
        ({"state": "soon"}, ["Nell Snowdrop"]),
        ({"kind": "reevaluation"}, ["Nell Snowdrop"]),
        ({"q": "nel"}, ["Nell Snowdrop"]),
        ({"sort": "-student"}, ["Nell Snowdrop", "Maya Rainwater", "Otis Marigold"]),
        ({"sort": "meets"}, ["Maya Rainwater", "Otis Marigold", "Nell Snowdrop"]),
        ({"state": "x", "kind": "x", "sort": "x", "manager": "x", "school": "9" * 30, "page": "x"}, None),
        ({"manager": "0"}, []),
    ],
)
def test_list_is_filtered_and_sorted(principal, people, query, expected):
    call(due("Otis Marigold", people, date(2026, 11, 19)).student, 3)
    due("Nell Snowdrop", people, date(2026, 12, 9), kind="reevaluation")
    book(people)

    assert listed(page_of(principal, **query)) == (
        expected or [] if expected is not None else ["Otis Marigold", "Nell Snowdrop", "Maya Rainwater"]
    )


def test_one_school_narrows_the_whole_page(client, people):
    client.force_login(people.director)
    due("Ezra Pebble", people, date(2026, 11, 1), at=people.other_school, manager=people.stranger)

    everything, one = page_of(client), page_of(client, school=people.school.pk)

    assert (listed(everything), everything.context["counts"].overdue) == (["Ezra Pebble", "Maya Rainwater"], 1)
    assert (listed(one), one.context["counts"].overdue) == (["Maya Rainwater"], 0)


def test_school_of_somebody_else_is_not_shown_by_its_number(principal, people):
    due("Ezra Pebble", people, date(2026, 11, 1), at=people.other_school, manager=people.stranger)

    assert listed(page_of(principal, school=people.other_school.pk)) == ["Maya Rainwater"]


def test_team_member_elsewhere_does_not_bring_that_student_into_the_school(principal, people):
    ezra = due("Ezra Pebble", people, date(2026, 11, 1), at=people.other_school, manager=people.stranger)
    TeamMember.objects.create(student=ezra.student, person=people.administrator.person, role="other")

    assert listed(page_of(principal)) == ["Maya Rainwater"]


def missing(response):
    return [(lack.seat.role, lack.can_cover) for lack in response.context["lacks"]]


def test_meetings_that_lack_a_role_say_which_and_why(principal, people):
    meeting = book(people)
    meeting.seats.filter(role="lea_representative").update(answer=Answer.NO)
    meeting.seats.filter(role="general_education_teacher").update(holder=None)
    Seat.objects.create(meeting=meeting, role="related_service_provider", requirement="optional")

    page = page_of(principal)

    assert missing(page) == [("lea_representative", True), ("general_education_teacher", False)]
    assert page.context["counts"].lack_a_role == 1
    text = words(page)
    assert "Alice Kim said no" in text
    assert "nobody yet" in text
    seat = meeting.seats.get(role="lea_representative")
    assert f'action="{reverse("meetings:seat", args=[meeting.pk, seat.pk])}"' in text


def test_cover_is_offered_to_a_free_representative_alone(client, people):
    meeting = book(people)
    meeting.seats.filter(role="lea_representative").update(holder=None)
    Busy.objects.create(
        person=people.administrator.person,
        during=(meeting.start_at - timedelta(minutes=30), meeting.start_at + timedelta(minutes=5)),
        meeting=meeting,
    )

    found = {}
    for who in ("administrator", "vice_principal", "director"):
        client.force_login(getattr(people, who))
        found[who] = missing(page_of(client))[0][1]

    assert found == {"administrator": False, "vice_principal": True, "director": False}


def test_one_parent_who_can_come_fills_the_parents_seat(principal, people):
    meeting = book(people)
    Seat.objects.create(meeting=meeting, role="parent", holder=people.father.person, answer=Answer.NO)
    assert missing(page_of(principal)) == []

    meeting.seats.filter(role="parent").update(answer=Answer.NO)
    assert missing(page_of(principal)) == [("parent", False), ("parent", False)]


def test_families_that_wait_longest_come_first(principal, people):
    otis = due("Otis Marigold", people, date(2026, 11, 30))
    guardian("Rosa Ortiz", otis.student)
    call(otis.student, 12)
    call(otis.student, 5)
    call(otis.student, 4, result="sent", way="email")
    meeting = book(people)
    meeting.seats.filter(role="parent").update(asked_at=NOW - timedelta(days=6))

    families = page_of(principal).context["families"]

    assert [
        (family.due.student.person.full_name, family.days, family.share, family.family, tries)
        for family, tries in families
    ] == [
        ("Otis Marigold", 12, 100, "Ortiz", "1 email, 2 phone calls"),
        ("Maya Rainwater", 6, 50, "Rainwater", ""),
    ]


def test_family_that_answered_is_not_waited_for(principal, people):
    meeting = book(people)
    meeting.seats.filter(role="parent").update(answer=Answer.YES)
    Seat.objects.create(meeting=meeting, role="parent", holder=people.father.person)

    assert page_of(principal).context["families"] == []


def test_load_counts_each_persons_meetings_once_by_school_week(principal, people):
    meeting = book(people)
    Seat.objects.create(meeting=meeting, role="other", holder=people.teacher.person)
    book(people, NOW + timedelta(days=2), due_date=due("Otis Marigold", people, date(2026, 12, 14)))
    for day in range(21, 26):
        CalendarDay.objects.create(school=people.school, on=date(2026, 12, day), day_type="closed")

    heat = page_of(principal).context["heat"]

    assert heat["columns"] == ["Nov 23", "Nov 30", "Dec 7", "Dec 14", "Dec 28", "Jan 4", "Jan 11", "Jan 18"]
    assert sorted((row.name, row.cells[:3], row.total) for row in heat["rows"]) == [
        ("Alice Kim", [1, 1, 0], 2),
        ("Dana Ortiz", [1, 1, 0], 2),
        ("Raj Patel", [1, 1, 0], 2),
    ]
    assert [(row["name"], row["cells"][:4]) for row in heat["foot_rows"]] == [
        ("Meetings due", [0, 0, 1, 1]),
        ("of these, not booked", [0, 0, 0, 0]),
    ]


def test_timeline_places_today_the_due_date_and_the_meeting(principal, people):
    due("Otis Marigold", people, date(2026, 11, 19))
    book(people)

    timeline = page_of(principal).context["timeline"]

    assert [(row["name"], row["text"], row["is_booked"]) for row in timeline["rows"]] == [
        ("Otis Marigold", "4 days overdue, not booked", False),
        ("Maya Rainwater", "18 days, meeting booked", True),
    ]
    first, second = timeline["rows"]
    assert first["due_at"] < timeline["today_at"] == second["starts_at"] < second["meets_at"] < second["due_at"]
    assert all(0 <= row["due_at"] <= 100 for row in timeline["rows"])


def test_timeline_places_a_meeting_on_the_day_at_its_school(principal, people):
    School.objects.update(time_zone="Pacific/Honolulu")
    row = book(people, start_at=datetime(2026, 12, 4, 1, tzinfo=UTC))  # Thursday, 3:00 PM there.
    DueDate.objects.update(due_on=date(2026, 12, 3))

    (line,) = page_of(principal).context["timeline"]["rows"]

    assert row.start_at.day == 4
    assert line["meets_at"] == line["due_at"]


def test_page_says_so_when_there_is_nothing(principal):
    DueDate.objects.all().delete()

    page = words(page_of(principal))

    for said in (
        "Nothing is due in the next 60 days",
        "No family owes an answer",
        "Nothing fits",
        "for each required role",
    ):
        assert said in page


def test_page_takes_the_same_queries_however_many_there_are(client, people, django_assert_num_queries):
    client.force_login(people.director)
    meeting = book(people)
    meeting.seats.filter(role="lea_representative").update(holder=None)
    call(due("Otis Marigold", people, date(2026, 11, 19)).student, 3)
    with django_assert_num_queries(36):
        page_of(client)
    for n in range(2):
        there = school(f"School {n}")
        manager = staff(f"Manager {n}", there)
        row = due(f"Student {n}", people, date(2026, 12, 1), at=there, manager=manager)
        guardian(f"Aunt {n}", row.student)
        another = Meeting.objects.create(
            kind="annual_review",
            student=row.student,
            due_date=row,
            school=there,
            organizer=manager,
            start_at=NOW + timedelta(days=3),
            end_at=NOW + timedelta(days=3, hours=1),
            booked_at=NOW,
        )
        Seat.objects.create(meeting=another, role="lea_representative")
        Seat.objects.create(meeting=another, role="parent", holder=row.student.guardianships.get().guardian.person)
        call(due(f"Caller {n}", people, date(2026, 11, 20), at=there, manager=manager).student, 3)
    with django_assert_num_queries(36):
        page_of(client)


def rows_of(response):
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_csv_holds_the_filtered_list_in_its_order(principal, people):
    call(due("Otis Marigold", people, date(2026, 11, 19)).student, 3)
    due("Luna Velvet", people, date(2027, 5, 3))
    book(people)

    response = principal.get(reverse("meetings:due_csv"), {"sort": "student"})

    assert response.headers["Content-Disposition"] == 'attachment; filename="due-dates-2026-11-23.csv"'
    assert "no-store" in response.headers["Cache-Control"]
    school_name, dana = "Willow Bend Elementary", "Dana Ortiz"
    assert rows_of(response)[1:] == [
        [
            "Otis Marigold",
            school_name,
            "4",
            dana,
            "Annual review",
            "2026-11-19",
            "2026-11-19",
            "-4",
            "Not booked, waiting for the family, overdue",
            "",
            "2026-11-20",
        ],
        [
            "Maya Rainwater",
            school_name,
            "4",
            dana,
            "Annual review",
            "2026-12-11",
            "2026-12-11",
            "18",
            "Booked, waiting for the family",
            "2026-12-03 01:30 PM",
            "2026-11-23",
        ],
        [
            "Luna Velvet",
            school_name,
            "4",
            dana,
            "Annual review",
            "2027-05-03",
            "2027-05-03",
            "161",
            "Not booked",
            "",
            "",
        ],
    ]
    assert len(rows_of(principal.get(reverse("meetings:due_csv"), {"state": "overdue"}))) == 2


def test_csv_tells_confirmed_and_met_apart(principal, people):
    meeting = book(people)
    meeting.seats.update(answer=Answer.YES)
    assert rows_of(principal.get(reverse("meetings:due_csv")))[1][8] == "Booked, confirmed"

    Meeting.objects.update(start_at=NOW - timedelta(hours=3), end_at=NOW - timedelta(hours=2))
    assert rows_of(principal.get(reverse("meetings:due_csv")))[1][8] == "Met, not recorded"


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1", "-1", "@x"])
def test_csv_never_starts_a_formula(principal, people, name):
    Person.objects.filter(pk=people.student.pk).update(given_name=name)

    assert rows_of(principal.get(reverse("meetings:due_csv")))[1][0] == f"'{name} Rainwater"


def test_cell_with_a_formula_after_spaces_is_kept_inert():
    assert [safe("  =1"), safe(" plain"), safe(7)] == ["'  =1", " plain", 7]


def test_csv_of_many_rows_takes_ten_queries_for_each_500(principal, people, django_assert_max_num_queries):
    for n in range(5):
        due(f"Student {n}", people, date(2026, 12, 1))
    with django_assert_max_num_queries(16):
        assert len(rows_of(principal.get(reverse("meetings:due_csv")))) == 7


def test_days_are_counted_where_the_school_is(client, people):
    """At 3 AM UTC it is still the evening before in New York."""
    School.objects.filter(pk=people.other_school.pk).update(time_zone="Pacific/Auckland")
    DueDate.objects.update(due_on=date(2026, 11, 23))
    due("Ezra Pebble", people, date(2026, 11, 23), at=people.other_school, manager=people.stranger)

    with time_machine.travel(datetime(2026, 11, 24, 3, tzinfo=UTC), tick=False):
        client.force_login(people.director)
        assert listed(page_of(client, state="overdue")) == ["Ezra Pebble"]
