from datetime import date, datetime, timedelta

import pytest

from meetings.core.schooldays import SchoolCalendar, days_between
from meetings.models import Mark
from meetings.steps import (
    TRACK,
    Action,
    Case,
    Deadline,
    Fact,
    Latest,
    MeetingFact,
    NextStep,
    Outlook,
    SeatFact,
    Tone,
    Try,
    deadline,
    done,
    family_asked_on,
    hold_by,
    latest,
    next_step,
    outlook,
)

TODAY = date(2026, 11, 23)  # A Monday; Thanksgiving is on the 26th.
LAST_YEAR_DAY = date(2027, 6, 11)
CLOSED = {date(2026, 11, 26), date(2026, 11, 27)}
CALENDAR = SchoolCalendar(
    "America/New_York",
    date(2026, 8, 24),
    LAST_YEAR_DAY,
    {
        day: "regular"
        for day in days_between(date(2026, 8, 24), LAST_YEAR_DAY)
        if day.isoweekday() <= 5 and day not in CLOSED
    },
    {},
)
YES, ASK, MISSING = Mark.CONFIRMED, Mark.TO_ASK, Mark.MISSING


def day(text):
    return date.fromisoformat(text)


def case(due="2026-12-15", **facts):
    return Case(
        TODAY, day(due) if due else None, **{"calendar": CALENDAR, **facts, "tries": tuple(facts.get("tries", ()))}
    )


def meets(on, *seats, is_over=False):
    start = datetime.fromisoformat(f"{on}T13:30-05:00")
    return MeetingFact(start, is_over, tuple(SeatFact(r, h, m, day(a)) for r, h, m, a in seats))


def parent(mark=YES, asked="2026-11-20", name="Elena Rainwater"):
    return ("parent", name, mark, asked)


def teacher(mark=YES, asked="2026-11-20", name="Raj Patel"):
    return ("general_education_teacher", name, mark, asked)


def tried(*ons, result="no_answer"):
    return [Try(day(on), result) for on in ons]


@pytest.mark.parametrize(
    ("due", "calendar", "expected"),
    [
        ("2026-12-15", CALENDAR, "2026-12-15"),
        ("2026-11-29", CALENDAR, "2026-11-25"),
        ("2027-07-20", CALENDAR, "2027-06-11"),
        ("2027-11-20", CALENDAR, None),
        ("2026-08-01", CALENDAR, None),
        ("2026-12-15", None, None),
    ],
)
def test_last_day_to_hold_is_a_school_day_and_never_guessed(due, calendar, expected):
    assert hold_by(day(due), calendar) == (day(expected) if expected else None)


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ("2026-11-19", (Deadline(day("2026-11-19"), day("2026-11-19"), -4, False), True, True, Tone.LATE)),
        ("2026-11-23", (Deadline(day("2026-11-23"), day("2026-11-23"), 0, False), False, True, Tone.LATE)),
        ("2026-11-29", (Deadline(day("2026-11-29"), day("2026-11-25"), 2, False), False, True, Tone.LATE)),
        ("2026-11-30", (Deadline(day("2026-11-30"), day("2026-11-30"), 7, False), False, True, Tone.SOON)),
        ("2026-12-07", (Deadline(day("2026-12-07"), day("2026-12-07"), 14, False), False, False, Tone.SOON)),
        ("2026-12-08", (Deadline(day("2026-12-08"), day("2026-12-08"), 15, False), False, False, Tone.CALM)),
        ("2028-05-03", (Deadline(day("2028-05-03"), None, 527, False), False, False, Tone.CALM)),
    ],
)
def test_deadline_counts_to_the_last_school_day_and_overdue_past_the_due_date(due, expected):
    found = deadline(case(due))
    assert (found, found.is_overdue, found.is_pressing, found.tone) == expected


def test_deadline_without_a_school_day_left_says_so():
    saturday = Case(date(2026, 11, 28), date(2026, 11, 29), CALENDAR)
    assert deadline(saturday) == Deadline(date(2026, 11, 29), date(2026, 11, 25), 0, is_out_of_days=True)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"due": None}, NextStep(Action.SET_DUE_DATE)),
        ({}, NextStep(Action.PROPOSE_TIMES)),
        ({"due": "2026-11-30"}, NextStep(Action.PROPOSE_TIMES, is_pressing=True)),
        ({"due": "2027-03-01"}, NextStep(Action.NOTHING_UNTIL, on=day("2026-12-01"))),
        ({"due": "2027-03-01", "tries": tried("2026-11-18")}, NextStep(Action.NOTHING_UNTIL, on=day("2026-12-01"))),
        ({"tries": tried("2026-11-20", result="reached")}, NextStep(Action.PROPOSE_TIMES)),
        ({"tries": tried("2026-11-17")}, NextStep(Action.CALL_FAMILY)),
        ({"tries": tried("2026-11-20")}, NextStep(Action.NOTHING_UNTIL, on=day("2026-11-25"))),
        ({"due": "2026-11-19", "tries": tried("2026-11-20")}, NextStep(Action.CALL_FAMILY, is_pressing=True)),
        ({"due": "2026-11-19", "tries": tried("2026-11-23")}, NextStep(Action.NOTHING_UNTIL, on=day("2026-11-24"))),
        ({"calendar": None, "tries": tried("2026-11-22")}, NextStep(Action.NOTHING_UNTIL, on=day("2026-11-25"))),
    ],
)
def test_next_step_before_a_meeting_is_booked(facts, expected):
    assert next_step(case(**facts)) == expected


def test_next_step_after_the_calendars_last_days_counts_plain_days():
    june = Case(LAST_YEAR_DAY, date(2027, 7, 20), CALENDAR, tries=tuple(tried("2027-06-11")))
    assert next_step(june) == NextStep(Action.NOTHING_UNTIL, on=date(2027, 6, 12))


@pytest.mark.parametrize(
    ("meeting", "facts", "expected"),
    [
        (meets("2026-11-20", parent(), is_over=True), {}, NextStep(Action.RECORD_MEETING, is_pressing=True)),
        (meets("2026-12-16", parent()), {}, NextStep(Action.FIND_EARLIER_TIME)),
        (meets("2026-12-08", parent()), {"due": None}, NextStep(Action.NOTHING_UNTIL, on=day("2026-12-08"))),
        (
            meets("2026-12-08", parent()),
            {"due": "2026-11-19"},
            NextStep(Action.NOTHING_UNTIL, on=day("2026-12-08")),
        ),
        (
            meets("2026-12-08", parent(MISSING), teacher(MISSING)),
            {},
            NextStep(Action.FIND_SOMEONE, role="general_education_teacher"),
        ),
        (
            meets("2026-11-25", parent(), teacher(MISSING, name="")),
            {},
            NextStep(Action.FIND_SOMEONE, is_pressing=True, role="general_education_teacher"),
        ),
        (meets("2026-12-08", parent(MISSING)), {}, NextStep(Action.FIND_ANOTHER_TIME, role="parent")),
        (meets("2026-12-08", parent(MISSING, name="")), {}, NextStep(Action.FIND_SOMEONE, role="parent")),
        (
            meets("2026-12-08", parent(), parent(MISSING, name="Tomas Rainwater"), teacher()),
            {},
            NextStep(Action.NOTHING_UNTIL, on=day("2026-12-08")),
        ),
        (meets("2026-12-08", parent(ASK, "2026-11-17")), {}, NextStep(Action.CALL_FAMILY)),
        (
            meets("2026-12-08", parent(ASK, "2026-11-17")),
            {"tries": tried("2026-11-20", "2026-11-18")},
            NextStep(Action.NOTHING_UNTIL, on=day("2026-11-25")),
        ),
        (
            meets("2026-12-08", parent(ASK), teacher(ASK, "2026-11-17")),
            {},
            NextStep(Action.REMIND, role="general_education_teacher", person="Raj Patel"),
        ),
        (
            meets("2026-12-08", parent(), teacher(ASK, "2026-11-19")),
            {},
            NextStep(Action.NOTHING_UNTIL, on=day("2026-11-24")),
        ),
        (
            meets("2026-11-24", parent(), teacher(ASK)),
            {},
            NextStep(Action.REMIND, is_pressing=True, role="general_education_teacher", person="Raj Patel"),
        ),
        (meets("2026-11-23", parent(), teacher()), {}, NextStep(Action.MEETS_TODAY, on=TODAY)),
        (meets("2026-12-08", teacher()), {}, NextStep(Action.NOTHING_UNTIL, on=day("2026-12-08"))),
    ],
)
def test_next_step_with_a_booked_meeting(meeting, facts, expected):
    assert next_step(case(meeting=meeting, **facts)) == expected


def test_next_step_when_no_school_day_is_left_does_not_ask_for_an_earlier_time():
    saturday = Case(date(2026, 11, 28), date(2026, 11, 29), CALENDAR, meets("2026-12-01", parent()))
    assert next_step(saturday) == NextStep(Action.NOTHING_UNTIL, on=date(2026, 12, 1))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, 0),
        ({"tries": tried("2026-11-20")}, 1),
        ({"due": "2028-03-01", "tries": tried("2026-11-20")}, 0),
        ({"meeting": meets("2026-12-08", parent(ASK), teacher())}, 2),
        ({"meeting": meets("2026-12-08", parent(), parent(ASK), teacher())}, 3),
        ({"meeting": meets("2026-11-20", parent(ASK), is_over=True)}, 3),
        ({"meeting": meets("2026-12-08", teacher())}, 3),
    ],
)
def test_done_counts_the_steps_behind_us(facts, expected):
    assert done(case(**facts)) == expected
    assert expected < len(TRACK)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, None),
        ({"tries": tried("2026-11-20", "2026-11-16")}, "2026-11-16"),
        ({"tries": tried("2026-11-20", result="reached")}, None),
        ({"meeting": meets("2026-12-08", parent(ASK, "2026-11-18"), parent(ASK, "2026-11-17"))}, "2026-11-17"),
        ({"meeting": meets("2026-12-08", parent(MISSING, "2026-11-11"), parent(ASK, "2026-11-17"))}, "2026-11-17"),
        ({"meeting": meets("2026-12-08", parent(ASK), parent())}, None),
        ({"meeting": meets("2026-11-20", parent(ASK), is_over=True)}, None),
        ({"meeting": meets("2026-12-08", teacher(ASK))}, None),
    ],
)
def test_family_is_waited_for_from_the_day_it_was_asked(facts, expected):
    assert family_asked_on(case(**facts)) == (day(expected) if expected else None)


def at(on):
    return datetime.fromisoformat(f"{on}T13:30-05:00")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, None),
        ({"tries": tried("2026-11-20", "2026-11-16", "2026-11-12")}, Latest(Fact.TRIED, day("2026-11-20"), count=3)),
        ({"tries": tried("2026-11-17", result="sent")}, Latest(Fact.ASKED, day("2026-11-17"), days=6)),
        ({"tries": tried("2026-11-20", result="reached")}, Latest(Fact.REACHED, day("2026-11-20"), days=3)),
        ({"due": "2028-03-01", "tries": tried("2026-11-20")}, None),
        ({"meeting": meets("2026-11-20", parent(), is_over=True)}, Latest(Fact.MET, day("2026-11-20"))),
        (
            {"meeting": meets("2026-11-24", parent(ASK))},
            Latest(Fact.MEETS_SOON, day("2026-11-24"), days=1, meets=at("2026-11-24")),
        ),
        (
            {"meeting": meets("2026-12-08", parent(ASK, "2026-11-17"), teacher())},
            Latest(Fact.ASKED, day("2026-11-17"), days=6, meets=at("2026-12-08")),
        ),
        (
            {"meeting": meets("2026-12-08", parent(ASK, "2026-11-17")), "tries": tried("2026-11-19")},
            Latest(Fact.TRIED, day("2026-11-19"), count=1, meets=at("2026-12-08")),
        ),
        (
            {"meeting": meets("2026-12-08", parent(ASK), teacher()), "tries": tried("2026-11-20", result="reached")},
            Latest(Fact.ANSWERS, day("2026-12-08"), count=1, total=2, meets=at("2026-12-08")),
        ),
        (
            {"meeting": meets("2026-12-08", parent(), parent(MISSING), teacher())},
            Latest(Fact.ANSWERS, day("2026-12-08"), count=2, total=2, meets=at("2026-12-08")),
        ),
        (
            {"meeting": meets("2026-12-08", parent(MISSING), teacher())},
            Latest(Fact.FAMILY_CANNOT, day("2026-12-08"), meets=at("2026-12-08")),
        ),
    ],
)
def test_latest_is_the_newest_fact(facts, expected):
    assert latest(case(**facts)) == expected


def test_outlook_puts_all_of_it_together():
    tries = tried("2026-11-17", result="sent")
    assert outlook(case("2026-12-15", tries=tries)) == Outlook(
        deadline=Deadline(day("2026-12-15"), day("2026-12-15"), 22, is_out_of_days=False),
        done=1,
        step=NextStep(Action.CALL_FAMILY),
        latest=Latest(Fact.ASKED, day("2026-11-17"), days=6),
        is_booked=False,
        family_asked_on=TODAY - timedelta(days=6),
    )


@pytest.mark.parametrize(
    ("facts", "waits", "nothing"), [({}, False, False), ({"tries": tried("2026-11-20")}, True, True)]
)
def test_outlook_tells_what_lists_filter_by(facts, waits, nothing):
    found = outlook(case(**facts))
    assert (found.waits_for_family, found.step.is_nothing) == (waits, nothing)
