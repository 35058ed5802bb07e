"""Rows become the core's values, in a fixed number of queries."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from meetings.availability import Availability, Question, Taken, availabilities
from meetings.calendars import calendar_of, calendars_of
from meetings.core.cases import Case
from meetings.core.intervals import Span, minute_of
from meetings.core.schooldays import MINUTES_PER_DAY, SchoolCalendar, instant_at, local_day
from meetings.core.seats import Person as CorePerson
from meetings.core.seats import Seat
from meetings.dayplans import Spans
from meetings.elsewhere import Around, Elsewhere, elsewhere_of
from meetings.models import Meeting
from meetings.owncalendars import OwnCalendar
from meetings.quorum import WantedSeat, doubled_roles, people_of, wanted_seats
from students.models import District, MeetingKind, Person, Role, Room, Student

__all__ = ["LoadedCase", "calendar_of", "calendars_of", "load_case"]

ROOM = "room"


@dataclass(frozen=True)
class LoadedCase:
    """A case for the core, with the rows it stands for: people and rooms by their id in the core."""

    student: Student
    case: Case
    people: Mapping[str, Person]
    rooms: Mapping[str, Room]
    wanted: tuple[WantedSeat, ...]
    calendar: SchoolCalendar
    hours: Mapping[str, Availability]
    district: District
    elsewhere: Elsewhere

    @property
    def required(self) -> list[WantedSeat]:
        return [seat for seat in self.wanted if seat.is_required]

    @property
    def old_calendars(self) -> list[tuple[Person, OwnCalendar]]:
        """Whoever may fill a required seat and whose own calendar was not read lately, by name."""
        people = {person.pk: person for seat in self.required for person in seat.eligible}
        found = [(person, self.hours[str(pk)].own) for pk, person in people.items()]
        old = [(person, own) for person, own in found if own is not None and own.is_old]
        return sorted(old, key=lambda each: (each[0].search_name, each[0].pk))


def load_case(  # noqa: PLR0913  every one is a fact of the search
    student: Student,
    kind: MeetingKind | str,
    *,
    window_start_on: date,
    window_end_on: date,
    duration: int,
    step: int,
    now: datetime,
    without_meeting: Meeting | None = None,
    calendar: SchoolCalendar | None = None,
    with_swaps: bool = False,
) -> LoadedCase:
    """Return the case of one meeting for one student, as things stand, leaving one meeting's own hold aside.

    `duration` and `step` are minutes. Times before `now` are left out. `with_swaps` also loads the meetings elsewhere
    in which somebody else could take a seat, and allows as many swaps as the district does. Ask for the student with
    `select_related("person", "school")`, or two more queries are made.
    """
    district = District.objects.first() or District()
    calendar = calendar or calendar_of(student.school)
    first_on = _first_day(calendar, window_start_on, window_end_on, now)
    window = _window(calendar.zone, window_start_on, window_end_on, now)
    doubled, rest = doubled_roles(district), district.rest_minutes
    wanted = wanted_seats(student, kind, first_on, doubled=doubled)
    most = district.most_reseatings if with_swaps else 0
    around = Around(student.school, window, first_on, now, rest, without_meeting, doubled)
    elsewhere = elsewhere_of(around, people_of(wanted), most)
    people = people_of(wanted) | elsewhere.people
    rooms = {room.pk: room for room in _rooms(student, sum(bool(seat.eligible) for seat in wanted))}
    dates, held = (window_start_on, window_end_on), elsewhere.held(people)
    of_people, of_rooms = availabilities(
        Question(student, calendar, people, rooms, *dates, rest, without_meeting, now, held)
    )
    wanted = [_evenly(seat, of_people) for seat in wanted]
    hours = {str(pk): each for pk, each in of_people.items()} | {room_key(pk): each for pk, each in of_rooms.items()}
    case = Case(
        zone=calendar.zone,
        window=window,
        duration=duration,
        step=step,
        people=tuple(_core_person(key, each) for key, each in hours.items()),
        seats=(*map(_core_seat, wanted), *_room_seat(rooms.values())),
        meetings=elsewhere.core_meetings(of_people),
        max_reseatings=most,
    )
    by_key = {str(pk): person for pk, person in people.items()}, {room_key(pk): room for pk, room in rooms.items()}
    return LoadedCase(student, case, *by_key, tuple(wanted), calendar, hours, district, elsewhere)


def with_agreement(loaded: LoadedCase, key: str, span: Span) -> LoadedCase:
    """Return the case with a guardian free for certain in a span, whatever they said of it before."""
    hours = loaded.hours[key]
    taken: dict[Taken, Spans] = {kind: spans for kind, spans in hours.taken.items() if kind != Taken.CANNOT}
    free = replace(hours, free=(*hours.free, span), preferred=(span, *hours.preferred), taken=taken)
    people = tuple(_core_person(key, free) if each.id == key else each for each in loaded.case.people)
    return replace(loaded, case=replace(loaded.case, people=people), hours={**loaded.hours, key: free})


def room_key(pk: int) -> str:
    """Return the id of a room in the core."""
    return f"room:{pk}"


def _first_day(calendar: SchoolCalendar, first: date, last: date, now: datetime) -> date:
    """Return the day whose classes decide: the first school day still ahead, for a break belongs to no term."""
    first = max(first, local_day(calendar.zone, _next_minute(now)))
    return next(iter(calendar.school_days(first, last)), first)


def _window(zone: str, first: date, last: date, now: datetime) -> Span:
    start = max(instant_at(zone, first, 0), _next_minute(now))
    return Span(start, max(start, instant_at(zone, last, MINUTES_PER_DAY, last=True)))


def _next_minute(now: datetime) -> int:
    minute = now.replace(second=0, microsecond=0)
    return minute_of(minute) + (minute != now)


def _rooms(student: Student, attending: int) -> list[Room]:
    """Return the school's rooms, the smallest that fits first, then those too small, largest first."""
    rooms = Room.objects.filter(school_id=student.school_id, is_active=True).order_by("name", "pk")
    return sorted(rooms, key=lambda room: (room.capacity < attending, abs(room.capacity - attending)))


def _evenly(seat: WantedSeat, hours: Mapping[int, Availability]) -> WantedSeat:
    """Let the representatives with the fewest meetings in the window come first, the school's own before others."""
    if seat.role != Role.LEA_REPRESENTATIVE:
        return seat

    def disturbed(person: Person) -> tuple[bool, int]:
        return person.staff.is_district_wide, hours[person.pk].meetings

    return replace(seat, eligible=tuple(sorted(seat.eligible, key=disturbed)))


def _core_person(key: str, hours: Availability) -> CorePerson:
    busy = hours.busy_besides_seats
    return CorePerson(key, free=hours.free, busy=busy, unknown=hours.unknown, preferred=hours.preferred)


def _core_seat(seat: WantedSeat) -> Seat:
    return Seat(
        id=seat.key,
        role=seat.role.value,
        eligible=tuple(str(person.pk) for person in seat.eligible),
        required=seat.is_required,
        may_double=seat.may_double,
    )


def _room_seat(rooms: Iterable[Room]) -> Iterator[Seat]:
    eligible = tuple(room_key(room.pk) for room in rooms)
    if eligible:
        yield Seat(id=ROOM, role=ROOM, eligible=eligible)
