"""What mails say about a meeting: when, where, who, what for. Called in the reader's language and the school's zone."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from meetings import ics, reply_addresses
from meetings.mail.outgoing import address_of
from meetings.models import Answer, FamilyAnswer, FamilyTime, Meeting, Seat
from students.models import Person, PersonKind, Role

# Labels of the models, for the catalogues of other languages: the models themselves speak English.
gettext_noop("Parent")
gettext_noop("LEA representative")
gettext_noop("Special education teacher")
gettext_noop("General education teacher")
gettext_noop("Interpreter of evaluation results")
gettext_noop("Related service provider")
gettext_noop("Family's interpreter")
gettext_noop("Student")
gettext_noop("Other invited")
gettext_noop("Annual review")
gettext_noop("Reevaluation")
gettext_noop("Initial eligibility")
gettext_noop("Initial IEP")
gettext_noop("Amendment")
gettext_noop("Transition")
gettext_noop("Manifestation determination")
gettext_noop("Transfer")
gettext_noop("Parent requested")
gettext_noop("Section 504")
gettext_noop("Continuation")


def day_of(moment: date) -> str:
    """Return "Thursday, December 3" in the reader's language, for an instant in the active zone or a date."""
    return dateformat.format(_here(moment), pgettext("date format", "l, F j"))


def short_day_of(moment: date) -> str:
    """Return "Thu, Dec 3" in the reader's language, for an instant in the active zone or a date."""
    return dateformat.format(_here(moment), pgettext("date format", "D, M j"))


def first_name(meeting: Meeting) -> str:
    """Return the student's first name: the most that a mail may say of who the meeting is for."""
    person = meeting.student.person
    return person.preferred_name or person.given_name


def roles_at_the_table(meeting: Meeting) -> list[tuple[str, str]]:
    """Return who is to be there as (role, name), in the order of the seats. Who said no is left out."""
    return [
        (_(seat.get_role_display()), first_name(meeting) if seat.role == Role.STUDENT else seat.holder.full_name)
        for seat in _seats(meeting)
        if seat.holder is not None and seat.answer != Answer.NO
    ]


def words_of(meeting: Meeting) -> dict[str, Any]:
    """Return what every mail about a meeting may say of it."""
    return {
        "meeting": meeting,
        "day": day_of(meeting.start_at),
        "short_day": short_day_of(meeting.start_at),
        "place": ics.place_of(meeting),
        "school": meeting.school,
        "phone": meeting.school.phone,
        "purpose": _(meeting.get_kind_display()),
        "first_name": first_name(meeting),
        "people": roles_at_the_table(meeting),
        "case_manager": case_manager_name(meeting),
    }


def words_for(seat: Seat, of_meeting: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return what a mail to the holder of a seat says: the meeting, and their own part in it.

    `of_meeting` is what `words_of` returned for the meeting, where it is at hand.
    """
    meeting = seat.meeting
    holder = seat.holder
    own = [_(each.get_role_display()) for each in _seats(meeting) if each.holder_id == seat.holder_id]
    has_account = holder is not None and holder.kind == PersonKind.STAFF
    return (of_meeting or words_of(meeting)) | {
        "seat": seat,
        "roles": own or [_(seat.get_role_display())],
        "meeting_url": page("meetings:meeting", meeting.pk) if has_account else "",
        "answer_url": page("meetings:answer", meeting.pk) if has_account else "",
    }


def times_that_work(seat: Seat) -> list[FamilyTime]:
    """Return the parts of weekdays of which the guardian in this seat said on their own page that they work."""
    rows = FamilyTime.objects.filter(guardian=seat.holder, student=seat.meeting.student_id, recorded_by=None)
    return list(rows.filter(says=FamilyAnswer.WORKS, on=None))


def place_of(meeting: Meeting) -> str:
    """Return where a meeting is: the room, where it has one, and the school."""
    return ics.place_of(meeting)


def page(name: str, *args: int) -> str:
    """Return the whole address of a page."""
    return f"{settings.BASE_URL}{reverse(name, args=args)}"


def reply_address(meeting: Meeting, to: Person) -> str:
    """Return where a person's answer to a mail about this meeting goes.

    Where answers are read, to their own address for it, still masked; else to the case manager, or who called the
    meeting.
    """
    if reply_addresses.are_read():
        return reply_addresses.masked_answer_address(meeting.pk, to.pk)
    return address_of((meeting.student.case_manager or meeting.organizer).person)


def case_manager_name(meeting: Meeting) -> str:
    """Return whom the reader may ask."""
    return (meeting.student.case_manager or meeting.organizer).person.full_name


def about(meeting: Meeting, what: str, *, each_version: bool = False) -> str:
    """Return the reason of a message about a meeting, such as meeting:42:s1:member-7d.

    It holds the sequence, which rises with time, place and status: a message whose sequence is not the meeting's
    speaks of a time that is over. With `each_version` what is said once more in a later version is a new reason:
    the same person may lose a seat and be asked again.
    """
    version = f"v{meeting.version}:" if each_version else ""
    return f"{about_prefix(meeting)}{version}{what}"


def about_prefix(meeting: Meeting) -> str:
    """Return how the reason of every message that still speaks of this time and place begins."""
    return f"meeting:{meeting.pk}:s{meeting.sequence}:"


def _seats(meeting: Meeting) -> Iterable[Seat]:
    # Whoever writes many mails at once has read the seats with their holders: they are not asked for again.
    if "seats" in getattr(meeting, "_prefetched_objects_cache", {}):
        return meeting.seats.all()
    return meeting.seats.select_related("holder").order_by("pk")


def _here(moment: date) -> date:
    return timezone.localtime(moment) if isinstance(moment, datetime) else moment
