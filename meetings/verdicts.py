"""Whether one named time works: yes, yes with a swap, or no; and the nearest times that need no swap."""

from dataclasses import dataclass, replace
from enum import StrEnum

from meetings.core.explanations import explain
from meetings.core.intervals import Span
from meetings.core.proposals import propose, propose_at
from meetings.loaders import with_agreement
from meetings.offers import Offer, Reach, offer_explained, offer_of, reaches
from meetings.terms import Frame, nearest_offers

AFTER = 2


class Verdict(StrEnum):
    """What is to be said of one time."""

    YES = "yes"
    SWAP = "swap"
    NO = "no"


@dataclass(frozen=True)
class Looked:
    """One time, looked at: the best that can be done, what is there as things stand, and the nearest that work."""

    verdict: Verdict
    offer: Offer
    standing: Offer
    reached: dict[str, tuple[Reach, ...]]
    frame: Frame
    nearest: tuple[Offer, ...]


def look(frame: Frame, start: int, agreed: str | None) -> Looked:
    """Return whether the meeting can start at this minute. `agreed` is the guardian who said that they come then.

    The nearest times, one before and two after, are those at which it works without a swap, whatever was said.
    """
    loaded = frame.loaded
    if agreed is not None:
        loaded = with_agreement(loaded, agreed, Span(start, start + loaded.case.duration))
    why = explain(loaded.case, start)
    standing = offer = offer_explained(loaded, why)
    verdict = Verdict.YES if standing.is_possible else Verdict.NO
    if verdict is Verdict.NO and (proposal := propose_at(loaded.case, start)) is not None:
        verdict, offer = Verdict.SWAP, offer_of(loaded, proposal)
    heard = replace(frame, loaded=loaded)
    return Looked(verdict, offer, standing, reaches(loaded, why), heard, _nearest(frame, start))


def _nearest(frame: Frame, start: int) -> tuple[Offer, ...]:
    found = propose(replace(frame.loaded.case, max_reseatings=0, limit=None), with_blockers=False).proposals
    before = [each for each in found if each.start < start]
    after = [each for each in found if each.start > start]
    return (*nearest_offers(frame, before, start, 1), *nearest_offers(frame, after, start, AFTER))
