"""Who stands in the way of more times, and each lawful way out."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from meetings.core.cases import Proposals
from meetings.core.proposals import propose
from meetings.elsewhere import CAN_CHANGE_HANDS
from meetings.forms.times import USUAL_DAYS, Search
from meetings.lengths import MINUTES
from meetings.loaders import LoadedCase
from meetings.quorum import WantedSeat
from meetings.views.asked import Asked
from students.models import MeetingKind, Role

# 34 CFR 300.321(e) speaks of the members in (a)(2) to (5), and of meetings of the IEP team.
EXCUSABLE = frozenset(
    {
        Role.SPECIAL_EDUCATION_TEACHER,
        Role.GENERAL_EDUCATION_TEACHER,
        Role.LEA_REPRESENTATIVE,
        Role.EVALUATION_INTERPRETER,
    }
)
NOT_OF_THE_TEAM = frozenset({MeetingKind.SECTION_504, MeetingKind.MANIFESTATION_DETERMINATION})


@dataclass(frozen=True)
class Blocker:
    """A required seat without which so many starts would open, and what can be done. No seat: the room."""

    seat: WantedSeat | None
    starts: int
    is_excusable: bool = False
    is_swapped: bool = False


@dataclass(frozen=True)
class Shorter:
    """A shorter meeting, and how many starts it would have."""

    minutes: int
    starts: int
    query: str


def ways_out(asked: Asked, loaded: LoadedCase, found: Proposals) -> dict[str, object]:
    """Return who stands in the way, the one whom most depends on first, and what else could be looked for."""
    later = asked.search.around(max(asked.search.last + timedelta(days=1), asked.today), USUAL_DAYS // 2)
    due = asked.search.due
    return {
        "blockers": _blockers(asked, loaded, found),
        "shorter": list(_shorter(asked.search, loaded)),
        "later": later,
        "is_later_late": due is not None and later.first > due.due_on,
        "most_swaps": loaded.district.most_reseatings,
    }


def _blockers(asked: Asked, loaded: LoadedCase, found: Proposals) -> list[Blocker]:
    seats = {seat.key: seat for seat in loaded.wanted}
    is_of_team = asked.search.kind not in NOT_OF_THE_TEAM
    blockers = [_blocker(seats.get(key), starts, is_of_team=is_of_team) for key, starts in found.blockers.items()]
    return sorted(blockers, key=lambda blocker: -blocker.starts)


def _blocker(seat: WantedSeat | None, starts: int, *, is_of_team: bool) -> Blocker:
    if seat is None:
        return Blocker(None, starts)
    return Blocker(seat, starts, is_of_team and seat.role in EXCUSABLE, seat.role in CAN_CHANGE_HANDS)


def _shorter(search: Search, loaded: LoadedCase) -> Iterator[Shorter]:
    for minutes in reversed([minutes for minutes in MINUTES if minutes < search.minutes]):
        case = replace(loaded.case, duration=minutes, limit=0, max_reseatings=0)
        starts = propose(case, with_blockers=False).possible
        if starts:
            yield Shorter(minutes, starts, search.query(minutes=minutes))
