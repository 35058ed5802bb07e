"""Mails to guardians, in their language where there is a translation. Each holds the guardian's own private link."""

from datetime import datetime
from typing import Any

from meetings.mail import facts
from meetings.mail.outgoing import Letter, language_of, may_write_to, write
from meetings.models import Answer, Message, MessageKind, ParentLink, Reply, Seat


def parent_link(link: ParentLink, *, now: datetime) -> Message | None:
    """Send the notice of the meeting with the link to the guardian's page (34 CFR 300.322(b)); again once renewed."""
    about = facts.about(link.meeting, f"link-g{link.generation}", each_version=True)
    return _write(link, "parent_link", MessageKind.PARENT_LINK, about, now=now, ics_method="REQUEST")


def parent_moved(link: ParentLink, *, now: datetime) -> Message | None:
    """Tell a guardian the new time and ask again."""
    about = facts.about(link.meeting, "parent-moved", each_version=True)
    return _write(link, "parent_moved", MessageKind.PARENT_LINK, about, now=now, ics_method="REQUEST")


def parent_cancelled(link: ParentLink, why: str, *, now: datetime) -> Message | None:
    """Tell a guardian that the meeting is off."""
    about = facts.about(link.meeting, "parent-cancelled")
    words = {"why": why}
    return _write(link, "parent_cancelled", MessageKind.CANCEL, about, now=now, ics_method="CANCEL", words=words)


def parent_confirmation(reply: Reply, *, now: datetime) -> Message | None:
    """Tell a guardian in writing what they answered; each answer anew, as it may have been changed."""
    link = reply.link or _link_of(reply)
    if link is None:
        return None
    words = {"reply": reply, "comes": reply.answer == Answer.YES}
    about = facts.about(link.meeting, f"reply-{reply.pk}")
    return _write(link, "parent_confirmation", MessageKind.PARENT_CONFIRMATION, about, now=now, words=words)


def parent_no_answer(link: ParentLink, *, now: datetime, not_before_at: datetime | None = None) -> Message | None:
    """Ask a guardian who has said nothing once more."""
    about = facts.about(link.meeting, "parent-no-answer")
    kind = MessageKind.PARENT_REMINDER
    return _write(link, "parent_no_answer", kind, about, now=now, not_before_at=not_before_at)


def parent_day_before(link: ParentLink, *, now: datetime, not_before_at: datetime | None = None) -> Message | None:
    """Remind a guardian who said yes, the day before."""
    about = facts.about(link.meeting, "parent-1d")
    kind = MessageKind.PARENT_REMINDER
    return _write(link, "parent_day_before", kind, about, now=now, not_before_at=not_before_at)


def family_letter(link: ParentLink, seat: Seat | None, what: str, *, not_before_at: datetime | None) -> Letter:
    """Return the letter that reminds a guardian, or asks once more; the caller knows that they may be written to."""
    template = "parent_no_answer" if what == "parent-no-answer" else "parent_day_before"
    about = facts.about(link.meeting, what)
    return _letter(link, seat, template, MessageKind.PARENT_REMINDER, about, not_before_at=not_before_at)


def _write(
    link: ParentLink,
    template: str,
    kind: MessageKind,
    about: str,
    *,
    now: datetime,
    **more: Any,
) -> Message | None:
    meeting, guardian = link.meeting, link.guardian
    if not may_write_to(guardian, meeting.student_id):
        return None
    seat = meeting.seats.select_related("holder").filter(holder=guardian).order_by("pk").first()
    return write(_letter(link, seat, template, kind, about, **more), now=now)


def _letter(
    link: ParentLink,
    seat: Seat | None,
    template: str,
    kind: MessageKind,
    about: str,
    *,
    words: dict[str, Any] | None = None,
    **more: Any,
) -> Letter:
    meeting, guardian = link.meeting, link.guardian
    return Letter(
        to=guardian,
        about=about,
        kind=kind,
        template=template,
        zone=meeting.school.time_zone,
        words=lambda: facts.words_of(meeting) | {"seat": seat} | (words or {}),
        language=language_of(guardian),
        reply_to=facts.reply_address(meeting, guardian),
        meeting=meeting,
        link=link,
        seat=seat,
        expires_at=meeting.start_at if kind == MessageKind.PARENT_REMINDER else meeting.end_at,
        **more,
    )


def _link_of(reply: Reply) -> ParentLink | None:
    return ParentLink.objects.filter(meeting=reply.seat.meeting_id, guardian=reply.seat.holder_id).first()
