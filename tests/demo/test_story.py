"""The days on which the demo's story can be told, on any date: as the files say them, and as the core finds them."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone

from demo.generate import generate
from demo.story import prepared_days
from demo.year import year_around
from meetings.core.intervals import instant_of, minute_of
from meetings.core.proposals import propose, propose_at
from meetings.loaders import load_case
from meetings.made_up_day import prepared_day
from students.models import Assignment, Student
from tests.demo.test_generate import rows

NEW_YORK = ZoneInfo("America/New_York")
PREPARED = {
    date(2026, 11, 23): [date(2026, 11, 23), date(2026, 11, 24)],  # A Monday.
    date(2026, 11, 20): [date(2026, 11, 20), date(2026, 11, 23)],  # A Friday.
    date(2026, 11, 25): [date(2026, 11, 30), date(2026, 12, 1)],  # The early release before Thanksgiving.
    date(2026, 12, 20): [date(2026, 12, 21), date(2026, 12, 22)],  # The last two days before the winter break.
    date(2026, 7, 15): [date(2026, 8, 24), date(2026, 8, 25)],  # The summer.
    date(2027, 6, 1): [date(2027, 6, 1), date(2027, 6, 3)],
    date(2027, 6, 22): [date(2027, 6, 22)],  # The last day of the school year.
    date(2027, 6, 23): [date(2027, 8, 23), date(2027, 8, 24)],  # The day after it.
}
NEEDED = {"s-1006", "g-1006-1", "dana-ortiz", "t-40", "jo-lee", "o-luz-ventana", "marcus-bell"}


@pytest.mark.parametrize("today", PREPARED, ids=str)
def test_prepared_days_are_the_next_ordinary_ones(today):
    assert prepared_days(year_around(today), today) == PREPARED[today]


@pytest.mark.parametrize("today", PREPARED, ids=str)
def test_files_keep_everyone_free_whom_the_story_needs(tmp_path, today):
    generate(tmp_path, today)
    users = {f"{row['givenName']} {row['familyName']}": row["sourcedId"] for row in rows(tmp_path, "users")}
    assert [users[name] for name in ("Maya Rainwater", "Elena Rainwater", "Raj Patel")] == [
        "s-1006",
        "g-1006-1",
        "t-40",
    ]
    meetings = rows(tmp_path, "meetings")

    told = [row for row in meetings if row["id"].startswith("story-")]
    assert [(row["kind"], row["start"], row["end"]) for row in told] == [
        ("504", f"{day} 15:00", f"{day} 15:45") for day in PREPARED[today]
    ]
    assert len({row["student"] for row in told}) == len(told)
    for row in told:
        *staff, parent = [member.split(":") for member in row["members"].split(",")]
        roles = ["lea_representative", "evaluation_interpreter", "general_education_teacher"]
        assert [(role, answer) for _, role, answer in staff] == [(role, "yes") for role in roles]
        assert [staff[0][0], staff[1][0], parent[1:]] == ["alice-kim", "sofia-marin", ["parent", "yes"]]
    for day in PREPARED[today]:
        then = [row for row in meetings if row["start"] < f"{day} 16:10" and f"{day} 14:50" < row["end"]]
        taken = {part.split(":")[0] for row in then for part in row["members"].split(",")}
        assert taken & NEEDED == set()
        assert len({row["room"] for row in then if row["school"] == "willow-bend"}) < len(
            [row for row in rows(tmp_path, "rooms") if row["school"] == "willow-bend"]
        )


def at(day, hour, minute=0):
    return datetime.combine(day, time(hour, minute), NEW_YORK)


@pytest.fixture
def imported(settings, tmp_path, db):
    """Import the demo at 9:00 AM of a day; the clock stays there until the test is over."""
    settings.VAR, settings.DEMO = tmp_path, True
    clocks = []

    def take(today):
        clocks.append(time_machine.travel(at(today, 9), tick=False))
        clocks[-1].start()
        call_command("demo", verbosity=0)
        return Student.objects.select_related("person", "school").get(
            person__given_name="Maya", person__family_name="Rainwater"
        )

    cache.delete("demo-district")
    yield take
    cache.set("demo-district", False, None)
    for clock in clocks:
        clock.stop()


def loaded(maya, first, last, **options):
    return load_case(
        maya, "annual_review", window_start_on=first, window_end_on=last, duration=60, step=5, now=timezone.now(),
        **options,
    )  # fmt: skip


def changes(case, proposal):
    """Return each swap: in whose meeting, which role, from whom, to whom."""
    found = []
    for each in proposal.reseatings:
        seat = case.elsewhere.seat(each.seat)
        people = [str(case.people[who]) for who in (each.from_, each.to)]
        found.append((seat.meeting.roster_id, str(seat.role), *people))
    return found


@pytest.mark.parametrize("today", PREPARED, ids=str)
def test_one_swap_opens_three_oclock_and_nothing_else_does(imported, today):
    maya = imported(today)
    for n, day in enumerate(PREPARED[today], start=1):
        start = minute_of(at(day, 15))
        as_it_stands = loaded(maya, day, day)
        assert propose_at(as_it_stands.case, start) is None
        # It is the LEA representative alone that is missing, at 2:50, at 2:55 and at 3:00.
        assert propose(as_it_stands.case).blockers["lea_representative"] >= 3

        case = loaded(maya, day, day, with_swaps=True)
        found = propose_at(case.case, start)
        assert changes(case, found) == [(f"story-{n}", "lea_representative", "Alice Kim", "Marcus Bell")]
        assert {seat: str(case.people[who]) for seat, who in found.seating.items() if who in case.people} == {
            "parent": "Elena Rainwater",
            "lea_representative": "Alice Kim",
            "special_education_teacher": "Dana Ortiz",
            "general_education_teacher": "Raj Patel",
            "family_interpreter": "Luz Ventana",
            "student": "Maya Rainwater",
            next(seat.key for seat in case.wanted if seat.role == "related_service_provider"): "Jo Lee",
        }
        assert found.to_ask == ("parent", "family_interpreter")
        assert found.seating["room"] in case.rooms


@pytest.mark.parametrize("today", PREPARED, ids=str)
def test_nearest_times_before_and_after_need_no_swap(imported, today):
    maya = imported(today)
    for day in PREPARED[today]:
        starts = {instant_of(each.start) for each in propose(loaded(maya, day, day + timedelta(21)).case).proposals}
        assert max(start for start in starts if start < at(day, 15)) == at(day, 14, 45)
        # Nothing comes after the last day of the year.
        assert any(start > at(day, 15) for start in starts) == (day != date(2027, 6, 22))


def test_nobody_but_the_principal_could_take_over(imported):
    today = date(2026, 11, 23)
    maya = imported(today)
    Assignment.objects.filter(staff__person__sourced_id="marcus-bell").update(is_representative=False)
    case = loaded(maya, today, today, with_swaps=True)
    assert propose_at(case.case, minute_of(at(today, 15))) is None


def test_prepared_day_is_the_next_one_that_is_not_over(imported):
    monday, tuesday = PREPARED[date(2026, 11, 23)]
    imported(monday)
    assert [prepared_day(now) for now in (timezone.now(), at(monday, 15), at(tuesday, 15))] == [
        at(monday, 15), at(tuesday, 15), None,
    ]  # fmt: skip
