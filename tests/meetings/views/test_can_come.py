"""Parent can come …: what the page says of a time, and what one press does."""

import pytest
import time_machine
from django.urls import reverse

from meetings.models import (
    Attempt,
    Commitment,
    FamilyTime,
    Meeting,
    Message,
    NoticeWaiver,
    Reply,
    Swap,
)
from students.models import CalendarDay, District
from tests.booking import NOW, booked
from tests.storyday import THREE, story_day
from tests.students.views.pages import words

pytestmark = pytest.mark.django_db
AT = "2026-11-23T19:12Z"  # Monday, 2:12 PM at school


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def day():
    return story_day()


def say(client, day, said, who=None, **more):
    client.force_login(who or day.cast.case_manager)
    return client.get(reverse("meetings:can_come", args=[day.cast.student.pk]), {"said": said, **more})


def press(client, page, **typed):
    return client.post(page.context["address"], {"seen": page.context["offer"].seen, **typed})


def verdict(page):
    return str(page.context["looked"].verdict)


def test_three_needs_one_swap_and_says_who_blocks(client, day):
    page = say(client, day, "today at 3")

    assert verdict(page) == "swap"
    text = words(page)
    assert "Yes, with one swap" in text
    assert "Annual review: Maya Rainwater, <strong>today, 3:00 – 4:00 PM</strong>" in text
    assert "<strong>No LEA representative.</strong> Marcus Bell: on duty until 4:10 PM" in text
    assert "said so: “today at 3”" in text
    assert [f"{near.start_at:%d %H:%M}" for near, _ in page.context["nearest"]] != []


def test_a_title_is_never_shown_nor_another_student(client, day):
    Commitment.objects.create(
        person=day.cast.administrator.person,
        kind="other",
        title="Custody hearing",
        start_at=THREE,
        end_at=THREE.replace(minute=30),
    )

    text = words(say(client, day, "today at 3"))

    assert not any(name in text for name in ("Custody", "Pippa", "Thimble"))


def test_yes_is_booked_in_one_press_with_what_was_said(client, day):
    page = say(client, day, "tomorrow 1:30pm by phone")
    assert verdict(page) == "yes"

    press(client, page, do="book")

    meeting = Meeting.objects.get(student=day.cast.student)
    assert f"{meeting.start_at:%Y-%m-%d %H:%M}" == "2026-11-24 18:30"
    seat = meeting.seats.get(holder=day.cast.mother.pk)
    assert (seat.answer, seat.joins, seat.note) == ("yes", "phone", "tomorrow 1:30pm by phone")
    reply = Reply.objects.get()
    assert (reply.recorded_by, reply.answer, reply.joins) == (day.cast.case_manager, "yes", "phone")
    attempt = Attempt.objects.get()
    assert (attempt.meeting, attempt.way, attempt.result) == (meeting, "phone", "reached")
    assert attempt.note.endswith("Agreed to meet by phone.")
    assert FamilyTime.objects.get().recorded_by == day.cast.case_manager
    notice = Message.objects.get(kind="parent_link", recipient=day.cast.mother.pk)
    assert "You told us that you can come. Thank you." in notice.text


def test_now_is_the_next_mark_by_phone_for_three_quarters_of_an_hour(client, day):
    page = say(client, day, "now")

    offer, named = page.context["offer"], page.context["named"]
    assert (f"{offer.start_at:%H:%M}", f"{offer.end_at:%H:%M}", named.said.joins) == ("19:15", "20:00", "phone")

    with time_machine.travel("2026-11-23T19:16Z", tick=False):
        press(client, page, do="book")

    meeting = Meeting.objects.get(student=day.cast.student)
    assert f"{meeting.start_at:%H:%M}" == "19:20"


def test_what_changed_since_is_not_booked(client, day):
    page = say(client, day, "tomorrow 1:30pm")
    booked(day.cast, start=THREE.replace(day=24, hour=18, minute=0), due_date_id=None, kind="amendment", now=NOW)

    answer = press(client, page, do="book")

    assert answer.status_code == 409
    assert "This changed while you looked at it. Nothing was booked" in words(answer)
    assert Meeting.objects.filter(student=day.cast.student, kind="annual_review").count() == 0


def test_the_other_parent_can_be_who_said_so(client, day):
    page = say(client, day, "tomorrow 1:30pm", guardian=day.cast.father.pk)

    press(client, page, do="book")

    meeting = Meeting.objects.get(student=day.cast.student)
    assert dict(meeting.seats.filter(role="parent").values_list("holder__given_name", "answer")) == {
        "Elena": "none",
        "Tomas": "yes",
    }


def test_another_length_may_be_said(client, day):
    offer = say(client, day, "tomorrow 1pm for 90 minutes").context["offer"]

    assert (offer.end - offer.start) == 90


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("today at 9am", "Monday, November 23: this time is past."),
        ("sat at 10", "School is closed on Saturday, November 28. The next school day is Monday, November 30."),
        ("wed 10", "School is closed on Wednesday, November 25. The next school day is Thursday, November 26."),
        ("monday", "at what time?"),
        ("soon", "This was not understood as a time."),
        ("6/1/2027 at 10", "too far ahead"),
    ],
)
def test_what_is_no_time_says_why_in_words(client, day, said, answer):
    CalendarDay.objects.create(school=day.cast.school, on="2026-11-25", day_type="closed")

    page = say(client, day, said)

    assert answer in words(page)
    assert 'aria-invalid="true"' in words(page)


@pytest.mark.parametrize(
    ("at", "answer"),
    [("2026-11-23T15:00Z", "this time is past"), ("2026-11-28T15:00Z", "School is closed on Saturday, November 28")],
)
def test_an_address_with_a_wrong_time_says_so_too(client, day, at, answer):
    assert answer in words(say(client, day, "", at=at))


def test_nothing_typed_asks_when(client, day):
    assert "When can Maya Rainwater’s family come?" in words(say(client, day, ""))


def test_a_time_to_look_at_is_nobodys_word(client, day):
    page = say(client, day, "", at="2026-11-24T18:30Z")
    press(client, page, do="book")

    meeting = Meeting.objects.get(student=day.cast.student)
    assert meeting.seats.get(holder=day.cast.mother.pk).answer == "none"
    assert not Attempt.objects.exists()


def test_short_notice_wants_the_waiver_in_writing(client, day):
    District.objects.update(notice_days=10, notice_waiver="in_writing")
    page = say(client, day, "tomorrow 1:30pm")
    assert "Notice: 1 day, and 10 are set here" in words(page)

    refused = press(client, page, do="book")
    assert "Say that the parent waived the notice in writing" in words(refused)
    assert not Meeting.objects.filter(student=day.cast.student).exists()

    press(client, page, do="book", waived="on", waiver_note="Email of today")
    waiver = NoticeWaiver.objects.get()
    assert (waiver.guardian, waiver.days_set, waiver.days_given, waiver.note) == (
        day.cast.mother.person,
        10,
        1,
        "Email of today",
    )


@pytest.mark.parametrize(
    ("waiver", "answer"),
    [("none", "No rule here knows a waiver"), ("", "Whether a parent may waive them is not set for this district")],
)
def test_short_notice_that_nobody_may_waive_has_no_button(client, day, waiver, answer):
    District.objects.update(notice_days=10, notice_waiver=waiver)

    page = say(client, day, "tomorrow 1:30pm")

    assert answer in words(page)
    assert 'value="book"' not in words(page)
    press(client, page, do="book", waived="on")
    assert not Meeting.objects.filter(student=day.cast.student).exists()


def test_asking_leads_to_the_ask_and_asks_once(client, day):
    page = say(client, day, "today at 3")

    first, second = (press(client, page, do="ask") for _ in range(2))

    swap = Swap.objects.get()
    assert {first.url, second.url} == {reverse("meetings:swap", args=[swap.pk])}
    assert (swap.said, swap.said_by) == ("today at 3", day.cast.mother.person)


def test_the_field_on_my_students_leads_there(client, day):
    client.force_login(day.cast.case_manager)
    start = reverse("meetings:can_come_start")

    page = client.get(start, {"student": day.cast.student.pk, "said": "today at 3"})
    without = client.get(start, {"said": "today at 3"}, follow=True)
    others = client.get(start, {"student": day.pippa.pk, "said": "today at 3"})

    assert "Yes, with one swap" in words(page)
    assert "Choose the student first." in words(without)
    assert others.status_code == 404


def test_as_many_queries_however_much_is_booked(client, day, django_assert_num_queries):
    def book_on(n):
        start, teacher = THREE.replace(day=n, hour=15), day.counselor
        booked(day.cast, start=start, due_date_id=None, kind="amendment", now=NOW, room=False, teacher=teacher)

    book_on(24)
    say(client, day, "today at 3")
    with django_assert_num_queries(40):
        say(client, day, "today at 3")
    for n in (25, 27, 30):
        book_on(n)
    with django_assert_num_queries(40):
        say(client, day, "today at 3")


def test_why_not_leads_to_whether_a_swap_opens_it(client, day):
    client.force_login(day.cast.case_manager)

    why = client.get(reverse("meetings:why", args=[day.cast.student.pk]), {"at": "2026-11-23T20:00Z"})
    address = next(part for part in why.content.decode().split('"') if "/can-come/?" in part).replace("&amp;", "&")

    assert "Would a swap open it?" in words(why)
    assert "Yes, with one swap" in words(client.get(address))
