"""
Every address of the project, with the arguments that open it in one prepared world, who may open it, and what a form
there would post.

The tests that walk the URLconf take all of it from here. One of them fails where an address is missing.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from django.contrib.auth.tokens import default_token_generator
from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLResolver, get_resolver, reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from meetings import tokens
from meetings.actions import canary
from meetings.actions import swap as swaps
from meetings.actions.book import book
from meetings.actions.calendar_feed import open_feed
from meetings.actions.seating import MeetingPlan, SeatPlan
from meetings.models import (
    BouncedAddress,
    Commitment,
    Failure,
    IncomingMail,
    MessageKind,
    MessageState,
    Requirement,
    Settled,
    WeeklyHours,
    WorkerGroup,
)
from meetings.queue import QUEUES
from students.editing.rows import version_of
from students.models import (
    ClockStart,
    District,
    DueDate,
    MeetingKind,
    Role,
    RosterUpload,
    RuleOverride,
    TeamMember,
    UploadState,
)
from students.roster.report import Report
from tests import cast as people
from tests import incoming as mails
from tests.booking import NOW, START, booked, one_seat_plan
from tests.owncalendar import own_calendar
from tests.students.views.pages import as_opened

# The support staff's pages are Django's own, and open to support staff alone.
LEFT_OUT = {"admin"}

STAFF = (
    "case_manager",
    "speech",
    "teacher",
    "vice_principal",
    "administrator",
    "director",
    "colleague",
    "stranger",
)
DISTRICT = ("director",)
ADMINISTRATORS = ("administrator", "vice_principal", "director")
EDITORS = ("case_manager", *ADMINISTRATORS)
RECORD = ("case_manager", "speech", *ADMINISTRATORS)  # Who may see Maya's record.
MEETING = (*RECORD, "teacher")  # A seat shows the meeting, not the record.
SEATED = ("case_manager", "speech", "teacher", "vice_principal")
OWNER = ("case_manager",)
NOBODY = "nobody"
INBOUND_SECRET = "s" * 43


@dataclass(frozen=True)
class Address:
    """One address. Whoever stands first in `who` opens it where one person is enough."""

    args: tuple = ()
    query: str = ""
    who: tuple[str, ...] = STAFF
    is_public: str = ""  # Why anyone may open it.
    shows: bool = True  # Whether there is a page to look at: GET and HEAD.
    posts: dict | None = None  # What is typed into its form; None: it takes no POST.
    headers: dict = field(default_factory=dict, compare=False)  # What must stand above it to be taken.
    form: str = "form"  # What the form is called in the page's context.
    mixed: tuple = ()  # The same arguments, one of which belongs to another meeting.
    name: str = field(default="", compare=False)

    @property
    def url(self):
        return reverse(self.name, args=self.args) + self.query

    @property
    def opener(self):
        return NOBODY if self.is_public else self.who[0]

    def payload(self, page):
        """Return what a browser would post from the page, with what is typed into it."""
        form = (page.context or {}).get(self.form) if self.shows else None
        return (as_opened(page, self.form) if form else {}) | self.posts


@dataclass(frozen=True)
class World:
    cast: people.Cast
    meeting: object
    other: object  # A meeting of another student whom the same people keep.
    begun: object  # One of hers that was, and is not recorded.
    juniper: object  # Whose annual review is not booked.
    guardian: object  # Of nobody so far.
    closed: object
    hours: object
    duty: object
    upload: object
    refused: object  # The notice to her mother, which did not arrive.
    settled: object  # The notice to her father, about which the case manager has done something.
    replies: tuple  # Mails of Maya's mother: one waits, one was looked at.
    bounced: object  # Her address.
    feed: str  # The token of the case manager's calendar feed.
    calendar: object  # Another calendar of hers, read some time ago.
    clock: object
    ended_rule: object
    swap: object  # By which the principal would take the vice principal's seat at Maya's, for Juniper's sake.

    def link(self, guardian, meeting=None):
        return (meeting or self.meeting).parent_links.get(guardian=guardian.pk)

    def token(self, guardian):
        return tokens.token_of(self.link(guardian))

    def seat(self, person):
        return self.meeting.seats.get(holder=person.pk)

    def bond(self, guardian):
        return guardian.guardianships.get()


def world():
    """Maya Rainwater's annual review is booked; Juniper Fable's is not, and another meeting of hers is."""
    cast = people.cast()
    people.as_made_up()
    for queue in QUEUES:
        # The database's clock stands still for no test: at work for as long as one takes.
        canary.note_group("desk", queue, canary.Seen(canary.database_now(), 2, 2))
    WorkerGroup.objects.update(seen_at=canary.database_now() + timedelta(days=1))
    for staff in (cast.case_manager, cast.teacher):
        staff.set_password(people.PASSWORD)
        staff.save()
    cast.mother.person.edited_fields = ["phone"]
    cast.mother.person.save()
    juniper = people.student("Juniper Fable", cast.school, cast.case_manager)
    aunt = people.guardian("Posy Thimble", juniper, relationship="aunt")
    juniper.guardianships.get().delete()
    people.guardian("Ada Fable", juniper, relationship="mother")
    people.teaches(cast.teacher, juniper, "6", title="Art")
    TeamMember.objects.create(student=juniper, person=cast.speech.person, role=Role.RELATED_SERVICE_PROVIDER)
    DueDate.objects.create(student=juniper, kind=MeetingKind.ANNUAL_REVIEW, due_on=date(2026, 12, 18))
    closed = DueDate.objects.create(
        student=cast.student,
        kind=MeetingKind.REEVALUATION,
        due_on=date(2026, 12, 1),
        closed_at=NOW,
        closed_why="Evaluated elsewhere",
    )
    begun = met(juniper, cast, NOW - timedelta(days=3))
    other = met(juniper, cast, START + timedelta(days=1))
    hours = WeeklyHours.objects.create(
        person=cast.case_manager.person, school=cast.school, weekday=1, start=time(12), end=time(12, 30), kind="lunch"
    )
    duty = Commitment.objects.create(
        person=cast.case_manager.person,
        kind="duty",
        title="Bus lane",
        start_at=datetime(2026, 12, 8, 13, tzinfo=UTC),
        end_at=datetime(2026, 12, 8, 13, 30, tzinfo=UTC),
        created_by=cast.case_manager,
    )
    upload = RosterUpload.objects.create(
        file_name="roster.zip",
        content=b"...",
        uploaded_by=cast.director,
        uploaded_at=NOW,
        state=UploadState.CHECKED,
        state_since=NOW,
        report=Report(is_dry_run=True, version="1.1", files=["users.csv"]).as_json(),
        bad_rows="file,row,column,reason\n",
    )
    hers = booked(cast)
    feed = open_feed(cast.case_manager.person, now=NOW)
    calendar = own_calendar(cast.case_manager, now=NOW)
    swap = asked(juniper, hers, cast)
    clock = ClockStart.objects.create(
        student=cast.student, event="eligibility", on=date(2026, 11, 2), entered_at=NOW, entered_by=cast.case_manager
    )
    held = {"number": 30, "unit": "calendar", "why": "Board policy 7", "from_on": date(2026, 9, 1), "made_at": NOW}
    RuleOverride.objects.create(key="records_request", made_by=cast.director, **held)
    ended = RuleOverride.objects.create(
        key="reconvene", made_by=cast.director, ended_at=NOW, ended_by=cast.director, **held
    )
    refused, settled = undelivered(hers, cast)
    mother = cast.mother.person
    done = {"state": "handled", "handled_by": cast.case_manager, "handled_at": NOW}
    return World(
        cast=cast,
        meeting=hers,
        other=other,
        begun=begun,
        juniper=juniper,
        guardian=aunt,
        closed=closed,
        hours=hours,
        duty=duty,
        upload=upload,
        refused=refused,
        settled=settled,
        replies=(came_in(hers, mother), came_in(hers, mother, **done)),
        bounced=BouncedAddress.objects.create(person=mother, address=mother.email, status="5.1.1", bounced_at=NOW),
        feed=feed,
        calendar=calendar,
        clock=clock,
        ended_rule=ended,
        swap=swap,
    )


def undelivered(meeting, cast):
    notices = meeting.messages.filter(kind=MessageKind.PARENT_LINK)
    notices.update(state=MessageState.FAILED, failure=Failure.REFUSED, failed_at=NOW, last_error="550 No such user")
    to_father = notices.filter(recipient=cast.father.pk)
    to_father.update(settled=Settled.DISMISSED, settled_by=cast.case_manager, settled_at=NOW)
    return notices.get(recipient=cast.mother.pk), to_father.get()


def asked(student, meeting, cast):
    seat = SeatPlan(Role.LEA_REPRESENTATIVE, Requirement.REQUIRED, cast.vice_principal.pk)
    times = {"start_at": meeting.start_at, "end_at": meeting.end_at}
    plan = MeetingPlan(MeetingKind.AMENDMENT, None, student.school_id, None, *times.values(), seats=(seat,))
    held = meeting.seats.get(role=Role.LEA_REPRESENTATIVE)
    move = swaps.MovePlan(cast.vice_principal.pk, cast.administrator.pk, seat_id=held.pk)
    return swaps.ask(student, swaps.SwapPlan(plan, (move,)), by=cast.case_manager, in_person=False, now=NOW)


def met(student, cast, start):
    plan = one_seat_plan(student, cast.teacher, start=start)
    return book(student, plan, by=cast.case_manager, now=min(NOW, start - timedelta(days=7)))


def patterns(resolver=None, namespace=""):
    """Return the name of every pattern of the URLconf, support staff's pages left out."""
    found = []
    for pattern in (resolver or get_resolver()).url_patterns:
        if not isinstance(pattern, URLResolver):
            found.append(f"{namespace}{pattern.name}")
        elif pattern.namespace not in LEFT_OUT:
            found += patterns(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)
    return found


def addresses(w):
    """Return every address by the name of its pattern."""
    table = (
        accounts(w)
        | records(w)
        | staff_pages(w)
        | settings_pages(w)
        | imports(w)
        | meeting_pages(w)
        | mail_pages(w)
        | own_time(w)
        | families(w)
        | replies(w)
    )
    named = {name: replace(address, name=name) for name, address in table.items()}
    demo = {name: replace(address, name=name) for name, address in demo_pages(w).items()}
    return named | (demo if any(name in demo for name in patterns()) else {})


def addressed(w):
    """Return every address that has its arguments here."""
    return list(addresses(w).values())


def accounts(w):
    before = "one must get in before one is known"
    return {
        "readyz": Address(is_public="monitors ask it; it says which queue is not being worked on, and nothing else"),
        "healthz": Address(is_public="monitors ask it; it says nothing but whether the database answers"),
        "login": Address(is_public=before, posts={"username": w.cast.case_manager.login, "password": people.PASSWORD}),
        "logout": Address(shows=False, posts={}),
        "password_change": Address(
            posts={
                "old_password": people.PASSWORD,
                "new_password1": "seven wide lakes",
                "new_password2": "seven wide lakes",
            }
        ),
        "password_change_done": Address(),
        "password_reset": Address(is_public=before, posts={"email": w.cast.teacher.login}),
        "password_reset_done": Address(is_public=before),
        "password_reset_confirm": Address(key_of(w.cast.teacher), is_public="the token is the authority", posts={}),
        "password_reset_complete": Address(is_public=before),
        "invitation_confirm": Address(key_of(w.cast.speech), is_public="the token is the authority", posts={}),
    }


def records(w):
    maya, mother = w.cast.student.pk, w.bond(w.cast.mother).pk
    member = w.cast.student.team.get().pk
    restored = {"relationship": "aunt", "has_education_rights": True, "is_no_contact": False}
    taken_back = {"person": w.cast.colleague.pk, "role": Role.RELATED_SERVICE_PROVIDER, "is_required": False}
    return {
        "students:mine": Address(),
        "students:student": Address((maya,), who=RECORD),
        "students:student_add": Address(posts={"given_name": "Pippa", "family_name": "Thimble"}),
        "students:student_edit": Address((maya,), who=EDITORS, posts={"grade": "5"}),
        "students:guardian_add": Address(
            (maya,), who=EDITORS, posts={"given_name": "Posy", "email": "posy@family.example"}
        ),
        "students:guardian_edit": Address((mother,), who=EDITORS, posts={"phone": "(555) 555-0199"}),
        "students:guardian_end": Address((mother,), who=EDITORS, shows=False, posts={}),
        "students:guardian_restore": Address(
            (maya,),
            who=EDITORS,
            shows=False,
            posts=kept("students:guardian_restore", maya, guardian=w.guardian.pk, **restored),
        ),
        "students:team_add": Address(
            (maya,), who=EDITORS, posts={"person": w.cast.colleague.pk, "role": Role.RELATED_SERVICE_PROVIDER}
        ),
        "students:team_edit": Address((member,), who=EDITORS, posts={"is_required": "on"}),
        "students:team_remove": Address((member,), who=EDITORS, shows=False, posts={}),
        "students:team_restore": Address(
            (maya,), who=EDITORS, shows=False, posts=kept("students:team_restore", maya, **taken_back)
        ),
        "students:due_add": Address(
            (maya,), who=EDITORS, posts={"kind": MeetingKind.REEVALUATION, "due_on": "2027-01-15"}
        ),
        "students:due_edit": Address((w.cast.due.pk,), who=EDITORS, posts={"note": "Moved here in fall"}),
        "students:due_close": Address(
            (w.cast.due.pk,), who=EDITORS, shows=False, posts={"close-closed_why": "Moved away"}
        ),
        "students:clocks": Address((maya,), who=RECORD),
        "students:clock_start": Address(
            (maya,), who=EDITORS, shows=False, posts={"event": "removal_decision", "on": "2026-11-19"}
        ),
        "students:counted": Address((w.clock.pk,), who=RECORD),
        "students:clock_withdraw": Address((w.clock.pk,), who=EDITORS, shows=False, posts={}),
        "students:student_left": Address((maya,), who=EDITORS, shows=False, posts={}),
        "students:due_reopen": Address((w.closed.pk,), who=EDITORS, shows=False, posts={}),
    }


def staff_pages(w):
    return {
        "students:staff": Address(who=ADMINISTRATORS),
        "students:staff_add": Address(
            who=ADMINISTRATORS, posts={"given_name": "Otis", "login": "otis.marigold@schools.example"}
        ),
        "students:staff_edit": Address((w.cast.teacher.pk,), who=ADMINISTRATORS, posts={"phone": "(555) 555-0198"}),
        "students:staff_invite": Address((w.cast.teacher.pk,), who=ADMINISTRATORS, shows=False, posts={}),
        "meetings:due": Address(who=ADMINISTRATORS),
        "meetings:due_csv": Address(who=ADMINISTRATORS),
    }


def settings_pages(w):
    stood = {"values": {"rest_minutes": 20}, "version": version_of(District.objects.get())}
    return {
        "meetings:ranking": Address(),
        "students:rules": Address(),
        "students:rules_state": Address(who=DISTRICT, shows=False, posts={"state": "MD"}),
        "students:rule": Address(("notice_of_meeting",), who=DISTRICT, posts={"number": "7", "why": "Board policy 8"}),
        "students:rule_end": Address(("records_request",), who=DISTRICT, shows=False, posts={}),
        "students:rule_restore": Address(
            ("reconvene",),
            who=DISTRICT,
            shows=False,
            posts=kept("students:rule_restore", "reconvene", pk=w.ended_rule.pk),
        ),
        "meetings:settings": Address(who=DISTRICT, posts={"rest_minutes": "15"}),
        "meetings:system": Address(who=DISTRICT),
        "meetings:settings_restore": Address(
            who=DISTRICT, shows=False, posts=kept("meetings:settings_restore", **stood)
        ),
        "meetings:reminders": Address(who=DISTRICT, posts={"quiet_from": "21:00"}),
        "meetings:reminders_restore": Address(
            who=DISTRICT,
            shows=False,
            posts=kept("meetings:reminders_restore", values={"quiet_from": "21:00"}, version=stood["version"]),
        ),
        "meetings:reminder_rule": Address(
            ("every", "required"), who=DISTRICT, posts={"days_before": "3"}, mixed=("every", "students")
        ),
    }


def imports(w):
    zipped, upload = SimpleUploadedFile("roster.zip", b"..."), (w.upload.pk,)
    return {
        "students:import": Address(who=DISTRICT, posts={"roster": zipped}),
        "students:import_one": Address(upload, who=DISTRICT),
        "students:import_again": Address(upload, who=DISTRICT, shows=False, posts={}),
        "students:import_bad_rows": Address(upload, who=DISTRICT),
        "students:import_confirm": Address(upload, who=DISTRICT, shows=False, posts={}),
    }


def meeting_pages(w):
    pk, other, juniper = w.meeting.pk, w.other.pk, w.juniper.pk
    lea, mother, link = w.seat(w.cast.vice_principal).pk, w.seat(w.cast.mother).pk, w.link(w.cast.mother).pk
    attempt = {"way": "phone", "result": "no_answer", "guardian": ""}
    at = "?kind=annual_review&minutes=60&at=2026-12-07T18:45Z"
    at_two = "?kind=annual_review&minutes=45&at=2026-12-07T19:00Z"
    takers_first = ("administrator", *(name for name in RECORD if name != "administrator"))
    return {
        "meetings:list": Address(),
        "meetings:can_come_start": Address(query=f"?student={juniper}&said=tomorrow+at+2", who=RECORD),
        "meetings:can_come": Address((juniper,), at_two, who=RECORD, posts={"do": "book"}, form="press"),
        "meetings:swap": Address((w.swap.pk,), who=takers_first, posts={"answer": "yes"}),
        "meetings:swap_back": Address((w.swap.pk,), who=RECORD, shows=False, posts={}),
        "meetings:plan": Address(),
        "meetings:meeting": Address((pk,), who=MEETING),
        "meetings:answer": Address((pk,), who=SEATED, posts={"answer": "no"}),
        "meetings:attempt": Address((pk,), who=RECORD, shows=False, posts=attempt),
        "meetings:cancel": Address((pk,), who=RECORD, posts={"why": "Snow"}),
        "meetings:held": Address((w.begun.pk,), who=RECORD, posts={}),
        "meetings:keep_people": Address((pk,), who=RECORD, shows=False, posts={"keeps": "1"}),
        "meetings:reschedule": Address((pk,), who=RECORD, posts={"why": "Snow", "day": "2026-12-08", "despite": "on"}),
        "meetings:renew_link": Address((pk, link), who=RECORD, shows=False, posts={}, mixed=(other, link)),
        "meetings:seat": Address((pk, lea), who=RECORD, posts={"holder": w.cast.administrator.pk}, mixed=(other, lea)),
        "meetings:remind": Address((pk, lea), who=RECORD, shows=False, posts={}, mixed=(other, lea)),
        "meetings:repair": Address(
            (pk, lea),
            who=RECORD,
            shows=False,
            posts={"version": 1, "holder": w.cast.administrator.pk},
            mixed=(other, lea),
        ),
        "meetings:said": Address((pk, mother), who=RECORD, posts={"answer": "yes"}, mixed=(other, mother)),
        "meetings:student_attempt": Address((juniper,), who=RECORD, posts=attempt, form="attempt_form"),
        "meetings:book": Address((juniper,), at, who=RECORD, posts={}),
        "meetings:propose": Address((juniper,), who=RECORD),
        "meetings:why": Address((juniper,), at, who=RECORD),
    }


def mail_pages(w):
    refused, settled = w.refused.pk, w.settled.pk
    attempt = {"way": "phone", "result": "no_answer"}
    back = kept("meetings:undelivered_restore", settled, settled_at=NOW.isoformat())
    return {
        "meetings:outbox": Address(who=DISTRICT),
        "meetings:outbox_pause": Address(who=DISTRICT, shows=False, posts={}),
        "meetings:outbox_resume": Address(who=DISTRICT, shows=False, posts={"paused_at": NOW.isoformat()}),
        "meetings:undelivered": Address(),
        "meetings:undelivered_again": Address((refused,), who=RECORD, shows=False, posts={}),
        "meetings:undelivered_call": Address((refused,), who=RECORD, posts=attempt, form="attempt_form"),
        "meetings:undelivered_dismiss": Address((refused,), who=RECORD, shows=False, posts={}),
        "meetings:undelivered_letter": Address((refused,), who=RECORD),
        "meetings:undelivered_printed": Address((refused,), who=RECORD, shows=False, posts={}),
        "meetings:undelivered_restore": Address((settled,), who=RECORD, shows=False, posts=back),
    }


def own_time(w):
    me = w.cast.case_manager.pk
    hours = {
        "kind": "duty",
        "weekday": 2,
        "day_type": "",
        "school_id": w.cast.school.pk,
        "start": "07:30",
        "end": "08:00",
    }
    leave = {"start_at": "2026-12-09T05:00:00+00:00", "end_at": "2026-12-10T05:00:00+00:00", "taker_ids": []}
    leave |= {"kind": "leave", "title": "", "is_transferable": False}
    return {
        "meetings:calendars": Address(
            posts={"address": "https://calendar.google.com/calendar/ical/a/private-b/basic.ics"}
        ),
        "meetings:calendars_feed": Address(shows=False, posts={}),
        "meetings:calendars_feed_off": Address(who=STAFF, shows=False, posts={}),
        "meetings:calendars_read": Address((w.calendar.pk,), who=OWNER, shows=False, posts={}),
        "meetings:calendars_remove": Address((w.calendar.pk,), who=OWNER, shows=False, posts={}),
        "meetings:feed": Address((w.feed,), is_public="the token is the authority"),
        "meetings:hours": Address(),
        "meetings:hours_add": Address(posts={"when": "2", "start": "12:00", "end": "12:30"}),
        "meetings:hours_edit": Address((w.hours.pk,), who=OWNER, posts={"end": "12:45"}),
        "meetings:hours_delete": Address((w.hours.pk,), who=OWNER, shows=False, posts={}),
        "meetings:hours_restore": Address(shows=False, posts=kept("meetings:hours_restore", person=me, **hours)),
        "meetings:commitment_add": Address(
            posts={"kind": "duty", "day": "2026-12-09", "start": "13:00", "end": "13:30"}
        ),
        "meetings:commitment_edit": Address((w.duty.pk,), who=OWNER, posts={"title": "Front door"}),
        "meetings:commitment_delete": Address((w.duty.pk,), who=OWNER, shows=False, posts={}),
        "meetings:commitment_restore": Address(
            shows=False, posts=kept("meetings:commitment_restore", person=me, **leave)
        ),
    }


def families(w):
    said = {"version": w.meeting.version, "answer": "yes", "joins": "phone", "who": "self"}
    return {
        "meetings:parent": Address((w.token(w.cast.mother),), is_public="the token is the authority", posts=said),
    }


def replies(w):
    """What came in by mail: one from Maya's mother, one more that is done with, and her address that takes no mail."""
    waiting, looked_at = w.replies
    return {
        "meetings:inbound": Address(
            is_public="the secret in its header is the authority",
            shows=False,
            posts={"message": mails.typed(mails.REPLIES, "Hello").decode()},
            headers={"Authorization": f"Bearer {INBOUND_SECRET}"},
        ),
        "meetings:replies": Address(),
        "meetings:reply_enter": Address(
            (waiting.pk,), who=RECORD, shows=False, posts={"version": w.meeting.version, "answer": "yes"}
        ),
        "meetings:reply_done": Address((waiting.pk,), who=RECORD, shows=False, posts={}),
        "meetings:reply_back": Address((looked_at.pk,), who=RECORD, shows=False, posts={}),
        "meetings:address_right": Address((w.bounced.pk,), who=RECORD, shows=False, posts={"meeting": w.meeting.pk}),
    }


def came_in(meeting, person, **extra):
    fields = {"door": "mailbox", "kind": "typed", "words": "sí puedo", "received_at": NOW}
    number = IncomingMail.objects.count()
    return IncomingMail.objects.create(digest=f"{number:064}", meeting=meeting, person=person, **fields | extra)


def demo_pages(w):
    invite = w.meeting.messages.filter(kind=MessageKind.INVITE).earliest("pk").pk
    why = "the mailbox of the demo, whose people are invented; it does not exist elsewhere"
    return {
        "demo:mail": Address(is_public=why),
        "demo:message": Address((invite,), is_public=why),
        "demo:html": Address((invite,), is_public=why),
        "demo:ics": Address((invite,), is_public=why),
    }


def key_of(staff):
    """Return what stands in the address of a mail about someone's password."""
    return urlsafe_base64_encode(force_bytes(staff.pk)), default_token_generator.make_token(staff)


def kept(name, *args, **what):
    """Return what the button beside a removal posts."""
    return {"what": signing.dumps(what, salt=reverse(name, args=args))}
