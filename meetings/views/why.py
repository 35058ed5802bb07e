"""Why this time, or why not: who can be there, who cannot, and the nearest times that work."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from meetings.core.explanations import explain
from meetings.core.proposals import propose as proposals_of
from meetings.forms.times import CheckForm, named_time
from meetings.offers import FilledSeat, Offer, Reach, offer_explained, reaches
from meetings.terms import nearest_offers, reasons_of
from meetings.views.asked import Asked, asked_of
from students.models import Role
from students.requests import StaffRequest

NEAREST = 3


@dataclass(frozen=True)
class Line:
    """One required seat with everyone who may fill it."""

    seat: FilledSeat
    reaches: tuple[Reach, ...]


@require_safe
def why(request: StaffRequest, student: int) -> HttpResponse:
    asked = asked_of(request, student)
    named = named_time(request.GET, asked.zone)
    form = CheckForm(named, search=asked.search, calendar=asked.calendar, now=asked.now)
    context = asked.context() | {"check": form, "hidden": asked.search.fields()}
    if named is not None and form.is_valid():
        context |= _answer(asked, form.minute)
    return render(request, "meetings/why.html", context)


@dataclass(frozen=True)
class Near:
    """A time that works, near one that does not."""

    offer: Offer
    query: str


def _answer(asked: Asked, minute: int) -> dict[str, object]:
    loaded = asked.load()
    frame = asked.frame(loaded)
    explained = explain(loaded.case, minute)
    offer, reached = offer_explained(loaded, explained), reaches(loaded, explained)
    nearest: list[Offer] = []
    if not offer.is_possible:
        found = proposals_of(loaded.case, with_blockers=False).proposals
        nearest = nearest_offers(frame, found, minute, NEAREST)
    return {
        "offer": offer,
        "lines": [Line(seat, reached[seat.wanted.key]) for seat in offer.required],
        "others": [seat for seat in offer.optional if seat.person or seat.wanted.role != Role.PARENT],
        "reasons": reasons_of(frame, offer),
        "book_query": asked.search.query(at=offer.at),
        "nearest": [Near(each, asked.search.query(at=each.at)) for each in nearest],
    }
