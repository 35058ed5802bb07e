"""What a guardian answers on the page of their link. Nothing that decides is chosen beforehand."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from meetings.actions.reply_guardian import WeekdayPart
from meetings.dayparts import DayPart
from meetings.lengths import longer_than
from meetings.models import Answer, Joins, Reply, Weekday

MYSELF, SOMEONE_ELSE = "self", "other"
# What a reply keeps as it was said, beside the answer itself.
KEPT = ("joins", "wants_interpreter", "interpreter_language", "wants_minutes", "other_times", "note")


def key_of(weekday: int, part: DayPart) -> str:
    return f"{weekday}-{part.part}"


class AnswerForm(forms.Form):
    use_required_attribute = False  # Our own words say what is missing, in the language of the page.

    version = forms.IntegerField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(
        choices=[(Answer.YES.value, _("I can come")), (Answer.NO.value, _("I cannot come then"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose one: can you come?")},
    )
    joins = forms.ChoiceField(
        required=False,
        choices=[
            (Joins.IN_PERSON.value, _("At school")),
            (Joins.PHONE.value, _("By phone")),
            (Joins.VIDEO.value, _("By video")),
        ],
        widget=forms.RadioSelect,
    )
    wants_interpreter = forms.BooleanField(required=False)
    interpreter_language = forms.CharField(required=False, max_length=60)
    wants_minutes = forms.TypedChoiceField(required=False, coerce=int, empty_value=None)
    times = forms.MultipleChoiceField(required=False)
    other_times = forms.CharField(required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    note = forms.CharField(required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))
    who = forms.ChoiceField(choices=[(MYSELF, ""), (SOMEONE_ELSE, "")], required=False)
    who_name = forms.CharField(required=False, max_length=120)

    def __init__(self, *args: Any, guardian_name: str, parts: Sequence[DayPart], minutes: int, **kwargs: Any) -> None:
        """`minutes` is how long the meeting is planned: only more can be asked for."""
        super().__init__(*args, **kwargs)
        self.guardian_name = guardian_name
        self.minutes = minutes
        self.longer = longer_than(minutes)
        self.fields["wants_minutes"].choices = [("", ""), *((each, str(each)) for each in self.longer)]  # type: ignore[attr-defined]
        self.parts = {
            key_of(day, part): WeekdayPart(day, part.start, part.end) for day in Weekday.values for part in parts
        }
        self.fields["times"].choices = [(key, key) for key in self.parts]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        name = cleaned.get("who_name", "")
        if not cleaned.get("who") and not name and not self.has_error("who"):
            self.add_error("who", _("Please say who is answering."))
        if cleaned.get("who") == SOMEONE_ELSE and not name and not self.has_error("who_name"):
            self.add_error("who_name", _("Please write the name of who is answering."))
        return cleaned

    def said(self) -> dict[str, Any]:
        """Return the answer as the action takes it."""
        cleaned = self.cleaned_data
        return {name: cleaned[name] for name in ("version", "answer", *KEPT)} | {
            "family_times": [self.parts[key] for key in cleaned["times"]],
            # A name that was typed is meant, whichever button beside it is pressed.
            "answered_by": self.guardian_name[:120] if cleaned["who"] == MYSELF else cleaned["who_name"],
        }


def said_before(reply: Reply, named: Iterable[WeekdayPart], parts: Sequence[DayPart]) -> dict[str, Any]:
    """Return what the form shows of the last answer: all but the answer and who gives it, which are asked anew."""
    times = set(named)
    return {name: getattr(reply, name) for name in KEPT} | {
        "times": [
            key_of(day, part)
            for day in Weekday.values
            for part in parts
            if WeekdayPart(day, part.start, part.end) in times
        ],
    }


def kept(data: Any) -> dict[str, Any]:
    """Return what was typed for a page that asks again, without the answer: the meeting is another one now."""
    return {
        "joins": data.get("joins", ""),
        "wants_interpreter": bool(data.get("wants_interpreter")),
        "interpreter_language": data.get("interpreter_language", ""),
        "wants_minutes": data.get("wants_minutes", ""),
        "times": data.getlist("times"),
        "other_times": data.get("other_times", ""),
        "note": data.get("note", ""),
        "who": data.get("who", ""),
        "who_name": data.get("who_name", ""),
    }
