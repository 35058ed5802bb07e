"""What a page about one student's times was asked for."""

from dataclasses import dataclass
from datetime import date, datetime

from django.shortcuts import get_object_or_404
from django.utils import timezone

from meetings.calendars import calendar_of
from meetings.core.schooldays import SchoolCalendar
from meetings.forms.times import Search, SearchForm
from meetings.lengths import minutes_for
from meetings.loaders import LoadedCase, load_case
from meetings.standing import today_at
from meetings.terms import Frame
from students.models import DueDate, MeetingKind, Student
from students.requests import StaffRequest

STEP = 5


@dataclass(frozen=True)
class Asked:
    """The student, and what is looked for: what both pages about times begin with."""

    student: Student
    dues: list[DueDate]
    calendar: SchoolCalendar
    form: SearchForm
    search: Search
    today: date
    now: datetime

    @property
    def zone(self) -> str:
        return self.student.school.time_zone

    def load(self, *, with_swaps: bool = False) -> LoadedCase:
        return load_case(
            self.student,
            self.search.kind,
            window_start_on=self.search.first,
            window_end_on=self.search.last,
            duration=self.search.minutes,
            step=STEP,
            now=self.now,
            calendar=self.calendar,
            with_swaps=with_swaps,
        )

    def frame(self, loaded: LoadedCase) -> Frame:
        return Frame(loaded, self.today, self.search.due.due_on if self.search.due else None)

    def context(self) -> dict[str, object]:
        return {
            "student": self.student,
            "zone": self.zone,
            "search": self.search,
            "form": self.form,
            "due": self.search.due,
            "today": self.today,
            "kind": MeetingKind(self.search.kind).label,
        }


def asked_of(request: StaffRequest, pk: int) -> Asked:
    """Return what a page about one student's times was asked for."""
    seen = Student.objects.visible_to(request.user).select_related("person", "school")
    student = get_object_or_404(seen, pk=pk)
    now = timezone.now()
    today = today_at(student.school, now)
    calendar = calendar_of(student.school)
    dues = list(DueDate.objects.visible_to(request.user).open().filter(student=student).order_by("due_on", "pk"))
    form = SearchForm(request.GET, dues=dues, calendar=calendar, today=today, minutes=minutes_for(student))
    return Asked(student, dues, calendar, form, form.search(), today, now)
