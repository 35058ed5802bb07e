"""The forms of one member of a student's team: one to choose or make a person, one to change a member."""

from collections.abc import Sequence
from typing import Any

from django import forms

from students.forms.edit import EditForm, PhoneField
from students.models import Language, OutsideKind, Person, PersonKind, Role, TeamMember

# The family and the student have their own pages; the case manager is named on the student's.
ROLES = [choice for choice in Role.choices if choice[0] not in {Role.PARENT, Role.STUDENT}]
NAMES = ("given_name", "family_name", "email", "phone")
DETAILS = ("kind", "organisation", "languages")
OUTSIDE_GROUP = (("given_name", "family_name"), ("kind", "organisation"), ("email", "phone"), ("languages",))
REQUIRED_HELP = "The team wants this person at every meeting."


class OutsideFields(EditForm):
    """Someone from outside: no account, invited by email."""

    given_name = forms.CharField(label="First name", max_length=120, required=False)
    family_name = forms.CharField(label="Last name", max_length=120, required=False)
    kind = forms.ChoiceField(label="They come as", choices=OutsideKind.choices, required=False)
    organisation = forms.CharField(label="Organization", max_length=120, required=False)
    email = forms.EmailField(label="Email", required=False, max_length=254, help_text="Where invites go.")
    phone = PhoneField()
    languages = forms.MultipleChoiceField(
        label="Languages they interpret",
        choices=[choice for choice in Language.choices if choice[0] != Language.ENGLISH],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def names(self) -> dict[str, Any]:
        return self.picked(*NAMES)

    def details(self) -> dict[str, Any]:
        found = self.picked(*DETAILS)
        if found and not found["kind"]:
            found["kind"] = OutsideKind.OTHER.value
        return found


class AddMemberForm(OutsideFields):
    layout = (
        ("Who", (("person",), ("role",), ("is_required",))),
        ("Or someone from outside who is new here", OUTSIDE_GROUP),
    )
    hide_optional = True  # Which fields are needed depends on who it is, and the page says so.
    person = forms.TypedChoiceField(label="Person", coerce=int, empty_value=None, required=False)
    role = forms.ChoiceField(label="Role at the table", choices=[("", "Choose a role"), *ROLES])
    is_required = forms.BooleanField(label=REQUIRED_HELP.rstrip("."), required=False)

    def __init__(self, *args: Any, people: Sequence[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {person.pk: person for person in people}
        self.fields["person"].choices = [("", "Someone new: name them below"), *self._choices()]  # type: ignore[attr-defined]

    def _choices(self) -> list[Any]:
        groups: dict[str, list[tuple[int, str]]] = {"Staff": [], "From outside": []}
        for pk, person in self.people.items():
            groups["Staff" if person.kind == PersonKind.STAFF else "From outside"].append((pk, person.full_name))
        return [(title, found) for title, found in groups.items() if found]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("person") and cleaned.get("given_name"):
            self.add_error("given_name", "Choose a person above, or name someone new here, not both.")
        elif not cleaned.get("person") and not cleaned.get("given_name"):
            self.add_error("person", "Choose a person, or name someone from outside below.")
        return cleaned

    def person_row(self) -> Person | None:
        return self.people.get(self.cleaned_data["person"] or 0)


class EditMemberForm(OutsideFields):
    layout = (("At the table", (("role",), ("is_required",))), ("Someone from outside", OUTSIDE_GROUP))
    role = forms.ChoiceField(label="Role at the table", choices=ROLES)
    is_required = forms.BooleanField(label=REQUIRED_HELP.rstrip("."), required=False)

    def __init__(self, *args: Any, member: TeamMember, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if member.person.kind == PersonKind.OUTSIDE:
            self.fields["given_name"].required = True
            return
        for name in (*NAMES, *DETAILS):
            del self.fields[name]


def initial_of(member: TeamMember) -> dict[str, Any]:
    """Return what the form shows of a member that came with their person."""
    shown = {"role": member.role, "is_required": member.is_required}
    if member.person.kind != PersonKind.OUTSIDE:
        return shown
    shown |= {name: getattr(member.person, name) for name in NAMES}
    return shown | {name: getattr(member.person.outside, name) for name in DETAILS}
