"""Which due dates are listed, and in which order: the same for the page and for the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import F, Q, QuerySet

from meetings.coverage import SOON_DAYS, Scope
from students.models import MeetingKind, Staff, folded

DIGITS_OF_AN_ID = 18
SORTS = {
    "student": "student__person__search_name",
    "kind": "kind",
    "due": "due_on",
    "school": "student__school__name",
    "manager": "student__case_manager__person__search_name",
    "meets": "meets_at",
}


class State(StrEnum):
    OPEN = "open"
    OVERDUE = "overdue"
    SOON = "soon"
    NOT_BOOKED = "not_booked"
    WAITING = "waiting"
    BOOKED = "booked"


@dataclass(frozen=True)
class DueFilter:
    """What the address asks for. Whatever it cannot mean is left out."""

    school: int | None
    manager: int | None
    kind: str
    state: State
    words: str
    sort: str
    is_descending: bool

    def chosen(self, scope: Scope) -> QuerySet[Any]:
        """Return the due dates that fit, in the order asked for."""
        found = scope.due_dates.filter(self._state(scope))
        if self.manager is not None:
            found = found.filter(student__case_manager=self.manager)
        if self.kind:
            found = found.filter(kind=self.kind)
        for word in folded(self.words).split():
            found = found.filter(student__person__search_name__contains=word)
        column = F(SORTS[self.sort])
        order = column.desc(nulls_last=True) if self.is_descending else column.asc(nulls_last=True)
        return found.order_by(order, "due_on", "pk")

    def _state(self, scope: Scope) -> Q:
        match self.state:
            case State.OVERDUE:
                return scope.overdue
            case State.SOON:
                return scope.due_within(SOON_DAYS) & Q(meets_at=None)
            case State.NOT_BOOKED:
                return Q(meets_at=None)
            case State.WAITING:
                return Q(waiting_since__isnull=False)
            case State.BOOKED:
                return Q(meets_at__isnull=False)
            case _:
                return Q()


def due_filter(asked: Mapping[str, str]) -> DueFilter:
    state, kind, sort = asked.get("state", ""), asked.get("kind", ""), asked.get("sort", "")
    return DueFilter(
        school=_number(asked.get("school", "")),
        manager=_number(asked.get("manager", "")),
        kind=kind if kind in MeetingKind.values else "",
        state=State(state) if state in set(State) else State.OPEN,
        words=asked.get("q", "").strip()[:100],
        sort=sort.removeprefix("-") if sort.removeprefix("-") in SORTS else "due",
        is_descending=sort.startswith("-"),
    )


def managers_of(scope: Scope) -> QuerySet[Staff]:
    """Return the case managers of the scope's students."""
    here = Staff.objects.visible_to(scope.viewer).filter(
        caseload__school__in=scope.schools, caseload__has_iep=True, caseload__person__gone_at=None
    )
    return here.order_by("person__search_name").distinct()


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= DIGITS_OF_AN_ID else None
