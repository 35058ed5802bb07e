"""Every term that the ranking weighs, with its unit and its usual weight: the one place where they are.

What the law asks is not weighed: it comes first. Among lawful times the one with the smallest sum of units times
weights is best. The usual weights are so far apart that one unit of a term outweighs one of every term below it
together; several units of a lower term can outweigh it, and a district can put its own weights in their place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LEAST_WEIGHT, MOST_WEIGHT = 0, 1_000_000

Number = int | float


class Weighs(StrEnum):
    """The terms that are weighed, the weightiest first."""

    RESEATINGS = "reseatings"
    TO_ASK = "to_ask"
    PREFERRED = "preferred"
    DAYS_LATE = "days_late"
    USUAL_NOTICE = "usual_notice"
    ROOM_BEFORE_DUE = "room_before_due"
    PLANNING_PERIODS = "planning_periods"
    OPTIONAL = "optional"
    EVEN_LOAD = "even_load"
    REST = "rest"
    ONE_BUILDING = "one_building"
    ROUND_START = "round_start"
    SOONER = "sooner"


@dataclass(frozen=True)
class Weight:
    """One term: its name in words, what one unit of it is, and what that usually weighs."""

    term: Weighs
    label: str
    unit: str
    usual: int


WEIGHTS = (
    Weight(Weighs.RESEATINGS, "Fewest swaps", "each person who takes over a seat elsewhere", 200_000),
    Weight(Weighs.TO_ASK, "Fewest people still to be asked", "each required role to be asked", 50_000),
    Weight(
        Weighs.PREFERRED, "What the family prefers", "each member of the family whom it suits, in its favor", 10_000
    ),
    Weight(Weighs.DAYS_LATE, "Soon, where the due date is past", "each day after the due date", 1_000),
    Weight(Weighs.USUAL_NOTICE, "The usual notice to the family", "less notice than is usual here", 500),
    Weight(Weighs.ROOM_BEFORE_DUE, "Room before the due date", "past the target, and again in the last days", 200),
    Weight(Weighs.PLANNING_PERIODS, "Planning periods spared", "each person who gives up planning time", 50),
    Weight(Weighs.OPTIONAL, "Optional members who can come", "each optional member who cannot", 20),
    Weight(Weighs.EVEN_LOAD, "Even load on representatives", "the busiest one instead of the least busy", 10),
    Weight(Weighs.REST, "A rest between meetings", "each person with something else close by", 4),
    Weight(Weighs.ONE_BUILDING, "One building for those who travel", "each person at another school close by", 2),
    Weight(Weighs.ROUND_START, "A round start", "a start off the quarter hour", 1),
    Weight(Weighs.SOONER, "Sooner", "each day later", 0),
)
USUAL: Mapping[Weighs, int] = {weight.term: weight.usual for weight in WEIGHTS}


def weights_of(own: object) -> dict[Weighs, Number]:
    """Return the weight of every term: the district's own where that is a number in range, else the usual one."""
    return dict(USUAL) | (_own(own) if isinstance(own, Mapping) else {})


def _own(own: Mapping[Any, Any]) -> dict[Weighs, Number]:
    return {term: own[term] for term in USUAL if is_weight(own.get(term))}


def own_weights(weights: Mapping[Weighs, Number]) -> dict[str, Number]:
    """Return what a district keeps of these weights: those that differ from the usual ones."""
    return {term.value: weights[term] for term, usual in USUAL.items() if weights.get(term, usual) != usual}


def is_weight(value: object) -> bool:
    """Whether a value can be a weight: a number in range, and no yes or no."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return LEAST_WEIGHT <= value <= MOST_WEIGHT
