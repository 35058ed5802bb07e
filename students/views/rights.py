"""Whom a member of the staff may edit, and at which schools."""

from django.db.models import Q, QuerySet

from students.access import administered_q, editor_q
from students.models import School, Staff, Student


def edited_by(user: Staff) -> QuerySet[Student]:
    """Return the students that the user may edit: those on their caseload and at the schools that they administer."""
    rows = Student.objects.visible_to(user).filter(editor_q(user))
    return rows.select_related("person", "school", "case_manager__person")


def may_edit(user: Staff, student: Student) -> bool:
    return edited_by(user).filter(pk=student.pk).exists()


def administered_by(user: Staff) -> QuerySet[School]:
    """Return the schools whose staff the user keeps."""
    return School.objects.visible_to(user).filter(administered_q(user), gone_at=None).distinct()


def kept_staff(user: Staff, schools: QuerySet[School]) -> QuerySet[Staff]:
    """Return the staff that the user keeps: of their schools, or of the whole district."""
    rows = Staff.objects.visible_to(user)
    if user.is_district_wide:
        return rows
    return rows.filter(pk__in=Staff.objects.filter(assignments__school__in=schools).values("pk"))


def keeps_account(user: Staff, staff: Staff, schools: QuerySet[School]) -> bool:
    """Return whether the user may change name, address and account, not only what someone is at their own schools.

    Whoever could give an account another address could take it over: nobody does so for someone who sees more than
    they do.
    """
    if user.is_district_wide:
        return user.is_superuser or staff.pk == user.pk or not (staff.is_superuser or staff.is_staff)
    if staff.is_district_wide or staff.is_superuser or staff.is_staff:
        return False
    if staff.assignments.exclude(school__in=schools).exists():
        return False
    # Not `visible_to`, which leaves out an account that is closed and could be opened again.
    theirs = Student.objects.filter(Q(case_manager=staff) | Q(team__person=staff.pk))
    return not theirs.exclude(pk__in=Student.objects.visible_to(user).values("pk")).exists()
