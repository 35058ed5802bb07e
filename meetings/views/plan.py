"""Plan a meeting that no due date asks for: choose the student and the kind, then look for a time."""

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from students.models import MeetingKind, Student, folded
from students.requests import StaffRequest

PER_PAGE = 25
USUAL_KIND = MeetingKind.SECTION_504


@require_safe
def plan(request: StaffRequest) -> HttpResponse:
    students = Student.objects.visible_to(request.user).filter(person__gone_at=None)
    words = request.GET.get("q", "").strip()
    kind = request.GET.get("kind", "")
    rows = _named(students, words).select_related("person", "school", "case_manager__person")
    context = {
        "q": words,
        "kind": MeetingKind(kind) if kind in MeetingKind.values else USUAL_KIND,
        "kinds": MeetingKind,
        "page": Paginator(rows.order_by("person__search_name", "pk"), PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "meetings/plan.html", context)


def _named(students: QuerySet[Student], words: str) -> QuerySet[Student]:
    for word in folded(words).split():
        students = students.filter(person__search_name__contains=word)
    return students
