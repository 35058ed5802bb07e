"""The order of proposals: named terms, each a sort key, and a choice that is spread over days."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

from meetings.core.cases import Proposal
from meetings.core.schooldays import local_day, local_minute

NOON = 720


@dataclass(frozen=True, slots=True)
class Term:
    """One named consideration: `key` gives each proposal a number, and less is better."""

    name: str
    key: Callable[[Proposal], float]


def preferring(proposal: Proposal) -> tuple[str, ...]:
    """Return the people in the meeting who prefer its time."""
    return next((reason.people for reason in proposal.reasons if reason.term == "preferred"), ())


FEWEST_RESEATINGS = Term("reseatings", lambda proposal: len(proposal.reseatings))
FEWEST_TO_ASK = Term("to_ask", lambda proposal: len(proposal.to_ask))
MOST_PREFERRED = Term("preferred", lambda proposal: -len(preferring(proposal)))
FEWEST_EMPTY = Term("optional", lambda proposal: sum(person is None for person in proposal.seating.values()))
EARLIEST = Term("earlier", lambda proposal: proposal.start)

# The order in which `propose` returns its proposals.
STANDARD_TERMS = (FEWEST_RESEATINGS, FEWEST_TO_ASK, MOST_PREFERRED, FEWEST_EMPTY, EARLIEST)


def weighted(name: str, terms: Sequence[tuple[Term, float]]) -> Term:
    """Return one term that adds up several, each times its weight, so that none of them outranks the others."""
    keys = [(term.key, weight) for term, weight in terms]
    return Term(name, lambda proposal: sum(weight * key(proposal) for key, weight in keys))


def rank(proposals: Iterable[Proposal], terms: Sequence[Term] = STANDARD_TERMS) -> list[Proposal]:
    """Return the proposals ordered by the first term, then by the second among equals, and so on. Stable."""
    return sorted(proposals, key=lambda proposal: [term.key(proposal) for term in terms])


def spread(proposals: Sequence[Proposal], count: int, zone: str) -> list[Proposal]:
    """Return up to `count` of the ranked proposals, still in rank order, that are not all one good time.

    The best of each day comes first, then the best of each half day, of each hour, and only then their neighbours.
    """

    def half_day(proposal: Proposal) -> Hashable:
        return local_day(zone, proposal.start), local_minute(zone, proposal.start) < NOON

    keys: list[Callable[[Proposal], Hashable]] = [
        lambda proposal: local_day(zone, proposal.start),
        half_day,
        lambda proposal: proposal.start // 60,
        lambda proposal: proposal.start,
    ]
    chosen: set[int] = set()
    for key in keys:
        seen = {key(proposals[index]) for index in chosen}
        for index, proposal in enumerate(proposals):
            if len(chosen) >= count:
                break
            if key(proposal) not in seen:
                seen.add(key(proposal))
                chosen.add(index)
    return [proposals[index] for index in sorted(chosen)]
