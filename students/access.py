"""Who may see whom: the one place that knows.

A school official sees a record only with a legitimate educational interest (34 CFR 99.31(a)(1)). Here that is:
district-wide staff, administrators of the student's school, the case manager, and members of the student's team.
Whoever holds a seat in a meeting sees that meeting, not the student's record.
"""

from typing import Protocol

from django.db.models import Q


class Viewer(Protocol):
    """A signed-in staff member; an anonymous visitor has no `is_district_wide` that is true and no pk."""

    @property
    def pk(self) -> int | None: ...

    @property
    def is_active(self) -> bool: ...


NOBODY = Q(pk__in=[])


def is_district_wide(viewer: Viewer) -> bool:
    return bool(viewer.is_active and getattr(viewer, "is_district_wide", False))


def student_q(viewer: Viewer, prefix: str = "") -> Q:
    """Return the condition that a student, reached by `prefix`, may be seen by this viewer."""
    if viewer.pk is None or not viewer.is_active:
        return NOBODY
    if is_district_wide(viewer):
        return Q()
    return (
        Q(**{f"{prefix}case_manager": viewer.pk})
        | Q(**{f"{prefix}team__person": viewer.pk})
        | Q(
            **{
                f"{prefix}school__assignments__staff": viewer.pk,
                f"{prefix}school__assignments__is_administrator": True,
            }
        )
    )


def meeting_q(viewer: Viewer, prefix: str = "") -> Q:
    """Return the condition that a meeting, reached by `prefix`, may be seen by this viewer."""
    if viewer.pk is None or not viewer.is_active:
        return NOBODY
    if is_district_wide(viewer):
        return Q()
    return (
        Q(**{f"{prefix}seats__holder": viewer.pk})
        | Q(**{f"{prefix}organizer": viewer.pk})
        | student_q(viewer, f"{prefix}student__")
    )


def school_q(viewer: Viewer, prefix: str = "") -> Q:
    """Return the condition that a school is one of the viewer's own."""
    if viewer.pk is None or not viewer.is_active:
        return NOBODY
    if is_district_wide(viewer):
        return Q()
    return Q(**{f"{prefix}assignments__staff": viewer.pk})


def staff_q(viewer: Viewer, prefix: str = "") -> Q:
    """Return the condition that a colleague works at one of the viewer's schools, or is the viewer."""
    if viewer.pk is None or not viewer.is_active:
        return NOBODY
    if is_district_wide(viewer):
        return Q()
    return Q(**{f"{prefix}pk": viewer.pk}) | Q(**{f"{prefix}schools__assignments__staff": viewer.pk})


def administered_q(viewer: Viewer, prefix: str = "") -> Q:
    """Return the condition that a school is administered by the viewer: its due dates, staff and import are theirs."""
    if viewer.pk is None or not viewer.is_active:
        return NOBODY
    if is_district_wide(viewer):
        return Q()
    return Q(**{f"{prefix}assignments__staff": viewer.pk, f"{prefix}assignments__is_administrator": True})


def editor_q(viewer: Viewer, prefix: str = "") -> Q:
    """Return the condition that a student, reached by `prefix`, may be edited by this viewer; the team only looks."""
    if viewer.pk is None or not viewer.is_active:
        return NOBODY
    if is_district_wide(viewer):
        return Q()
    return Q(**{f"{prefix}case_manager": viewer.pk}) | administered_q(viewer, f"{prefix}school__")
