from datetime import UTC, date, datetime

import pytest
import time_machine
from django.urls import reverse

from meetings.models import Answer, Attempt, Meeting, Seat
from students.models import DueDate, TeamMember
from tests.booking import booked
from tests.cast import cast, student

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people():
    return cast()


@pytest.fixture
def dana(client, people):
    client.force_login(people.case_manager)
    return client


def due(name, people, on, kind="annual_review"):
    row = student(name, people.school, people.case_manager)
    return DueDate.objects.create(student=row, kind=kind, due_on=on)


def book(
    due_date, people, start=datetime(2026, 12, 3, 18, 30, tzinfo=UTC), asked=datetime(2026, 11, 17, 15, tzinfo=UTC)
):
    meeting = Meeting.objects.create(
        kind=due_date.kind,
        student=due_date.student,
        due_date=due_date,
        school=due_date.student.school,
        start_at=start,
        end_at=start.replace(hour=start.hour + 1),
        organizer=people.case_manager,
        booked_at=asked,
    )
    for role, holder in (("parent", people.mother), ("general_education_teacher", people.teacher)):
        Seat.objects.create(meeting=meeting, role=role, holder=holder.person, asked_at=asked)
    return meeting


def call(row, people, at=datetime(2026, 11, 18, 15, tzinfo=UTC)):
    return Attempt.objects.create(
        student=row, way="phone", result="no_answer", happened_at=at, entered_at=at, by=people.case_manager
    )


def names(response):
    return [line.first.student.person.full_name for line in response.context["page"]]


def steps(response):
    return [line.first.outlook.step.action for line in response.context["page"]]


def test_mine_lists_most_urgent_first_with_the_next_step(dana, people):
    otis = due("Otis Marigold", people, date(2026, 11, 19))
    call(otis.student, people)
    book(due("Juniper Fable", people, date(2026, 12, 15)), people)
    due("Luna Velvet", people, date(2027, 5, 3))

    response = dana.get(reverse("students:mine"))

    assert names(response) == ["Otis Marigold", "Maya Rainwater", "Juniper Fable", "Luna Velvet"]
    assert steps(response) == ["call_family", "propose_times", "call_family", "nothing_until"]
    assert [response.context[key] for key in ("count", "overdue", "due_soon", "waiting")] == [4, 1, 1, 2]
    assert [(pill.filter.value, pill.count) for pill in response.context["pills"]] == [
        ("all", 4),
        ("today", 1),
        ("not_booked", 3),
        ("waiting", 2),
        ("booked", 1),
    ]
    text = " ".join(response.content.decode().split())
    for words in ("4 days overdue", "1 try, no answer", "Dec 3, asked 6 days ago", "Nothing until Feb 2"):
        assert words in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("show=today", ["Otis Marigold"]),
        ("show=booked", ["Juniper Fable"]),
        ("show=waiting", ["Juniper Fable"]),
        ("show=not_booked", ["Otis Marigold", "Maya Rainwater"]),
        ("show=nonsense&page=99", ["Otis Marigold", "Maya Rainwater", "Juniper Fable"]),
        ("q=JUNIPER", ["Juniper Fable"]),
        ("q=fable jun", ["Juniper Fable"]),
        ("q=nobody", []),
    ],
)
def test_mine_narrows_by_filter_and_words(dana, people, query, expected):
    due("Otis Marigold", people, date(2026, 11, 19))
    book(due("Juniper Fable", people, date(2026, 12, 15)), people)

    assert names(dana.get(f"{reverse('students:mine')}?{query}")) == expected


def test_search_finds_a_name_without_its_accents(dana, people):
    due("Zoë Peña", people, date(2026, 12, 1))

    assert names(dana.get(reverse("students:mine"), {"q": "pena zoe"})) == ["Zoë Peña"]


def test_student_with_two_due_dates_has_one_line_that_names_both(dana, people):
    DueDate.objects.create(student=people.student, kind="reevaluation", due_on=date(2026, 12, 18))

    response = dana.get(reverse("students:mine"))

    assert [(str(line.first.due), [str(one.due) for one in line.others]) for line in response.context["page"]] == [
        ("Annual review by 2026-12-11", ["Reevaluation by 2026-12-18"])
    ]


def test_student_without_a_due_date_is_asked_for_one(dana, people):
    DueDate.objects.all().delete()

    response = dana.get(reverse("students:mine"))

    assert steps(response) == ["set_due_date"]
    assert "no due date" in response.content.decode()


def test_mine_shows_nobody_elses_students(client, people):
    client.force_login(people.colleague)

    response = client.get(reverse("students:mine"))

    assert names(response) == []
    assert "No students on your caseload" in response.content.decode()


def test_member_of_a_team_finds_its_students(client, people):
    client.force_login(people.speech)

    response = client.get(reverse("students:mine"))

    assert response.context["team_students"] == [people.student]


def test_administrator_without_a_caseload_starts_at_due_dates(client, people):
    client.force_login(people.administrator)

    response = client.get(reverse("students:mine"))

    assert (response.status_code, response.url) == (302, reverse("meetings:due"))


def test_teacher_who_is_asked_to_a_meeting_starts_at_meetings(client, people):
    booked(people)
    client.force_login(people.teacher)

    response = client.get(reverse("students:mine"))

    assert (response.status_code, response.url) == (302, reverse("meetings:list"))


def test_gone_student_and_one_without_an_iep_are_left_out(dana, people):
    student("Theo Quill", people.school, people.case_manager, has_iep=False)
    due("Wren Applewood", people, date(2026, 12, 1)).student.person.__class__.objects.filter(
        family_name="Applewood"
    ).update(gone_at=NOW)

    assert names(dana.get(reverse("students:mine"))) == ["Maya Rainwater"]


def test_print_shows_the_list_with_the_paper_styles(dana):
    page = dana.get(reverse("students:mine"), {"print": "1"}).content.decode()

    assert "css/print.css" in page
    assert "js/print.js" in page
    assert '<span class="aside">Propose times</span>' in page


def test_mine_takes_the_same_queries_for_three_students_as_for_one(dana, people, django_assert_num_queries):
    book(people.due, people)
    TeamMember.objects.create(student=student("A", people.school), person=people.case_manager.person, role="other")
    with django_assert_num_queries(20):
        dana.get(reverse("students:mine"))
    for name in ("Otis Marigold", "Juniper Fable"):
        row = due(name, people, date(2026, 12, 1))
        call(row.student, people)
        book(row, people)
        TeamMember.objects.create(student=student(name, people.school), person=people.case_manager.person, role="other")
    with django_assert_num_queries(20):
        dana.get(reverse("students:mine"))


def test_answers_show_when_the_family_said_yes(dana, people):
    book(people.due, people)
    Seat.objects.filter(role="parent").update(answer=Answer.YES)

    page = " ".join(dana.get(reverse("students:mine")).content.decode().split())

    assert "Dec 3, 1 of 2 yes" in page
    assert "Remind Raj Patel" in page
