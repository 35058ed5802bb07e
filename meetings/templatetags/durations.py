"""How long something took or has been, in words."""

from datetime import datetime, timedelta

from django import template

register = template.Library()

UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
FROM = 2  # "90 minutes" says more than "1 hour".


@register.filter
def duration(length: timedelta) -> str:
    """Return "40 seconds", "90 minutes", "3 days": whole ones, of the largest unit of which there are two."""
    seconds = max(int(length.total_seconds()), 0)
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= FROM * size), UNITS[-1])
    count = seconds // size
    return f"{count} {unit}{'' if count == 1 else 's'}"


@register.filter
def since(now: datetime, moment: datetime) -> str:
    """Return how long ago the moment is: {{ now|since:seen_at }} ago."""
    return duration(now - moment)
