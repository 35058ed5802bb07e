"""From what happened to what is due: which rule each event starts, and what kind of meeting meets it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from students.counting import CannotBeCountedError, Counted, SchoolYears, count, soonest
from students.models import ClockEvent, MeetingKind
from students.profiles import Rule, RuleKey
from students.rules import InForce


@dataclass(frozen=True)
class Starts:
    """What an event starts: a rule, and the kind of meeting that is due by it, if any."""

    key: RuleKey
    kind: MeetingKind


STARTS: Mapping[ClockEvent, Starts] = {
    ClockEvent.REFERRAL: Starts(RuleKey.INITIAL_EVALUATION, MeetingKind.INITIAL_ELIGIBILITY),
    ClockEvent.CONSENT: Starts(RuleKey.INITIAL_EVALUATION, MeetingKind.INITIAL_ELIGIBILITY),
    ClockEvent.ELIGIBILITY: Starts(RuleKey.INITIAL_IEP, MeetingKind.INITIAL_IEP),
    ClockEvent.REMOVAL_DECISION: Starts(RuleKey.MANIFESTATION_DETERMINATION, MeetingKind.MANIFESTATION_DETERMINATION),
    ClockEvent.ENROLLMENT: Starts(RuleKey.TRANSFER_MEETING, MeetingKind.TRANSFER),
    ClockEvent.PARENT_REQUEST: Starts(RuleKey.PARENT_REQUESTED_MEETING, MeetingKind.PARENT_REQUESTED),
}


@dataclass(frozen=True)
class Reading:
    """What follows from an event: the rule, and the day with the way to it; or why there is none."""

    event: ClockEvent
    on: date
    rule: Rule
    kind: MeetingKind
    counted: Counted | None = None
    is_other_start: bool = False  # The state counts from another event: this one is kept for the record.
    cannot: str = ""


def read_clock(
    event: ClockEvent,
    on: date,
    rules: Mapping[RuleKey, InForce],
    years: SchoolYears,
    *,
    before: Mapping[str, date] | None = None,
) -> Reading:
    """Return what an event of this day makes due. `before` are the student's other events by their name.

    A state that counts from another event, such as the referral instead of consent, gets no due date from this one.
    What cannot be counted says why, and nothing is guessed.
    """
    starts = STARTS[event]
    rule = rules[starts.key].rule
    if rule.days and rule.starts_at != event.value and event.value not in rule.or_sooner:
        return Reading(event, on, rule, starts.kind, is_other_start=True)
    try:
        if rule.or_sooner:
            counted = soonest(rule, {**(before or {}), event.value: on}, years)
        else:
            counted = count(rule, on, years)
    except CannotBeCountedError as error:
        return Reading(event, on, rule, starts.kind, cannot=str(error))
    return Reading(event, on, rule, starts.kind, counted)
