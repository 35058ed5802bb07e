"""Parent can come …: one time that a family named, answered on one screen, and booked or asked for in one press."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from meetings.actions import book as booking
from meetings.actions import swap as swaps
from meetings.actions.agreement import Agreement, Waiver
from meetings.actions.busy import Taken
from meetings.actions.handover import Gone
from meetings.actions.seating import Barred, MeetingPlan, SeatPlan, family_of
from meetings.core.intervals import instant_of
from meetings.core.schooldays import NoSchoolDayError, local_day
from meetings.forms.swap import PressForm
from meetings.loaders import load_case
from meetings.models import Joins, Swap
from meetings.offers import FilledSeat, Offer, Reach, minute_at
from meetings.said import NotRead, Said, Unread, read_said
from meetings.terms import Frame, reasons_of
from meetings.verdicts import Looked, Verdict, look
from meetings.views.asked import STEP, Asked, asked_of
from meetings.views.picture import picture_of
from students.models import Person, WaiverOfNotice
from students.requests import StaffRequest

CONFLICT = 409
DAYS_AHEAD = 21
NOW_MINUTES = 45
CHANGED = "This changed while you looked at it. Nothing was booked, and nobody was written to. Look again."


@dataclass(frozen=True)
class Named:
    """The time that the address names: what was said, by whom, for how long."""

    said: Said
    guardian: Person | None
    minutes: int

    @property
    def agreement(self) -> Agreement | None:
        """What a guardian agreed to; None where somebody only looks at a time."""
        if self.guardian is None or not self.said.words:
            return None
        return Agreement(self.guardian.pk, self.said.joins, self.said.words)


@dataclass(frozen=True)
class Notice:
    """How much notice the family would get, and whether what is missing can be waived."""

    days_set: int | None
    days_given: int
    waiver: str

    @property
    def is_short(self) -> bool:
        return self.days_set is not None and self.days_given < self.days_set

    @property
    def can_be_waived(self) -> bool:
        return self.waiver == WaiverOfNotice.IN_WRITING


@require_safe
def start(request: StaffRequest) -> HttpResponse:
    """Answer the field on My students, which knows the student only by the choice beside it."""
    pk = request.GET.get("student", "")
    if not pk.isdecimal():
        messages.warning(request, "Choose the student first.")
        return redirect("students:mine")
    return can_come(request, student=int(pk))


@require_http_methods(["GET", "HEAD", "POST"])
def can_come(request: StaffRequest, student: int) -> HttpResponse:
    asked = asked_of(request, student)
    family = family_of(asked.student)
    named = _named(request, asked, family)
    context = asked.context() | {"family": family, "said_text": request.GET.get("said", ""), "now": asked.now}
    if isinstance(named, NotRead):
        return render(request, "meetings/can_come.html", context | {"unread": named})
    looked = look(_frame(asked, named), named.said.start, _key(named))
    if request.method == "POST":
        return _act(request, asked, named, looked, context)
    return _page(request, asked, named, looked, context)


def _named(request: StaffRequest, asked: Asked, family: list[Person]) -> Named | NotRead:
    read = _read(request, asked)
    if isinstance(read, NotRead):
        return read
    chosen = request.GET.get("guardian", "")
    guardian = next((person for person in family if str(person.pk) == chosen), family[0] if family else None)
    said_minutes = read.minutes or (NOW_MINUTES if read.is_now else asked.search.minutes)
    return Named(read, guardian if read.words else None, min(max(said_minutes, 15), 240))


def _read(request: StaffRequest, asked: Asked) -> Said | NotRead:
    """Return the time by its address, as every link of the page says it, else by the words that were typed."""
    words, minute = request.GET.get("said", ""), minute_at(request.GET.get("at", ""))
    if minute is None:
        return read_said(words, calendar=asked.calendar, now=asked.now)
    on = local_day(asked.zone, minute)
    if instant_of(minute) <= asked.now:
        return NotRead(Unread.PAST, on, None, words)
    if not asked.calendar.is_school_day(on):
        return NotRead(Unread.CLOSED, on, _next_school_day(asked, on), words)
    joins = request.GET.get("joins", "")
    minutes = request.GET.get("minutes", "")
    length = int(minutes) if minutes.isdecimal() else None
    return Said(minute, length, joins if joins in Joins.values else "", is_now=False, words=words[:200])


def _next_school_day(asked: Asked, on: date) -> date | None:
    try:
        return asked.calendar.add_school_days(on, 1)
    except NoSchoolDayError:
        return None


def _key(named: Named) -> str | None:
    return str(named.guardian.pk) if named.guardian else None


def _frame(asked: Asked, named: Named) -> Frame:
    day = local_day(asked.zone, named.said.start)
    loaded = load_case(
        asked.student,
        asked.search.kind,
        window_start_on=asked.today,
        window_end_on=max(day, asked.today + timedelta(days=DAYS_AHEAD)),
        duration=named.minutes,
        step=STEP,
        now=asked.now,
        calendar=asked.calendar,
        with_swaps=True,
    )
    return asked.frame(loaded)


def _notice(looked: Looked, on: date, today: date) -> Notice:
    district = looked.frame.loaded.district
    return Notice(district.notice_days, (on - today).days, district.notice_waiver)


# What is pressed


def _act(request: StaffRequest, asked: Asked, named: Named, looked: Looked, context: dict[str, object]) -> HttpResponse:
    """Do what the page offered, where it is still so."""
    if request.POST.get("seen") != looked.offer.seen or looked.verdict is Verdict.NO:
        messages.warning(request, CHANGED)
        return _page(request, asked, named, looked, context, status=CONFLICT)
    notice = _notice(looked, local_day(asked.zone, looked.offer.start), asked.today)
    waiver = _waiver(request, named, notice)
    if notice.is_short and waiver is None:
        return _page(request, asked, named, looked, context | {"waiver_error": True})
    do = _book if looked.verdict is Verdict.YES else _ask
    try:
        return do(request, asked, named, looked.offer, waiver)
    except (Taken, Barred, Gone):
        messages.warning(request, CHANGED)
        again = look(_frame(asked, named), named.said.start, _key(named))
        return _page(request, asked, named, again, context, status=CONFLICT)


def _waiver(request: StaffRequest, named: Named, notice: Notice) -> Waiver | None:
    if not notice.is_short or not notice.can_be_waived or named.guardian is None or "waived" not in request.POST:
        return None
    note = request.POST.get("waiver_note", "").strip()[:255]
    return Waiver(named.guardian.pk, notice.days_set or 0, notice.days_given, note)


def _book(request: StaffRequest, asked: Asked, named: Named, offer: Offer, waiver: Waiver | None) -> HttpResponse:
    plan, agreed = plan_of(asked, offer), named.agreement
    try:
        meeting = booking.book(asked.student, plan, by=request.user, now=asked.now, agreed=agreed, waiver=waiver)
    except booking.AlreadyBooked as found:
        return _already(request, found)
    messages.success(request, "Booked. The invites are on their way.")
    return redirect("meetings:meeting", meeting.pk)


def _ask(request: StaffRequest, asked: Asked, named: Named, offer: Offer, waiver: Waiver | None) -> HttpResponse:
    plan = swaps.SwapPlan(plan_of(asked, offer), swaps.planned(offer.moves), named.agreement, waiver)
    in_person = request.POST.get("do") == "agreed"
    try:
        swap = swaps.ask(asked.student, plan, by=request.user, in_person=in_person, now=asked.now)
    except booking.AlreadyBooked as found:
        return _already(request, found)
    except swaps.AlreadyAsked as found:
        messages.info(request, "Somebody is being asked already. Nobody was asked twice.")
        return redirect("meetings:swap", found.swap.pk)
    swap.refresh_from_db()
    if swap.meeting_id:
        messages.success(request, "Booked, and the seats are swapped. Everyone is told what concerns them.")
        return redirect("meetings:meeting", swap.meeting_id)
    messages.success(request, "Asked. The meeting is booked by itself once they have said yes.")
    return redirect("meetings:swap", swap.pk)


def _already(request: StaffRequest, found: booking.AlreadyBooked) -> HttpResponse:
    messages.info(request, "This meeting is booked already. Nothing was booked twice.")
    return redirect("meetings:meeting", found.meeting.pk)


def plan_of(asked: Asked, offer: Offer) -> MeetingPlan:
    """Return the meeting as the page showed it. An empty seat stays where its role is required."""
    seats = tuple(
        SeatPlan(seat.wanted.role, seat.wanted.requirement, seat.person.pk if seat.person else None)
        for seat in offer.seats
        if seat.person or seat.is_required
    )
    return MeetingPlan(
        kind=asked.search.kind,
        due_date_id=asked.search.due.pk if asked.search.due else None,
        school_id=asked.student.school_id,
        room_id=offer.room.pk if offer.room else None,
        start_at=offer.start_at,
        end_at=offer.end_at,
        seats=seats,
    )


# What is shown


@dataclass(frozen=True)
class Line:
    """One required seat with everyone who may fill it, as things stand."""

    seat: FilledSeat
    reaches: tuple[Reach, ...]


def _page(
    request: StaffRequest,
    asked: Asked,
    named: Named,
    looked: Looked,
    context: dict[str, object],
    *,
    status: int = 200,
) -> HttpResponse:
    offer, standing = looked.offer, looked.standing
    on = local_day(asked.zone, offer.start)
    context |= {
        "looked": looked,
        "press": PressForm(initial={"seen": offer.seen}),
        "offer": offer,
        "standing": standing,
        "named": named,
        "is_today": on == asked.today,
        "notice": _notice(looked, on, asked.today),
        "lines": [Line(seat, looked.reached[seat.wanted.key]) for seat in standing.required],
        "missing": [Line(seat, looked.reached[seat.wanted.key]) for seat in standing.missing],
        "others": [seat for seat in offer.optional if seat.person or seat.wanted.eligible],
        "reasons": reasons_of(looked.frame, offer),
        "is_late": asked.search.due is not None and on > asked.search.due.due_on,
        "picture": picture_of(looked, asked.zone) if looked.verdict is Verdict.SWAP else None,
        "address": _address(asked, named),
        "book_query": asked.search.query(at=offer.at, minutes=named.minutes),
        "nearest": [(near, asked.search.query(at=near.at, minutes=named.minutes)) for near in looked.nearest],
        "asked_already": _asked_already(request, asked),
    }
    return render(request, "meetings/can_come.html", context, status=status)


def _address(asked: Asked, named: Named) -> str:
    """Return the address that the buttons post to. Who is on the phone now is looked at anew; a time stays itself."""
    said = named.said
    more: dict[str, object] = {"said": said.words, "minutes": named.minutes}
    if named.guardian is not None:
        more["guardian"] = named.guardian.pk
    if not said.is_now:
        more |= {"at": f"{instant_of(said.start):%Y-%m-%dT%H:%MZ}", "joins": said.joins}
    return f"{reverse('meetings:can_come', args=[asked.student.pk])}?{asked.search.query(**more)}"


def _asked_already(request: StaffRequest, asked: Asked) -> Swap | None:
    found = Swap.objects.visible_to(request.user).open().filter(student=asked.student, kind=asked.search.kind)
    return found.filter(repairs=None, expires_at__gt=asked.now).first()
