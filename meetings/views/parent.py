"""The page of one guardian for one meeting, opened by the link in their mail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from meetings import ics, limits, mail, tokens
from meetings.actions.busy import HELD_TOO_LONG, sqlstate
from meetings.actions.reply_guardian import ReplyOutcome, named_times, reply_as_guardian
from meetings.actions.seating import family_of
from meetings.dayparts import DayPart, parts_of_day
from meetings.forms.parent import MYSELF, SOMEONE_ELSE, AnswerForm, kept, key_of, said_before
from meetings.lengths import minutes_of
from meetings.mail.facts import day_of, first_name
from meetings.models import Answer, Meeting, MeetingChange, MeetingStatus, ParentLink, Reply, Seat, Weekday
from students.models import District, Language, Person, PersonKind, Role, School
from students.requests import address_of

NOT_FOUND, CONFLICT, UNPROCESSABLE, TOO_MANY = 404, 409, 422, 429
# Each language calls itself by its own name.
NAMES = {"en": "English", "es": "Español"}
SPOKEN = {
    Language.SPANISH: "Español",
    Language.ARABIC: "العربية",
    Language.CHINESE: "简体中文",
    Language.VIETNAMESE: "Tiếng Việt",
    Language.PORTUGUESE: "Português",
    Language.RUSSIAN: "Русский",
    Language.HAITIAN_CREOLE: "Kreyòl ayisyen",
}


@dataclass(frozen=True)
class Attendee:
    """Someone else at the table, with each role that they hold there. Without a name: still to be found."""

    name: str
    roles: tuple[str, ...]
    position: str


@csrf_exempt
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the meeting and keep an answer to it. GET and HEAD change nothing; mail scanners open every link.

    Exempt from the CSRF check: that check guards what a browser's cookies allow, and nothing here is allowed by a
    cookie. The token in the path is the authority, and whoever could make a guardian's browser send it knows it
    already. Asking for a cookie would shut out parents whose mail app opens pages in a browser of its own.
    """
    now = timezone.now()
    link = opened(token, now)
    language = _language(request, link)
    zone = link.meeting.school.time_zone if link else settings.TIME_ZONE
    with translation.override(language), timezone.override(ZoneInfo(zone)):
        if request.method == "POST" and limits.too_many(address_of(request), token, now=now):
            response = _too_many(request, link)
        elif link is None:
            response = _closed_link(request)
        elif request.method == "POST":
            response = _answer(request, link, token, now)
        else:
            response = _page(request, link, now)
    response["Content-Language"] = language
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex"
    return response


def opened(token: str, now: datetime) -> ParentLink | None:
    """Return the link of a token that still opens its page, for a guardian who may still see it."""
    link = tokens.find(token)
    if link is None or tokens.state_of(link, now) != tokens.LinkState.OPEN:
        return None
    return link if mail.may_write_to(link.guardian, link.meeting.student_id) else None


def _answer(request: HttpRequest, link: ParentLink, token: str, now: datetime) -> HttpResponse:
    meeting = link.meeting
    parts = parts_of_day(meeting.school)
    form = _form(link, parts, request.POST)
    if _is_over(meeting, now):
        return _page(request, link, now, status=CONFLICT)
    form.full_clean()
    version = form.cleaned_data.get("version", meeting.version)
    if version != meeting.version:
        return _ask_again(request, link, parts, now)
    if not form.is_valid():
        return _page(request, link, now, form=form, status=UNPROCESSABLE)
    try:
        outcome = reply_as_guardian(link, now=now, **form.said())
    except DatabaseError as error:
        if sqlstate(error) not in HELD_TOO_LONG:
            raise
        return _page(request, link, now, form=form, status=CONFLICT, is_held=True)
    if outcome == ReplyOutcome.RECORDED:
        path = reverse("meetings:parent", args=[token])
        return HttpResponseRedirect(f"{path}?lang={translation.get_language()}")
    # Changed between our look at it and the answer: look again.
    fresh = opened(token, now)
    return _ask_again(request, fresh, parts, now) if fresh else _closed_link(request)


def _ask_again(request: HttpRequest, link: ParentLink, parts: list[DayPart], now: datetime) -> HttpResponse:
    form = _form(link, parts, initial=kept(request.POST))
    return _page(request, link, now, form=form, status=CONFLICT, has_changed=True)


def _form(link: ParentLink, parts: list[DayPart], *args: Any, **kwargs: Any) -> AnswerForm:
    name, minutes = link.guardian.full_name, minutes_of(link.meeting)
    return AnswerForm(*args, guardian_name=name, parts=parts, minutes=minutes, **kwargs)


# What the page shows


def _page(
    request: HttpRequest,
    link: ParentLink,
    now: datetime,
    *,
    form: AnswerForm | None = None,
    status: int = 200,
    has_changed: bool = False,
    is_held: bool = False,
) -> HttpResponse:
    meeting = link.meeting
    context = _facts(request, link) | {
        "has_changed": has_changed,
        "is_held": is_held,
        "is_over": _is_over(meeting, now),
    }
    if not context["is_over"]:
        context |= _form_context(link, form)
    return render(request, "parent/page.html", context, status=status)


def _is_over(meeting: Meeting, now: datetime) -> bool:
    """Whether the meeting takes no answer any more."""
    return meeting.status != MeetingStatus.BOOKED or meeting.start_at <= now


def _facts(request: HttpRequest, link: ParentLink) -> dict[str, Any]:
    meeting = link.meeting
    seat = meeting.seats.filter(holder=link.guardian).first()
    reply = Reply.objects.filter(seat=seat).first() if seat and seat.answer != Answer.NONE else None
    attendees = _attendees(meeting, link.guardian)
    return _frame(request, meeting.school) | {
        "meeting": meeting,
        "first_name": first_name(meeting),
        "minutes": minutes_of(meeting),
        "day": day_of(meeting.start_at),
        "place": ics.place_of(meeting),
        "attendees": attendees,
        "has_interpreter": any(Role.FAMILY_INTERPRETER in person.roles for person in attendees),
        "case_manager": (meeting.student.case_manager or meeting.organizer).person.full_name,
        "seat": seat,
        "reply": reply,
        "reply_day": day_of(reply.at) if reply else "",
        "moved_from": _moved_from(meeting) if reply is None and meeting.version > 1 else None,
    }


def _moved_from(meeting: Meeting) -> dict[str, Any] | None:
    """Return when the meeting was planned before it got the time that it has; None where it never moved."""
    last = meeting.changes.filter(what=MeetingChange.What.MOVED).first()
    if last is None:
        return None
    before = datetime.fromisoformat(last.detail["from"]["start_at"])
    return None if before == meeting.start_at else {"at": before, "day": day_of(before)}


def _form_context(link: ParentLink, form: AnswerForm | None) -> dict[str, Any]:
    parts = parts_of_day(link.meeting.school)
    if form is None:
        form = _form(link, parts, initial=_initial(link, parts))
    ticked = set(form["times"].value() or [])
    # Django counts weekdays from 0; it has their names in every language.
    days = [(day, WEEKDAYS[day - 1], WEEKDAYS_ABBR[day - 1]) for day in Weekday.values]
    rows = [(part, [(name, key_of(day, part), key_of(day, part) in ticked) for day, name, _ in days]) for part in parts]
    return {
        "form": form,
        "version": link.meeting.version,
        "days": days,
        "rows": rows,
        "guardian": link.guardian,
        "myself": MYSELF,
        "someone_else": SOMEONE_ELSE,
    }


def _initial(link: ParentLink, parts: list[DayPart]) -> dict[str, Any]:
    language = link.guardian.guardian.language
    initial: dict[str, Any] = {
        "interpreter_language": link.guardian.guardian.language_name or SPOKEN.get(Language(language), "")
    }
    last = Reply.objects.filter(seat__meeting=link.meeting_id, seat__holder=link.guardian).first()
    if last is not None:
        said = said_before(last, named_times(link.meeting, link.guardian_id), parts)
        initial |= said | {"interpreter_language": last.interpreter_language or initial["interpreter_language"]}
    return initial


def _attendees(meeting: Meeting, guardian: Person) -> list[Attendee]:
    """Return who else is to come. A guardian who may not be written to is not named to the other one."""
    family = {person.pk for person in family_of(meeting.student)}
    roles: dict[int | None, list[str]] = {}
    people: dict[int | None, Person] = {}
    for seat in meeting.seats.select_related("holder__staff").exclude(answer=Answer.NO):
        if seat.holder is not None and not _is_named(seat, family, guardian):
            continue
        if seat.holder is None and seat.role != Role.FAMILY_INTERPRETER:
            continue
        roles.setdefault(seat.holder_id, []).append(seat.role)
        if seat.holder is not None:
            people[seat.holder_id] = seat.holder
    return [_attendee(meeting, people.get(pk), held) for pk, held in roles.items()]


def _is_named(seat: Seat, family: set[int], guardian: Person) -> bool:
    if seat.holder_id == guardian.pk:
        return False
    return seat.holder is not None and (seat.holder.kind != PersonKind.GUARDIAN or seat.holder_id in family)


def _attendee(meeting: Meeting, person: Person | None, roles: list[str]) -> Attendee:
    if person is None:
        return Attendee("", tuple(roles), "")
    name = first_name(meeting) if person.kind == PersonKind.STUDENT else person.full_name
    position = person.staff.position if person.kind == PersonKind.STAFF else ""
    return Attendee(name, tuple(dict.fromkeys(roles)), position)


# What is the same for every link


def _closed_link(request: HttpRequest) -> HttpResponse:
    """Say that the link opens nothing, in the same words whether it ended, was closed or never was."""
    schools = School.objects.filter(gone_at=None).exclude(phone="").values_list("name", "phone")
    context = _frame(request, None) | {"schools": [(name, phone, _dialled(phone)) for name, phone in schools]}
    return render(request, "parent/closed_link.html", context, status=NOT_FOUND)


def _too_many(request: HttpRequest, link: ParentLink | None) -> HttpResponse:
    context = _frame(request, link.meeting.school if link else None)
    response = render(request, "parent/too_many.html", context, status=TOO_MANY)
    response["Retry-After"] = "60"
    return response


def _frame(request: HttpRequest, school: School | None) -> dict[str, Any]:
    language = translation.get_language()
    district = District.objects.first()
    phone = (school.phone if school else "") or (district.phone if district else "")
    return {
        "page_language": language,
        "page_direction": "rtl" if translation.get_language_bidi() else "ltr",
        "languages": [(code, name, code == language) for code, name in NAMES.items()],
        "school": school,
        "district": district,
        "phone": phone,
        "dialled": _dialled(phone),
    }


def _dialled(phone: str) -> str:
    return "".join(letter for letter in phone if letter.isdigit() or letter == "+")


def _language(request: HttpRequest, link: ParentLink | None) -> str:
    """Return the language that was chosen on the page, else the guardian's, else the browser's, else English."""
    known = dict(settings.LANGUAGES)
    chosen = request.GET.get("lang", "")
    if chosen in known:
        return chosen
    if link is None:
        return translation.get_language_from_request(request)
    language = link.guardian.guardian.language
    return language if language in known else "en"
