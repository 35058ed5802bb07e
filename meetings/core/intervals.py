"""Spans of time and their algebra: whole minutes since the Unix epoch, in UTC, half-open."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS_PER_DAY = 86_400


class Span(NamedTuple):
    """The time from `start` up to, and without, `end`: minutes since the Unix epoch, UTC."""

    start: int
    end: int


def minute_of(instant: datetime) -> int:
    """Return the minutes since the Unix epoch of an aware instant on a whole minute.

    Raises ValueError for a naive datetime and for one with seconds.
    """
    if instant.utcoffset() is None:
        raise ValueError("an instant needs an offset from UTC")
    since = instant - EPOCH
    minutes, seconds = divmod(since.days * SECONDS_PER_DAY + since.seconds, 60)
    if seconds or since.microseconds:
        raise ValueError("an instant lies on a whole minute")
    return minutes


def instant_of(minute: int) -> datetime:
    """Return the aware UTC datetime of a number of minutes since the Unix epoch."""
    return datetime.fromtimestamp(minute * 60, UTC)


def whole_minutes(start_at: datetime, end_at: datetime) -> Span:
    """Return the span between two aware instants with its ends on whole minutes, never shorter than it was."""
    start, end = start_at.replace(second=0, microsecond=0), end_at.replace(second=0, microsecond=0)
    return Span(minute_of(start), minute_of(end) + (end != end_at))


def union(spans: Iterable[Span]) -> list[Span]:
    """Return the time covered by any of the spans: sorted, disjoint, touching ones merged, no empty ones.

    The spans may come in any order and may overlap.
    """
    merged: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if merged and start <= merged[-1].end:
            if end > merged[-1].end:
                merged[-1] = Span(merged[-1].start, end)
        else:
            merged.append(Span(start, end))
    return merged


def intersect(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """Return the time covered by both lists. Each must be sorted and disjoint, as `union` gives it."""
    shared: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i].start, right[j].start), min(left[i].end, right[j].end)
        if start < end:
            shared.append(Span(start, end))
        # Whichever span ends first cannot meet anything later.
        if left[i].end <= right[j].end:
            i += 1
        else:
            j += 1
    return shared


def subtract(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """Return the time of `left` that `right` leaves over. Each must be sorted and disjoint, as `union` gives it."""
    rest: list[Span] = []
    j = 0
    for start, end in left:
        while j < len(right) and right[j].end <= start:
            j += 1
        k = j
        while k < len(right) and right[k].start < end:
            if start < right[k].start:
                rest.append(Span(start, right[k].start))
            start = right[k].end
            k += 1
        if start < end:
            rest.append(Span(start, end))
    return rest


def covers(spans: Iterable[Span], span: Span) -> bool:
    """Return whether the spans, taken together, hold all of `span`. An empty span is always held."""
    if span.start >= span.end:
        return True
    near = [each for each in spans if each[0] <= span.end and span.start <= each[1]]
    return any(start <= span.start and span.end <= end for start, end in union(near))


def overlaps(spans: Iterable[Span], span: Span) -> bool:
    """Return whether any of the spans shares at least one minute with `span`."""
    return any(max(start, span.start) < min(end, span.end) for start, end in spans)
