from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from meetings.core.intervals import minute_of
from meetings.core.proposals import propose
from meetings.loaders import load_case
from meetings.models import Busy, Meeting
from meetings.terms import Frame, best_offers
from meetings.weeks import Closed, week_of
from students.models import CalendarDay, Student
from tests.cast import cast

pytestmark = pytest.mark.django_db
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 23, 15, 10, tzinfo=UTC)  # 10:10 AM at the school
MONDAY = date(2026, 11, 23)


def at(on, hour, minutes=0):
    return datetime.combine(on, time(hour, minutes), NEW_YORK)


def week(c, monday=MONDAY, *, first=MONDAY, last=date(2026, 12, 11), duration=60, count=0):
    student = Student.objects.select_related("person", "school").get(pk=c.student.pk)
    loaded = load_case(
        student,
        "annual_review",
        window_start_on=first,
        window_end_on=last,
        duration=duration,
        step=5,
        now=NOW,
    )
    frame = Frame(loaded, MONDAY, date(2026, 12, 11))
    offers = best_offers(frame, propose(loaded.case).proposals, count) if count else []
    return week_of(loaded, monday, offers, NOW)


def column(grid, day):
    """The cells of one day by their line: why closed, or known, to be asked, missing."""
    return {
        f"{row.time:%H:%M}": cell.closed or (cell.known, cell.to_ask, cell.missing)
        for row in grid.rows
        for on, cell in zip(grid.days, row.cells, strict=True)
        if on == day
    }


def test_week_of_ordinary_days():
    grid = week(cast())

    two_of_four, three_of_four = (2, 1, 1), (3, 1, 0)
    lines = [f"{hour:02}:{minute:02}" for hour in range(7, 14) for minute in (0, 30)][1:]
    assert grid.days == tuple(date(2026, 11, day) for day in range(23, 28))
    assert grid.total == 4
    assert column(grid, date(2026, 11, 24)) == {
        line: three_of_four if line >= "13:00" else two_of_four for line in lines
    }


def test_week_shows_what_is_past_closed_early_and_outside():
    c = cast()
    CalendarDay.objects.create(school=c.school, on=date(2026, 11, 26), day_type="closed")
    CalendarDay.objects.create(school=c.school, on=date(2026, 11, 25), day_type="early")
    CalendarDay.objects.create(school=c.school, on=date(2026, 11, 27), day_type="testing")

    grid = week(c, last=date(2026, 11, 24))

    monday, wednesday = column(grid, MONDAY), column(grid, date(2026, 11, 25))
    assert [monday[line] for line in ("07:30", "09:30", "10:00")] == [Closed.PAST, Closed.PAST, (2, 1, 1)]
    assert [wednesday[line] for line in ("07:30", "11:30", "12:00", "13:30")] == [
        Closed.OUTSIDE_DATES,
        Closed.OUTSIDE_DATES,
        Closed.OUTSIDE_HOURS,
        Closed.OUTSIDE_HOURS,
    ]
    assert set(column(grid, date(2026, 11, 26)).values()) == {Closed.NO_SCHOOL}
    assert set(column(grid, date(2026, 11, 27)).values()) == {Closed.OUTSIDE_HOURS}


def test_cell_shows_the_best_start_of_its_half_hour():
    c = cast()
    tuesday = date(2026, 11, 24)
    meeting = Meeting.objects.create(
        kind="section_504",
        student=c.student,
        school=c.school,
        start_at=at(tuesday, 13),
        end_at=at(tuesday, 13, 10),
        organizer=c.case_manager,
        booked_at=NOW,
    )
    Busy.objects.create(room=c.room, during=(meeting.start_at, meeting.end_at), meeting=meeting)

    cells = {row.time: row.cells[1] for row in week(c, duration=30).rows}

    assert (cells[time(13)].at, cells[time(13)].start_at) == ("2026-11-24T18:10Z", at(tuesday, 13, 10))
    assert (cells[time(12, 30)].known, cells[time(12, 30)].missing) == (2, 1)


def test_ranked_cells_carry_their_number():
    # Ten days of notice are usual: the best times begin on December 3.
    grid = week(cast(), date(2026, 11, 30), count=2)

    ranks = {cell.rank: cell.start for row in grid.rows for cell in row.cells if cell.rank}
    assert ranks == {n: minute_of(at(date(2026, 12, 2 + n), 13)) for n in (1, 2)}


def test_neighbours_end_with_the_dates_of_the_search():
    c = cast()

    def neighbours(monday):
        grid = week(c, monday)
        return grid.previous, grid.following

    assert neighbours(MONDAY) == (None, date(2026, 11, 30))
    assert neighbours(date(2026, 11, 30)) == (MONDAY, date(2026, 12, 7))
    assert neighbours(date(2026, 12, 7)) == (date(2026, 11, 30), None)


def test_week_without_bells_has_no_lines():
    c = cast()
    c.school.bell_periods.all().delete()

    assert week(c).rows == ()


def test_meeting_longer_than_the_day_has_no_lines():
    assert week(cast(), duration=600).rows == ()
