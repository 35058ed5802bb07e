"""What every edit form does: it is about a row as it stood when the page was opened, and says what differs since."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django import forms

Layout = tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]

WRITE_A_DATE = "Write a date such as 12/3/2026."


@dataclass(frozen=True)
class Group:
    """Fields under one title, in lines."""

    title: str
    lines: list[list[forms.BoundField]]


@dataclass(frozen=True)
class Difference:
    """One field that someone else changed meanwhile: what stands there now, and what was typed here."""

    label: str
    now: str
    typed: str


class EditForm(forms.Form):
    layout: ClassVar[Layout] = ()
    version = forms.CharField(required=False, widget=forms.HiddenInput)

    def groups(self) -> Iterator[Group]:
        for title, lines in self.layout:
            bound = [[self[name] for name in line if name in self.fields] for line in lines]
            if kept := [line for line in bound if line]:
                yield Group(title, kept)

    def differences(self, current: Mapping[str, Any]) -> list[Difference]:
        """Return where a valid form and the row as it stands now disagree."""
        return [
            Difference(str(field.label), self.said(name, current[name]), self.said(name, self.cleaned_data[name]))
            for name, field in self.fields.items()
            if name in current and current[name] != self.cleaned_data.get(name)
        ]

    def said(self, name: str, value: Any) -> str:
        """Return a value as the page says it."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, date):
            return f"{value:%b} {value.day}, {value.year}"
        if isinstance(value, list):
            return ", ".join(self.said(name, each) for each in value) or "nothing"
        choices = dict(getattr(self.fields[name], "choices", ()))
        return str(choices.get(value, value) or "nothing")

    def renew(self, version: str) -> None:
        """Keep what was typed, and let it be about the row as it stands now."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["version"] = version  # type: ignore[index]

    def picked(self, *names: str) -> dict[str, Any]:
        """Return the cleaned values of these fields, where the form has them."""
        return {name: self.cleaned_data[name] for name in names if name in self.fields}


class PhoneField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})
        super().__init__(**{"max_length": 40, "required": False, "label": "Phone", "widget": widget, **kwargs})


THE_SCHOOLS = "The school’s"
ZONES = (
    ("America/New_York", "Eastern"),
    ("America/Chicago", "Central"),
    ("America/Denver", "Mountain"),
    ("America/Phoenix", "Arizona"),
    ("America/Los_Angeles", "Pacific"),
    ("America/Anchorage", "Alaska"),
    ("Pacific/Honolulu", "Hawaii"),
    ("America/Puerto_Rico", "Atlantic, Puerto Rico"),
    ("Pacific/Guam", "Guam"),
)


class ZoneField(forms.ChoiceField):
    """Where someone lives, for the hours in which nothing is sent to them."""

    def __init__(self, **kwargs: Any) -> None:
        told = "Reminders wait until the quiet hours are over there. Times of meetings are the school’s."
        usual = {"label": "Time zone", "required": False, "help_text": told, "choices": [("", THE_SCHOOLS), *ZONES]}
        super().__init__(**{**usual, **kwargs})

    def keep(self, zone: str) -> None:
        """Let a zone that the list does not have stay as it is."""
        if zone and zone not in dict(ZONES):
            self.choices = [("", THE_SCHOOLS), *ZONES, (zone, zone)]
