import re
from datetime import UTC, date, datetime, time

import pytest
from django.urls import reverse

from meetings.models import Commitment, FamilyTime, Meeting, WeeklyHours
from meetings.weights import Weighs
from students.models import (
    BellPeriod,
    CalendarDay,
    District,
    DueDate,
    Guardianship,
    Role,
    Room,
    SchoolClass,
    TeamMember,
    Term,
)
from tests.cast import cast, guardian, staff, student, teaches

NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("monday")]


@pytest.fixture
def monday(time_machine):
    time_machine.move_to(NOW, tick=False)


def page(client, c, who=None, **query):
    client.force_login(who or c.case_manager)
    return client.get(reverse("meetings:propose", args=[c.student.pk]), query)


def words(response):
    body = response.content.decode().split("<main", 1)[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def says(c, answer="works", *, weekday=4, start=time(13), end=time(16), who=None):
    FamilyTime.objects.create(
        guardian=(who or c.mother).person,
        student=c.student,
        says=answer,
        weekday=weekday,
        start=start,
        end=end,
        said_at=NOW,
    )


def test_page_names_the_best_time_and_who_fills_each_role(client):
    c = cast()
    says(c)

    response = page(client, c)

    said = words(response)
    assert "Annual review: Maya Rainwater, grade 4 Due Dec 11 · 18 days left" in said
    assert "60 minutes, between Nov 23 and Dec 11, at Willow Bend Elementary" in said
    assert "3 times that work for everyone who must be there, 6 with someone to be asked" in said
    assert (
        "Proposal 1: Thursday, December 3 Best fit 1:00 – 2:00 PM · Room 12 Book this time : Thu, Dec 3, 1:00 PM"
        " known to be free Parent Elena Rainwater said Thursday, 1:00 – 4:00 PM"
        " known to be free LEA representative Marcus Bell principal, open until 2:45 PM"
        " known to be free Special education teacher Dana Ortiz you, open until 2:45 PM"
        " known to be free General education teacher Raj Patel free period 6"
        " All 4 required roles filled 10 days’ notice to the family 8 days before the due date No substitute needed"
        " Speech-language pathologist: Jo Lee can come"
    ) in said
    assert "to be asked Parent Elena Rainwater has not said yet" in said


def test_page_says_how_many_roles_are_known_when_the_family_said_nothing(client):
    c = cast()

    said = words(page(client, c))

    assert "9 times with 3 of 4 roles known" in said
    assert "works for everyone" not in said
    assert "Elena Rainwater to be asked" in said


def test_page_of_times_that_all_work_speaks_of_no_asking(client):
    c = cast()
    for weekday in range(1, 6):
        says(c, weekday=weekday)

    assert "9 times that work for everyone who must be there How times are ranked 1 Proposal 1" in words(
        page(client, c)
    )


def test_cards_carry_their_search_to_the_book_page(client):
    c = cast()

    context = page(client, c, minutes="45").context
    cards, more = context["cards"], context["more"]

    assert cards[0].query == (
        f"kind=annual_review&due={c.due.pk}&minutes=45&first=2026-11-23&last=2026-12-11&at=2026-12-03T18%3A00Z"
    )
    assert [card.rank for card in cards] == [1, 2, 3]
    assert [card.rank for card in more] == [4, 5, 6, 7, 8, 9]
    assert "6 more times" in words(page(client, c, minutes="45"))
    assert len({card.offer.start // 1440 for card in cards}) == 3


def test_card_says_what_put_it_behind_the_one_above(client):
    c = cast()
    says(c)
    says(c, weekday=5)

    response = page(client, c, first="2026-12-03", last="2026-12-08")

    behind = [(card.offer.start_at.day, card.behind) for card in response.context["cards"]]
    assert behind == [(3, None), (4, Weighs.SOONER), (7, Weighs.TO_ASK)]
    assert "Behind the one above: more people are still to be asked." in words(response)


def test_no_card_is_behind_by_a_term_that_weighs_nothing(client):
    c = cast()
    says(c)
    District.objects.update(ranking_weights={"to_ask": 0, "preferred": 0})

    response = page(client, c)

    assert {card.behind for card in response.context["cards"]} & {Weighs.TO_ASK, Weighs.PREFERRED} == set()


def with_a_swap(c):
    """On Thursday the one LEA representative who is here has a 504 meeting that somebody else can take."""
    WeeklyHours.objects.bulk_create(
        WeeklyHours(person=c.administrator.person, weekday=day, start=time(7), end=time(15), kind="duty")
        for day in range(1, 6)
    )
    held = Commitment.objects.create(
        person=c.vice_principal.person,
        kind="section_504",
        is_transferable=True,
        start_at=datetime(2026, 12, 3, 18, tzinfo=UTC),
        end_at=datetime(2026, 12, 3, 19, 45, tzinfo=UTC),
    )
    held.takers.add(staff("Otis Marigold", c.school).person)


def test_time_that_a_swap_opens_is_proposed_and_leads_to_its_page(client):
    c = cast()
    with_a_swap(c)

    response = page(client, c, first="2026-12-03", last="2026-12-03")

    card = response.context["cards"][0]
    assert (card.fit, len(card.offer.moves)) == ("swap", 1)
    said = words(response)
    assert "9 times with a swap How times are ranked" in said
    assert "1:00 – 2:00 PM · Room 12 Look at the swap : Thu, Dec 3, 1:00 PM" in said
    assert "With one swap: Otis Marigold takes Alice Kim’s 504 meeting" in said
    assert "Alice Kim to be asked" not in said
    assert "Book this time" not in said
    at = f"{reverse('meetings:can_come', args=[c.student.pk])}?{card.query}".replace("&", "&amp;")
    assert f'href="{at}"' in response.content.decode()
    assert client.get(at.replace("&amp;", "&")).context["looked"].verdict == "swap"


def test_times_with_a_swap_come_after_those_without(client):
    c = cast()
    with_a_swap(c)

    response = page(client, c, first="2026-12-03", last="2026-12-04")

    cards = response.context["cards"]
    assert [(card.offer.start_at.day, len(card.offer.moves)) for card in cards] == [(4, 0), (4, 0), (3, 1)]
    assert cards[2].behind is Weighs.RESEATINGS
    assert "times with 3 of 4 roles known," in words(response)
    District.objects.update(ranking_weights={"reseatings": 0})
    cards = page(client, c, first="2026-12-03", last="2026-12-04").context["cards"]
    assert [(card.offer.start_at.day, len(card.offer.moves)) for card in cards[:1]] == [(3, 1)]


def test_district_without_swaps_is_proposed_none(client):
    c = cast()
    with_a_swap(c)
    District.objects.update(most_reseatings=0)

    said = words(page(client, c, first="2026-12-03", last="2026-12-03"))

    assert "No time on Dec 3 works for everyone who must be there" in said
    assert "LEA representative 10 start times would open without this" in said


def test_blockers_stand_under_the_times_with_their_ways_out(client):
    c = cast()

    response = page(client, c, first="2026-12-03", last="2026-12-04")

    said = words(response)
    (blocker,) = response.context["blockers"]
    assert (blocker.seat.role, blocker.starts, blocker.is_excusable, blocker.is_swapped) == (
        Role.GENERAL_EDUCATION_TEACHER,
        132,
        True,
        True,
    )
    assert (
        "What would open more times 132 more times if another general education teacher of Maya could come"
        " Another general education teacher of this student, named on the team (34 CFR 300.321(a)(2))."
        " A swap: a colleague takes over their seat in another meeting."
    ) in said
    assert "An excusal, in writing and before the meeting (34 CFR 300.321(e))." in said
    assert "A meeting of 45 minutes :" in said
    assert "Other weeks , Dec 5 to Dec 19. That is after the due date: keep a record of why." not in said


@pytest.mark.parametrize(
    ("kind", "is_excusable"),
    [("annual_review", True), ("manifestation_determination", False), ("section_504", False)],
)
def test_excusals_are_for_meetings_of_the_team(client, kind, is_excusable):
    c = cast()
    for one in (c.administrator, c.vice_principal):
        WeeklyHours.objects.create(person=one.person, weekday=4, start=time(7), end=time(14), kind="duty")

    response = page(client, c, kind=kind, minutes="30", first="2026-12-03", last="2026-12-03")

    blockers = {blocker.seat.role: blocker.is_excusable for blocker in response.context["blockers"]}
    assert blockers[Role.LEA_REPRESENTATIVE] is is_excusable


def test_same_day_is_possible_but_short_of_notice(client):
    c = cast()

    response = page(client, c, first="2026-11-23", last="2026-11-23")

    assert {card.fit for card in response.context["cards"]} == {"possible"}
    assert "Today: no day of notice to the family" in words(response)


def test_grid_shows_the_week_of_the_best_time(client):
    c = cast()
    says(c)

    response = page(client, c)

    grid = response.context["grid"]
    assert grid["days"] == [
        {"weekday": day, "date": on}
        for day, on in zip(
            ("Mon", "Tue", "Wed", "Thu", "Fri"), ("Nov 30", "Dec 1", "Dec 2", "Dec 3", "Dec 4"), strict=True
        )
    ]
    (first,) = [cell for row in grid["rows"] for cell in row["cells"] if cell.rank == 1]
    why = reverse("meetings:why", args=[c.student.pk])
    assert first.url.startswith(f"{why}?kind=annual_review&due={c.due.pk}&minutes=60&first=2026-11-23&last=2026-12-11")
    assert first.url.endswith("&at=2026-12-03T18%3A00Z")
    assert (first.when, first.known, first.to_ask, first.missing) == ("1:00 PM", 4, 0, 0)
    assert grid["previous"].endswith("&week=2026-11-23")
    assert grid["following"].endswith("&week=2026-12-07")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("2026-12-03", "Nov 30"), ("2026-12-07", "Dec 7"), ("2027-03-01", "Nov 30"), ("soon", "Nov 30")],
)
def test_grid_shows_the_week_asked_for_inside_the_dates(client, asked, shown):
    assert f"Week of {shown}" in words(page(client, cast(), week=asked))


def test_week_alone_is_sent_to_htmx(client):
    c = cast()
    client.force_login(c.case_manager)

    response = client.get(
        reverse("meetings:propose", args=[c.student.pk]),
        {"week": "2026-11-30"},
        headers={"HX-Request": "true", "HX-Target": "week"},
    )

    assert response.content.decode().lstrip().startswith('<section class="panel" id="week"')
    assert "Week of Nov 30" in response.content.decode()
    assert "Proposal 1" not in response.content.decode().replace("proposal </span>1", "")


def test_due_date_asked_for_by_its_number_or_its_kind(client):
    c = cast()
    other = DueDate.objects.create(student=c.student, kind="reevaluation", due_on=date(2027, 3, 1))

    by_number = page(client, c, due=str(other.pk)).context["search"]
    by_kind = page(client, c, kind="reevaluation").context["search"]
    usual = page(client, c, due="nonsense").context["search"]

    assert by_number == by_kind
    assert (by_kind.kind, by_kind.due, by_kind.first, by_kind.last) == (
        "reevaluation",
        other,
        date(2027, 1, 18),
        date(2027, 3, 1),
    )
    assert usual.due == c.due


def test_summer_due_date_is_worked_on_before_school_ends(client):
    c = cast()
    DueDate.objects.update(due_on=date(2027, 7, 20))

    search = page(client, c).context["search"]

    assert (search.first, search.last) == (date(2027, 4, 30), date(2027, 6, 11))


def test_overdue_looks_at_the_next_four_weeks(client):
    c = cast()
    DueDate.objects.update(due_on=date(2026, 11, 19))

    response = page(client, c)

    assert "Due Nov 19 · 4 days overdue" in words(response)
    assert (response.context["search"].first, response.context["search"].last) == (
        date(2026, 11, 23),
        date(2026, 12, 21),
    )
    assert "5 days after the due date" in words(response)


@pytest.mark.parametrize(
    ("query", "field", "error"),
    [
        ({"first": "2026-12-04", "last": "2026-12-01"}, "last", "This is before the first date."),
        ({"first": "2026-12-04", "last": "2027-12-01"}, "last", "Choose at most 120 days."),
        ({"first": "tomorrow"}, "first", "Enter a valid date."),
        ({"minutes": "61"}, "minutes", "Select a valid choice. 61 is not one of the available choices."),
        ({"kind": "party"}, "kind", "Select a valid choice. party is not one of the available choices."),
    ],
)
def test_wrong_control_is_named_and_the_usual_is_shown(client, query, field, error):
    c = cast()

    response = page(client, c, **query)

    assert dict(response.context["form"].errors) == {field: [error]}
    search = response.context["search"]
    assert (search.kind, search.minutes, search.first, search.last) == (
        "annual_review",
        60,
        date(2026, 11, 23),
        date(2026, 12, 11),
    )
    assert "Proposal 1" in words(response)


def test_booked_meeting_of_the_kind_is_pointed_to(client):
    c = cast()
    Meeting.objects.create(
        kind="annual_review",
        student=c.student,
        school=c.school,
        start_at=datetime(2026, 12, 1, 18, tzinfo=UTC),
        end_at=datetime(2026, 12, 1, 19, tzinfo=UTC),
        organizer=c.case_manager,
        booked_at=NOW,
    )

    assert "Annual review is booked for Tue, Dec 1, 1:00 PM." in words(page(client, c))


def test_nothing_works_names_the_role_and_the_ways_out(client):
    c = cast()

    response = page(client, c, first="2026-11-24", last="2026-11-24", minutes="120")

    said = words(response)
    assert "No time on Nov 24 works for everyone who must be there" in said
    assert "Who stands in the way General education teacher 64 start times would open without this" in said
    assert "Another general education teacher of this student." in said
    assert "A meeting of 90 minutes : 4 start times work." in said
    assert "A meeting of 30 minutes : 17 start times work." in said
    assert "Two weeks later , Nov 25 to Dec 9." in said
    assert "after the due date" not in said
    assert "Neither the parent nor the student can be excused." in said


def test_nothing_works_for_want_of_a_room(client):
    c = cast()
    Room.objects.update(is_active=True)
    meeting = Meeting.objects.create(
        kind="section_504",
        student=student("Juniper Fable", c.school),
        school=c.school,
        start_at=datetime(2026, 12, 11, 12, tzinfo=UTC),
        end_at=datetime(2026, 12, 11, 22, tzinfo=UTC),
        organizer=c.case_manager,
        booked_at=NOW,
    )
    meeting.busy.create(room=c.room, during=(meeting.start_at, meeting.end_at))

    said = words(page(client, c, first="2026-12-11", last="2026-12-11"))

    assert "Room 10 start times would open without this" in said
    assert "Another room, or a meeting by phone or video." in said
    assert "Two weeks later , Dec 12 to Dec 26. That is after the due date: keep a record of why." in said


def test_nothing_works_where_more_than_one_role_lacks_everywhere(client):
    c = cast()
    for one in (c.administrator, c.vice_principal, c.case_manager):
        WeeklyHours.objects.create(person=one.person, weekday=2, start=time(7), end=time(15), kind="duty")

    assert "At every time more than one role is missing." in words(
        page(client, c, first="2026-11-24", last="2026-11-24")
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: Guardianship.objects.all().delete(), "Parent. No guardian with education rights is on file."),
        (
            lambda c: c.school.assignments.update(is_representative=False),
            "LEA representative. Nobody at Willow Bend Elementary may represent the agency.",
        ),
        (
            lambda c: type(c.student).objects.update(case_manager=None),
            "Special education teacher. The student has no case manager and no special education teacher on the team.",
        ),
        (
            lambda c: SchoolClass.objects.all().delete(),
            "General education teacher. No teacher has the student in a general education class",
        ),
        (
            lambda c: type(c.student).objects.update(needs_interpreter=True, home_language="es"),
            "Family's interpreter. The family needs an interpreter, and none with their language is on file.",
        ),
    ],
)
def test_role_that_nobody_is_named_for_is_said(client, change, said):
    c = cast()
    TeamMember.objects.create(student=c.student, person=c.colleague.person, role=Role.OTHER)
    change(c)

    assert said in words(page(client, c, who=c.administrator)).replace("&#x27;", "'")


@pytest.mark.parametrize(
    ("change", "query", "title"),
    [
        (lambda c: DueDate.objects.all().delete(), {}, "No due date is on file"),
        (lambda c: Term.objects.all().delete(), {}, "The school’s calendar is not here yet"),
        (lambda c: BellPeriod.objects.all().delete(), {}, "The school’s bell times are not here yet"),
        (
            lambda c: CalendarDay.objects.create(school=c.school, on=date(2026, 11, 26), day_type="closed"),
            {"first": "2026-11-26", "last": "2026-11-26"},
            "No school day between these dates",
        ),
    ],
)
def test_empty_page_says_what_is_lacking(client, change, query, title):
    c = cast()
    change(c)

    response = page(client, c, **query)

    assert response.status_code == 200
    assert title in words(response)


def test_meeting_without_due_date_can_be_chosen_by_its_kind(client):
    c = cast()
    DueDate.objects.all().delete()

    said = words(page(client, c, kind="parent_requested"))

    assert "Parent requested: Maya Rainwater, grade 4 No due date on file" in said
    assert "60 minutes, between Nov 23 and Dec 21" in said
    assert "Proposal 1" in said


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("case_manager", 200),
        ("speech", 200),
        ("administrator", 200),
        ("director", 200),
        ("colleague", 404),
        ("teacher", 404),
        ("stranger", 404),
    ],
)
@pytest.mark.parametrize("name", ["meetings:propose", "meetings:why"])
def test_pages_are_for_those_with_an_interest(client, name, who, status):
    c = cast()
    client.force_login(getattr(c, who))

    assert client.get(reverse(name, args=[c.student.pk])).status_code == status


@pytest.mark.parametrize("name", ["meetings:propose", "meetings:why"])
def test_pages_ask_for_a_sign_in_and_change_nothing(client, name):
    c = cast()
    address = reverse(name, args=[c.student.pk])

    assert client.get(address).url.startswith("/accounts/login/")
    client.force_login(c.case_manager)
    assert client.post(address).status_code == 405


def test_page_takes_as_many_queries_for_many_people(client, django_assert_num_queries):
    c = cast()
    address = page(client, c).request["PATH_INFO"]
    with django_assert_num_queries(30):
        client.get(address)
    for n in range(8):
        guardian(f"Guardian {n}", c.student)
        teaches(staff(f"Teacher {n}", c.school, is_representative=True), c.student, "6", title=f"Class {n}")
        Room.objects.create(school=c.school, name=f"Office {n}")
    with django_assert_num_queries(30):
        client.get(address)


def test_page_looks_for_the_length_that_is_kept_for_the_student(client):
    c = cast()
    c.student.meeting_minutes = 90
    c.student.save()

    usual, asked = page(client, c), page(client, c, minutes="45")

    assert "90 minutes, as is kept for this student, between" in words(usual)
    assert {offer.offer.end - offer.offer.start for offer in usual.context["cards"]} == {90}
    assert "45 minutes, between" in words(asked)
