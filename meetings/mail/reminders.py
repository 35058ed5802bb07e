"""Reminders to everyone at the table but the family: one of one meeting, or several in one mail."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from meetings.mail import facts
from meetings.mail.outgoing import Letter
from meetings.models import Answer, MessageKind, Seat
from students.models import Person


class Said:
    """What mails to staff say of each meeting, put together once for everyone at its table."""

    def __init__(self) -> None:
        self._of: dict[int, dict[str, Any]] = {}

    def words_for(self, seat: Seat) -> dict[str, Any]:
        """Return the words of the mail to a seat's holder. Called in English and in the school's zone."""
        if seat.meeting_id not in self._of:
            self._of[seat.meeting_id] = facts.words_of(seat.meeting)
        return facts.words_for(seat, self._of[seat.meeting_id])


def reminder_letter(seat: Seat, what: str, *, not_before_at: datetime | None, said: Said | None = None) -> Letter:
    """Return the letter that reminds a seat's holder of one meeting; the caller knows that they may be written to."""
    meeting, holder = seat.meeting, _holder(seat)
    return Letter(
        to=holder,
        about=facts.about(meeting, what),
        kind=MessageKind.MEMBER_REMINDER,
        template="member_reminder",
        zone=meeting.school.time_zone,
        words=lambda: (said or Said()).words_for(seat) | {"asks": what == "member-no-answer"},
        reply_to=facts.reply_address(meeting, holder),
        meeting=meeting,
        seat=seat,
        not_before_at=not_before_at,
        expires_at=meeting.start_at,
    )


def day_ahead_letter(
    seats: Sequence[Seat], on: date, nth: int, *, not_before_at: datetime, expires_at: datetime, said: Said
) -> Letter:
    """Return the letter that reminds one person of several meetings, which are in the order of their starts.

    `on` is the day on which it is written, and `nth` which one of that day it is.
    """
    first = seats[0].meeting
    return Letter(
        to=_holder(seats[0]),
        about=f"{day_ahead_about(on)}{nth}",
        kind=MessageKind.DAY_AHEAD,
        template="day_ahead",
        zone=first.school.time_zone,
        words=lambda: {
            "first": first,
            "short_day": facts.short_day_of(first.start_at),
            "meetings": [_of_one(seat, said) for seat in seats],
        },
        not_before_at=not_before_at,
        expires_at=expires_at,
    )


def day_ahead_about(on: date) -> str:
    """Return how the reasons of the mails begin that gather one person's reminders of one day."""
    return f"day-ahead:{on}:"


def _of_one(seat: Seat, said: Said) -> dict[str, Any]:
    # Two schools of one person may lie in two zones.
    with timezone.override(ZoneInfo(seat.meeting.school.time_zone)):
        return said.words_for(seat) | {
            "zone": seat.meeting.school.time_zone,
            "owes_answer": seat.answer == Answer.NONE,
        }


def _holder(seat: Seat) -> Person:
    if seat.holder is None:
        raise ValueError(f"seat {seat.pk} has no holder to remind")
    return seat.holder
