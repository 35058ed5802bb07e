"""Display only: what a template needs to say a time, a date or a state. Nothing here reads the clock or decides."""

from datetime import date, datetime, time
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django import template
from django.conf import settings
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from students.made_up import is_shown_made_up_district

register = template.Library()

Zone = ZoneInfo | str | None

NOON = 12
MOST_DOTS = 6
DOT = '<circle class="is-known" cx="{0}" cy="4.5" r="3.2"/>'
RING = '<circle cx="{0}" cy="4.5" r="2.8"/>'
DASH = '<line x1="{1}" y1="4.5" x2="{2}" y2="4.5"/>'


def _here(moment: datetime, zone: Zone) -> datetime:
    if isinstance(zone, str):
        zone = ZoneInfo(zone)
    return moment.astimezone(zone or timezone.get_current_timezone())


def _date(moment: date, zone: Zone) -> date:
    # A datetime is a date too, but its date is that of its own zone, which may be tomorrow at the school.
    return _here(moment, zone).date() if isinstance(moment, datetime) else moment


def _hour_and_minute(moment: datetime | time) -> str:
    return f"{moment.hour % NOON or NOON}:{moment.minute:02}"


def _half(moment: datetime | time) -> str:
    return "AM" if moment.hour < NOON else "PM"


@register.filter
def clock(moment: datetime | time | None, zone: Zone = None) -> str:
    """Return "1:30 PM", in the given zone (a ZoneInfo or its name), else in the active one."""
    if moment is None:
        return ""
    if isinstance(moment, datetime):
        moment = _here(moment, zone)
    return f"{_hour_and_minute(moment)} {_half(moment)}"


@register.filter
def day(moment: date | None, zone: Zone = None) -> str:
    """Return "Thursday, December 3" for a date or an instant."""
    if moment is None:
        return ""
    on = _date(moment, zone)
    return f"{on:%A, %B} {on.day}"


@register.filter
def short_day(moment: date | None, zone: Zone = None) -> str:
    """Return "Thu, Dec 3" for a date or an instant."""
    if moment is None:
        return ""
    on = _date(moment, zone)
    return f"{on:%a, %b} {on.day}"


@register.filter
def month_day(moment: date | None, zone: Zone = None) -> str:
    """Return "Dec 3" for a date or an instant."""
    if moment is None:
        return ""
    on = _date(moment, zone)
    return f"{on:%b} {on.day}"


@register.simple_tag
def span(start: datetime | time, end: datetime | time, zone: Zone = None) -> str:
    """Return "1:30 – 2:30 PM" or "11:30 AM – 12:30 PM"."""
    first = _here(start, zone) if isinstance(start, datetime) else start
    last = _here(end, zone) if isinstance(end, datetime) else end
    if _half(first) == _half(last):
        return f"{_hour_and_minute(first)} – {clock(last, zone)}"
    return f"{clock(first, zone)} – {clock(last, zone)}"


@register.filter
def due_in(due_on: date | None, today: date) -> str:
    """Return "18 days", "1 day", "today" or "4 days overdue", counted in calendar days from today."""
    if due_on is None:
        return ""
    days = (due_on - today).days
    if days == 0:
        return "today"
    count = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return count if days > 0 else f"{count} overdue"


@register.filter
def grade(code: str) -> str:
    """Return "3" for the roster's "03", and "K" for "KG"."""
    return "K" if code == "KG" else code.lstrip("0") or code


@register.filter
def percent(share: float) -> str:
    """Return "34.5%" for 34.5: always with a point, as SVG wants it, whatever the language."""
    return f"{share:.2f}".rstrip("0").rstrip(".") + "%"


@register.filter
def thousands(number: float) -> str:
    """Return "200,000"."""
    return f"{number:,}"


@register.filter
def heat_level(count: int) -> int:
    """Return the shade of a load cell: 0 none, 1 one or two, 2 up to four, 3 up to six, 4 more."""
    return min((count + 1) // 2, 4)


@register.filter
def times(count: int) -> range:
    """Return a range to loop over: {% for _ in 3|times %}."""
    return range(count)


class Cell(Protocol):
    """A start time in the week grid: how many required seats have someone known to be free, to be asked, or nobody."""

    @property
    def known(self) -> int: ...

    @property
    def to_ask(self) -> int: ...

    @property
    def missing(self) -> int: ...


@register.filter
def cell_shade(cell: Cell) -> str:
    """Return the shade's name: full, open (nobody missing, some to be asked), or 1, 2, 3 for how many are missing."""
    if cell.missing:
        return str(min(cell.missing, 3))
    return "open" if cell.to_ask else "full"


@register.filter
def cell_words(cell: Cell) -> str:
    """Return what the dots say: "3 of 5 free, 1 to be asked, 1 missing"."""
    words = [f"{cell.known} of {cell.known + cell.to_ask + cell.missing} free"]
    if cell.to_ask:
        words.append(f"{cell.to_ask} to be asked")
    if cell.missing:
        words.append(f"{cell.missing} missing")
    return ", ".join(words)


@register.filter
def cell_dots(cell: Cell) -> SafeString:
    """Return the dots: filled for known, a ring for to be asked, a dash for missing. None where they would not fit."""
    total = cell.known + cell.to_ask + cell.missing
    if total > MOST_DOTS:
        return format_html('<span aria-hidden="true">of {}</span>', total)
    shapes = [DOT] * cell.known + [RING] * cell.to_ask + [DASH] * cell.missing
    drawn = format_html_join(
        "", "{}", ((format_html(shape, n * 9 + 4.5, n * 9 + 1.5, n * 9 + 7.5),) for n, shape in enumerate(shapes))
    )
    return format_html(
        '<svg class="dots" viewBox="0 0 {0} 9" width="{0}" height="9" aria-hidden="true">{1}</svg>', total * 9, drawn
    )


@register.simple_tag(takes_context=True)
def demo_district(context: Context) -> bool:
    """Return whether what is loaded is the made-up district and nothing else; asked once a minute in each process.

    Pages that are shown without a request, such as those of an error, ask nothing of the database.
    """
    return "request" in context and is_shown_made_up_district()


@register.simple_tag
def demo_mailbox() -> bool:
    return bool(settings.DEMO_MAILBOX)


@register.simple_tag
def account_of(user: Any) -> dict[str, Any]:
    """Return where a staff member works and whether they administer a school, in one query."""
    posts = list(user.assignments.select_related("school"))
    names = sorted({post.school.name for post in posts})
    if user.is_district_wide:
        place = "Whole district"
    else:
        place = names[0] if len(names) == 1 else f"{len(names)} schools" if names else ""
    return {"place": place, "administers": user.is_district_wide or any(post.is_administrator for post in posts)}


@register.simple_block_tag
def captured(content: str) -> str:
    """Return what the block renders, so that a base page can compare what a child's block says."""
    return content.strip()
