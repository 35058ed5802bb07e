"""Who changed what, when and from what: entries of the history tables become lines for a page."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from django.apps import apps

from students.models import DueDate, Guardianship, Person, School, Staff, Student, TeamMember

Row = Any  # A tracked row or an entry of one: both carry the same columns.

ENTRIES_READ = 200
LINES_SHOWN = 50
# Kept for the machine, or said by another column.
UNSPOKEN = {"id", "person", "student", "guardian", "search_name", "edited_fields", "sourced_id", "source", "created_by"}
# That it changed is shown, not what it was.
UNSHOWN = {"birth_on"}
LABELS = {
    "ask_again_after": "school days until asking again",
    "birth_on": "birth date",
    "closed_at": "closing date",
    "closed_why": "reason for closing",
    "contact_by": "way to reach",
    "counted_from_on": "date it is counted from",
    "days_before": "days before",
    "due_on": "due date",
    "gone_at": "date of leaving",
    "has_education_rights": "education rights",
    "has_iep": "IEP or evaluation",
    "is_active": "active account",
    "is_administrator": "administrator",
    "is_district_wide": "sees every school",
    "is_in_general_education": "general education",
    "is_no_contact": "no contact order",
    "is_representative": "may represent the agency",
    "is_required": "wanted at every meeting",
    "notice_days": "days of notice",
    "representative_may_double": "second seat of the LEA representative",
    "rest_minutes": "minutes between two meetings",
    "target_school_days": "school days to spare before the due date",
    "usual_notice_days": "usual days of notice",
}
# One line for each key of these, instead of the whole column.
WEIGHT = "weight"
KEYED = {"ranking_weights": WEIGHT}


class Deed(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "deleted"


@dataclass(frozen=True)
class Edit:
    """One line. Without `who` it was the roster. `about` names the row where it is not the record itself."""

    at: datetime
    who: str
    deed: Deed
    what: str
    about: str = ""
    field: str = ""
    old: str = ""
    new: str = ""
    is_shown: bool = True


def history_of_student(student: Student) -> list[Edit]:
    """Return what was done to the student, family, team and due dates, newest first.

    Contact details of a guardian under a no-contact order are not repeated here.
    """
    bonds = list(Guardianship.objects.filter(student=student).values_list("guardian", "is_no_contact"))
    people = [guardian for guardian, is_no_contact in bonds if not is_no_contact]
    return _edits(
        _entries("students.StudentEvent", pgh_obj=student.pk),
        _entries("students.PersonEvent", pgh_obj__in=[student.pk, *people]),
        _entries("students.GuardianEvent", pgh_obj__in=people),
        _entries("students.GuardianshipEvent", student=student.pk),
        _entries("students.TeamMemberEvent", student=student.pk),
        _entries("students.DueDateEvent", student=student.pk),
        of=student.pk,
    )


def history_of_student_alone(student: Student) -> list[Edit]:
    """Return what was done to the student's own record, newest first."""
    return _edits(
        _entries("students.StudentEvent", pgh_obj=student.pk),
        _entries("students.PersonEvent", pgh_obj=student.pk),
        of=student.pk,
    )


def history_of_guardian(bond: Guardianship) -> list[Edit]:
    """Return what was done to a guardian and to what binds them to the student; of one under an order, the latter."""
    person = bond.guardian_id
    bonds = _entries("students.GuardianshipEvent", student=bond.student_id, guardian=person)
    if bond.is_no_contact:
        return _edits(bonds, of=person)
    return _edits(
        _entries("students.PersonEvent", pgh_obj=person),
        _entries("students.GuardianEvent", pgh_obj=person),
        bonds,
        of=person,
    )


def history_of_member(member: TeamMember) -> list[Edit]:
    """Return what was done to a member of the team, newest first."""
    return _edits(
        _entries("students.TeamMemberEvent", student=member.student_id, person=member.person_id),
        of=member.student_id,
    )


def history_of_due_date(due: DueDate) -> list[Edit]:
    """Return what was done to a due date, newest first."""
    return _edits(_entries("students.DueDateEvent", pgh_obj=due.pk), of=due.student_id)


def history_of_hours(person: Person) -> list[Edit]:
    """Return what was done to a person's weekly hours and other commitments, newest first."""
    return _edits(
        _entries("meetings.WeeklyHoursEvent", person=person.pk),
        _entries("meetings.CommitmentEvent", person=person.pk),
        of=person.pk,
    )


def history_of_staff(staff: Staff) -> list[Edit]:
    """Return what was done to the account and its schools, newest first."""
    return _edits(
        _entries("students.StaffEvent", pgh_obj=staff.pk),
        _entries("students.PersonEvent", pgh_obj=staff.pk),
        _entries("students.AssignmentEvent", staff=staff.pk),
        of=staff.pk,
    )


def history_of_district() -> list[Edit]:
    """Return what was done to the district's settings, newest first. A weight is `about` the term it is of."""
    return _edits(_entries("students.DistrictEvent"), of=0)


def history_of_reminders() -> list[Edit]:
    """Return what was done to the rules of reminding, newest first."""
    return _edits(_entries("meetings.ReminderRuleEvent"), of=0)


@dataclass(frozen=True)
class _Names:
    people: Mapping[int, str]
    schools: Mapping[int, str]


def _entries(event: str, **condition: Any) -> list[Row]:
    model: Any = apps.get_model(event)
    rows = model.objects.filter(**condition).select_related("pgh_context")
    return list(rows.order_by("-pgh_id")[:ENTRIES_READ])[::-1]


def _edits(*groups: list[Row], of: int) -> list[Edit]:
    names = _names(row for group in groups for row in group)
    found = [edit for group in groups for edit in _edits_of_group(group, names, of)]
    return sorted(found, key=lambda edit: edit.at, reverse=True)[:LINES_SHOWN]


def _edits_of_group(group: list[Row], names: _Names, of: int) -> Iterable[Edit]:
    if not group:
        return
    model = type(group[0]).pgh_tracked_model
    current = model.objects.in_bulk({row.pgh_obj_id for row in group})
    meta = model._meta  # noqa: SLF001
    chains: dict[int, list[Row]] = defaultdict(list)
    for row in group:
        chains[row.pgh_obj_id].append(row)
    for pk, chain in chains.items():
        for entry, after in zip(chain, [*chain[1:], current.get(pk)], strict=True):
            yield from _edits_of_entry(meta, entry, after, names, of)


def _edits_of_entry(meta: Any, entry: Row, after: Row, names: _Names, of: int) -> Iterable[Edit]:
    deed = Deed(entry.pgh_label)
    what, about = meta.model_name, _about(entry, names, of)
    if deed is not Deed.CHANGED:
        # Who a guardian is comes with what they are to the student: one line is enough.
        if what != "guardian":
            yield Edit(entry.pgh_created_at, _who(entry, names), deed, what, about)
        return
    for field in _changed(meta, entry, after):
        if field.name in KEYED:
            yield from _edits_of_keys(field, entry, after, names)
            continue
        is_shown = field.name not in UNSHOWN
        old, new = (_said(field, getattr(row, field.attname), names) if is_shown else "" for row in (entry, after))
        label = LABELS.get(field.name, str(field.verbose_name))
        yield Edit(entry.pgh_created_at, _who(entry, names), deed, what, about, label, old, new, is_shown)


def _edits_of_keys(field: Any, entry: Row, after: Row, names: _Names) -> Iterable[Edit]:
    before, now = (_as_text(getattr(row, field.attname)) for row in (entry, after))
    for key in sorted(before.keys() | now.keys()):
        if before.get(key) != now.get(key):
            what = (field.model._meta.model_name, key, KEYED[field.name])  # noqa: SLF001
            said = (before.get(key, ""), now.get(key, ""))
            yield Edit(entry.pgh_created_at, _who(entry, names), Deed.CHANGED, *what, *said)


def _as_text(value: Any) -> dict[str, str]:
    return {key: str(each) for key, each in value.items()} if isinstance(value, Mapping) else {}


def _changed(meta: Any, entry: Row, after: Row) -> list[Any]:
    """Return the columns that differ and can be spoken of; not those that are kept out of history, as a password is."""
    spoken = [field for field in meta.concrete_fields if field.name not in UNSPOKEN and hasattr(entry, field.attname)]
    if after is None:
        return []
    return [field for field in spoken if getattr(entry, field.attname) != getattr(after, field.attname)]


def _about(entry: Row, names: _Names, of: int) -> str:
    """Return whom or what the row is about: the guardian, the member and role, the kind of due date, the school."""
    if hasattr(entry, "due_on"):
        return str(entry.get_kind_display())
    if hasattr(entry, "weekday"):
        return f"{entry.get_kind_display()}, {entry.get_weekday_display() or entry.day_type}"
    if hasattr(entry, "is_transferable"):
        return str(entry.get_kind_display())
    if hasattr(entry, "days_before"):
        kind = entry.get_kind_display() if entry.kind else "every kind of meeting"
        return f"{entry.get_group_display()}, {kind}"
    if hasattr(entry, "staff_id"):
        return names.schools.get(entry.school_id, "")
    person_id = _person_of(entry)
    name = "" if person_id == of else names.people.get(person_id or 0, "")
    return f"{name} ({entry.get_role_display()})" if hasattr(entry, "role") else name


def _person_of(entry: Row) -> int | None:
    """Return the person that the row is about; a person's own entry has them as its object."""
    if hasattr(entry, "search_name"):
        return int(entry.pgh_obj_id)
    return getattr(entry, "guardian_id", None) or getattr(entry, "person_id", None)


def _who(entry: Row, names: _Names) -> str:
    context = entry.pgh_context
    return names.people.get(context.metadata.get("user") or 0, "") if context else ""


def _said(field: Any, value: Any, names: _Names) -> str:
    if value is None or value == "":
        return ""
    if field.is_relation:
        known = names.schools if field.related_model is School else names.people
        return known.get(value, "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return _of_time(value) or str(dict(field.flatchoices).get(value, value))


def _of_time(value: Any) -> str:
    if isinstance(value, date):
        return f"{value:%b} {value.day}, {value.year}"
    return f"{value:%H:%M}" if isinstance(value, time) else ""


def _names(entries: Iterable[Row]) -> _Names:
    """Return the names of everyone and every school that the entries, or the rows after them, may name."""
    rows = list(entries)
    about = {_person_of(row) or 0 for row in rows}
    managers = {getattr(row, "case_manager_id", None) or 0 for row in rows}
    managers |= {pk or 0 for pk in Student.objects.filter(pk__in=about).values_list("case_manager", flat=True)}
    editors = {row.pgh_context.metadata.get("user") or 0 for row in rows if row.pgh_context}
    return _Names(
        {person.pk: person.full_name for person in Person.objects.filter(pk__in=about | managers | editors)},
        dict(School.objects.values_list("pk", "name")) if rows else {},
    )
