"""Propose times: the best times for one meeting, and the week around them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from meetings.core.cases import Proposal
from meetings.core.proposals import propose as proposals_of
from meetings.core.schooldays import local_day
from meetings.forms.times import CheckForm
from meetings.loaders import LoadedCase
from meetings.models import Meeting
from meetings.offers import Offer, offer_of
from meetings.terms import Frame, Lawful, Reason, Why, best_proposals, decision_of, reasons_of
from meetings.views.asked import Asked, asked_of
from meetings.views.ways_out import ways_out
from meetings.weeks import Cell, Week, monday_of, week_of
from meetings.weights import Weighs
from students.requests import StaffRequest
from students.templatetags.look import clock, month_day
from students.views.rights import may_edit

CARDS, OFFERS = 3, 9
LAWFUL = frozenset({Why.AFTER_DUE, Why.SHORT_NOTICE})


class Fit(StrEnum):
    BEST = "best"
    GOOD = "good"
    POSSIBLE = "possible"
    SWAP = "swap"


@dataclass(frozen=True)
class Card:
    """One ranked time on the page. `behind` is what put it behind the card before it."""

    rank: int
    offer: Offer
    reasons: list[Reason]
    query: str
    behind: Lawful | Weighs | None

    @property
    def fit(self) -> Fit:
        if self.offer.moves:
            return Fit.SWAP
        if LAWFUL & {reason.why for reason in self.reasons}:
            return Fit.POSSIBLE
        return Fit.BEST if self.rank == 1 else Fit.GOOD


@dataclass(frozen=True)
class GridCell:
    """One half hour of the week as the grid draws it."""

    closed: str
    known: int
    to_ask: int
    missing: int
    rank: int | None
    url: str
    when: str
    is_chosen: bool = False


@require_safe
@vary_on_headers("HX-Target")
def propose(request: StaffRequest, student: int) -> HttpResponse:
    asked = asked_of(request, student)
    context = asked.context()
    if lack := _lack(request, asked):
        return render(
            request,
            "meetings/propose_empty.html",
            context | {"lack": lack, "may_edit": may_edit(request.user, asked.student)},
        )
    loaded = asked.load(with_swaps=True)
    frame = asked.frame(loaded)
    found = proposals_of(loaded.case)
    best = best_proposals(frame, found.proposals, CARDS, OFFERS)
    offers = [offer_of(loaded, each) for each in best]
    context |= {"check": CheckForm(None, search=asked.search, calendar=asked.calendar, now=asked.now)}
    context["hidden"] = asked.search.fields()
    context["grid"] = _grid(request, asked, loaded, offers)
    if request.headers.get("HX-Target") == "week":
        return render(request, "meetings/propose_week.html", context)
    context |= {"unnamed": [seat for seat in loaded.required if not seat.eligible], "booked": _booked(request, asked)}
    context |= _of_offers(loaded, offers) | ways_out(asked, loaded, found)
    cards = list(_cards(asked, frame, best, offers))
    return render(request, "meetings/propose.html", context | {"cards": cards[:CARDS], "more": cards[CARDS:]})


def _lack(request: StaffRequest, asked: Asked) -> str:
    """Return what there is not, without which no time can be looked for."""
    if not asked.dues and not request.GET.get("kind"):
        return "due_date"
    days = asked.calendar.school_days(asked.search.first, asked.search.last)
    if not days:
        return "school_days" if asked.calendar.day_types else "calendar"
    return "" if any(asked.calendar.school_hours(day) for day in days) else "bells"


def _booked(request: StaffRequest, asked: Asked) -> Meeting | None:
    meetings = Meeting.objects.visible_to(request.user).booked().filter(student=asked.student, kind=asked.search.kind)
    return meetings.filter(end_at__gt=asked.now).order_by("start_at").first()


def _cards(asked: Asked, frame: Frame, best: Sequence[Proposal], offers: Sequence[Offer]) -> Iterator[Card]:
    before: Proposal | None = None
    for rank, (proposal, offer) in enumerate(zip(best, offers, strict=True), start=1):
        behind = decision_of(frame, before, proposal) if before else None
        yield Card(rank, offer, reasons_of(frame, offer), asked.search.query(at=offer.at), behind)
        before = proposal


def _of_offers(loaded: LoadedCase, offers: Sequence[Offer]) -> dict[str, object]:
    swapped = [offer for offer in offers if offer.moves]
    partly = [offer for offer in offers if offer.to_ask and not offer.moves]
    return {
        "certain": len(offers) - len(partly) - len(swapped),
        "partly": len(partly),
        "swapped": len(swapped),
        "roles": len(loaded.required),
        "least_known": min((len(offer.known) for offer in partly), default=0),
        "most_known": max((len(offer.known) for offer in partly), default=0),
    }


def _grid(request: StaffRequest, asked: Asked, loaded: LoadedCase, offers: Sequence[Offer]) -> dict[str, object]:
    week = week_of(loaded, _monday(request, asked, loaded, offers), offers, asked.now)
    return {
        "caption": f"Week of {month_day(week.monday)}: how many of {week.total} required roles can be filled",
        "monday": week.monday,
        "total": week.total,
        "days": [{"weekday": f"{day:%a}", "date": month_day(day)} for day in week.days],
        "rows": _rows(week, asked),
        "old_calendars": loaded.old_calendars,
        "previous": week.previous and asked.search.query(week=week.previous),
        "following": week.following and asked.search.query(week=week.following),
    }


def _monday(request: StaffRequest, asked: Asked, loaded: LoadedCase, offers: Sequence[Offer]) -> date:
    """Return the week that was asked for inside the dates of the search, else that of the best time."""
    first, last = max(asked.search.first, asked.today), asked.search.last
    try:
        said = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        said = None
    if said is not None and monday_of(first) <= monday_of(said) <= monday_of(last):
        return monday_of(said)
    if offers:
        return monday_of(local_day(asked.zone, offers[0].start))
    return monday_of(next(iter(asked.calendar.school_days(first, last)), first))


def _rows(week: Week, asked: Asked) -> list[dict[str, object]]:
    why = reverse("meetings:why", args=[asked.student.pk])
    return [
        {
            "label": clock(row.time),
            "is_hour": row.time.minute == 0,
            "cells": [_cell(cell, f"{why}?{asked.search.query(at=cell.at)}", asked.zone) for cell in row.cells],
        }
        for row in week.rows
    ]


def _cell(cell: Cell, url: str, zone: str) -> GridCell:
    when = "" if cell.closed else clock(cell.start_at, zone)
    return GridCell(cell.closed or "", cell.known, cell.to_ask, cell.missing, cell.rank, url, when)
