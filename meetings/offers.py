"""One possible time with everything there is to say about it, as values: the words are in the templates."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import chain

from meetings.availability import Availability, Taken
from meetings.core.cases import Proposal, Reseating
from meetings.core.explanations import Eligible, Explanation, Standing, explain
from meetings.core.intervals import Span, instant_of, minute_of, overlaps, whole_minutes
from meetings.core.schooldays import instant_at, local_day
from meetings.loaders import ROOM, LoadedCase
from meetings.models import Commitment, Mark, Seat
from meetings.owncalendars import OwnCalendar
from meetings.quorum import WantedSeat
from students.models import Person, PersonKind, Room


class NoteKind(StrEnum):
    """Why someone can be there, or what is not known of them."""

    AT_SCHOOL = "at_school"
    SAID_WORKS = "said_works"
    NOT_SAID = "not_said"
    PREP = "prep"
    FREE_PERIOD = "free_period"
    BEFORE_SCHOOL = "before_school"
    AFTER_SCHOOL = "after_school"
    FREE_UNTIL = "free_until"
    INVITED = "invited"
    BY_ARRANGEMENT = "by_arrangement"
    WITH_SWAP = "with_swap"
    NOBODY_NAMED = "nobody_named"
    NOBODY_FREE = "nobody_free"
    CALENDAR_SILENT = "calendar_silent"  # Their own calendar was not read lately, or does not reach so far.


@dataclass(frozen=True)
class Note:
    """A note with what it speaks of: periods by name, or a span of time.

    `calendar` is someone's own one where its age is worth a word; `is_tentative` where it says that they may be busy.
    """

    kind: NoteKind
    periods: tuple[str, ...] = ()
    start_at: datetime | None = None
    end_at: datetime | None = None
    calendar: OwnCalendar | None = None
    is_tentative: bool = False


@dataclass(frozen=True)
class FilledSeat:
    """One seat at one time. Confirmed here means free by what is known of their hours: nobody has been asked yet."""

    wanted: WantedSeat
    person: Person | None
    mark: Mark
    note: Note

    @property
    def is_required(self) -> bool:
        return self.wanted.is_required


@dataclass(frozen=True)
class Timed:
    """Something from one minute to another, as pages and addresses say it."""

    start: int
    end: int

    @property
    def start_at(self) -> datetime:
        return instant_of(self.start)

    @property
    def end_at(self) -> datetime:
        return instant_of(self.end)

    @property
    def at(self) -> str:
        """The start as an address says it."""
        return address_of(self.start)


@dataclass(frozen=True)
class Move:
    """One seat of a meeting elsewhere, or one commitment, that goes from one person to another: half of a swap."""

    giver: Person
    taker: Person
    start_at: datetime
    end_at: datetime
    kind: str
    seat: Seat | None = None
    commitment: Commitment | None = None

    @property
    def key(self) -> str:
        """What changes hands, and to whom, as an address or a form says it."""
        what = f"seat-{self.seat.pk}" if self.seat else f"commitment-{self.commitment.pk if self.commitment else 0}"
        return f"{what}-{self.taker.pk}"


@dataclass(frozen=True)
class Offer(Timed):
    """One time: who fills each seat, and where. `wants_room` with no room means that every room is taken.

    `moves` are what must change elsewhere first: whoever that frees is still to be asked for.
    """

    seats: tuple[FilledSeat, ...]
    room: Room | None
    wants_room: bool
    moves: tuple[Move, ...] = ()

    @property
    def required(self) -> list[FilledSeat]:
        return [seat for seat in self.seats if seat.is_required]

    @property
    def optional(self) -> list[FilledSeat]:
        return [seat for seat in self.seats if not seat.is_required]

    def marked(self, mark: Mark) -> list[FilledSeat]:
        """Return the required seats with one mark."""
        return [seat for seat in self.required if seat.mark == mark]

    @property
    def known(self) -> list[FilledSeat]:
        return self.marked(Mark.CONFIRMED)

    @property
    def to_ask(self) -> list[FilledSeat]:
        return self.marked(Mark.TO_ASK)

    @property
    def missing(self) -> list[FilledSeat]:
        return self.marked(Mark.MISSING)

    @property
    def seen(self) -> str:
        """Who sits where and what changes hands, as one text: a page posts it back, so that nobody books the unseen."""
        seats = [f"{seat.wanted.key}={seat.person.pk if seat.person else ''}" for seat in self.seats]
        return " ".join([*seats, f"room={self.room.pk if self.room else ''}", *(move.key for move in self.moves)])

    @property
    def is_possible(self) -> bool:
        return not self.missing and (self.room is not None or not self.wants_room)


@dataclass(frozen=True)
class Reach:
    """How one eligible person stands to one time. `until_at` ends what takes them, then `free_at`.

    `calendar` is their own one, where it was not read lately.
    """

    person: Person
    standing: Standing
    taken: Taken | None
    until_at: datetime | None
    free_at: datetime | None
    note: Note | None
    calendar: OwnCalendar | None = None


def address_of(minute: int) -> str:
    """Return a minute as it stands in an address: 2026-12-03T18:30Z."""
    return f"{instant_of(minute):%Y-%m-%dT%H:%MZ}"


def minute_at(text: str) -> int | None:
    """Return the minute of an address, or None where it is none."""
    try:
        return minute_of(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return None


def offer_of(loaded: LoadedCase, proposal: Proposal) -> Offer:
    """Return a proposal of the core with the rows it stands for."""
    span = Span(proposal.start, proposal.end)
    return _offer(loaded, span, proposal.seating, frozenset(proposal.to_ask), moves_of(loaded, proposal))


def moves_of(loaded: LoadedCase, proposal: Proposal) -> tuple[Move, ...]:
    """Return what a proposal changes elsewhere, with the rows it stands for."""
    return tuple(_move(loaded, each) for each in proposal.reseatings)


def offer_at(loaded: LoadedCase, start: int) -> Offer:
    """Return the best that can be done at one minute, on the grid or not, possible or not."""
    return offer_explained(loaded, explain(loaded.case, start))


def offer_explained(loaded: LoadedCase, why: Explanation) -> Offer:
    """Return what the core explained with the rows it stands for."""
    seating = {seat.id: seat.holder for seat in why.seats}
    return _offer(loaded, Span(why.start, why.end), seating, frozenset(seat.id for seat in why.seats if seat.to_ask))


def _move(loaded: LoadedCase, reseating: Reseating) -> Move:
    giver, taker = loaded.people[reseating.from_], loaded.people[reseating.to]
    commitment = loaded.elsewhere.commitment(reseating.meeting)
    if commitment is not None:
        times = (commitment.start_at, commitment.end_at)
        return Move(giver, taker, *times, kind=commitment.kind, commitment=commitment)
    seat = loaded.elsewhere.seat(reseating.seat)
    return Move(giver, taker, seat.meeting.start_at, seat.meeting.end_at, kind=seat.meeting.kind, seat=seat)


def _offer(
    loaded: LoadedCase,
    span: Span,
    seating: Mapping[str, str | None],
    to_ask: frozenset[str],
    moves: tuple[Move, ...] = (),
) -> Offer:
    room = seating.get(ROOM)
    seated = {holder for holder in seating.values() if holder is not None}
    freed = {move.giver for move in moves if overlaps([_span_of(move)], span)}
    seats = []
    for wanted in loaded.wanted:
        holder = seating[wanted.key]
        invited = None if holder else _invited(loaded, wanted, span, seated)
        filled = _filled(loaded, wanted, span, holder or invited, ask=wanted.key in to_ask or bool(invited))
        if filled.person in freed:
            filled = replace(filled, mark=Mark.TO_ASK, note=Note(NoteKind.WITH_SWAP))
        seats.append(filled)
        seated.add(invited or "")
    return Offer(
        start=span.start,
        end=span.end,
        seats=tuple(seats),
        room=None if room is None else loaded.rooms[room],
        wants_room=bool(loaded.rooms),
        moves=moves,
    )


def _span_of(move: Move) -> Span:
    return whole_minutes(move.start_at, move.end_at)


def _invited(loaded: LoadedCase, wanted: WantedSeat, span: Span, seated: set[str]) -> str | None:
    """Return whom to invite though nobody knows whether they can come: families, and students of age, must be."""
    if not wanted.is_invited:
        return None
    for person in wanted.eligible:
        key = str(person.pk)
        if key not in seated and not overlaps(loaded.hours[key].at_meetings, span):
            return key
    return None


def _filled(loaded: LoadedCase, wanted: WantedSeat, span: Span, holder: str | None, *, ask: bool) -> FilledSeat:
    if holder is None:
        kind = NoteKind.NOBODY_FREE if wanted.eligible else NoteKind.NOBODY_NAMED
        return FilledSeat(wanted, None, Mark.MISSING, Note(kind))
    person = loaded.people[holder]
    if ask:
        return FilledSeat(wanted, person, Mark.TO_ASK, _to_ask(loaded, wanted, person, span))
    return FilledSeat(wanted, person, Mark.CONFIRMED, note_on(loaded, person, span))


def _to_ask(loaded: LoadedCase, wanted: WantedSeat, person: Person, span: Span) -> Note:
    return _silent(loaded.hours[str(person.pk)], span) or Note(_unknown(wanted, person))


def _silent(hours: Availability, span: Span) -> Note | None:
    """Return the note that someone's own calendar does not tell of this time, where it is so."""
    if hours.own is None or hours.own.tells_of(span):
        return None
    return Note(NoteKind.CALENDAR_SILENT, calendar=hours.own)


def _unknown(wanted: WantedSeat, person: Person) -> NoteKind:
    if not wanted.is_required:
        return NoteKind.INVITED
    return NoteKind.BY_ARRANGEMENT if person.kind == PersonKind.STAFF else NoteKind.NOT_SAID


def note_on(loaded: LoadedCase, person: Person, span: Span) -> Note:
    """Return why someone who is free then is free, and what their own calendar adds to it."""
    hours = loaded.hours[str(person.pk)]
    note = _free_note(loaded, person, hours, span)
    if hours.own is None:
        return note
    return replace(note, calendar=_old(hours), is_tentative=hours.own.is_tentative_at(span))


def _old(hours: Availability) -> OwnCalendar | None:
    return hours.own if hours.own is not None and hours.own.is_old else None


def _free_note(loaded: LoadedCase, person: Person, hours: Availability, span: Span) -> Note:
    if person.kind == PersonKind.STUDENT:
        return Note(NoteKind.AT_SCHOOL)
    if person.kind != PersonKind.STAFF:
        return _said(hours, span)
    prep = [each for each in hours.prep if overlaps([each], span)]
    if prep:
        return Note(NoteKind.PREP, _periods(loaded, prep, span))
    place = _around_school(loaded, span)
    if place is not None:
        return Note(place)
    if Taken.TEACHING in hours.taken:
        return Note(NoteKind.FREE_PERIOD, _periods(loaded, [span], span))
    return Note(NoteKind.FREE_UNTIL, end_at=instant_of(_free_until(hours, span)))


def _said(hours: Availability, span: Span) -> Note:
    said = next(
        (each for each in hours.preferred or hours.free if each.start <= span.start and span.end <= each.end), span
    )
    return Note(NoteKind.SAID_WORKS, start_at=instant_of(said.start), end_at=instant_of(said.end))


def _periods(loaded: LoadedCase, within: Iterable[Span], span: Span) -> tuple[str, ...]:
    """Return the names of the periods that the meeting touches, as far as they lie in the given time."""
    calendar, day = loaded.calendar, local_day(loaded.calendar.zone, span.start)
    shared = [Span(max(each.start, span.start), min(each.end, span.end)) for each in within]
    return tuple(
        name
        for name, (start, end) in calendar.periods(day).items()
        if overlaps(shared, Span(instant_at(calendar.zone, day, start), instant_at(calendar.zone, day, end, last=True)))
    )


def _around_school(loaded: LoadedCase, span: Span) -> NoteKind | None:
    calendar, day = loaded.calendar, local_day(loaded.calendar.zone, span.start)
    hours = calendar.school_hours(day)
    if hours is None:
        return None
    if span.end <= instant_at(calendar.zone, day, hours.start):
        return NoteKind.BEFORE_SCHOOL
    return NoteKind.AFTER_SCHOOL if span.start >= instant_at(calendar.zone, day, hours.end) else None


def _free_until(hours: Availability, span: Span) -> int:
    """Return the minute at which someone's free time around a meeting ends."""
    here = (end for start, end in hours.free if start <= span.start < end)
    taken = (start for start, _ in hours.busy if start >= span.end)
    return min(chain(here, taken), default=span.end)


def reaches(loaded: LoadedCase, why: Explanation) -> dict[str, tuple[Reach, ...]]:
    """Return how everyone who is eligible for each seat stands to the time, by the key of the seat."""
    span = Span(why.start, why.end)
    return {
        seat.id: tuple(_reach(loaded, each, span) for each in seat.eligible) for seat in why.seats if seat.id != ROOM
    }


def _reach(loaded: LoadedCase, eligible: Eligible, span: Span) -> Reach:
    person, hours = loaded.people[eligible.person], loaded.hours[eligible.person]
    taken = next(
        ((kind, each) for kind, spans in hours.taken.items() for each in spans if overlaps([each], span)), None
    )
    return Reach(
        person=person,
        standing=eligible.standing,
        taken=taken[0] if taken else None,
        until_at=instant_of(taken[1].end) if taken else None,
        free_at=None if eligible.until is None else instant_of(eligible.until),
        note=_reach_note(loaded, person, eligible.standing, span),
        calendar=_old(hours),
    )


def _reach_note(loaded: LoadedCase, person: Person, standing: Standing, span: Span) -> Note | None:
    if standing is Standing.FREE:
        return note_on(loaded, person, span)
    return _silent(loaded.hours[str(person.pk)], span) if standing is Standing.TO_ASK else None
