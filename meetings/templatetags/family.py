"""Times as a family reads them: in their language, on a 12-hour clock in every one of them."""

from datetime import datetime, time

from django import template
from django.utils import timezone
from django.utils.translation import pgettext

register = template.Library()

NOON = 12
NO_BREAK = "\N{NO-BREAK SPACE}"


def _here(moment: datetime | time) -> datetime | time:
    return timezone.localtime(moment) if isinstance(moment, datetime) else moment


def _half(moment: datetime | time) -> str:
    return pgettext("time of day", "AM") if moment.hour < NOON else pgettext("time of day", "PM")


def _bare(moment: datetime | time) -> str:
    return f"{moment.hour % NOON or NOON}:{moment.minute:02}"


@register.filter
def family_clock(moment: datetime | time) -> str:
    """Return "1:30 PM" in the reader's language, for an instant in the active zone or a time on the wall."""
    here = _here(moment)
    return f"{_bare(here)}{NO_BREAK}{_half(here)}"


@register.simple_tag
def family_span(start: datetime | time, end: datetime | time) -> str:
    """Return "1:30 – 2:30 PM", or "11:30 AM – 12:30 PM", in the reader's language."""
    first, last = _here(start), _here(end)
    begins = _bare(first) if _half(first) == _half(last) else family_clock(first)
    return pgettext("time span", "%(start)s – %(end)s") % {"start": begins, "end": family_clock(last)}
