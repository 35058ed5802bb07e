"""Display only: words that pages about meetings share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template

from meetings.models import Message

register = template.Library()


@register.filter
def instant(text: str) -> datetime:
    """Return the instant that a history keeps as text."""
    return datetime.fromisoformat(text)


@register.filter
def of(found: Mapping[int, object], key: int) -> object:
    """Return what was found by this key, or nothing."""
    return found.get(key)


@register.filter
def day_type(name: str) -> str:
    """Return a kind of day as the roster names it, in words: "early release" for early_release."""
    return name.replace("_", " ")


@register.filter
def lower_role(label: str) -> str:
    """Return a role's name inside a sentence: "general education teacher", but "LEA representative"."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


@register.simple_tag
def undelivered_count(user: Any) -> int:
    """Return how many messages that concern this member of the staff did not arrive, in one query."""
    return Message.objects.reported_to(user).undelivered().count()
