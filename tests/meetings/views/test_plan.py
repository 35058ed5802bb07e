"""Meetings that no due date asks for: from Meetings, or a student's page, to a time that is booked."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from meetings.models import Meeting
from students.models import MeetingKind, Position, Role, TeamMember
from tests import cast as people
from tests.booking import NOW, busy_of, seats_of
from tests.students.views.pages import as_opened, words

pytestmark = pytest.mark.django_db
PLAN = "/meetings/plan/"


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def cast():
    """With Theo Fable, who has no IEP, and a counselor on his team."""
    cast = people.cast()
    theo = people.student("Theo Fable", cast.school, has_iep=False)
    cast.theo = theo
    people.guardian("Ada Fable", theo)
    people.teaches(cast.teacher, theo, "1", "2", "3", "4", "5", title="Grade 4, other half")
    cast.psychologist = people.staff("Lena Wu", cast.school, position=Position.PSYCHOLOGIST)
    cast.counselor = people.staff("Sofia Marin", cast.school, position=Position.COUNSELOR)
    TeamMember.objects.create(student=theo, person=cast.counselor.person, role=Role.OTHER)
    return cast


def named(client, **query):
    page = client.get(PLAN, query)
    return [row.person.full_name for row in page.context["page"]]


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("administrator", ["Theo Fable", "Maya Rainwater"]),
        ("director", ["Theo Fable", "Maya Rainwater"]),
        ("counselor", ["Theo Fable"]),
        ("case_manager", ["Maya Rainwater"]),
        ("teacher", []),
        ("stranger", []),
    ],
)
def test_students_are_those_whose_record_one_may_see(client, cast, who, names):
    client.force_login(getattr(cast, who))

    assert named(client) == names


def test_student_is_found_by_name_and_one_who_left_is_not_there(client, cast):
    client.force_login(cast.administrator)
    cast.student.person.gone_at = NOW
    cast.student.person.save()

    assert (named(client, q="théo fab"), named(client, q="rainwater")) == (["Theo Fable"], [])
    assert "No student found" in words(client.get(PLAN, {"q": "rainwater"}))


@pytest.mark.parametrize(("asked", "kind"), [("", "section_504"), ("amendment", "amendment"), ("party", "section_504")])
def test_kind_goes_with_each_student(client, cast, asked, kind):
    client.force_login(cast.counselor)

    page = client.get(PLAN, {"kind": asked})

    times = f'href="{reverse("meetings:propose", args=[cast.theo.pk])}?kind={kind}"'
    assert (times in page.content.decode(), f'value="{kind}" selected' in page.content.decode()) == (True, True)


def test_page_takes_the_same_queries_however_many_students_there_are(client, cast):
    client.force_login(cast.administrator)
    found = []
    for _ in range(2):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(PLAN).status_code == 200
        found.append(len(queries))
        for n in range(4):
            people.student(f"Pupil {n}", cast.school, cast.colleague)

    assert found[0] == found[1]


def test_students_page_offers_the_kinds_that_no_due_date_asks_for(client, cast):
    client.force_login(cast.administrator)
    found = {}
    for student in (cast.student, cast.theo):
        page = client.get(reverse("students:student", args=[student.pk]))
        found[student.person.given_name] = (page.context["other_kinds"], page.context["usual_kind"])
        assert f'action="{reverse("meetings:propose", args=[student.pk])}"' in page.content.decode()

    assert found == {
        "Maya": ([kind for kind in MeetingKind if kind != "annual_review"], "parent_requested"),
        "Theo": (list(MeetingKind), "section_504"),
    }


@pytest.mark.parametrize("who", ["administrator", "counselor"])
def test_section_504_meeting_is_found_a_time_for_and_booked(client, cast, who):
    user = getattr(cast, who)
    client.force_login(user)
    assert reverse("meetings:plan") in client.get(reverse("meetings:list")).content.decode()

    times = client.get(reverse("meetings:propose", args=[cast.theo.pk]), {"kind": "section_504"})
    card = times.context["cards"][0]
    book = f"{reverse('meetings:book', args=[cast.theo.pk])}?{card.query}"
    answer = client.post(book, as_opened(client.get(book)))

    meeting = Meeting.objects.get()
    assert (answer.status_code, answer.url) == (302, reverse("meetings:meeting", args=[meeting.pk]))
    assert (meeting.kind, meeting.due_date, meeting.organizer, meeting.start_at) == (
        "section_504", None, user, card.offer.start_at,
    )  # fmt: skip
    you = "yes" if who == "administrator" else "none"
    assert sorted(seats_of(meeting)) == sorted(
        [
            ("parent", "must_be_invited", "Ada Fable", "none", True),
            ("student", "optional", "Theo Fable", "none", True),
            ("lea_representative", "required", "Marcus Bell", you, True),
            ("general_education_teacher", "required", "Raj Patel", "none", True),
            ("evaluation_interpreter", "required", "Lena Wu", "none", True),
            ("other", "optional", "Sofia Marin", "yes" if who == "counselor" else "none", True),
        ]
    )
    assert set(busy_of(meeting)) == {
        "Ada Fable", "Theo Fable", "Marcus Bell", "Raj Patel", "Lena Wu", "Sofia Marin", "Room 12",
    }  # fmt: skip
    assert client.get(answer.url).status_code == 200
    assert client.get(reverse("students:student", args=[cast.theo.pk])).status_code == 200


def test_case_manager_books_a_section_504_meeting_of_their_student(client, cast):
    client.force_login(cast.case_manager)
    page = reverse("meetings:propose", args=[cast.student.pk])

    card = client.get(page, {"kind": "section_504"}).context["cards"][0]
    book = f"{reverse('meetings:book', args=[cast.student.pk])}?{card.query}"
    client.post(book, as_opened(client.get(book)))

    meeting = Meeting.objects.get()
    assert (meeting.kind, meeting.due_date, meeting.end_at - meeting.start_at) == (
        "section_504", None, timedelta(hours=1),
    )  # fmt: skip


@pytest.mark.parametrize("who", ["case_manager", "teacher", "colleague", "stranger"])
def test_section_504_meeting_of_a_student_whom_one_may_not_see_is_not_there(client, cast, who):
    client.force_login(getattr(cast, who))

    for name in ("propose", "book"):
        page = reverse(f"meetings:{name}", args=[cast.theo.pk])
        assert client.get(page, {"kind": "section_504", "at": "2026-12-03T18:30Z"}).status_code == 404
