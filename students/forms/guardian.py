"""The form of one guardian of one student."""

from collections.abc import Iterable
from typing import Any

from django import forms

from students.editing.guardian import GuardianValues
from students.forms.edit import EditForm, PhoneField, ZoneField
from students.models import ContactWay, Guardian, Guardianship, Language

PERSON = ("given_name", "family_name", "preferred_name", "email", "phone", "time_zone")
DETAILS = ("language", "language_name", "needs_interpreter", "contact_by", "postal_address")
BOND = ("relationship", "has_education_rights", "is_no_contact")
# Not shown, and so not written, of someone under an order.
CONTACT = ("email", "phone", "contact_by", "postal_address")
NEEDED = {
    ContactWay.EMAIL: ("email", "Write the address, or choose another way to reach them."),
    ContactWay.TEXT: ("phone", "Write the number, or choose another way to reach them."),
    ContactWay.PHONE: ("phone", "Write the number, or choose another way to reach them."),
    ContactWay.LETTER: ("postal_address", "Write the address, or choose another way to reach them."),
}


class GuardianForm(EditForm):
    layout = (
        ("Already on record", (("existing",),)),
        ("Name", (("given_name", "family_name"), ("preferred_name", "relationship"))),
        ("Rights", (("has_education_rights",), ("is_no_contact",))),
        ("How to reach them", (("contact_by",), ("email", "phone"), ("postal_address", "time_zone"))),
        ("Language", (("language", "language_name"), ("needs_interpreter",))),
    )
    existing = forms.TypedChoiceField(
        label="Guardian of a brother or sister",
        coerce=int,
        empty_value=None,
        required=False,
        help_text="Choose them here and leave the name empty: one person, one calendar, one address to keep.",
    )
    given_name = forms.CharField(label="First name", max_length=120)
    family_name = forms.CharField(label="Last name", max_length=120, required=False)
    preferred_name = forms.CharField(label="Name they go by", max_length=120, required=False)
    relationship = forms.CharField(
        label="Relationship", max_length=60, required=False, help_text="Such as mother, father, foster parent."
    )
    has_education_rights = forms.BooleanField(
        label="Holds education rights",
        required=False,
        initial=True,
        help_text="Without them they are not asked to meetings and get no mail about them.",
    )
    is_no_contact = forms.BooleanField(
        label="No contact: a court order",
        required=False,
        help_text="Never written to, never told when or where. Their seats, links and waiting mail end at once.",
    )
    contact_by = forms.ChoiceField(label="Best way", choices=ContactWay.choices, initial=ContactWay.EMAIL.value)
    email = forms.EmailField(label="Email", required=False, max_length=254)
    phone = PhoneField()
    postal_address = forms.CharField(label="Postal address", max_length=255, required=False)
    time_zone = ZoneField()
    language = forms.ChoiceField(label="Language", choices=Language.choices, initial=Language.ENGLISH.value)
    language_name = forms.CharField(
        label="Name of another language",
        max_length=60,
        required=False,
        help_text="Where the list has no such language.",
    )
    needs_interpreter = forms.BooleanField(label="Needs an interpreter", required=False)

    def __init__(
        self, *args: Any, siblings: Iterable[Guardianship] = (), bond: Guardianship | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known = {one.guardian_id: one.guardian for one in siblings}
        if self.known:
            choices = [(pk, guardian.person.full_name) for pk, guardian in self.known.items()]
            self.fields["existing"].choices = [("", "No, someone new"), *choices]  # type: ignore[attr-defined]
            self.fields["given_name"].required = not self.data.get("existing")
        else:
            del self.fields["existing"]
        self.fields["time_zone"].keep(self.initial.get("time_zone", ""))  # type: ignore[attr-defined]
        if bond and bond.is_no_contact:
            for name in CONTACT:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("language") == Language.OTHER and not cleaned.get("language_name"):
            self.add_error("language_name", "Write the name of the language.")
        way = cleaned.get("contact_by")
        if way and not self.chosen() and not cleaned.get("is_no_contact") and cleaned.get("has_education_rights"):
            name, words = NEEDED[way]
            if not cleaned.get(name) and not self.has_error(name):
                self.add_error(name, words)
        return cleaned

    def chosen(self) -> Guardian | None:
        return self.known.get(self.cleaned_data.get("existing") or 0)

    def values(self) -> GuardianValues:
        return GuardianValues(self.picked(*PERSON), self.picked(*DETAILS), self.picked(*BOND))


def initial_of(bond: Guardianship) -> dict[str, Any]:
    """Return what the form shows of a guardianship that came with its guardian and their person."""
    person, guardian = bond.guardian.person, bond.guardian
    shown = {name: getattr(person, name) for name in PERSON} | {name: getattr(guardian, name) for name in DETAILS}
    shown |= {name: getattr(bond, name) for name in BOND}
    return {name: value for name, value in shown.items() if not (bond.is_no_contact and name in CONTACT)}
