"""How a message becomes its row: to whom it may go, in which language and zone, rendered and frozen."""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models.functions import Now
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone, translation

from meetings import ics, reply_addresses
from meetings.models import Meeting, Message, MessageKind, ParentLink, Seat, Swap
from meetings.told import Told, calendar_is_read, last_told
from students.models import Guardianship, Person, PersonKind, Staff

ENGLISH = "en"
MOST_SUBJECT = 200
BLANK_LINES = re.compile(r"\n\s*\n\s*\n+")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message before it is put into words. `words` is called in the reader's language and the school's zone."""

    to: Person
    about: str
    kind: MessageKind
    template: str
    zone: str
    words: Callable[[], dict[str, Any]]
    address: str = ""
    language: str = ENGLISH
    reply_to: str = ""
    meeting: Meeting | None = None
    link: ParentLink | None = None
    seat: Seat | None = None
    swap: Swap | None = None
    ics_method: str = ""
    not_before_at: datetime | None = None
    expires_at: datetime | None = None


def write(letter: Letter, *, now: datetime) -> Message | None:
    """Write the letter's row, once for its reason and recipient. Return it, or None where there is no address."""
    address = letter.address or address_of(letter.to)
    if not address:
        return None
    mine = Message.objects.filter(recipient=letter.to, about=letter.about)
    if written := mine.first():
        return written
    # Two writers may come this far: the unique key lets one of them make the row, and both return it.
    row = Message(recipient=letter.to, about=letter.about, **_row(letter, address, now))
    Message.objects.bulk_create([row], ignore_conflicts=True)
    return mine.get()


def write_all(letters: Sequence[Letter], *, now: datetime) -> list[Message | None]:
    """Write the rows of many letters in three statements. Return those made here, in order, else None.

    None stands for whoever has no address, and for what another writer wrote first. Whether they may be written to,
    the caller has asked.
    """
    addresses = [letter.address or address_of(letter.to) for letter in letters]
    rows = [
        Message(recipient=letter.to, about=letter.about, **_row(letter, address, now)) if address else None
        for letter, address in zip(letters, addresses, strict=True)
    ]
    written = [row for row in rows if row is not None]
    Message.objects.bulk_create(written, ignore_conflicts=True)
    ours = dict(
        Message.objects.filter(message_id__in=[row.message_id for row in written]).values_list("message_id", "pk")
    )
    for row in written:
        row.pk = ours.get(row.message_id)
    return [row if row is not None and row.pk else None for row in rows]


def address_of(person: Person) -> str:
    """Return where a person reads mail, or nothing."""
    if person.email or person.kind != PersonKind.STAFF:
        return person.email
    account = getattr(person, "staff", None)
    return account.login if account else ""


def may_write_to(person: Person, student_id: int | None = None) -> bool:
    """Return whether this person may get mail about this student, or at all where there is none.

    A guardian only with education rights and no order against contact; nobody who has left.
    """
    if person.gone_at is not None:
        return False
    if person.kind == PersonKind.STAFF:
        return Staff.objects.filter(pk=person.pk, is_active=True).exists()
    if person.kind != PersonKind.GUARDIAN:
        return True
    return Guardianship.objects.filter(
        guardian=person.pk, student=student_id, has_education_rights=True, is_no_contact=False
    ).exists()


def may_call_off(person: Person, student_id: int | None = None) -> bool:
    """Return whether this person may be told that a meeting is off, or goes on without them.

    Also one whose account is closed: the meeting stands in their calendar still. That mail names no student.
    """
    if person.kind == PersonKind.STAFF:
        return person.gone_at is None
    return may_write_to(person, student_id)


def language_of(person: Person) -> str:
    """Return the language in which a guardian is written to: theirs where there is a translation, else English."""
    if person.kind != PersonKind.GUARDIAN:
        return ENGLISH
    return person.guardian.language if person.guardian.language in dict(settings.LANGUAGES) else ENGLISH


def _row(letter: Letter, address: str, now: datetime) -> dict[str, Any]:
    told = _told(letter)
    with translation.override(letter.language), timezone.override(ZoneInfo(letter.zone)):
        subject, text, html = _rendered(letter, told)
        invite = _invite(letter, address, told, now)
    return {
        "kind": letter.kind,
        "meeting": letter.meeting,
        "meeting_version": letter.meeting.version if letter.meeting else None,
        "link": letter.link,
        "swap": letter.swap,
        "to_address": address,
        "reply_to": letter.reply_to if letter.reply_to != address else "",
        "subject": subject,
        "text": text,
        "html": html,
        "ics": invite,
        "ics_method": letter.ics_method if invite else "",
        "message_id": f"<{uuid.uuid4()}@{urlsplit(settings.BASE_URL).hostname}>",
        "dated_at": now.replace(microsecond=0),
        # The database's clock decides when a message may go: one that may go at once must not wait for ours.
        "not_before_at": letter.not_before_at or Now(),
        "expires_at": letter.expires_at,
        "created_at": now,
    }


def _told(letter: Letter) -> Told | None:
    # Thousands of reminders at once: what carries no file need not know.
    return last_told(letter.meeting, letter.to.pk) if letter.meeting and letter.ics_method else None


def _says_of_calendar(letter: Letter, told: Told | None) -> bool | None:
    """Whether the mail says that an answer in the calendar is read; None where it says nothing of that."""
    return calendar_is_read(told) if letter.ics_method or not reply_addresses.are_read() else None


def _rendered(letter: Letter, told: Told | None) -> tuple[str, str, str]:
    # What the templates say of the app itself: where it is, what to do with the address of a private page.
    words = {
        "base_url": settings.BASE_URL,
        "private_link": Message.LINK_PLACEHOLDER,
        "language": letter.language,
        "calendar_is_read": _says_of_calendar(letter, told),
    }
    words |= letter.words()
    # A subject is one line, whatever a name or a room brings with it.
    subject = ics.OVERRIDES.sub("", _plain(f"mail/{letter.template}.subject.txt", words))
    subject = " ".join(subject.split())[:MOST_SUBJECT]
    text = BLANK_LINES.sub("\n\n", _plain(f"mail/{letter.template}.txt", words)).strip() + "\n"
    html = str(get_template(f"mail/{letter.template}.html").render(words | {"subject": subject}))
    return subject, ics.OVERRIDES.sub("", text), ics.OVERRIDES.sub("", html)


def _plain(name: str, words: dict[str, Any]) -> str:
    # Plain text is not HTML: O'Brien must not become O&#x27;Brien.
    template: Any = get_template(name)
    return str(template.template.render(Context(words, autoescape=False)))


def _invite(letter: Letter, address: str, told: Told | None, now: datetime) -> bytes | None:
    if not letter.ics_method or letter.seat is None or letter.meeting is None:
        return None
    make = ics.cancel if letter.ics_method == "CANCEL" else ics.request
    return make(letter.meeting, letter.seat, address=address, now=now, told=told)
