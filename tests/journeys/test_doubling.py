"""One person in two seats, where the district lets the LEA representative hold another one, 34 CFR 300.321(d)."""

import pytest
import time_machine
from django.urls import reverse

from meetings.models import Busy, Meeting, MeetingChange, Message, Reply
from students.models import Assignment, District
from tests import cast as people
from tests.booking import NOW, busy_of, seats_of
from tests.students.views.pages import as_opened

pytestmark = pytest.mark.django_db
AT = "2026-12-03T18:30Z"


@pytest.fixture
def cast():
    """Nobody but the case manager may represent the agency."""
    with time_machine.travel(NOW, tick=False):
        cast = people.cast()
        Assignment.objects.update(is_representative=False)
        Assignment.objects.filter(staff=cast.case_manager).update(is_representative=True)
        yield cast


def doubled(cast):
    District.objects.update(representative_may_double=True)


def book_page(cast):
    return f"{reverse('meetings:book', args=[cast.student.pk])}?kind=annual_review&due={cast.due.pk}&at={AT}"


def book(client, cast):
    client.force_login(cast.administrator)
    client.post(book_page(cast), as_opened(client.get(book_page(cast))))
    return Meeting.objects.get()


def own_seats(meeting, staff):
    return list(meeting.seats.filter(holder=staff.pk).order_by("pk").values_list("role", "answer"))


def times(client, cast):
    return client.get(reverse("meetings:propose", args=[cast.student.pk]))


def test_one_person_in_two_seats_from_booking_to_cancelling(client, cast):
    doubled(cast)
    meeting = book(client, cast)
    dana = cast.case_manager
    both = ["lea_representative", "special_education_teacher"]
    assert own_seats(meeting, dana) == [(role, "none") for role in both]
    assert busy_of(meeting).count("Dana Ortiz") == 1
    assert Message.objects.filter(recipient=dana.pk, kind="invite").count() == 1

    client.force_login(dana)
    client.post(reverse("meetings:answer", args=[meeting.pk]), {"version": 1, "answer": "no", "note": ""})
    assert own_seats(meeting, dana) == [(role, "no") for role in both]
    assert "Dana Ortiz" not in busy_of(meeting)
    client.post(reverse("meetings:answer", args=[meeting.pk]), {"version": 1, "answer": "yes", "note": ""})
    assert own_seats(meeting, dana) == [(role, "yes") for role in both]
    assert busy_of(meeting).count("Dana Ortiz") == 1
    assert (Reply.objects.count(), MeetingChange.objects.filter(what="seat_answered").count()) == (4, 2)

    client.force_login(cast.administrator)
    move = reverse("meetings:reschedule", args=[meeting.pk])
    typed = {"day": "2026-12-04", "why": "The bus is late", "despite": "on"}
    assert client.post(move, as_opened(client.get(move)) | typed).status_code == 302
    assert own_seats(meeting, dana) == [(role, "none") for role in both]
    assert busy_of(meeting).count("Dana Ortiz") == 1
    assert Message.objects.filter(recipient=dana.pk, kind="update").count() == 1

    client.post(reverse("meetings:cancel", args=[meeting.pk]), {"version": 2, "why": "Snow"})
    meeting.refresh_from_db()
    assert (meeting.status, Busy.objects.count()) == ("cancelled", 0)
    assert Message.objects.filter(recipient=dana.pk, kind="cancel").count() == 1


def test_who_gives_one_of_two_seats_away_stays_in_the_other(client, cast):
    doubled(cast)
    meeting = book(client, cast)
    Assignment.objects.filter(staff=cast.vice_principal).update(is_representative=True)
    seat = meeting.seats.get(role="lea_representative")
    page = reverse("meetings:seat", args=[meeting.pk, seat.pk])

    client.post(page, as_opened(client.get(page)) | {"holder": cast.vice_principal.pk})

    assert own_seats(meeting, cast.case_manager) == [("special_education_teacher", "none")]
    assert own_seats(meeting, cast.vice_principal) == [("lea_representative", "none")]
    assert {"Dana Ortiz", "Alice Kim"} <= set(busy_of(meeting))
    assert not Message.objects.filter(recipient=cast.case_manager.pk, kind="cancel").exists()


def test_seat_is_given_to_who_sits_there_only_where_the_district_says_so(client, cast):
    Assignment.objects.filter(staff=cast.vice_principal).update(is_representative=True)
    client.force_login(cast.administrator)
    form = as_opened(client.get(book_page(cast)))
    client.post(book_page(cast), form)
    meeting = Meeting.objects.get()
    seat = meeting.seats.get(role="lea_representative")
    assert seat.holder_id == cast.vice_principal.pk
    page = reverse("meetings:seat", args=[meeting.pk, seat.pk])
    found = []

    for may in (False, True):
        District.objects.update(representative_may_double=may)
        found.append([name for _, name in client.get(page).context["form"].fields["holder"].choices[1:]])

    assert found == [[], ["Dana Ortiz, free"]]
    client.post(page, as_opened(client.get(page)) | {"holder": cast.case_manager.pk})
    assert own_seats(meeting, cast.case_manager) == [
        ("lea_representative", "none"),
        ("special_education_teacher", "none"),
    ]
    assert busy_of(meeting).count("Dana Ortiz") == 1
    assert "Alice Kim" not in busy_of(meeting)


def test_without_the_districts_word_nobody_holds_both(client, cast):
    client.force_login(cast.administrator)

    assert times(client, cast).context["cards"] == []
    page = client.get(book_page(cast))
    twice = client.post(
        book_page(cast),
        as_opened(page)
        | {
            "seat-lea_representative": cast.case_manager.pk,
            "seat-special_education_teacher": cast.case_manager.pk,
        },
    )

    assert "Dana Ortiz has another role here already." in twice.content.decode()
    assert Meeting.objects.count() == 0


def test_with_the_districts_word_times_open_and_every_seat_is_shown(client, cast):
    doubled(cast)
    client.force_login(cast.administrator)

    offer = times(client, cast).context["cards"][0].offer

    seated = {seat.wanted.key: str(seat.person) for seat in offer.required}
    assert seated == {
        "parent": "Elena Rainwater",
        "lea_representative": "Dana Ortiz",
        "special_education_teacher": "Dana Ortiz",
        "general_education_teacher": "Raj Patel",
    }
    assert [str(row[3]) for row in seats_of(book(client, cast))] == ["none"] * 7
