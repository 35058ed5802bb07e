import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from meetings import limits, tokens
from meetings.actions.cancel import cancel
from meetings.actions.hold import record_held
from meetings.actions.link import send_link_again
from meetings.actions.reply import reply_for_guardian
from meetings.actions.reschedule import reschedule
from meetings.models import FamilyTime, LinkTry, Meeting, MeetingChange, Message, ParentLink, Reply, Seat
from students.history import history_of_student_alone
from students.models import BellPeriod, Guardianship, Role, School
from tests import cast as people
from tests.booking import HOUR, NOW, START, booked, busy_of, plan_of

pytestmark = pytest.mark.django_db

YES = {"version": "1", "answer": "yes", "who": "self"}
NO = {"version": "1", "answer": "no", "who": "self"}
WHAT_WORKS = ["1-morning", "5-after_school"]


@pytest.fixture
def cast():
    with time_machine.travel(NOW, tick=False):
        yield people.cast()


@pytest.fixture
def meeting(cast):
    return booked(cast)


def page_of(meeting, guardian):
    return reverse("meetings:parent", args=[tokens.token_of(meeting.parent_links.get(guardian=guardian.pk))])


def state():
    return (
        [list(model.objects.order_by("pk").values()) for model in (Meeting, Seat, ParentLink, Reply, MeetingChange)],
        list(Message.objects.order_by("pk").values_list("about", "state")),
        list(FamilyTime.objects.values()),
    )


def text_of(response):
    text = re.sub(r"<(style|svg).*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


def answer_of(meeting, guardian):
    return meeting.seats.get(holder=guardian.pk).answer


# What it shows


def test_page_shows_the_meeting_by_first_name(client, cast, meeting):
    response = client.get(page_of(meeting, cast.mother))

    text = text_of(response)
    assert response.status_code == 200
    assert "A time for Maya’s IEP meeting" in text
    assert "Thursday, December 3 1:30 – 2:30 PM" in text
    assert "Where: Room 12, Willow Bend Elementary" in text
    assert "60 minutes" in text
    assert "once a year we look together at Maya’s plan" in text
    assert "Rather talk? Call us: (555) 555-0142" in text
    assert "Alice Kim , speaks for the school district" in text
    assert "Raj Patel , one of Maya’s classroom teachers" in text
    assert "Jo Lee , speech therapist" in text
    assert "You may bring anyone: a relative, a friend, an advocate. Maya may come too." in text
    assert "You can ask for another time." in text
    assert "Maya Rainwater" not in text
    assert text.count("Elena Rainwater") == 1
    assert "@" not in text


def test_page_chooses_nothing_beforehand(client, cast, meeting):
    text = client.get(page_of(meeting, cast.mother)).content.decode()

    assert "checked" not in text
    assert 'value="Elena Rainwater"' not in text


def test_page_may_not_be_kept_found_or_told_on(client, cast, meeting):
    response = client.get(page_of(meeting, cast.mother))

    assert response["Cache-Control"] == "no-store"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Content-Language"] == "en"
    assert response.cookies == {}
    assert "<script" not in response.content.decode()


def test_page_is_in_the_guardians_language_and_can_be_switched(client, cast, meeting):
    cast.mother.language = "es"
    cast.mother.save()
    page = page_of(meeting, cast.mother)

    spanish, english = client.get(page), client.get(f"{page}?lang=en")

    assert "Una hora para la reunión del IEP de Maya" in text_of(spanish)
    assert "Jueves 3 de diciembre de 1:30 a 2:30 p. m." in text_of(spanish)
    assert '<html lang="es" dir="ltr">' in spanish.content.decode()
    assert spanish["Content-Language"] == "es"
    assert '<html lang="en" dir="ltr">' in english.content.decode()
    assert '<form class="answer-form" method="post" action="?lang=en" novalidate>' in english.content.decode()


@pytest.mark.parametrize("query", ["?lang=xx", "?lang=", ""])
def test_page_in_a_language_that_is_not_there_is_english(client, cast, meeting, query):
    cast.mother.language = "ar"
    cast.mother.save()

    assert client.get(page_of(meeting, cast.mother) + query)["Content-Language"] == "en"


def test_page_says_the_schools_own_time(client, cast, meeting):
    School.objects.update(time_zone="America/Los_Angeles")

    assert "Thursday, December 3 10:30 – 11:30 AM" in text_of(client.get(page_of(meeting, cast.mother)))


def test_page_offers_the_parts_of_the_schools_own_day(client, cast, meeting):
    text = text_of(client.get(page_of(meeting, cast.mother)))

    for part in (
        "Before school 7:30 – 8:00 AM",
        "Morning 8:00 – 11:00 AM",
        "Midday 11:00 AM – 1:00 PM",
        "Afternoon 1:00 – 2:00 PM",
        "After school 2:00 – 2:45 PM",
    ):
        assert part in text


def test_page_offers_usual_hours_where_no_bells_are_known(client, cast, meeting):
    BellPeriod.objects.all().delete()

    text = text_of(client.get(page_of(meeting, cast.mother)))

    assert "Before school 7:30 – 8:00 AM" in text
    assert "Afternoon 1:00 – 3:00 PM" in text


def test_page_does_not_name_who_said_no_or_whom_an_order_keeps_away(client, cast, meeting):
    meeting.seats.filter(holder=cast.speech.pk).update(answer="no")
    Guardianship.objects.filter(guardian=cast.father).update(is_no_contact=True)

    text = text_of(client.get(page_of(meeting, cast.mother)))

    assert "Jo Lee" not in text
    assert "Tomas" not in text


def test_page_costs_the_same_however_many_come(client, cast, meeting, django_assert_num_queries):
    page = page_of(meeting, cast.mother)
    with django_assert_num_queries(11):
        client.get(page)
    for n in range(5):
        person = people.staff(f"Member {n}", cast.school).person
        Seat.objects.create(meeting=meeting, role="other", requirement="optional", holder=person)

    with django_assert_num_queries(11):
        client.get(page)


# What it takes


def test_yes_is_kept_and_shown(client, cast, meeting):
    page = page_of(meeting, cast.mother)

    response = client.post(page, YES | {"joins": "phone"})

    assert (response.status_code, response["Location"]) == (302, f"{page}?lang=en")
    text = text_of(client.get(page))
    assert "Thank you. We have your answer. You will join by phone." in text
    assert "Answered by Elena Rainwater on Monday, November 23, 9:00 AM." in text
    assert "Change my answer" in text
    assert answer_of(meeting, cast.mother) == "yes"


def test_no_keeps_what_would_work_and_by_whom_it_was_said(client, cast, meeting):
    client.post(
        page_of(meeting, cast.mother),
        {
            **NO,
            "who": "other",
            "who_name": "Aunt Rosa",
            "times": WHAT_WORKS,
            "other_times": "Not in the first week",
            "note": "Is there parking?",
            "wants_interpreter": "on",
            "interpreter_language": "Mixteco",
        },
    )

    reply = Reply.objects.get()
    assert (reply.answer, reply.answered_by, reply.other_times, reply.note, reply.interpreter_language) == (
        "no",
        "Aunt Rosa",
        "Not in the first week",
        "Is there parking?",
        "Mixteco",
    )
    works = FamilyTime.objects.filter(says="works").values_list("weekday", "start", "end")
    assert [(day, f"{start:%H:%M}", f"{end:%H:%M}") for day, start, end in works] == [
        (1, "08:00", "11:00"),
        (5, "14:00", "14:45"),
    ]
    assert "Elena Rainwater" not in busy_of(meeting)
    assert meeting.seats.filter(role=Role.FAMILY_INTERPRETER, holder=None).count() == 1


def test_answered_page_shows_what_was_said_and_asks_anew_only_for_the_answer(client, cast, meeting):
    page = page_of(meeting, cast.mother)
    client.post(page, NO | {"times": WHAT_WORKS, "note": "Is there parking?", "joins": "video"})

    text = client.get(page).content.decode()

    chosen = [re.search(r'value="([^"]*)"', tag)[1] for tag in re.findall(r"<input[^>]* checked>", text)]
    assert chosen == [*WHAT_WORKS, "video"]
    assert "Is there parking?</textarea>" in text


def test_answer_that_staff_wrote_down_is_shown_as_such(client, cast, meeting):
    seat = meeting.seats.get(holder=cast.mother.pk)
    reply_for_guardian(seat, version=1, answer="yes", joins="", note="", by=cast.case_manager, now=NOW)

    text = text_of(client.get(page_of(meeting, cast.mother)))

    assert "Written down by the school on Monday, November 23, 9:00 AM." in text
    assert "Dana Ortiz on" not in text


def test_answer_can_be_changed_and_both_are_kept(client, cast, meeting):
    page = page_of(meeting, cast.mother)

    client.post(page, YES)
    client.post(page, NO)

    assert "You cannot come then." in text_of(client.get(page))
    assert list(Reply.objects.order_by("pk").values_list("answer", flat=True)) == ["yes", "no"]


def test_answer_needs_no_cookie_and_no_token_in_the_form(cast, meeting, client):
    client.handler.enforce_csrf_checks = True

    response = client.post(page_of(meeting, cast.mother), YES, headers={"origin": "null"})

    assert response.status_code == 302
    assert answer_of(meeting, cast.mother) == "yes"


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({}, ["Please choose one: can you come?", "Please say who is answering."]),
        ({"version": "1"}, ["Please choose one: can you come?", "Please say who is answering."]),
        ({"version": "1", "answer": "yes"}, ["Please say who is answering."]),
        ({"version": "1", "who": "self"}, ["Please choose one: can you come?"]),
        ({"version": "1", "answer": "yes", "who": "other"}, ["Please write the name of who is answering."]),
        ({"version": "1", "answer": "yes", "who": "other", "who_name": "  "}, ["Please write the name"]),
        ({"version": "1", "answer": "maybe", "who": "self"}, ["Select a valid choice."]),
        ({"version": "1", "answer": "no", "who": "self", "times": ["9-night"]}, ["Select a valid choice."]),
        ({"version": "1", "answer": "no", "who": "self", "other_times": "x" * 1001}, ["at most 1000 characters"]),
        ({"answer": "yes", "who": "self"}, ["Your answer was not sent yet."]),
        ({"version": "x", "answer": "yes", "who": "self"}, ["Your answer was not sent yet."]),
    ],
)
def test_incomplete_answer_changes_nothing_and_keeps_what_was_typed(client, cast, meeting, data, errors):
    before = state()

    response = client.post(page_of(meeting, cast.mother), data | {"note": "Is there <parking>?"})

    text = text_of(response)
    assert response.status_code == 422
    assert [error for error in errors if error not in text] == []
    assert "Is there &lt;parking&gt;?" in text
    assert state() == before


def test_typed_name_counts_without_its_button(client, cast, meeting):
    client.post(page_of(meeting, cast.mother), {"version": "1", "answer": "yes", "who_name": "Aunt Rosa"})

    assert Reply.objects.get().answered_by == "Aunt Rosa"


def test_scanner_that_opens_and_posts_every_page_changes_nothing(client, cast, meeting):
    pages = [page_of(meeting, cast.mother), page_of(meeting, cast.father)]
    before = state()

    for page in pages * 4:
        assert client.get(page).status_code == 200
        assert client.head(page).status_code == 200
        assert client.get(f"{page}?lang=es").status_code == 200
        assert client.post(page).status_code == 422

    assert state() == before


def test_scanner_that_presses_the_button_of_an_answered_page_changes_nothing(client, cast, meeting):
    page = page_of(meeting, cast.mother)
    client.post(page, YES)
    before = state()
    text = client.get(page).content.decode()
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text)

    assert client.post(page, dict(fields)).status_code == 422
    assert state() == before


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(client, cast, meeting, method):
    assert getattr(client, method)(page_of(meeting, cast.mother)).status_code == 405


# A longer meeting


def lengths(response):
    return re.findall(r'<option value="(\d*)"( selected)?>', response.content.decode())


@pytest.mark.parametrize(
    ("minutes", "offered"), [(60, ["75", "90", "120"]), (45, ["60", "75", "90", "120"]), (120, [])]
)
def test_page_offers_more_time_than_is_planned(client, cast, minutes, offered):
    meeting = booked(cast, minutes=minutes)

    response = client.get(page_of(meeting, cast.mother))

    assert lengths(response) == ([("", ""), *((each, "") for each in offered)] if offered else [])
    assert ("We would like more time" in text_of(response)) == bool(offered)


def test_wish_for_more_time_is_kept_shown_and_remembered(client, cast, meeting):
    page = page_of(meeting, cast.mother)

    client.post(page, YES | {"wants_minutes": "90"})

    response = client.get(page)
    assert Reply.objects.get().wants_minutes == 90
    assert "You asked for a meeting of 90 minutes. The school has been told." in text_of(response)
    assert ("90", " selected") in lengths(response)
    assert "Usted pidió una reunión de 90 minutos." in text_of(client.get(f"{page}?lang=es"))
    assert history_of_student_alone(cast.student)[0].who == "Elena Rainwater"


@pytest.mark.parametrize("minutes", ["60", "30", "80", "1000000", "-1", "ninety"])
def test_length_that_is_not_offered_changes_nothing(client, cast, meeting, minutes):
    before = state()

    response = client.post(page_of(meeting, cast.mother), YES | {"wants_minutes": minutes})

    assert response.status_code == 422
    assert "Select a valid choice." in text_of(response)
    assert state() == before


def test_wish_for_more_time_is_kept_where_something_is_missing_or_the_meeting_moved(client, cast, meeting):
    page = page_of(meeting, cast.mother)

    incomplete = client.post(page, {"version": "1", "answer": "yes", "wants_minutes": "75"})
    reschedule(meeting, plan_of(cast, start=START + HOUR), by=cast.case_manager, why="", version=1, now=NOW)
    moved = client.post(page, YES | {"wants_minutes": "75"})

    assert (incomplete.status_code, moved.status_code) == (422, 409)
    assert ("75", " selected") in lengths(incomplete)
    assert ("75", " selected") in lengths(moved)
    assert Reply.objects.count() == 0


# When the meeting is another one by now


def test_old_page_of_a_meeting_that_moved_shows_the_new_time_and_asks_again(client, cast, meeting):
    page = page_of(meeting, cast.mother)
    reschedule(meeting, plan_of(cast, start=START + HOUR), by=cast.case_manager, why="", version=1, now=NOW)
    before = state()

    response = client.post(page, YES | {"note": "Is there parking?", "times": WHAT_WORKS, "who_name": "Rosa"})

    text = response.content.decode()
    assert response.status_code == 409
    assert "The meeting has changed since you opened this page." in text
    assert "2:30 – 3:30 PM" in text_of(response)
    assert '<input type="hidden" name="version" value="2">' in text
    assert "Is there parking?</textarea>" in text
    assert [re.search(r'value="([^"]*)"', tag)[1] for tag in re.findall(r"<input[^>]* checked>", text)] == [
        *WHAT_WORKS,
        "self",
    ]
    assert state() == before
    assert client.post(page, YES | {"version": "2"}).status_code == 302
    assert Reply.objects.get().meeting_version == 2


def test_old_and_incomplete_page_is_told_of_the_move_first(client, cast, meeting):
    reschedule(meeting, plan_of(cast, start=START + HOUR), by=cast.case_manager, why="", version=1, now=NOW)

    assert client.post(page_of(meeting, cast.mother), {"version": "1"}).status_code == 409


def test_page_of_a_meeting_that_moved_says_from_when_and_why(client, cast, meeting):
    reschedule(meeting, plan_of(cast, start=START + HOUR), by=cast.case_manager, why="Snow", version=1, now=NOW)

    page = text_of(client.get(page_of(meeting, cast.mother), {"lang": "en"}))

    assert "This meeting has a new time. Please answer again." in page
    assert "It was planned for Thursday, December 3, 1:30 PM. Why: Snow" in page


def test_answer_from_before_a_move_is_not_shown_as_one_to_the_new_time(client, cast, meeting):
    page = page_of(meeting, cast.mother)
    client.post(page, YES)
    reschedule(meeting, plan_of(cast, start=START + HOUR), by=cast.case_manager, why="", version=1, now=NOW)

    assert "We have your answer" not in text_of(client.get(page))


def test_cancelled_meeting_says_so_and_takes_no_answer(client, cast, meeting):
    page = page_of(meeting, cast.mother)
    client.post(page, YES)
    cancel(meeting, by=cast.case_manager, why="Snow", version=1, now=NOW)
    before = state()

    shown, posted = client.get(page), client.post(page, NO | {"version": "2"})

    assert (shown.status_code, posted.status_code) == (200, 409)
    for response in (shown, posted):
        text = text_of(response)
        assert "This meeting is cancelled. You do not need to come." in text
        assert "Why: Snow" in text
        assert "(555) 555-0142" in text
        assert "We have your answer" not in text
        assert "<form" not in response.content.decode()
    assert state() == before


def test_meeting_that_has_begun_takes_no_answer(client, cast, meeting):
    page = page_of(meeting, cast.mother)
    before = state()

    with time_machine.travel(START, tick=False):
        shown, posted = client.get(page), client.post(page, YES)

    assert (shown.status_code, posted.status_code) == (200, 409)
    assert "This meeting has begun or is over." in text_of(shown)
    assert "<form" not in shown.content.decode() + posted.content.decode()
    assert state() == before


def test_meeting_that_was_held_says_so(client, cast, meeting):
    page = page_of(meeting, cast.mother)
    later = START + 2 * HOUR
    assert record_held(meeting, by=cast.case_manager, held_on=START.date(), version=1, now=later)

    with time_machine.travel(later, tick=False):
        shown, posted = client.get(page), client.post(page, YES | {"version": "2"})

    assert (shown.status_code, posted.status_code) == (200, 409)
    assert "This meeting was held. Thank you." in text_of(shown)
    assert Reply.objects.count() == 0


# Links that open nothing


def dead_page(client, path, method="get", data=None):
    response = getattr(client, method)(path, data or {})
    assert response.status_code == 404
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("no-store", "noindex")
    return response.content


def unknown(client):
    return dead_page(client, reverse("meetings:parent", args=["x" * 43]))


def test_link_that_never_was_gives_numbers_and_no_name(client, cast, meeting):
    text = text_of(client.get("/p/nobody/"))

    assert "This link does not work any more" in text
    assert "Call us: (555) 555-0100" in text
    assert "Willow Bend Elementary (555) 555-0142" in text
    assert "Maya" not in text
    assert "Rainwater" not in text


@pytest.mark.parametrize("method", ["get", "post"])
def test_link_that_expired_looks_as_if_it_never_was(client, cast, meeting, method):
    page = page_of(meeting, cast.mother)
    before = state()

    with time_machine.travel(meeting.end_at + timedelta(days=1), tick=False):
        assert dead_page(client, page, method, YES) == unknown(client)

    assert state() == before


@pytest.mark.parametrize("method", ["get", "post"])
def test_link_that_was_revoked_looks_as_if_it_never_was(client, cast, meeting, method):
    page = page_of(meeting, cast.mother)
    tokens.revoke(meeting.parent_links.get(guardian=cast.mother.pk), NOW)
    before = state()

    assert dead_page(client, page, method, YES) == unknown(client)

    assert state() == before


def test_link_that_was_renewed_opens_at_its_new_address_alone(client, cast, meeting):
    old = page_of(meeting, cast.mother)
    send_link_again(meeting.parent_links.get(guardian=cast.mother.pk), by=cast.case_manager, now=NOW)
    before = state()

    assert dead_page(client, old, "post", YES) == unknown(client)

    assert state() == before
    assert client.get(page_of(meeting, cast.mother)).status_code == 200


@pytest.mark.parametrize("place", [0, 20, 42])
def test_link_with_one_letter_wrong_looks_as_if_it_never_was(client, cast, meeting, place):
    token = tokens.token_of(meeting.parent_links.get(guardian=cast.mother.pk))
    wrong = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]

    assert dead_page(client, reverse("meetings:parent", args=[wrong]), "post", YES) == unknown(client)

    assert Reply.objects.count() == 0


@pytest.mark.parametrize("rights", [{"has_education_rights": False}, {"is_no_contact": True}])
@pytest.mark.parametrize("method", ["get", "post"])
def test_link_of_a_guardian_who_lost_their_rights_looks_as_if_it_never_was(client, cast, meeting, rights, method):
    Guardianship.objects.filter(guardian=cast.mother).update(**rights)
    before = state()

    assert dead_page(client, page_of(meeting, cast.mother), method, YES) == unknown(client)

    assert state() == before


def test_link_answers_for_its_own_meeting_and_guardian_alone(client, cast, meeting):
    other = booked(cast, start=START + 2 * HOUR, due_date_id=None, room=False)

    client.post(page_of(other, cast.father), YES)

    assert (answer_of(other, cast.father), answer_of(other, cast.mother)) == ("yes", "none")
    assert (answer_of(meeting, cast.father), answer_of(meeting, cast.mother)) == ("none", "none")


def test_dead_link_speaks_the_language_of_the_browser_or_the_one_chosen(client, cast):
    browser = client.get("/p/nobody/", headers={"accept-language": "es-MX,es;q=0.9"})
    chosen = client.get("/p/nobody/?lang=es")

    assert "Este enlace ya no funciona" in text_of(browser)
    assert "Este enlace ya no funciona" in text_of(chosen)


# How often


def test_eleventh_answer_in_a_minute_through_one_link_is_refused(client, cast, meeting):
    page = page_of(meeting, cast.mother)
    for n in range(limits.PER_TOKEN):
        assert client.post(page, YES | {"note": str(n)}).status_code == 302

    response = client.post(page, NO)

    assert response.status_code == 429
    assert response["Retry-After"] == "60"
    assert "(555) 555-0142" in text_of(response)
    assert answer_of(meeting, cast.mother) == "yes"
    assert client.get(page).status_code == 200
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert client.post(page, NO).status_code == 302


def test_thirty_first_try_in_a_minute_from_one_address_is_refused(client, cast, meeting):
    for n in range(limits.PER_ADDRESS):
        assert client.post(f"/p/guess-{n}/").status_code == 404

    refused = client.post("/p/guess-31/")
    elsewhere = client.post(page_of(meeting, cast.mother), YES, REMOTE_ADDR="203.0.113.9")

    assert (refused.status_code, elsewhere.status_code) == (429, 302)
    assert "(555) 555-0100" in text_of(refused)


def test_tries_beyond_the_limit_and_old_ones_leave_no_rows(client, cast):
    for n in range(limits.PER_ADDRESS + 5):
        client.post(f"/p/guess-{n}/")
    assert LinkTry.objects.count() == 2 * limits.PER_ADDRESS

    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        client.post("/p/later/")

    assert LinkTry.objects.count() == 2


def test_address_counts_as_our_own_proxy_says_and_not_as_the_sender_says(client, cast, settings):
    settings.PROXIES = 1
    for n in range(limits.PER_ADDRESS):
        client.post(f"/p/guess-{n}/", headers={"x-forwarded-for": f"198.51.100.{n}, 203.0.113.9"})

    same = client.post("/p/guess/", headers={"x-forwarded-for": "198.51.100.99, 203.0.113.9"})
    other = client.post("/p/guess/", headers={"x-forwarded-for": "203.0.113.9, 203.0.113.10"})

    assert (same.status_code, other.status_code) == (429, 404)
