"""The swap as a drawing: who is where as things stand, and once they say yes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from meetings.availability import Taken
from meetings.core.intervals import Span, overlaps, whole_minutes
from meetings.core.schooldays import local_minute
from meetings.offers import Move
from meetings.verdicts import Looked
from students.models import Person
from students.templatetags.look import clock

HALF_HOUR, EDGE = 30, 15


class Stands(StrEnum):
    """What a block stands for."""

    ELSEWHERE = "elsewhere"
    OURS = "ours"
    OTHER = "other"


@dataclass(frozen=True)
class Block:
    """Time of one person: where it begins and how wide it is, in percent of the drawing."""

    stands: Stands
    at: float
    width: float
    move: Move | None = None
    taken: Taken | None = None
    is_agreed: bool = True


@dataclass(frozen=True)
class Row:
    """One person, before and after."""

    person: Person
    before: tuple[Block, ...]
    after: tuple[Block, ...]


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Picture:
    """The rows of everyone in the swap, the meeting's own time, and the half hours."""

    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    at: float
    width: float


def picture_of(looked: Looked, zone: str) -> Picture:
    """Return the drawing of a swap."""
    offer = looked.offer
    spans = [Span(offer.start, offer.end), *(_span(move) for move in offer.moves)]
    whole = Span(
        min(span.start for span in spans) // HALF_HOUR * HALF_HOUR,
        -(-max(span.end for span in spans) // HALF_HOUR) * HALF_HOUR + EDGE,
    )
    people = dict.fromkeys(person for move in offer.moves for person in (move.giver, move.taker))
    ticks = range(whole.start, whole.end, HALF_HOUR)
    return Picture(
        rows=tuple(_row(person, looked, whole) for person in people),
        ticks=tuple(Tick(_percent(minute, whole), _hour(zone, minute)) for minute in ticks),
        at=_percent(offer.start, whole),
        width=_percent(offer.end, whole) - _percent(offer.start, whole),
    )


def _row(person: Person, looked: Looked, whole: Span) -> Row:
    offer = looked.offer
    gives = [move for move in offer.moves if move.giver == person]
    takes = [move for move in offer.moves if move.taker == person]
    other = tuple(_others(person, looked, whole))
    after = [_moved(move, whole, is_agreed=False) for move in takes]
    if any(seat.person == person for seat in offer.seats):
        after.append(_block(Stands.OURS, Span(offer.start, offer.end), whole, is_agreed=False))
    return Row(person, (*(_moved(move, whole, is_agreed=True) for move in gives), *other), (*after, *other))


def _others(person: Person, looked: Looked, whole: Span) -> Iterator[Block]:
    """Yield what else takes them in this time; seats that others could take only where they are not given away."""
    given: Sequence[Span] = [_span(move) for move in looked.offer.moves if move.giver == person]
    for kind, spans in looked.frame.loaded.hours[str(person.pk)].taken.items():
        for span in spans:
            if overlaps([span], whole) and not (kind == Taken.SEATED and overlaps(given, span)):
                yield _block(Stands.OTHER, span, whole, taken=kind)


def _moved(move: Move, whole: Span, *, is_agreed: bool) -> Block:
    return _block(Stands.ELSEWHERE, _span(move), whole, move=move, is_agreed=is_agreed)


def _block(
    stands: Stands,
    span: Span,
    whole: Span,
    *,
    move: Move | None = None,
    taken: Taken | None = None,
    is_agreed: bool = True,
) -> Block:
    start, end = max(span.start, whole.start), min(span.end, whole.end)
    at = _percent(start, whole)
    return Block(stands, at, _percent(end, whole) - at, move, taken, is_agreed)


def _span(move: Move) -> Span:
    return whole_minutes(move.start_at, move.end_at)


def _hour(zone: str, minute: int) -> str:
    """Return "3:00": whether it is before noon is said beside the drawing."""
    return clock(time(*divmod(local_minute(zone, minute), 60))).split()[0]


def _percent(minute: int, whole: Span) -> float:
    return 100 * (minute - whole.start) / (whole.end - whole.start)
