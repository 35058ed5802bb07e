"""Set when a group is reminded of meetings of one kind, or go back to what is usual."""

from django.db import transaction

from meetings.models import ReminderRule
from meetings.reminder_rules import Rule, rule_of
from students.editing.rows import version_of

NO_RULE = "none"


def version_of_rule(row: ReminderRule | None) -> str:
    """Return a word that differs as soon as the rule does; there is one for having no rule of one's own."""
    return version_of(row) if row else NO_RULE


@transaction.atomic
def set_rule(kind: str, group: str, rule: Rule | None, *, version: str) -> bool:
    """Write the rule of this kind and group, or take it away with None, so that the usual one holds.

    Return False, and change nothing, where someone changed it since `version`. Reminders that wait to be sent stay.
    """
    values = {"days_before": list(rule.days_before), "ask_again_after": rule.ask_again_after} if rule else {}
    # Two who write the first rule of one kind and group at once: the second waits here, and finds it.
    _, is_new = ReminderRule.objects.get_or_create(kind=kind, group=group, defaults=values) if rule else (None, False)
    held = ReminderRule.objects.select_for_update(no_key=True).filter(kind=kind, group=group).first()
    if version_of_rule(None if is_new else held) != version:
        transaction.set_rollback(True)
        return False
    if held is None:
        return True
    if rule is None:
        held.delete()
    elif rule_of(held) != rule:
        ReminderRule.objects.filter(pk=held.pk).update(**values)
    return True
