"""What makes one time better than another: what the law asks in its order, then every other term by its weight.

What the law asks comes first: a quorum (every proposal has one), before the due date, with notice to the family. Among
times that are equal in this the smallest sum of what each term counts, times its weight (`meetings.weights`), is best;
of equal sums the earlier time.
"""

from collections.abc import Sequence
from enum import StrEnum

from meetings.core.cases import Proposal
from meetings.core.ranking import (
    EARLIEST,
    FEWEST_EMPTY,
    FEWEST_RESEATINGS,
    FEWEST_TO_ASK,
    MOST_PREFERRED,
    Term,
    rank,
    spread,
    weighted,
)
from meetings.frames import Frame
from meetings.offers import Offer, offer_of
from meetings.reasons import Reason, Why, reasons_of
from meetings.weights import Number, Weighs

__all__ = [
    "Frame",
    "Lawful",
    "Reason",
    "Why",
    "best_offers",
    "best_proposals",
    "best_with_same_people",
    "decision_of",
    "nearest_offers",
    "reasons_of",
    "terms_of",
    "weighed_terms",
]

# People keep 1:15 in mind better than 1:10. Every zone's offset is a multiple of a quarter hour.
ROUND_MINUTES = 15


class Lawful(StrEnum):
    """What the law asks, which no weight outweighs, in its order."""

    BEFORE_DUE = "before_due"
    NOTICE = "notice"


def terms_of(frame: Frame) -> tuple[Term, ...]:
    """Return the sort keys: what the law asks, the sum of all that is weighed, the earlier time."""
    return (
        *_lawful_terms(frame),
        weighted("weighed", [(term, weight) for term, weight in _weighed(frame) if weight]),
        EARLIEST,
    )


def weighed_terms(frame: Frame) -> dict[Weighs, Term]:
    """Return how each term that is weighed counts a proposal, in its unit. Less is better."""
    return {
        Weighs.RESEATINGS: FEWEST_RESEATINGS,
        Weighs.TO_ASK: FEWEST_TO_ASK,
        Weighs.PREFERRED: MOST_PREFERRED,
        # Overdue already: each day counts more than comfort, but not more than what the family asked for.
        Weighs.DAYS_LATE: Term("days_late", lambda proposal: frame.days_late(proposal.start)),
        Weighs.USUAL_NOTICE: Term("usual_notice", lambda proposal: frame.is_sooner_than_usual(proposal.start)),
        Weighs.ROOM_BEFORE_DUE: Term("room_before_due", lambda proposal: frame.lack_of_room(proposal.start)),
        Weighs.PLANNING_PERIODS: Term("planning_periods", frame.planning_periods),
        Weighs.OPTIONAL: FEWEST_EMPTY,
        Weighs.EVEN_LOAD: Term("even_load", frame.representative_load),
        Weighs.REST: Term("rest", frame.short_rests),
        Weighs.ONE_BUILDING: Term("one_building", frame.travels),
        Weighs.ROUND_START: Term("round_start", lambda proposal: bool(proposal.start % ROUND_MINUTES)),
        Weighs.SOONER: Term("sooner", lambda proposal: frame.days_ahead(proposal.start)),
    }


def _lawful_terms(frame: Frame) -> tuple[Term, ...]:
    return (
        Term(Lawful.BEFORE_DUE, lambda proposal: frame.is_late(proposal.start)),
        Term(Lawful.NOTICE, lambda proposal: frame.is_short_of_notice(proposal.start)),
    )


def _weighed(frame: Frame) -> list[tuple[Term, Number]]:
    return [(term, frame.weights[name]) for name, term in weighed_terms(frame).items()]


def decision_of(frame: Frame, better: Proposal, other: Proposal) -> Lawful | Weighs | None:
    """Return what put one proposal before another: the law, else the term that weighs most between the two.

    Of equals the earlier one is first: SOONER. None where the other one is not behind at all.
    """
    for term in _lawful_terms(frame):
        if term.key(better) != term.key(other):
            return Lawful(term.name) if term.key(better) < term.key(other) else None
    gaps = {
        name: frame.weights[name] * (term.key(other) - term.key(better)) for name, term in weighed_terms(frame).items()
    }
    gap = sum(gaps.values())
    if gap > 0:
        return max(gaps, key=lambda name: gaps[name])
    return Weighs.SOONER if gap == 0 and better.start < other.start else None


def best_proposals(frame: Frame, proposals: Sequence[Proposal], *counts: int) -> list[Proposal]:
    """Return up to the last of these counts of proposals, best first, spread over days and parts of the day.

    Those of each count come before the others of the next, so that the first few are spread by themselves.
    """
    ranked = rank(proposals, terms_of(frame))
    found: dict[int, Proposal] = {}
    for count in counts:
        found |= {each.start: each for each in spread(ranked, count, frame.loaded.case.zone)}
    return list(found.values())


def best_offers(frame: Frame, proposals: Sequence[Proposal], count: int) -> list[Offer]:
    """Return up to `count` offers, best first, spread over days and parts of the day."""
    return [offer_of(frame.loaded, proposal) for proposal in best_proposals(frame, proposals, count)]


def best_with_same_people(frame: Frame, proposals: Sequence[Proposal], count: int) -> list[Proposal]:
    """Return up to `count` proposals, best first, where every seat has its holder already, whom no load is to spare."""
    return best_proposals(frame, proposals, count)


def nearest_offers(frame: Frame, proposals: Sequence[Proposal], start: int, count: int) -> list[Offer]:
    """Return up to `count` offers that are nearest in time to one that does not work, spread over days."""
    distance = Term("distance", lambda proposal: abs(proposal.start - start))
    nearest = spread(rank(proposals, [FEWEST_TO_ASK, distance]), count, frame.loaded.case.zone)
    return [offer_of(frame.loaded, proposal) for proposal in sorted(nearest, key=lambda each: each.start)]
