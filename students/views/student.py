"""One student: who, by when, with whom, and what was done so far."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from meetings.models import Attempt, Meeting, MeetingStatus, Seat, with_losses
from meetings.standing import standings, today_at, with_students
from meetings.steps import TRACK, Action
from meetings.views.bounced import bounced_of
from students.history import history_of_student
from students.models import DueDate, Guardianship, MeetingKind, Person, Role, Student, TeamMember
from students.requests import StaffRequest
from students.teachers import general_education_teachers
from students.views.rights import may_edit

ATTEMPTS_SHOWN = 12
PAST_MEETINGS_SHOWN = 6


@dataclass(frozen=True)
class Member:
    """Someone of the team: by the team's own list (`row`), or derived, which has no row to edit."""

    person: Person
    role: str
    is_required: bool = False
    row: TeamMember | None = None

    @property
    def role_label(self) -> str:
        return Role(self.role).label


@require_safe
def student(request: StaffRequest, pk: int) -> HttpResponse:
    seen = Student.objects.visible_to(request.user).select_related("person", "school", "case_manager__person")
    student = get_object_or_404(seen, pk=pk)
    now = timezone.now()
    dues = list(with_students(DueDate.objects.visible_to(request.user).open().filter(student=student)))
    found = standings(dues, [] if dues else [student], now=now)
    family = list(Guardianship.objects.filter(student=student).select_related("guardian__person"))
    return render(
        request,
        "students/student.html",
        {
            "student": student,
            "zone": student.school.time_zone,
            "standings": sorted(found, key=lambda one: one.due.due_on if one.due else now.date()),
            "is_to_be_booked": any(one.outlook.step.action is Action.PROPOSE_TIMES for one in found),
            "other_kinds": other_kinds(dues),
            "usual_kind": MeetingKind.PARENT_REQUESTED if student.has_iep else MeetingKind.SECTION_504,
            "may_edit": may_edit(request.user, student),
            "track_steps": TRACK,
            "family": family,
            "bounced": bounced_of(request.user, [bond.guardian_id for bond in family]),
            "family_times": student.family_times.select_related("guardian", "recorded_by__person"),
            "team": team_of(student, now),
            "attempts": attempts_of(student),
            "history": history_of_student(student),
            **meetings_of(request, student, now),
        },
    )


def other_kinds(dues: list[DueDate]) -> list[MeetingKind]:
    """Return the kinds of meeting that no open due date asks for."""
    due = {one.kind for one in dues}
    return [kind for kind in MeetingKind if kind not in due]


def team_of(student: Student, now: datetime) -> list[Member]:
    """Return the case manager, the general education teachers of the classes, then the team's own list."""
    members = [Member(row.person, row.role, row.is_required, row) for row in student.team.select_related("person")]
    named = {(member.person.pk, member.role) for member in members}
    derived = []
    if student.case_manager:
        derived.append(Member(student.case_manager.person, Role.SPECIAL_EDUCATION_TEACHER))
    derived += [
        Member(person, Role.GENERAL_EDUCATION_TEACHER)
        for person in general_education_teachers(student, today_at(student.school, now))
    ]
    return [one for one in derived if (one.person.pk, one.role) not in named] + members


def attempts_of(student: Student) -> list[Attempt]:
    rows = Attempt.objects.filter(student=student).select_related("guardian", "by__person")
    return list(rows[:ATTEMPTS_SHOWN])


def meetings_of(request: StaffRequest, student: Student, now: datetime) -> dict[str, list[Meeting]]:
    seats = Prefetch("seats", with_losses(Seat.objects.select_related("holder")))
    rows = Meeting.objects.visible_to(request.user).filter(student=student).select_related("room", "school")
    coming = rows.booked().order_by("start_at").prefetch_related(seats)
    past = rows.exclude(status=MeetingStatus.BOOKED).order_by("-start_at")
    return {"coming": list(coming), "past": list(past[:PAST_MEETINGS_SHOWN])}
