"""The question and the answer of a proposal search, as values."""

from dataclasses import dataclass

from meetings.core.intervals import Span
from meetings.core.seats import Meeting, Person, Seat


@dataclass(frozen=True, slots=True)
class Case:
    """One meeting to be placed: `duration` minutes, inside `window`, starting on the local grid of `step` minutes.

    `limit` cuts the proposals after ranking; None returns all. `max_reseatings` is how many seats of existing
    meetings may change holder for one proposal.
    """

    zone: str
    window: Span
    duration: int
    step: int
    people: tuple[Person, ...]
    seats: tuple[Seat, ...]
    meetings: tuple[Meeting, ...] = ()
    max_reseatings: int = 0
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Reseating:
    """One seat of an existing meeting handed from one person to another."""

    meeting: str
    seat: str
    from_: str
    to: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a time is good, as a value: the page finds the words. `people` are those it speaks of."""

    term: str
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """A time that can work, and with whom: `seating` names every seat, an optional one that nobody fills is None."""

    start: int
    end: int
    seating: dict[str, str | None]
    to_ask: tuple[str, ...] = ()
    reseatings: tuple[Reseating, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposals:
    """Every start that was looked at, how many can work, the best of them in order, and who stands in the way.

    `blockers` counts, for each required seat, the impossible starts that become possible when that seat alone is
    made optional; a seat that would open nothing is left out.
    """

    searched: int
    possible: int
    proposals: tuple[Proposal, ...]
    blockers: dict[str, int]
