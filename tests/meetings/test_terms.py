"""The order of times on the page, and what is said for and against each."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.core.intervals import minute_of
from meetings.core.proposals import propose
from meetings.loaders import load_case
from meetings.models import Commitment, FamilyTime, Mark, WeeklyHours
from meetings.offers import Note, NoteKind, address_of, minute_at, offer_at
from meetings.terms import (
    Frame,
    Lawful,
    Why,
    best_offers,
    decision_of,
    nearest_offers,
    reasons_of,
    terms_of,
    weighed_terms,
)
from meetings.weights import USUAL, WEIGHTS, Weighs
from students.models import CalendarDay, District, OutsideKind, Role, Student, TeamMember
from tests.cast import cast, outside, staff

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)  # 5:00 AM at the school
TODAY, DUE = date(2026, 11, 23), date(2026, 12, 11)
NEW_YORK = ZoneInfo("America/New_York")


def minute(on, hour, minutes=0):
    return minute_of(datetime.combine(on, time(hour, minutes), NEW_YORK))


def frame_of(c, first=TODAY, last=DUE, *, due=DUE, duration=60, kind="annual_review"):
    student = Student.objects.select_related("person", "school").get(pk=c.student.pk)
    loaded = load_case(student, kind, window_start_on=first, window_end_on=last, duration=duration, step=15, now=NOW)
    return Frame(loaded, TODAY, due)


def says(c, answer, weekday, start, end):
    FamilyTime.objects.create(
        guardian=c.mother.person, student=c.student, says=answer, weekday=weekday, start=start, end=end, said_at=NOW
    )


def best(frame, count=6):
    return [
        f"{offer.start_at.astimezone(NEW_YORK):%b %d %H:%M}"
        for offer in best_offers(frame, propose(frame.loaded.case).proposals, count)
    ]


def test_law_goes_before_what_is_weighed():
    frame = frame_of(cast())

    assert [term.name for term in terms_of(frame)] == ["before_due", "notice", "weighed", "earlier"]
    assert list(weighed_terms(frame)) == [weight.term for weight in WEIGHTS]


def test_best_times_are_those_the_family_said_then_those_with_the_usual_notice():
    c = cast()
    says(c, "works", 4, time(13), time(16))

    assert best(frame_of(c)) == [
        "Dec 03 13:00",
        "Dec 10 13:00",
        "Nov 26 13:00",
        "Dec 04 13:00",
        "Dec 07 13:00",
        "Dec 08 13:00",
    ]


def test_best_times_have_room_before_the_due_date_where_notice_is_no_matter():
    c = cast()
    says(c, "works", 4, time(13), time(16))
    District.objects.update(usual_notice_days=0)

    assert best(frame_of(c)) == [
        "Nov 26 13:00",
        "Dec 03 13:00",
        "Dec 10 13:00",
        "Nov 24 13:00",
        "Nov 25 13:00",
        "Nov 27 13:00",
    ]


def test_times_without_the_notice_that_the_district_sets_come_last():
    c = cast()
    says(c, "works", 4, time(13), time(16))
    District.objects.update(notice_days=8)

    assert best(frame_of(c))[:4] == ["Dec 03 13:00", "Dec 10 13:00", "Dec 04 13:00", "Dec 07 13:00"]


def test_times_after_the_due_date_come_after_all_before_it():
    c = cast()
    says(c, "works", 1, time(13), time(16))

    frame = frame_of(c, date(2026, 12, 10), date(2026, 12, 14))

    assert best(frame) == [
        "Dec 10 13:00",
        "Dec 10 13:15",
        "Dec 10 13:30",
        "Dec 10 13:45",
        "Dec 11 13:00",
        "Dec 14 13:00",
    ]


def test_overdue_meeting_is_proposed_as_soon_as_may_be():
    assert best(frame_of(cast(), due=date(2026, 11, 19)), 3) == ["Nov 24 13:00", "Nov 25 13:00", "Nov 26 13:00"]


def test_target_is_ten_school_days_before_the_due_date():
    c = cast()
    for day in (26, 27):
        CalendarDay.objects.create(school=c.school, on=date(2026, 11, day), day_type="closed")

    frame = frame_of(c)

    assert frame.target_on == date(2026, 11, 25)
    days = [date(2026, 11, 25), date(2026, 11, 30), date(2026, 12, 8), date(2026, 12, 9), DUE]
    assert [frame.lack_of_room(minute(day, 13)) for day in days] == [0, 1, 1, 2, 2]


@pytest.mark.parametrize("due", [None, date(2026, 8, 25)])
def test_target_without_due_date_or_calendar_is_none(due):
    frame = frame_of(cast(), due=due)

    assert (frame.target_on, frame.room_ends) == (None, ())
    assert frame.lack_of_room(minute(TODAY, 13)) == 0


def test_planning_period_is_spared_where_another_time_is_as_good():
    c = cast()
    WeeklyHours.objects.create(person=c.teacher.person, weekday=2, start=time(13), end=time(13, 30), kind="prep")

    frame = frame_of(c, date(2026, 11, 24), date(2026, 11, 24))

    assert best(frame, 1) == ["Nov 24 13:30"]
    proposals = propose(frame.loaded.case).proposals
    assert {each.start - minute(date(2026, 11, 24), 0): frame.planning_periods(each) for each in proposals} == {
        780: 1,
        795: 1,
        810: 0,
        825: 0,
    }


def test_offer_at_a_time_that_works():
    c = cast()
    says(c, "works", 4, time(13), time(16))
    WeeklyHours.objects.create(person=c.teacher.person, weekday=4, start=time(13), end=time(14), kind="prep")
    frame = frame_of(c)

    offer = offer_at(frame.loaded, minute(date(2026, 12, 3), 13))

    at = datetime(2026, 12, 3, 18, tzinfo=UTC)
    assert (offer.start_at, offer.at, offer.room, offer.is_possible) == (at, "2026-12-03T18:00Z", c.room, True)
    assert [(seat.wanted.key, str(seat.person), seat.mark, seat.note) for seat in offer.seats] == [
        (
            "parent",
            "Elena Rainwater",
            Mark.CONFIRMED,
            Note(NoteKind.SAID_WORKS, start_at=at, end_at=at.replace(hour=21)),
        ),
        (
            "lea_representative",
            "Marcus Bell",
            Mark.CONFIRMED,
            Note(NoteKind.FREE_UNTIL, end_at=at.replace(hour=19, minute=45)),
        ),
        (
            "special_education_teacher",
            "Dana Ortiz",
            Mark.CONFIRMED,
            Note(NoteKind.FREE_UNTIL, end_at=at.replace(hour=19, minute=45)),
        ),
        ("general_education_teacher", "Raj Patel", Mark.CONFIRMED, Note(NoteKind.PREP, periods=("6",))),
        ("parent-2", "Tomas Rainwater", Mark.TO_ASK, Note(NoteKind.INVITED)),
        ("student", "Maya Rainwater", Mark.CONFIRMED, Note(NoteKind.AT_SCHOOL)),
        (
            f"related_service_provider-p{c.speech.pk}",
            "Jo Lee",
            Mark.CONFIRMED,
            Note(NoteKind.FREE_UNTIL, end_at=at.replace(hour=19, minute=45)),
        ),
    ]
    assert [(reason.why, reason.count) for reason in reasons_of(frame, offer)] == [
        (Why.ALL_FREE, 4),
        (Why.NOTICE, 10),
        (Why.BEFORE_DUE, 8),
        (Why.PREP, 1),
        (Why.NO_SUBSTITUTE, 0),
        (Why.CAN_COME, 0),
    ]


def test_offer_at_a_time_that_does_not_work():
    c = cast()
    says(c, "cannot", 4, time(7), time(16))
    frame = frame_of(c)

    offer = offer_at(frame.loaded, minute(date(2026, 12, 3), 9))

    assert not offer.is_possible
    assert [(seat.wanted.key, str(seat.person), seat.mark, seat.note.kind) for seat in offer.required] == [
        ("parent", "Tomas Rainwater", Mark.TO_ASK, NoteKind.NOT_SAID),
        ("lea_representative", "Marcus Bell", Mark.CONFIRMED, NoteKind.FREE_UNTIL),
        ("special_education_teacher", "Dana Ortiz", Mark.CONFIRMED, NoteKind.FREE_UNTIL),
        ("general_education_teacher", "None", Mark.MISSING, NoteKind.NOBODY_FREE),
    ]
    assert [(reason.why, reason.is_warning) for reason in reasons_of(frame, offer)][:1] == [(Why.TO_ASK, True)]


def test_parent_who_cannot_come_is_invited_all_the_same_but_not_one_in_another_meeting():
    c = cast()
    says(c, "cannot", 4, time(7), time(16))
    frame = frame_of(c)

    invited = {
        seat.wanted.key: str(seat.person) for seat in offer_at(frame.loaded, minute(date(2026, 12, 3), 13)).seats
    }

    assert (invited["parent"], invited["parent-2"]) == ("Tomas Rainwater", "Elena Rainwater")


def test_offer_without_a_free_room_is_not_possible():
    c = cast()
    frame = frame_of(c)
    sunday = minute(date(2026, 11, 29), 13)

    offer = offer_at(frame.loaded, sunday)

    assert (offer.room, offer.wants_room, offer.is_possible) == (None, True, False)


@pytest.mark.parametrize(
    ("hour", "minutes", "duration", "note"),
    [
        (7, 30, 30, Note(NoteKind.BEFORE_SCHOOL)),
        (14, 0, 30, Note(NoteKind.AFTER_SCHOOL)),
        (13, 30, 60, Note(NoteKind.FREE_PERIOD, periods=("6",))),
    ],
)
def test_note_of_a_teacher_says_where_the_time_lies(hour, minutes, duration, note):
    c = cast()
    frame = frame_of(c, duration=duration)

    offer = offer_at(frame.loaded, minute(date(2026, 12, 3), hour, minutes))

    assert {seat.wanted.key: seat.note for seat in offer.seats}["general_education_teacher"] == note


def test_members_of_other_schools_and_from_outside_are_to_be_asked():
    c = cast()
    guest = staff("Ida Brook", c.other_school)
    TeamMember.objects.create(
        student=c.student, person=guest.person, role=Role.RELATED_SERVICE_PROVIDER, is_required=True
    )
    friend = outside("Ann Cole", OutsideKind.ADVOCATE)
    TeamMember.objects.create(student=c.student, person=friend.person, role=Role.OTHER, is_required=True)

    offer = offer_at(frame_of(c).loaded, minute(date(2026, 12, 3), 13))

    assert {str(seat.person): seat.note.kind for seat in offer.to_ask} == {
        "Elena Rainwater": NoteKind.NOT_SAID,
        "Ida Brook": NoteKind.BY_ARRANGEMENT,
        "Ann Cole": NoteKind.NOT_SAID,
    }


def test_optional_member_who_cannot_come_is_said():
    c = cast()
    WeeklyHours.objects.create(person=c.speech.person, weekday=4, start=time(13), end=time(14), kind="duty")
    frame = frame_of(c)

    reasons = reasons_of(frame, offer_at(frame.loaded, minute(date(2026, 12, 3), 13)))

    assert [reason.why for reason in reasons][-1] == Why.CANNOT_COME


@pytest.mark.parametrize(
    ("on", "due", "whys"),
    [
        (TODAY, DUE, [(Why.SHORT_NOTICE, 0), (Why.BEFORE_DUE, 18)]),
        (date(2026, 11, 24), None, [(Why.NOTICE, 1)]),
        (date(2026, 12, 3), date(2026, 12, 3), [(Why.NOTICE, 10), (Why.BEFORE_DUE, 0)]),
        (date(2026, 12, 4), date(2026, 12, 3), [(Why.AFTER_DUE, 1), (Why.NOTICE, 11)]),
    ],
)
def test_reasons_of_notice_and_due_date(on, due, whys):
    c = cast()
    frame = frame_of(c, due=due)
    dates = {Why.NOTICE, Why.SHORT_NOTICE, Why.BEFORE_DUE, Why.AFTER_DUE}

    reasons = reasons_of(frame, offer_at(frame.loaded, minute(on, 13)))

    assert [(reason.why, reason.count) for reason in reasons if reason.why in dates] == whys


def test_nearest_times_lie_on_several_days_in_order():
    c = cast()
    frame = frame_of(c)
    asked = minute(date(2026, 12, 3), 9)

    near = nearest_offers(frame, propose(frame.loaded.case).proposals, asked, 3)

    assert [offer.start - minute(date(2026, 12, 2), 0) for offer in near] == [825, 1440 + 780, 2 * 1440 + 780]


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-12-03T13:30", "2026-12-03", "2026-12-03T18:30:15Z", "9999-99-99T00:00Z"]
)
def test_address_that_names_no_minute(text):
    assert minute_at(text) is None


def test_address_there_and_back():
    assert minute_at(address_of(minute(date(2026, 12, 3), 13))) == minute(date(2026, 12, 3), 13)


def test_round_start_goes_before_an_earlier_one():
    c = cast()
    WeeklyHours.objects.create(person=c.teacher.person, weekday=2, start=time(13), end=time(13, 5), kind="duty")
    student = Student.objects.select_related("person", "school").get(pk=c.student.pk)
    tuesday = date(2026, 11, 24)
    loaded = load_case(
        student, "annual_review", window_start_on=tuesday, window_end_on=tuesday, duration=60, step=5, now=NOW
    )

    assert best(Frame(loaded, TODAY, DUE), 1) == ["Nov 24 13:15"]


def test_weight_of_the_district_puts_another_time_first():
    c = cast()
    says(c, "works", 4, time(13), time(16))
    District.objects.update(ranking_weights={"preferred": 0, "to_ask": 0, "sooner": 1, "usual_notice": 0})

    assert best(frame_of(c), 3) == ["Nov 24 13:00", "Nov 25 13:00", "Nov 26 13:00"]


def test_no_weight_outweighs_the_law():
    c = cast()
    says(c, "works", 1, time(13), time(16))
    District.objects.update(ranking_weights={"preferred": 1_000_000})

    frame = frame_of(c, date(2026, 12, 11), date(2026, 12, 14))

    assert best(frame, 1) == ["Dec 11 13:00"]
    family_day = frame_of(c, TODAY, DUE)
    District.objects.update(ranking_weights={}, notice_days=16)
    assert best(frame_of(c, TODAY, DUE), 1) == ["Dec 09 13:00"]
    assert best(family_day, 1) == ["Dec 07 13:00"]


@pytest.mark.parametrize("kept", [[], "no", {"to_ask": "many", "preferred": None, "rest": -5, "other": 3}])
def test_bad_weights_leave_the_usual_order(kept):
    c = cast()
    says(c, "works", 4, time(13), time(16))
    usual = best(frame_of(c))
    District.objects.update(ranking_weights=kept)

    assert best(frame_of(c)) == usual


def held(c, who, on, hour, minutes=0, *, lasts=60):
    """Another meeting, which takes someone."""
    start_at = datetime.combine(on, time(hour, minutes), NEW_YORK)
    Commitment.objects.create(
        person=who.person, kind="other", start_at=start_at, end_at=start_at + timedelta(minutes=lasts)
    )


def test_time_with_something_else_close_by_comes_later():
    c = cast()
    tuesday = date(2026, 11, 24)
    held(c, c.case_manager, tuesday, 12)

    frame = frame_of(c, tuesday, tuesday)
    proposals = propose(frame.loaded.case).proposals

    assert {each.start - minute(tuesday, 0): frame.short_rests(each) for each in proposals} == {
        780: 1,
        795: 0,
        810: 0,
        825: 0,
    }
    assert best(frame, 1) == ["Nov 24 13:15"]
    (reason,) = [each for each in reasons_of(frame, offer_at(frame.loaded, minute(tuesday, 13))) if each.person]
    assert (reason.why, reason.person) == (Why.LITTLE_REST, c.case_manager.person)
    District.objects.update(ranking_weights={"rest": 0})
    indifferent = frame_of(c, tuesday, tuesday)
    assert best(indifferent, 1) == ["Nov 24 13:00"]
    said = reasons_of(indifferent, offer_at(indifferent.loaded, minute(tuesday, 13)))
    assert [each for each in said if each.why == Why.LITTLE_REST] == []


def test_travel_between_schools_counts_close_to_work_at_the_other():
    c = cast()
    for school, start, end in ((c.school, time(12, 30), time(14, 45)), (c.other_school, time(8), time(12, 30))):
        WeeklyHours.objects.create(
            person=c.speech.person, school=school, weekday=2, start=start, end=end, kind="available"
        )
    tuesday = date(2026, 11, 24)
    frame = frame_of(c, tuesday, tuesday)

    assert {each.start - minute(tuesday, 0): frame.travels(each) for each in propose(frame.loaded.case).proposals} == {
        780: 1,
        795: 1,
        810: 0,
        825: 0,
    }


def test_busiest_representative_counts_whole_and_the_others_by_their_share():
    c = cast()
    third = staff("Otis Marigold", c.school, is_representative=True)
    frame = frame_of(c)
    hours = dict(frame.loaded.hours)
    for one, meetings in ((c.administrator, 8), (c.vice_principal, 4), (third, 0)):
        hours[str(one.pk)] = replace(hours[str(one.pk)], meetings=meetings)
    frame = replace(frame, loaded=replace(frame.loaded, hours=hours))
    proposal = propose(frame.loaded.case).proposals[0]

    def load(one):
        return frame.representative_load(replace(proposal, seating={"lea_representative": str(one.pk)}))

    assert [load(one) for one in (c.administrator, c.vice_principal, third)] == [1.0, 0.5, 0.0]
    assert frame.representative_load(replace(proposal, seating={})) == 0


def test_what_decided_between_two_times():
    c = cast()
    says(c, "works", 4, time(13), time(16))
    frame = frame_of(c, TODAY, date(2026, 12, 14))
    at = {each.start: each for each in propose(frame.loaded.case).proposals}

    def decided(better, other):
        return decision_of(frame, at[minute(*better)], at[minute(*other)])

    thursday, friday, late = date(2026, 12, 3), date(2026, 12, 4), date(2026, 12, 14)
    assert decided((thursday, 13), (friday, 13)) is Weighs.TO_ASK
    assert decided((friday, 13), (thursday, 13)) is None
    assert decided((friday, 13), (late, 13)) is Lawful.BEFORE_DUE
    assert decided((late, 13), (friday, 13)) is None
    assert decided((friday, 13), (friday, 13, 15)) is Weighs.SOONER
    assert decided((friday, 13, 15), (friday, 13)) is None


USUAL_ORDER = tuple(weight.term for weight in WEIGHTS)


@given(st.tuples(*[st.tuples(*[st.integers(0, 1)] * len(USUAL_ORDER))] * 2))
def test_usual_weights_keep_the_order_of_importance(counts):
    """`sooner` usually weighs nothing: of equals the earlier is first in any case."""
    weighs = USUAL_ORDER[:-1]
    one, other = (dict(zip(USUAL_ORDER, each, strict=True)) for each in counts)

    def total(count):
        return sum(USUAL[term] * count[term] for term in weighs)

    def strict(count):
        return [count[term] for term in weighs]

    assert (total(one) < total(other)) == (strict(one) < strict(other))
