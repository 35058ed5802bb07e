"""One mail of each template, made as the app makes it: the table that tests of all mails go through."""

from dataclasses import dataclass
from datetime import date, timedelta

from meetings import mail
from meetings.mail.deadlines import Nudge, nudges_letter
from meetings.mail.outgoing import write
from meetings.models import (
    Answer,
    Commitment,
    FlagCause,
    IncomingMail,
    Joins,
    Meeting,
    MeetingStatus,
    Message,
    QuorumFlag,
    Reply,
    Seat,
    Swap,
    SwapMove,
    SwapState,
)
from meetings.repairs import mendings
from meetings.wallclock import Shift
from students.models import DueDate, Guardian, MeetingKind, Role
from tests.cast import Cast, cast, person
from tests.meetings.booked import NOW, START, book, link_of, seat_of

LANGUAGES_OF_FAMILIES = ("en", "es")


@dataclass
class World:
    """The cast's meeting; `words` stand wherever somebody may type something."""

    cast: Cast
    meeting: Meeting
    words: str

    def link(self):
        return link_of(self.meeting, self.cast.mother)

    def seat(self, who=None):
        return seat_of(self.meeting, who or self.cast.teacher)

    def reply(self, answer=Answer.NO):
        return Reply.objects.create(
            seat=self.seat(self.cast.mother),
            meeting_version=1,
            answer=answer,
            joins=Joins.PHONE if answer == Answer.YES else "",
            wants_interpreter=True,
            interpreter_language=self.words[:60],
            wants_minutes=90,
            other_times=self.words,
            note=self.words,
            answered_by=self.words[:120],
            link=self.link(),
            at=NOW,
        )

    def off(self):
        Meeting.objects.filter(pk=self.meeting.pk).update(status=MeetingStatus.CANCELLED, sequence=1, version=2)
        self.meeting.refresh_from_db()
        return self

    def changes(self):
        return [("General education teacher", self.cast.teacher.person, self.cast.colleague.person)]

    def swap(self, state=SwapState.OPEN):
        swap = Swap.objects.create(
            student=self.cast.student,
            kind=MeetingKind.AMENDMENT,
            school=self.cast.school,
            start_at=START + timedelta(days=1),
            end_at=START + timedelta(days=1, hours=1),
            asked_by=self.cast.case_manager,
            asked_at=NOW,
            expires_at=NOW + timedelta(hours=24),
            state=state,
        )
        SwapMove.objects.create(
            swap=swap,
            seat=self.seat(self.cast.vice_principal),
            giver=self.cast.vice_principal.person,
            taker=self.cast.administrator.person,
            answer=Answer.NO if state == SwapState.DECLINED else Answer.NONE,
            note=self.words[:255],
        )
        return swap


def world(language="en", words="We cannot say yet."):
    c = cast()
    Guardian.objects.filter(pk=c.mother.pk).update(language=language)
    c.mother.person.refresh_from_db()
    meeting = book(c, changed_why=words[:255])
    meeting.seats.update(note=words[:255])
    return World(c, meeting, words)


def named(words):
    """The same, and whatever has a name has these words for one."""
    here = world(words=words)
    c = here.cast
    for row in (c.school, c.room):
        row.name = words[:60]
        row.save()
    c.school.address = c.school.phone = words[:40]
    c.school.save()
    staff = (c.case_manager, c.teacher, c.vice_principal, c.colleague, c.administrator)
    for who in (*(row.person for row in staff), c.mother.person, c.student.person):
        who.given_name = who.preferred_name = who.family_name = words[:60]
        who.save()
    here.meeting.refresh_from_db()
    return here


def closed(here, template):
    swap = here.swap(SwapState.DECLINED if template == "swap_closed" else SwapState.WITHDRAWN)
    mail.swap_closed(swap, now=NOW)
    return Message.objects.get(swap=swap, about=f"swap:{swap.pk}:{template}")


def lost(here):
    here.meeting.seats.filter(holder=here.cast.teacher.pk).update(answer=Answer.NO)
    seat = Seat.objects.select_related("holder").get(pk=here.seat().pk)
    flag = QuorumFlag.objects.create(
        meeting=here.meeting, seat=seat, cause=FlagCause.DECLINED, person=seat.holder, raised_at=NOW
    )
    found = mendings(here.meeting, [flag], now=NOW)
    return mail.quorum_lost(here.meeting, found, here.cast.case_manager.person, now=NOW)


def covered(here):
    c = here.cast
    row = Commitment.objects.create(
        person=c.teacher.person,
        kind="section_504",
        title=here.words[:120],
        start_at=START,
        end_at=START + timedelta(hours=1),
        created_by=c.teacher,
    )
    return mail.commitment_moved(c.colleague.person, row, c.teacher.person, c.colleague.person, now=NOW)


def guest(here):
    other = person("outside", "Pippa Thimble", email="pippa@outside.example")
    seat = Seat.objects.create(meeting=here.meeting, role=Role.FAMILY_INTERPRETER, holder=other)
    return mail.invite(seat, now=NOW)


def day_ahead(here):
    # Two seats of one person; that both are in one meeting is nothing to the mail.
    seats = [here.seat(), here.seat()]
    until = START + timedelta(hours=1)
    said = mail.Said()
    letter = mail.day_ahead_letter(seats, NOW.date(), 1, not_before_at=NOW, expires_at=until, said=said)
    return write(letter, now=NOW)


def clock_moved(here):
    agreed = START.replace(hour=14, tzinfo=None)
    shift = Shift(here.meeting, agreed, START + timedelta(minutes=30))
    return mail.clock_moved(here.meeting, shift, here.cast.case_manager.person, now=NOW)


def came_in(here, kind):
    row = IncomingMail.objects.create(
        digest=kind,
        door="mailbox",
        kind=kind,
        meeting=here.meeting,
        person=here.cast.mother.person,
        subject=here.words[:200],
        words=here.words,
        proposed_start_at=START + timedelta(days=1) if kind == "counter" else None,
        received_at=NOW,
    )
    return mail.reply_came(row, here.cast.case_manager.person, now=NOW)


def nudges(here):
    due = DueDate.objects.select_related("student__school", "student__person", "student__case_manager__person").get()
    both = [Nudge(due, 30, date(2026, 12, 10)), Nudge(due, 14, date(2026, 12, 10))]
    return write(nudges_letter(both, here.cast.case_manager, NOW.date(), 1, not_before_at=NOW), now=NOW)


def nudge(here):
    due = DueDate.objects.select_related("student__school", "student__person", "student__case_manager__person").get()
    return mail.due_nudge(due, 30, last_on=date(2026, 12, 10), now=NOW)


def answered(here, answer=Answer.NO):
    return mail.family_answered(here.reply(answer), here.cast.case_manager.person, is_elsewhere=True, now=NOW)


# By template. A second mail of one that says other things in another case stands beside it, after a slash.
MAKERS = {
    "account_invitation": lambda here: mail.account_invitation(here.cast.teacher, now=NOW),
    "cancellation": lambda here: mail.cancellation(here.off().seat(), here.words, now=NOW),
    "cancellation/goes on": lambda here: mail.cancellation(here.seat(), here.words, now=NOW),
    "clock_moved": clock_moved,
    "commitment_moved": covered,
    "day_ahead": day_ahead,
    "digest": lambda here: mail.digest(here.cast.administrator, "2026-W48", now=NOW),
    "due_nudge": nudge,
    "due_nudges": nudges,
    "family_answered": answered,
    "family_answered/yes": lambda here: answered(here, Answer.YES),
    "invite": lambda here: mail.invite(here.seat(), now=NOW),
    "invite/guest": guest,
    "member_reminder": lambda here: mail.member_reminder(here.seat(), 7, now=NOW),
    "parent_cancelled": lambda here: mail.parent_cancelled(here.off().link(), here.words, now=NOW),
    "parent_confirmation": lambda here: mail.parent_confirmation(here.reply(), now=NOW),
    "parent_confirmation/yes": lambda here: mail.parent_confirmation(here.reply(Answer.YES), now=NOW),
    "parent_day_before": lambda here: mail.parent_day_before(here.link(), now=NOW),
    "parent_link": lambda here: mail.parent_link(here.link(), now=NOW),
    "parent_moved": lambda here: mail.parent_moved(here.link(), now=NOW),
    "parent_no_answer": lambda here: mail.parent_no_answer(here.link(), now=NOW),
    "parent_people_changed": lambda here: mail.parent_people_changed(here.link(), here.changes(), now=NOW),
    "password_reset": lambda here: mail.password_reset(here.cast.teacher, now=NOW),
    "people_changed": lambda here: mail.people_changed(here.seat(here.cast.vice_principal), here.changes(), now=NOW),
    "quorum_lost": lost,
    "reply_came": lambda here: came_in(here, "typed"),
    "reply_came/another time": lambda here: came_in(here, "counter"),
    "seat_declined": lambda here: mail.seat_declined(here.seat(), now=NOW),
    "seats_changed": lambda here: mail.seats_changed(
        here.meeting, here.cast.administrator.person, here.changes(), now=NOW
    ),
    "swap_ask": lambda here: mail.swap_ask(here.swap().moves.get(), now=NOW),
    "swap_closed": lambda here: closed(here, "swap_closed"),
    "swap_off": lambda here: closed(here, "swap_off"),
    "update": lambda here: mail.update(here.seat(), now=NOW),
}


def languages_of(name):
    """Return the languages that a mail is written in: those to families in theirs, others in English."""
    return LANGUAGES_OF_FAMILIES if name.startswith("parent_") else ("en",)


EVERY = [(name, language) for name in MAKERS for language in languages_of(name)]
