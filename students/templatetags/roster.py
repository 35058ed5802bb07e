"""The words of a roster's report."""

from django import template

register = template.Library()

KINDS = {
    "schools": "Schools",
    "terms": "Terms",
    "staff": "Staff",
    "accounts": "Accounts",
    "students": "Students",
    "guardians": "Parents and guardians",
    "outside": "People from outside",
    "outside_details": "What people from outside do",
    "assignments": "Who works where",
    "guardian_details": "Languages and ways to reach guardians",
    "student_records": "Student records",
    "guardianships": "Who is whose guardian",
    "classes": "Classes",
    "class_terms": "Terms of classes",
    "enrollments": "Enrollments",
    "bell": "Bell times",
    "calendar": "Calendar days",
    "rooms": "Rooms",
    "due_dates": "Due dates",
    "team": "Team members",
    "hours": "Weekly hours",
    "meetings": "Booked meetings",
}
FIELDS = {
    "has_iep": "IEP",
    "is_active": "account open",
    "gone_at": "left",
    "case_manager_id": "case manager",
    "school_id": "school",
    "school_class_id": "class",
    "person_id": "person",
    "is_no_contact": "no contact",
    "has_education_rights": "education rights",
    "login": "sign-in address",
}


@register.filter
def kind_words(kind: str) -> str:
    """Return the name of a kind of rows: "Parents and guardians"."""
    return KINDS.get(kind, kind.replace("_", " "))


@register.filter
def field_words(field: str) -> str:
    """Return the name of a field within a sentence: "given name"."""
    return FIELDS.get(field, field.removeprefix("is_").replace("_", " "))


@register.filter
def value_words(value: str | None) -> str:
    """Return a value as a person writes it: yes, no, or nothing."""
    return {"true": "yes", "false": "no", "": "nothing", None: "nothing"}.get(value, value or "")
