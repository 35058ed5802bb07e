"""When each group is reminded of meetings of each kind: what is usual, and what the district has set instead."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from meetings.models import RemindedGroup, ReminderRule, Requirement, Seat
from students.models import MeetingKind, PersonKind

EVERY_KIND = ""


@dataclass(frozen=True)
class Rule:
    """Days before the meeting, most first; and the school days after which one who is silent is asked once more."""

    days_before: tuple[int, ...] = ()
    ask_again_after: int | None = None


STAFF = Rule((7, 1))
USUAL: Mapping[RemindedGroup, Rule] = {
    RemindedGroup.FAMILY: Rule((1,), 2),
    RemindedGroup.REQUIRED: STAFF,
    RemindedGroup.OPTIONAL: STAFF,
    RemindedGroup.OUTSIDE: STAFF,
}


@dataclass(frozen=True)
class Policy:
    """What is in force. The rule of a kind goes before that of every kind, which goes before the usual one."""

    own: Mapping[tuple[str, str], Rule]

    def of(self, kind: str, group: str) -> Rule:
        """Return the rule for one group at meetings of one kind; EVERY_KIND for those without a rule of their own."""
        usual = self.own.get((EVERY_KIND, group)) or USUAL[RemindedGroup(group)]
        return self.own.get((kind, group)) or usual

    def kinds(self) -> list[str]:
        """Return the kinds that have a rule of their own, in the order in which pages name kinds."""
        kept = {kind for kind, _ in self.own}
        return [kind for kind in MeetingKind.values if kind in kept]

    def days(self, groups: Iterable[str]) -> list[int]:
        """Return every number of days before a meeting on which someone of these groups may be reminded."""
        rules = [self.of(kind, group) for kind in (EVERY_KIND, *self.kinds()) for group in groups]
        return sorted({days for rule in rules for days in rule.days_before}, reverse=True)

    def waits(self, group: str) -> list[int]:
        """Return after how many school days silent people of this group may be asked again; nothing: never."""
        rules = [self.of(kind, group) for kind in (EVERY_KIND, *self.kinds())]
        return sorted({rule.ask_again_after for rule in rules if rule.ask_again_after is not None})


def policy() -> Policy:
    """Return what the district has set, in one query."""
    return Policy({(row.kind, row.group): rule_of(row) for row in ReminderRule.objects.all()})


def rule_of(row: ReminderRule) -> Rule:
    """Return what a row says."""
    return Rule(tuple(sorted(set(row.days_before), reverse=True)), row.ask_again_after)


def group_of(kind_of_person: str, requirement: str) -> RemindedGroup | None:
    """Return the group to which the holder of a seat belongs; None for a student, who is asked through the family."""
    if kind_of_person == PersonKind.GUARDIAN:
        return RemindedGroup.FAMILY
    if kind_of_person == PersonKind.OUTSIDE:
        return RemindedGroup.OUTSIDE
    if kind_of_person == PersonKind.STAFF:
        return RemindedGroup.OPTIONAL if requirement == Requirement.OPTIONAL else RemindedGroup.REQUIRED
    return None


def group_of_seat(seat: Seat) -> RemindedGroup | None:
    """Return the group to which the holder of this seat belongs."""
    return group_of(seat.holder.kind, seat.requirement) if seat.holder else None
