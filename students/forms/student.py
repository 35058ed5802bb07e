"""The form of one student."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from meetings.forms.change import DayInput
from meetings.lengths import USUAL_MINUTES, with_own
from students.forms.edit import WRITE_A_DATE, EditForm
from students.models import Language, School, Staff, Student

NAMES = ("given_name", "family_name", "preferred_name")
RECORD = (
    "grade",
    "birth_on",
    "has_iep",
    "is_in_general_education",
    "home_language",
    "needs_interpreter",
    "meeting_minutes",
)
OLDEST_YEARS = 26


class StudentForm(EditForm):
    layout = (
        ("Name", (("given_name", "family_name"), ("preferred_name", "birth_on"))),
        ("School", (("school", "grade"), ("case_manager",), ("has_iep",), ("is_in_general_education",))),
        ("Language at home", (("home_language",), ("needs_interpreter",))),
        ("Meetings", (("meeting_minutes",),)),
    )
    given_name = forms.CharField(label="First name", max_length=120)
    family_name = forms.CharField(label="Last name", max_length=120)
    preferred_name = forms.CharField(
        label="Name they go by", max_length=120, required=False, help_text="Shown in place of the first name."
    )
    birth_on = forms.DateField(
        label="Birth date", required=False, widget=DayInput, error_messages={"invalid": WRITE_A_DATE}
    )
    school = forms.TypedChoiceField(label="School", coerce=int)
    grade = forms.CharField(
        label="Grade", max_length=10, required=False, widget=forms.TextInput(attrs={"class": "input-short"})
    )
    case_manager = forms.TypedChoiceField(label="Case manager", coerce=int, empty_value=None, required=False)
    has_iep = forms.BooleanField(label="Has an IEP, or is being evaluated for one", required=False, initial=True)
    is_in_general_education = forms.BooleanField(
        label="Takes part in general education, or may",
        required=False,
        initial=True,
        help_text="Then a general education teacher is required at the meeting, 34 CFR 300.321(a)(2).",
    )
    home_language = forms.ChoiceField(label="Home language", choices=Language.choices, initial=Language.ENGLISH.value)
    needs_interpreter = forms.BooleanField(
        label="The home needs an interpreter, whichever guardian comes", required=False
    )

    meeting_minutes = forms.TypedChoiceField(
        label="Length of meetings",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="Times are looked for at this length. A family may ask for more on their page; then it stands here.",
    )

    def __init__(
        self, *args: Any, schools: Iterable[School], managers: Mapping[int, list[Staff]], today: date, **kwargs: Any
    ) -> None:
        """`managers` are those who may manage the case, by school."""
        super().__init__(*args, **kwargs)
        self.schools, self.managers, self.today = {school.pk: school for school in schools}, managers, today
        self.fields["school"].choices = [(pk, school.name) for pk, school in self.schools.items()]  # type: ignore[attr-defined]
        self.fields["case_manager"].choices = [("", "Nobody yet"), *self._manager_choices()]  # type: ignore[attr-defined]
        self.fields["meeting_minutes"].choices = self._lengths()  # type: ignore[attr-defined]

    def _manager_choices(self) -> list[Any]:
        named = [
            (self.schools[pk].name, [(staff.pk, staff.person.full_name) for staff in staff_there])
            for pk, staff_there in self.managers.items()
        ]
        return named[0][1] if len(named) == 1 else named

    def _lengths(self) -> list[Any]:
        kept = self.initial.get("meeting_minutes") or USUAL_MINUTES
        return [
            ("", f"The usual: {USUAL_MINUTES} minutes"),
            *((minutes, f"{minutes} minutes") for minutes in with_own(kept)),
        ]

    def said(self, name: str, value: Any) -> str:
        if name == "meeting_minutes":
            return f"{value} minutes" if value else "the usual"
        if name == "case_manager":
            everyone = {staff.pk: staff for there in self.managers.values() for staff in there}
            return everyone[value].person.full_name if value in everyone else "nobody"
        return super().said(name, value)

    def clean_birth_on(self) -> date | None:
        birth_on: date | None = self.cleaned_data["birth_on"]
        if birth_on and birth_on > self.today:
            raise ValidationError("That day has not come yet.")
        if birth_on and birth_on.year < self.today.year - OLDEST_YEARS:
            raise ValidationError(f"That is more than {OLDEST_YEARS} years ago. Look at the year again.")
        return birth_on

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        school, manager = cleaned.get("school"), cleaned.get("case_manager")
        if school and manager and manager not in {staff.pk for staff in self.managers.get(school, ())}:
            self.add_error("case_manager", f"They do not work at {self.schools[school].name}. Choose someone who does.")
        return cleaned

    def names(self) -> dict[str, Any]:
        return self.picked(*NAMES)

    def record(self) -> dict[str, Any]:
        return self.picked(*RECORD) | {
            "school_id": self.cleaned_data["school"],
            "case_manager_id": self.cleaned_data["case_manager"],
        }


def initial_of(student: Student) -> dict[str, Any]:
    """Return what the form shows of a student."""
    names = {name: getattr(student.person, name) for name in NAMES}
    record = {name: getattr(student, name) for name in RECORD}
    return names | record | {"school": student.school_id, "case_manager": student.case_manager_id}
