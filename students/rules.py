"""Which rule is in force here: the state's profile, or what the district set instead of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from students.models import District, RuleOverride
from students.profiles import VALUE, Rule, RuleKey, Standing, Unit, Waiver, rules_of

# What a clock without a profile runs from and to.
STARTS_AT = {
    RuleKey.REQUEST_ANSWER: "request",
    RuleKey.INITIAL_EVALUATION: "consent",
    RuleKey.TRANSFER_MEETING: "enrollment",
    RuleKey.PARENT_REQUESTED_MEETING: "request",
    RuleKey.MEETING_REQUEST_ANSWER: "request",
    RuleKey.RECONVENE: "meeting",
    RuleKey.FINISHED_IEP: "meeting",
}
ENDS_AT = {
    RuleKey.REQUEST_ANSWER: "answer",
    RuleKey.INITIAL_EVALUATION: "evaluation",
    RuleKey.TRANSFER_MEETING: "meeting",
    RuleKey.PARENT_REQUESTED_MEETING: "meeting",
    RuleKey.MEETING_REQUEST_ANSWER: "answer",
    RuleKey.RECONVENE: "meeting",
    RuleKey.FINISHED_IEP: "copy",
}


@dataclass(frozen=True)
class InForce:
    """One rule as it holds here, what the profile says without the district, and what it suggests."""

    rule: Rule
    profile: Rule
    suggestion: Rule | None = None
    override: RuleOverride | None = None
    coming: RuleOverride | None = None  # Set, and not begun yet.


def rules_in_force(on: date) -> Mapping[RuleKey, InForce]:
    """Return each rule as it holds on a day, in two queries."""
    district = District.objects.first()
    overrides = {row.key: row for row in RuleOverride.objects.filter(ended_at=None).select_related("made_by__person")}
    stands = rules_of(district.state if district else "")
    found = {}
    for key, one in stands.items():
        override = overrides.get(key)
        begun = override is not None and override.from_on <= on
        found[key] = InForce(
            overridden(one.rule, override) if override and begun else one.rule,
            one.rule,
            one.suggestion,
            override if begun else None,
            override if override and not begun else None,
        )
    return found


def overridden(rule: Rule, override: RuleOverride) -> Rule:
    """Return the rule with the district's number in place of the profile's. What the number is counted from stays."""
    field = VALUE.get(rule.key, "days")
    value = override.words if field == "words" else override.number
    plain = Rule(
        rule.key,
        "district",
        Standing.VERIFIED if value else Standing.UNSET,
        starts_at=rule.starts_at or STARTS_AT.get(rule.key, ""),
        ends_at=rule.ends_at or ENDS_AT.get(rule.key, ""),
        unit=Unit(override.unit) if override.unit else None,
        ways=override.ways,
        on_days=override.on_days,
        waiver=Waiver(override.waiver) if override.waiver else None,
        pauses=rule.pauses,
        exceptions=rule.exceptions,
        why=override.why,
    )
    given: dict[str, Any] = {field: value} if value else {}
    return replace(plain, **given)
