"""The order of times on the page, and what is said for and against each."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from meetings.core.intervals import minute_of
from meetings.core.proposals import propose
from meetings.loaders import load_case
from meetings.models import FamilyTime, Mark, WeeklyHours
from meetings.offers import Note, NoteKind, address_of, minute_at, offer_at
from meetings.terms import Frame, Why, best_offers, nearest_offers, reasons_of, terms_of
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


def test_terms_in_their_order():
    assert [term.name for term in terms_of(frame_of(cast()))] == [
        "before_due",
        "notice",
        "reseatings",
        "to_ask",
        "preferred",
        "days_late",
        "usual_notice",
        "room_before_due",
        "planning_periods",
        "optional",
        "even_load",
        "round_start",
        "earlier",
    ]


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
