"""The district's settings of scheduling: notice, swaps, rest, and what each term of the ranking weighs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from meetings.weights import LEAST_WEIGHT, MOST_WEIGHT, USUAL, WEIGHTS, Number, Weighs, Weight, own_weights, weights_of
from students.forms.edit import EditForm
from students.models import District, WaiverOfNotice

COLUMNS = (
    "rest_minutes",
    "most_reseatings",
    "swap_answer_hours",
    "representative_may_double",
    "usual_notice_days",
    "notice_days",
    "notice_waiver",
    "target_school_days",
)
NOT_SET = [("", "Not set"), *WaiverOfNotice.choices]


def _number(label: str, least: int, most: int, help_text: str, *, required: bool = True) -> forms.IntegerField:
    wrong = f"{label}: write a whole number from {least} to {most}{'' if required else ', or leave it empty'}."
    errors = dict.fromkeys(("required", "invalid", "min_value", "max_value"), wrong)
    return forms.IntegerField(
        label=label, min_value=least, max_value=most, help_text=help_text, required=required, error_messages=errors
    )


def _weight(weight: Weight) -> forms.FloatField:
    wrong = f"{weight.label}: write a number from {LEAST_WEIGHT} to {MOST_WEIGHT:,}, or leave it empty."
    errors = dict.fromkeys(("invalid", "min_value", "max_value"), wrong)
    widget = forms.NumberInput(attrs={"min": LEAST_WEIGHT, "max": MOST_WEIGHT, "step": "any"})
    return forms.FloatField(
        label=weight.label,
        min_value=LEAST_WEIGHT,
        max_value=MOST_WEIGHT,
        required=False,
        error_messages=errors,
        widget=widget,
    )


@dataclass(frozen=True)
class WeightLine:
    """One term with its field."""

    weight: Weight
    field: forms.BoundField

    @property
    def is_own(self) -> bool:
        """Whether what stands in the field is not the usual weight; an empty field means the usual."""
        value = self.field.value()
        return value not in {None, ""} and str(value) != str(self.weight.usual)


class SettingsForm(EditForm):
    layout = (
        ("Notice to families", (("notice_days", "notice_waiver"), ("usual_notice_days", "target_school_days"))),
        ("Swaps", (("most_reseatings", "swap_answer_hours"),)),
        ("People", (("rest_minutes",), ("representative_may_double",))),
    )
    hide_optional = True  # The help of each says what empty means.
    notice_days = _number(
        "Days of notice that the family gets",
        0,
        90,
        "Calendar days. Empty: not set, and said to be so.",
        required=False,
    )
    notice_waiver = forms.ChoiceField(
        label="May a parent waive the notice?",
        choices=NOT_SET,
        required=False,
        help_text="Not set: nobody is asked to waive it.",
    )
    usual_notice_days = _number("Days of notice that are usual here", 0, 90, "Practice, not law: it only ranks times.")
    target_school_days = _number(
        "School days to spare before the due date", 0, 60, "A time with so many left is aimed at."
    )
    most_reseatings = _number("Most swaps for one time", 0, 3, "0: nobody is asked to take over a seat elsewhere.")
    swap_answer_hours = _number("Hours to answer a swap", 1, 720, "An ask never stands past the start of the meeting.")
    rest_minutes = _number("Minutes between two meetings of one person", 0, 120, "Never less than this is proposed.")
    representative_may_double = forms.BooleanField(
        label="The LEA representative may hold another seat of the same meeting",
        required=False,
        help_text="34 CFR 300.321(d) lets a member of the team be the representative too.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for weight in WEIGHTS:
            self.fields[name_of(weight.term)] = _weight(weight)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        for term, usual in USUAL.items():
            name = name_of(term)
            if name in cleaned:
                cleaned[name] = _whole(usual if cleaned[name] is None else cleaned[name])
        return cleaned

    def weights(self) -> Iterator[WeightLine]:
        for weight in WEIGHTS:
            yield WeightLine(weight, self[name_of(weight.term)])

    def put_back(self, term: str) -> bool:
        """Write the usual weight into the field of a term, and save nothing; return whether there is such a term."""
        if term not in USUAL:
            return False
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data[name_of(Weighs(term))] = str(USUAL[Weighs(term)])  # type: ignore[index]
        return True

    def values(self) -> dict[str, Any]:
        weights = {term: self.cleaned_data[name_of(term)] for term in USUAL}
        return self.picked(*COLUMNS) | {"ranking_weights": own_weights(weights)}


def initial_of(district: District) -> dict[str, Any]:
    """Return what the form shows of the district's settings."""
    weights = weights_of(district.ranking_weights)
    return {name: getattr(district, name) for name in COLUMNS} | {name_of(term): weights[term] for term in USUAL}


def name_of(term: Weighs) -> str:
    """Return what the field of a term is called."""
    return f"weight_{term}"


def _whole(number: Number) -> Number:
    return int(number) if number == int(number) else number
