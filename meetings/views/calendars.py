"""One's own calendars: the meetings in one's own, and what one's own says of when one is busy."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from meetings.actions.calendar_feed import close_feed, open_feed
from meetings.actions.calendar_source import add_address, read_soon, remove
from meetings.feeds.addresses import RefusedAddressError
from meetings.forms.calendars import AddressForm
from meetings.models import CalendarFeed, CalendarKind, CalendarSource
from meetings.owncalendars import OwnCalendar, own_calendar_of
from meetings.views.hours import Desk, desk_of
from students.requests import StaffRequest

JUST_NOW = timedelta(minutes=1)
# A calendar that was added is read within seconds.
SOON = timedelta(minutes=5)


@dataclass(frozen=True)
class Line:
    """One of one's own calendars, and how far it can be relied on."""

    source: CalendarSource
    own: OwnCalendar
    is_new: bool

    @property
    def is_address(self) -> bool:
        return self.source.kind == CalendarKind.ADDRESS

    @property
    def title(self) -> str:
        return self.source.name or ("Calendar" if self.is_address else self.source.get_kind_display())

    @property
    def counts(self) -> bool:
        """Whether it says anything of one's time: a directory that never knew someone does not."""
        return self.is_address or self.source.good_at is not None


@require_http_methods(["GET", "HEAD", "POST"])
def calendars(request: StaffRequest) -> HttpResponse:
    desk = desk_of(request.user)
    form = AddressForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return page(request, desk, form)
    address, name = form.cleaned_data["address"], form.cleaned_data["name"]
    try:
        add_address(request.user.person, address, name, by=request.user, now=desk.now)
    except RefusedAddressError as refused:
        form.add_error("address", str(refused))
        return page(request, desk, form)
    messages.success(request, "Added. It is being read; until then you count as to be asked, not as free.")
    return redirect("meetings:calendars")


@require_POST
def calendars_feed(request: StaffRequest) -> HttpResponse:
    """Show the new address on the answer itself: it is kept nowhere, so no other page could show it."""
    desk = desk_of(request.user)
    token = open_feed(request.user.person, now=desk.now)
    address = f"{settings.BASE_URL}{reverse('meetings:feed', args=[token])}"
    return page(request, desk, AddressForm(), address=address)


@require_POST
def calendars_feed_off(request: StaffRequest) -> HttpResponse:
    desk = desk_of(request.user)
    if close_feed(request.user.person, now=desk.now):
        messages.success(request, "Switched off. Calendars that used the address find nothing there any more.")
    else:
        messages.info(request, "It was off already.")
    return redirect("meetings:calendars")


@require_POST
def calendars_read(request: StaffRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(CalendarSource.objects.visible_to(request.user), pk=pk)
    desk = desk_of(request.user)
    if source.tried_at is not None and desk.now - source.tried_at < JUST_NOW:
        messages.info(request, "It was read less than a minute ago.")
    else:
        read_soon(source)
        messages.success(request, "It is being read. Open this page again in a moment to see what came of it.")
    return redirect("meetings:calendars")


@require_POST
def calendars_remove(request: StaffRequest, pk: int) -> HttpResponse:
    addresses = CalendarSource.objects.visible_to(request.user).filter(kind=CalendarKind.ADDRESS)
    source = get_object_or_404(addresses, pk=pk)
    remove(source, by=request.user, now=desk_of(request.user).now)
    messages.success(request, "Removed, with every time that it took. Its address is not kept.")
    return redirect("meetings:calendars")


def page(request: StaffRequest, desk: Desk, form: AddressForm, *, address: str = "") -> HttpResponse:
    sources = CalendarSource.objects.visible_to(request.user)
    context: dict[str, Any] = {
        "feed": CalendarFeed.objects.filter(person=desk.staff.pk, revoked_at=None).first(),
        "address": address,
        "form": form,
        "lines": [_line(source, desk.now) for source in sources],
        "zone": desk.zone,
        "today": desk.today,
    }
    response = render(request, "meetings/calendars.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def _line(source: CalendarSource, now: datetime) -> Line:
    return Line(source, own_calendar_of(source, now), is_new=now - source.created_at < SOON and not source.trouble)
