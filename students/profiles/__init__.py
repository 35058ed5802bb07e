"""What the law and a state's rules say, as data: one file per state, each number with its unit, source and date.

A file with a field, a unit or a kind of rule that is not known, or with a number that names no source, stops the
start and says where. What only a district or a second hand says is a suggestion: it counts once the district
confirms it. What nobody found stays unset.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
FEDERAL = "US"


class Standing(StrEnum):
    """How sure a rule is."""

    VERIFIED = "verified"
    TO_CONFIRM = "to_confirm"
    UNSET = "unset"


class Unit(StrEnum):
    """The three kinds of day, 34 CFR 300.11."""

    CALENDAR = "calendar"
    SCHOOL = "school"
    BUSINESS = "business"


class Pause(StrEnum):
    """What a clock does not count."""

    SUMMER = "summer"
    LONG_BREAKS = "long_breaks"  # Breaks of more than five weekdays without school.
    ABSENCES = "absences"  # The child's, where there are three or more.


class Then(StrEnum):
    """When a clock that starts late in the school year ends."""

    AFTER_YEAR_ENDS = "after_year_ends"
    AFTER_NEXT_YEAR_BEGINS = "after_next_year_begins"
    JUNE_30 = "june_30"


class Waiver(StrEnum):
    """How a parent may waive it."""

    IN_WRITING = "in_writing"
    NOT_KNOWN = "not_known"


class RuleKey(StrEnum):
    """Which rule. Their order is that of the page."""

    TEAM_NAME = "team_name"
    NOTICE_OF_MEETING = "notice_of_meeting"
    DOCUMENTS_BEFORE_MEETING = "documents_before_meeting"
    ATTEMPTS = "attempts"
    REQUEST_ANSWER = "request_answer"
    INITIAL_EVALUATION = "initial_evaluation"
    INITIAL_IEP = "initial_iep"
    ANNUAL_REVIEW = "annual_review"
    REEVALUATION = "reevaluation"
    MANIFESTATION_DETERMINATION = "manifestation_determination"
    TRANSFER_MEETING = "transfer_meeting"
    PARENT_REQUESTED_MEETING = "parent_requested_meeting"
    MEETING_REQUEST_ANSWER = "meeting_request_answer"
    RECONVENE = "reconvene"
    FINISHED_IEP = "finished_iep"
    PART_C_TO_B = "part_c_to_b"
    TRANSITION = "transition"
    AGE_OF_MAJORITY = "age_of_majority"
    RECORDS_REQUEST = "records_request"


STARTS = {
    "consent",
    "referral",
    "request",
    "eligibility",
    "report",
    "removal_decision",
    "enrollment",
    "meeting",
    "last_review",
    "last_evaluation",
}
ENDS = {"evaluation", "report", "eligibility", "meeting", "iep", "offer", "placement", "answer", "copy"}
COUNTED_BACK = {RuleKey.NOTICE_OF_MEETING, RuleKey.DOCUMENTS_BEFORE_MEETING}
ABOUT = {"standing", "cite", "source", "verified_on", "note", "why", "replaces_federal"}
COUNTED = {"days", "unit", "starts_at", "ends_at", "exceptions", "waiver", "pauses", "late_start", "or_sooner"}
FIELDS: Mapping[RuleKey, set[str]] = {
    RuleKey.TEAM_NAME: {"words"},
    RuleKey.ATTEMPTS: {"tries", "ways", "on_days"},
    RuleKey.ANNUAL_REVIEW: {"years", "starts_at", "ends_at"},
    RuleKey.REEVALUATION: {"years", "starts_at", "ends_at", "exceptions"},
    RuleKey.PART_C_TO_B: {"age"},
    RuleKey.TRANSITION: {"age"},
    RuleKey.AGE_OF_MAJORITY: {"age"},
}
VALUE: Mapping[RuleKey, str] = {
    RuleKey.TEAM_NAME: "words",
    RuleKey.ATTEMPTS: "tries",
    RuleKey.ANNUAL_REVIEW: "years",
    RuleKey.REEVALUATION: "years",
    RuleKey.PART_C_TO_B: "age",
    RuleKey.TRANSITION: "age",
    RuleKey.AGE_OF_MAJORITY: "age",
}


class ProfileError(ValueError):
    """A profile cannot be used as it is written."""


@dataclass(frozen=True)
class LateStart:
    """A clock that starts `least` to `most` days before the school year's last day ends otherwise."""

    least: int
    most: int
    unit: Unit
    then: Then
    days: int = 0


@dataclass(frozen=True)
class Rule:
    """One rule of one profile. Which of the values it has, its key says; an unset rule has none."""

    key: RuleKey
    profile: str
    standing: Standing = Standing.VERIFIED
    days: int | None = None
    years: int | None = None
    age: int | None = None
    tries: int | None = None
    ways: int | None = None
    on_days: int | None = None
    words: str = ""
    unit: Unit | None = None
    starts_at: str = ""
    ends_at: str = ""
    exceptions: tuple[str, ...] = ()
    waiver: Waiver | None = None
    pauses: tuple[Pause, ...] = ()
    late_start: LateStart | None = None
    or_sooner: Mapping[str, int] = field(default_factory=dict)
    cite: str = ""
    source: str = ""
    verified_on: date | None = None
    note: str = ""
    why: str = ""
    replaces_federal: bool = False

    @property
    def is_counted_back(self) -> bool:
        """Whether its days are counted from the meeting towards today."""
        return self.key in COUNTED_BACK


@dataclass(frozen=True)
class Profile:
    """A state's rules, or the federal ones."""

    code: str
    name: str
    rules: Mapping[RuleKey, Rule]


@cache
def profiles() -> Mapping[str, Profile]:
    """Return every profile by its code. Raises ProfileError, naming file and line, where one is not well written."""
    found = [read(path) for path in sorted(HERE.glob("*.toml"))]
    return {profile.code: profile for profile in found}


def states() -> list[Profile]:
    """Return the profiles of states in the order of their names."""
    return sorted((profile for code, profile in profiles().items() if code != FEDERAL), key=lambda one: one.name)


@dataclass(frozen=True)
class Stands:
    """How one rule stands in a state: what is in force (it may be unset), and what its profile only suggests."""

    rule: Rule
    suggestion: Rule | None = None


def rules_of(state: str) -> Mapping[RuleKey, Stands]:
    """Return how each rule stands in a state; one without a profile, or none at all, runs on the federal rules.

    A verified rule of the state is in force. Where it is only suggested or unset the federal one is, unless the
    state is known to have its own: then nothing is, until the district says.
    """
    own = profiles()[state].rules if state in profiles() else {}
    return {key: _stands(key, own.get(key)) for key in RuleKey}


def _stands(key: RuleKey, own: Rule | None) -> Stands:
    federal = profiles()[FEDERAL].rules.get(key) or Rule(key, FEDERAL, Standing.UNSET)
    if own is None:
        return Stands(federal)
    if own.standing is Standing.VERIFIED:
        return Stands(own)
    suggestion = own if own.standing is Standing.TO_CONFIRM else None
    if own.standing is Standing.UNSET and (own.replaces_federal or federal.standing is Standing.UNSET):
        return Stands(own)
    if own.replaces_federal:
        return Stands(Rule(key, own.profile, Standing.UNSET, why="The state has a rule of its own."), suggestion)
    return Stands(federal, suggestion)


def read(path: Path) -> Profile:
    """Return the profile of one file. Raises ProfileError, naming file and line."""
    text = path.read_text(encoding="utf-8")
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{path.name}: {error}") from error
    code, name = str(tables.pop("code", "")), str(tables.pop("name", ""))
    if not code or not name:
        raise ProfileError(f"{path.name}, line 1: a profile begins with its code and its name.")
    rules = {}
    for key, table in tables.items():
        try:
            rules[RuleKey(key)] = _rule(key, table, code)
        except (ValueError, TypeError) as error:
            raise ProfileError(f"{path.name}, line {_line_of(text, key)}: {key}: {error}") from error
    return Profile(code, name, rules)


def _rule(key: str, table: Any, code: str) -> Rule:
    if key not in set(RuleKey):
        raise ValueError("there is no rule of this name.")
    rule_key = RuleKey(key)
    if unknown := set(table) - FIELDS.get(rule_key, COUNTED) - ABOUT:
        raise ValueError(f"the field {min(unknown)} is not known here.")
    values = dict(table)
    if late := values.pop("late_start", None):
        values["late_start"] = _late_start(late)
    rule = Rule(
        rule_key,
        code,
        Standing(values.pop("standing", Standing.VERIFIED)),
        unit=_unit(values.pop("unit", None)),
        exceptions=tuple(values.pop("exceptions", ())),
        pauses=tuple(Pause(pause) for pause in values.pop("pauses", ())),
        waiver=Waiver(values.pop("waiver")) if "waiver" in values else None,
        **values,
    )
    _check(rule)
    return rule


def _late_start(table: Mapping[str, Any]) -> LateStart:
    unit = _unit(table["unit"])
    if unit is None:
        raise ValueError("late_start needs a unit.")
    return LateStart(int(table["least"]), int(table["most"]), unit, Then(table["then"]), int(table.get("days", 0)))


def _unit(word: str | None) -> Unit | None:
    if word is None:
        return None
    if word not in set(Unit):
        raise ValueError(f"{word!r} is not a unit: calendar, school or business.")
    return Unit(word)


def _check(rule: Rule) -> None:
    """Raise ValueError where a rule lacks what its standing asks for."""
    value = getattr(rule, VALUE.get(rule.key, "days"))
    if rule.standing is Standing.UNSET:
        if value or not rule.why:
            raise ValueError("what is unset has no value, and says why.")
        return
    if not value:
        raise ValueError(f"it has no {VALUE.get(rule.key, 'days')}.")
    if rule.days is not None and rule.unit is None:
        raise ValueError("its days have no unit.")
    is_from_to = rule.starts_at in STARTS and rule.ends_at in ENDS
    if rule.days is not None and not rule.is_counted_back and not is_from_to:
        raise ValueError("it does not say from what to what it is counted.")
    if rule.standing is Standing.VERIFIED and not (rule.source and rule.cite and rule.verified_on):
        raise ValueError("what is verified names its cite, its source and the day it was read.")
    if rule.standing is Standing.TO_CONFIRM and not rule.why:
        raise ValueError("what is to be confirmed says why.")


def _line_of(text: str, key: str) -> int:
    heads = [number for number, line in enumerate(text.splitlines(), 1) if line.strip().startswith(f"[{key}]")]
    return heads[0] if heads else 1
