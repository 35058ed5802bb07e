"""How the answers of one meeting stand: three marks, never mixed; and which may be no person's."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from meetings.models import CameBy, Mark, Message, MessageKind, Reply, Requirement, Seat
from students.models import Role

BEST_FIRST = (Mark.CONFIRMED, Mark.TO_ASK, Mark.MISSING)
# Mail scanners open the links of a mail, and some press its buttons, in the first seconds: 22 were seen.
SCANNED_WITHIN = timedelta(seconds=60)
TAKEN_WITHIN = timedelta(seconds=10)
ASKS = (MessageKind.PARENT_LINK, MessageKind.PARENT_REMINDER)


@dataclass(frozen=True)
class Place:
    """One required place at the table: a seat, or the parents together, of whom one is enough."""

    role: str
    role_name: str
    mark: Mark
    names: tuple[str, ...]


@dataclass(frozen=True)
class Answers:
    """The required places of a meeting, by mark."""

    places: tuple[Place, ...]

    @cached_property
    def confirmed(self) -> list[Place]:
        return self._marked(Mark.CONFIRMED)

    @cached_property
    def to_ask(self) -> list[Place]:
        return self._marked(Mark.TO_ASK)

    @cached_property
    def missing(self) -> list[Place]:
        return self._marked(Mark.MISSING)

    @property
    def waiting_for(self) -> list[str]:
        return list(dict.fromkeys(name for place in self.to_ask for name in place.names))

    def _marked(self, mark: Mark) -> list[Place]:
        return [place for place in self.places if place.mark is mark]


def answers_of(seats: Iterable[Seat]) -> Answers:
    """Return the required places. The seats must come with their holders, or one query is made for each."""
    rows = list(seats)
    parents = [seat for seat in rows if seat.role == Role.PARENT]
    places = [_place([seat]) for seat in rows if seat.requirement == Requirement.REQUIRED and seat not in parents]
    if any(seat.requirement == Requirement.REQUIRED for seat in parents):
        places.insert(0, _place(parents))
    return Answers(tuple(places))


def _place(seats: list[Seat]) -> Place:
    marks = [seat.mark for seat in seats]
    mark = next(mark for mark in BEST_FIRST if mark in marks)
    names = tuple(seat.holder.full_name for seat in seats if seat.mark is mark and seat.holder)
    return Place(seats[0].role, seats[0].get_role_display(), mark, names)


def seconds_after_mail(replies: Iterable[Reply]) -> dict[int, int]:
    """Return, by reply, how many seconds after its mail it came, where a mail scanner may have pressed it. One query.

    What a member of the staff wrote down is a person's; so is what came from a calendar. A mail counts as gone out
    when the server has taken it, which a scanner on the way may be quicker than: then it is 0.
    """
    on_the_page = [reply for reply in replies if reply.came_by == CameBy.PAGE and reply.recorded_by_id is None]
    own = [reply for reply in on_the_page if reply.link_id is not None]
    if not own:
        return {}
    gone_out: dict[int | None, list[datetime]] = defaultdict(list)
    mails = Message.objects.filter(link__in={reply.link_id for reply in own}, kind__in=ASKS)
    for link_id, sent_at in mails.values_list("link", "sent_at"):
        if sent_at is not None:
            gone_out[link_id].append(sent_at)
    found: dict[int, int] = {}
    for reply in own:
        waits = [reply.at - sent_at for sent_at in gone_out[reply.link_id]]
        if soon := [wait for wait in waits if -TAKEN_WITHIN <= wait <= SCANNED_WITHIN]:
            found[reply.pk] = max(int(min(soon).total_seconds()), 0)
    return found
