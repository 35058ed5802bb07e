"""What a booked meeting has lost: its required seats that nobody fills any more, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db.models import F, Max, Q

from meetings.availability import Availability, Taken
from meetings.core.intervals import covers, overlaps, whole_minutes
from meetings.loaders import LoadedCase, load_case
from meetings.models import Answer, Commitment, FlagCause, Meeting, Requirement, Seat
from meetings.quorum import may_fill
from students.models import Person, PersonKind, Role

# Time that is not the meeting's: rest between two meetings is a wish, and what is away has a cause of its own. What
# someone's own calendar says takes no seat away: it may still show the time from which the meeting has just moved.
OWN_HOURS = (Taken.TEACHING, Taken.LUNCH, Taken.DUTY, Taken.ELSEWHERE)
# 34 CFR 300.321(a)(2) to (4). Of whoever can interpret evaluation results, (a)(5), no row says who no longer can; and
# what a child's own provider is there for, the team decides by name.
BY_ROWS = frozenset({Role.LEA_REPRESENTATIVE, Role.SPECIAL_EDUCATION_TEACHER, Role.GENERAL_EDUCATION_TEACHER})
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Loss:
    """A required seat that nobody fills, why, and who holds it."""

    seat: Seat
    cause: FlagCause

    @property
    def person(self) -> Person | None:
        return self.seat.holder


def losses_of(meeting: Meeting, *, now: datetime) -> list[Loss]:
    """Return the required seats of a meeting that nobody fills, in the order of the seats.

    "One or both of the child's parents", 34 CFR 300.322(a): any parent fills the parents' place. Of staff it is also
    asked whether they are away, free by their hours, and may still fill the role. A yes stands against whatever was
    written of their time before it: they knew. What is written later counts again, until they say yes once more.
    """
    seats = list(meeting.seats.select_related("holder__staff").order_by("pk"))
    required = [seat for seat in seats if seat.requirement == Requirement.REQUIRED]
    found = {seat.pk: cause for seat in required if seat.role != Role.PARENT and (cause := _plain(seat))}
    found |= _parents([seat for seat in seats if seat.role == Role.PARENT])
    staff = [seat for seat in required if seat.pk not in found and _is_staff(seat)]
    if staff:
        found |= _of_staff(meeting, staff, now=now)
    return [Loss(seat, found[seat.pk]) for seat in required if seat.pk in found]


def loaded_then(meeting: Meeting, *, now: datetime, with_swaps: bool = False) -> LoadedCase:
    """Return the case of a meeting on its own day, its hold on its people left aside."""
    day = _day(meeting)
    return load_case(
        meeting.student,
        meeting.kind,
        window_start_on=day,
        window_end_on=day,
        duration=(meeting.end_at - meeting.start_at) // timedelta(minutes=1),
        step=1,
        now=now,
        without_meeting=meeting,
        with_swaps=with_swaps,
    )


def has_been_held(seat: Seat) -> bool:
    """Return whether anybody ever held a seat."""
    return seat.holder_id is not None or _events("Seat").filter(pgh_obj=seat.pk, holder__isnull=False).exists()


def _plain(seat: Seat) -> FlagCause | None:
    """Return what the seat itself shows."""
    if seat.holder is None:
        return FlagCause.EMPTY
    if seat.holder.gone_at is not None or (_is_staff(seat) and not seat.holder.staff.is_active):
        return FlagCause.LEFT
    return FlagCause.DECLINED if seat.answer == Answer.NO else None


def _parents(seats: Sequence[Seat]) -> dict[int, FlagCause]:
    """Return the one required seat of the parents where none of them fills it."""
    causes = {seat.pk: _plain(seat) for seat in seats}
    required = next((seat for seat in seats if seat.requirement == Requirement.REQUIRED), None)
    cause = causes[required.pk] if required else None
    return {required.pk: cause} if required and cause and None not in causes.values() else {}


def _is_staff(seat: Seat) -> bool:
    return seat.holder is not None and seat.holder.kind == PersonKind.STAFF


def _day(meeting: Meeting) -> date:
    return meeting.start_at.astimezone(ZoneInfo(meeting.school.time_zone)).date()


# Staff


def _of_staff(meeting: Meeting, seats: Sequence[Seat], *, now: datetime) -> dict[int, FlagCause]:
    loaded, said_at = loaded_then(meeting, now=now), _said_yes_at(seats)
    away = set(_away(meeting, seats, said_at))
    causes = {}
    for seat in seats:
        if not _may_fill(loaded, seat, _day(meeting)):
            causes[seat.pk] = FlagCause.ROLE
        elif seat.pk in away:
            causes[seat.pk] = FlagCause.AWAY
        elif _is_out_of_hours(meeting, loaded.hours.get(str(seat.holder_id))) and _hours_count(seat, said_at):
            causes[seat.pk] = FlagCause.HOURS
    return causes


def _may_fill(loaded: LoadedCase, seat: Seat, on: date) -> bool:
    """Whether the role is still theirs, where the rows decide that."""
    wanted = [each for each in loaded.wanted if each.role == seat.role]
    if seat.role not in BY_ROWS or not wanted or any(seat.holder in each.eligible for each in wanted):
        return True
    return seat.holder_id in may_fill(loaded.student, seat.role, on)


def _away(meeting: Meeting, seats: Sequence[Seat], said_at: Mapping[int, datetime]) -> Iterator[int]:
    rows = list(
        Commitment.objects.filter(
            person__in=[seat.holder_id for seat in seats],
            start_at__lt=meeting.end_at,
            end_at__gt=meeting.start_at,
        ).values_list("pk", "person")
    )
    written_at = _written_at("Commitment", [pk for pk, _ in rows], ("person", "start_at", "end_at")) if rows else {}
    for seat in seats:
        own = [written_at.get(pk) for pk, person in rows if person == seat.holder_id]
        if any(_counts(at, said_at.get(seat.pk)) for at in own):
            yield seat.pk


def _is_out_of_hours(meeting: Meeting, hours: Availability | None) -> bool:
    if hours is None:
        return False
    span = whole_minutes(meeting.start_at, meeting.end_at)
    taken = [each for kind in OWN_HOURS for each in hours.taken.get(kind, ())]
    return overlaps(taken, span) or not covers((*hours.free, *hours.unknown), span)


def _hours_count(seat: Seat, said_at: Mapping[int, datetime]) -> bool:
    if seat.pk not in said_at:
        return True
    changes = (
        _events("WeeklyHours").filter(person=seat.holder_id),
        _events("Assignment", "students").filter(staff=seat.holder_id),
    )
    return any(rows.filter(pgh_created_at__gt=said_at[seat.pk]).exists() for rows in changes)


# What was written when, by the database's own clock


def _said_yes_at(seats: Sequence[Seat]) -> dict[int, datetime]:
    yes = [seat.pk for seat in seats if seat.answer == Answer.YES]
    known = _written_at("Seat", yes, ("holder", "answer", "answered_at")) if yes else {}
    return dict.fromkeys(yes, LONG_AGO) | known


def _written_at(model: str, ids: Sequence[int], fields: Sequence[str]) -> dict[int, datetime]:
    """Return, by pk, when these fields of a row came to be what they are. An entry of a change holds the row before."""
    same = Q(**{f"pgh_obj__{field}": F(field) for field in fields})
    rows = _events(model).filter(Q(pgh_label="added") | (Q(pgh_label="changed") & ~same), pgh_obj__in=ids)
    return dict(rows.order_by().values_list("pgh_obj").annotate(at=Max("pgh_created_at")))


def _counts(written_at: datetime | None, said_at: datetime | None) -> bool:
    return said_at is None or (written_at is not None and written_at > said_at)


def _events(model: str, app: str = "meetings") -> Any:
    return apps.get_model(app, f"{model}Event").objects
