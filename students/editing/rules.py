"""Set a rule otherwise than the state's profile has it, and end that again."""

from datetime import datetime

from django.db import IntegrityError, transaction

from students.editing.rows import Values
from students.models import District, RuleOverride, Staff
from students.profiles import RuleKey


class SetAlready(Exception):  # noqa: N818  It is an answer, not a fault.
    """Someone set this rule since the page was opened."""


def set_rule(key: RuleKey, values: Values, *, replaces: int | None, by: Staff, now: datetime) -> RuleOverride:
    """End what the district held of this rule, and hold these values from their day on.

    `replaces` is the override that the page showed. Raises SetAlready where another one stands there by now.
    """
    try:
        with transaction.atomic():
            standing = RuleOverride.objects.select_for_update(no_key=True).filter(key=key, ended_at=None).first()
            if (standing.pk if standing else None) != replaces:
                raise SetAlready
            if standing:
                end_rule(standing, by=by, now=now)
            return RuleOverride.objects.create(key=key, made_at=now, made_by=by, **values)
    except IntegrityError as error:
        raise SetAlready from error


def end_rule(override: RuleOverride, *, by: Staff, now: datetime) -> bool:
    """Go back to the state's profile; return False where someone did so before."""
    rows = RuleOverride.objects.filter(pk=override.pk, ended_at=None)
    return rows.update(ended_at=now, ended_by=by) == 1


def hold_again(override: RuleOverride) -> bool:
    """Take back that a rule was ended; return False where it stands, or another one does by now."""
    try:
        with transaction.atomic():
            rows = RuleOverride.objects.filter(pk=override.pk, ended_at__isnull=False)
            return rows.update(ended_at=None, ended_by=None) == 1
    except IntegrityError:
        return False


def choose_state(code: str) -> bool:
    """Let the district run on a state's profile; return whether that is another one than before."""
    return District.objects.exclude(state=code).update(state=code) > 0
