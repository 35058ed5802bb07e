from datetime import date

import pytest
import time_machine
from django.urls import reverse

from students.models import District, DueDate
from tests.booking import booked
from tests.cast import cast
from tests.meetings.booked import NOW
from tests.students.views.pages import WHO, as_opened, save, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people():
    return cast()


def dues(people):
    rows = DueDate.objects.filter(student=people.student).order_by("pk")
    return [(row.kind, row.due_on, row.counted_from_on, row.source, row.closed_why) for row in rows]


TOO_LATE = "Counted from the last meeting it is December 11, 2026 at the latest. Write that day or an earlier one."
ANNUAL = ("annual_review", date(2026, 12, 11), None, "people", "")


@pytest.mark.parametrize(("who", "status"), WHO)
def test_due_dates_are_edited_by_those_who_may_edit_the_student(client, people, who, status):
    client.force_login(getattr(people, who))

    pages = [
        client.get(reverse("students:due_add", args=[people.student.pk])),
        client.get(reverse("students:due_edit", args=[people.due.pk])),
    ]

    assert [page.status_code for page in pages] == [status, status]
    if status == 404:
        assert client.post(reverse("students:due_close", args=[people.due.pk]), {}).status_code == 404


@pytest.mark.parametrize(
    ("rule", "due_on", "said"),
    [
        ("day_before_anniversary", "2026-12-11", "due <strong>December 11, 2026</strong>, the day before the annivers"),
        ("anniversary", "2026-12-12", "due <strong>December 12, 2026</strong>, on the anniversary"),
        ("days_365", "2026-12-12", "due <strong>December 12, 2026</strong>, 365 days later"),
    ],
)
def test_annual_review_is_counted_shown_and_then_saved(client, people, rule, due_on, said):
    District.objects.update(annual_rule=rule)
    DueDate.objects.all().delete()
    client.force_login(people.case_manager)

    page = save(client, "students:due_add", [people.student.pk], kind="annual_review", counted_from_on="2025-12-12")

    assert said in words(page)
    assert page.context["form"]["due_on"].value() == due_on
    assert dues(people) == []

    client.post(reverse("students:due_add", args=[people.student.pk]), as_opened(page))

    assert dues(people) == [("annual_review", date.fromisoformat(due_on), date(2025, 12, 12), "people", "")]
    assert DueDate.objects.get().created_by == people.case_manager


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        (
            {"kind": "annual_review", "due_on": "2027-01-04"},
            {"kind": ["Annual review is due already, by December 11, 2026. Edit or close that one."]},
        ),
        ({"kind": "transition"}, {"due_on": ["Write the due date."]}),
        ({"kind": "transition", "due_on": "someday"}, {"due_on": ["Write a date such as 12/3/2026."]}),
        ({"kind": "transition", "due_on": "0026-12-12"}, {"due_on": ["That is years away. Look at the year again."]}),
        (
            {"kind": "reevaluation", "counted_from_on": "2023-12-12", "due_on": "2026-12-12"},
            {
                "due_on": [TOO_LATE],
            },
        ),
        (
            {"kind": "reevaluation", "counted_from_on": "2026-12-12", "due_on": "2026-12-12"},
            {"counted_from_on": ["That day has not come yet."]},
        ),
    ],
)
def test_bad_input_is_told_beside_the_field(client, people, typed, errors):
    client.force_login(people.case_manager)

    page = save(client, "students:due_add", [people.student.pk], **typed)

    assert page.context["form"].errors == errors
    assert page.context["form"]["kind"].value() == typed["kind"]
    assert dues(people) == [ANNUAL]


def test_due_date_is_edited_and_is_peoples_from_then_on(client, people):
    DueDate.objects.update(source="roster")
    client.force_login(people.case_manager)

    save(client, "students:due_edit", [people.due.pk])
    assert dues(people) == [(*ANNUAL[:3], "roster", "")]

    save(client, "students:due_edit", [people.due.pk], due_on="12/9/2026", note="By phone with the family")
    assert dues(people) == [("annual_review", date(2026, 12, 9), None, "people", "")]


def test_kind_that_is_open_already_is_refused_on_the_other_one_too(client, people):
    second = DueDate.objects.create(student=people.student, kind="transition", due_on=date(2027, 3, 1))
    client.force_login(people.case_manager)

    page = save(client, "students:due_edit", [second.pk], kind="annual_review")

    assert set(page.context["form"].errors) == {"kind"}


def test_due_date_changed_meanwhile_shows_both(client, people):
    client.force_login(people.case_manager)
    url = reverse("students:due_edit", args=[people.due.pk])
    opened = as_opened(client.get(url))
    DueDate.objects.update(due_on=date(2026, 12, 10))

    page = client.post(url, opened | {"due_on": "2026-12-09"})

    assert page.status_code == 409
    assert [(one.label, one.now, one.typed) for one in page.context["differences"]] == [
        ("Due date", "Dec 10, 2026", "Dec 9, 2026")
    ]
    assert dues(people)[0][1] == date(2026, 12, 10)


def test_due_date_is_closed_with_a_reason_and_opened_again(client, people):
    client.force_login(people.case_manager)
    url = reverse("students:due_close", args=[people.due.pk])

    page = client.post(url, {"close-closed_why": ""})
    assert page.context["closing"].errors == {"closed_why": ["Say why in a few words: it stays on record."]}
    assert DueDate.objects.open().count() == 1

    client.post(url, {"close-closed_why": "Moved to another district"})
    assert dues(people) == [(*ANNUAL[:4], "Moved to another district")]
    assert DueDate.objects.get().closed_at == NOW
    assert client.get(reverse("students:due_edit", args=[people.due.pk])).status_code == 404

    client.post(reverse("students:due_reopen", args=[people.due.pk]))
    assert dues(people) == [ANNUAL]
    assert DueDate.objects.open().count() == 1


def test_closed_due_date_stays_closed_where_another_one_is_open_by_now(client, people):
    DueDate.objects.update(closed_at=NOW, closed_why="Moved away")
    DueDate.objects.create(student=people.student, kind="annual_review", due_on=date(2027, 3, 1))
    client.force_login(people.case_manager)

    page = client.post(reverse("students:due_reopen", args=[people.due.pk]), follow=True)

    assert "Another due date of this kind is open by now" in words(page)
    assert DueDate.objects.open().count() == 1


def test_page_of_a_due_date_names_the_meeting_that_is_booked_for_it(client, people):
    booked(people)
    client.force_login(people.case_manager)

    page = words(client.get(reverse("students:due_edit", args=[people.due.pk])))

    assert "A meeting is booked for it on Thu, Dec 3." in page


def test_page_of_a_due_date_takes_the_same_queries_however_often_it_changed(client, people, django_assert_num_queries):
    client.force_login(people.case_manager)
    url = reverse("students:due_edit", args=[people.due.pk])
    client.get(url)
    DueDate.objects.update(due_on=date(2026, 12, 10))
    with django_assert_num_queries(15):
        client.get(url)
    for n in range(3):
        DueDate.objects.update(due_on=date(2026, 12, 11 + n))
    with django_assert_num_queries(15):
        client.get(url)
