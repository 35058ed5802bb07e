from datetime import date

import pytest
import time_machine
from django.urls import reverse

from students.models import CalendarDay, ClockStart, District, DueDate, Term
from tests.cast import cast
from tests.meetings.booked import NOW
from tests.students.views.pages import WHO, words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people(client):
    found = cast()
    client.force_login(found.case_manager)
    DueDate.objects.all().delete()
    Term.objects.all().delete()
    CalendarDay.objects.all().delete()
    Term.objects.create(
        sourced_id="y", title="2026-27", kind="schoolYear", start_on=date(2026, 8, 24), end_on=date(2027, 6, 11)
    )
    for on in (date(2026, 11, 26), date(2026, 11, 27)):
        CalendarDay.objects.create(school=found.school, on=on, day_type="closed")
    return found


def record(client, people, event, on, note=""):
    url = reverse("students:clock_start", args=[people.student.pk])
    return client.post(url, {"event": event, "on": on, "note": note}, follow=True)


def dues():
    return list(DueDate.objects.order_by("pk").values_list("kind", "due_on", "counted_from_on", "closed_at"))


def test_manifestation_determination_is_due_ten_school_days_after_the_decision(client, people):
    answer = record(client, people, "removal_decision", "2026-11-19", "letter in the file")

    # Fri 20, Mon 23, Tue 24, Wed 25, Mon 30, Tue 1, Wed 2, Thu 3, Fri 4, Mon 7.
    assert dues() == [("manifestation_determination", date(2026, 12, 7), date(2026, 11, 19), None)]
    assert "The manifestation determination is due by December 7, 2026" in words(answer)
    start = ClockStart.objects.get()
    page = words(client.get(reverse("students:counted", args=[start.pk])))
    assert "10 school days from the decision to change the placement to the meeting" in page
    assert "34 CFR 300.530(e)(1)" in page
    assert '<th scope="row">Thu, Nov 26</th><td class="number">–</td><td>no school: Thanksgiving Day</td>' in page
    assert '<th scope="row">Mon, Dec 7</th><td class="number">10</td>' in page


def test_initial_iep_is_due_thirty_days_after_eligibility(client, people):
    record(client, people, "eligibility", "2026-11-02")

    assert dues() == [("initial_iep", date(2026, 12, 2), date(2026, 11, 2), None)]


def test_event_that_the_state_does_not_count_from_is_kept_for_the_record(client, people):
    answer = record(client, people, "referral", "2026-11-02")

    assert dues() == []
    assert "Here this clock runs from consent." in words(answer)


def test_state_that_counts_from_the_referral_does_so_in_business_days(client, people):
    District.objects.update(state="VA")
    record(client, people, "referral", "2026-09-01")

    assert dues() == [("initial_eligibility", date(2026, 12, 7), date(2026, 9, 1), None)]


def test_rule_that_is_not_set_makes_no_due_date_and_says_so(client, people):
    answer = record(client, people, "enrollment", "2026-11-02")

    assert dues() == []
    assert "No number of days is set for it" in words(answer)


def test_calendar_that_ends_too_early_makes_no_due_date(client, people):
    District.objects.update(state="TX")
    Term.objects.update(end_on=date(2026, 12, 18))
    answer = record(client, people, "consent", "2026-11-02")

    assert dues() == []
    assert "The school’s calendar ends before 45 days are counted." in words(answer)


def test_open_due_date_is_moved_only_to_an_earlier_day(client, people):
    kept = DueDate.objects.create(student=people.student, kind="initial_iep", due_on=date(2026, 11, 27))
    record(client, people, "eligibility", "2026-11-02")
    assert dues() == [("initial_iep", date(2026, 11, 27), None, None)]

    DueDate.objects.filter(pk=kept.pk).update(due_on=date(2027, 1, 15))
    record(client, people, "eligibility", "2026-11-03")
    assert dues() == [("initial_iep", date(2026, 12, 3), date(2026, 11, 3), None)]


def test_earliest_of_several_clocks_decides(client, people):
    District.objects.update(state="OH")
    record(client, people, "consent", "2026-09-05")
    record(client, people, "eligibility", "2026-11-20")

    # 30 days from the finding is December 20; 90 from consent is December 4.
    assert dues()[-1][:2] == ("initial_iep", date(2026, 12, 4))


def test_same_form_posted_twice_starts_one_clock(client, people):
    record(client, people, "eligibility", "2026-11-02")
    answer = record(client, people, "eligibility", "2026-11-02")

    assert "This is on record for that day already." in words(answer)
    assert (ClockStart.objects.count(), len(dues())) == (1, 1)


@pytest.mark.parametrize(
    ("event", "on", "said"),
    [
        ("", "2026-11-02", "Choose what happened."),
        ("eligibility", "2026-12-24", "That day has not come yet."),
        ("eligibility", "1926-11-02", "That is years ago."),
        ("eligibility", "soon", "Write a date such as 12/3/2026."),
    ],
)
def test_wrong_input_is_said_and_nothing_is_written(client, people, event, on, said):
    answer = record(client, people, event, on)

    assert said in words(answer)
    assert (ClockStart.objects.count(), dues()) == (0, [])


def test_mistake_is_withdrawn_with_its_due_date(client, people):
    record(client, people, "eligibility", "2026-11-02")
    client.post(reverse("students:clock_withdraw", args=[ClockStart.objects.get().pk]))

    assert dues() == [("initial_iep", date(2026, 12, 2), date(2026, 11, 2), NOW)]
    record(client, people, "eligibility", "2026-11-02")
    assert [due[3] for due in dues()] == [NOW, None]


@pytest.mark.parametrize(("who", "status"), WHO)
def test_clocks_are_started_by_those_who_may_edit_the_student(client, people, who, status):
    client.force_login(getattr(people, who))
    url = reverse("students:clock_start", args=[people.student.pk])

    assert client.post(url, {"event": "", "on": ""}).status_code == status
