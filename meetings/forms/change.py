"""Forms that change a meeting: move, cancel, record as held, give a seat."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from meetings.core.intervals import instant_of
from meetings.core.schooldays import SchoolCalendar, instant_at, local_minute
from meetings.lengths import minutes_of
from meetings.models import Meeting
from meetings.offers import minute_at
from students.models import Person, Room

TIME_FORMATS = ["%H:%M", "%I:%M %p", "%I:%M%p", "%I %p", "%I%p", "%H:%M:%S"]
LONGER = "More time was asked for."
MINUTES = (15, 30, 45, 60, 75, 90, 120, 150, 180)


class DayInput(forms.DateInput):
    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        return value.isoformat() if isinstance(value, date) else value


class ClockInput(forms.TimeInput):
    input_type = "time"

    def format_value(self, value: Any) -> str | None:
        return f"{value:%H:%M}" if isinstance(value, time) else value


class VersionedForm(forms.Form):
    """A form about one version of a meeting: whoever changed it first wins, and the other one is told."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class CancelForm(VersionedForm):
    why = forms.CharField(
        label="Why is it cancelled?",
        help_text="Everyone who was asked reads this, the family too.",
        max_length=255,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why in a few words: everyone who was asked will read it."},
    )


class HeldForm(VersionedForm):
    held_on = forms.DateField(label="Held on", widget=DayInput)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_held_on(self) -> date:
        held_on: date = self.cleaned_data["held_on"]
        if held_on > self.today:
            raise ValidationError("That day has not come yet.")
        return held_on


class SeatForm(VersionedForm):
    holder = forms.ChoiceField(
        label="Who takes it?",
        error_messages={
            "required": "Choose someone.",
            "invalid_choice": "They may not take this seat, or are not free at this time. Choose someone else.",
        },
    )

    def __init__(self, *args: Any, people: list[tuple[Person, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["holder"].choices = [  # type: ignore[attr-defined]
            ("", "Choose someone"),
            *(
                (str(person.pk), f"{person.full_name}, {words}" if words else person.full_name)
                for person, words in people
            ),
        ]


class RepairForm(VersionedForm):
    """One way to mend a seat: `holder` is who would take it, `at` the minute at which the meeting would start."""

    holder = forms.IntegerField(required=False, widget=forms.HiddenInput)
    at = forms.CharField(required=False, widget=forms.HiddenInput)
    swap = forms.CharField(required=False, widget=forms.HiddenInput)
    in_person = forms.BooleanField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["at"] = minute_at(cleaned.get("at", ""))
        if not cleaned.get("swap") and cleaned.get("holder") is None and cleaned["at"] is None:
            raise ValidationError("Choose who takes the seat, or a time.")
        return cleaned


class RescheduleForm(VersionedForm):
    """Another day, time, length and room. Its answer is a span of UTC instants: `start_at` and `end_at`."""

    day = forms.DateField(label="Day", widget=DayInput, error_messages={"invalid": "Write a date such as 12/3/2026."})
    time = forms.TimeField(
        label="Start",
        widget=ClockInput,
        input_formats=TIME_FORMATS,
        error_messages={"invalid": "Write a time such as 1:30 PM."},
    )
    minutes = forms.TypedChoiceField(label="Length", coerce=int, choices=[(n, f"{n} minutes") for n in MINUTES])
    room = forms.ModelChoiceField(label="Room", queryset=Room.objects.none(), required=False, empty_label="No room yet")
    why = forms.CharField(
        label="Why is it moved?",
        help_text="Everyone who is asked again reads this, the family too.",
        max_length=255,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why in a few words: everyone who is asked again will read it."},
    )

    def __init__(
        self,
        *args: Any,
        meeting: Meeting,
        calendar: SchoolCalendar,
        now: datetime,
        at: datetime | None = None,
        minutes: int | None = None,
        **kwargs: Any,
    ) -> None:
        """`at` and `minutes` are proposed; without them the meeting's own time and length."""
        zone = ZoneInfo(meeting.school.time_zone)
        start = (at or meeting.start_at).astimezone(zone)
        own = minutes_of(meeting)
        length = minutes or own
        kwargs["initial"] = {
            "version": meeting.version,
            "day": start.date(),
            "time": start.time(),
            "minutes": length,
            "room": meeting.room_id,
            "why": LONGER if length > own else "",
        } | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.calendar, self.now, self.meeting = calendar, now, meeting
        rooms = Room.objects.filter(school=meeting.school_id, is_active=True)
        self.fields["room"].queryset = rooms  # type: ignore[attr-defined]
        if length not in MINUTES:
            choices = sorted({*MINUTES, length})
            self.fields["minutes"].choices = [(n, f"{n} minutes") for n in choices]  # type: ignore[attr-defined]

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if not self.calendar.is_school_day(day):
            raise ValidationError(f"{day:%A, %B} {day.day} is not a school day.")
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "day" not in cleaned or "time" not in cleaned or "minutes" not in cleaned:
            return cleaned
        wall = cleaned["time"].hour * 60 + cleaned["time"].minute
        start = instant_at(self.calendar.zone, cleaned["day"], wall)
        if local_minute(self.calendar.zone, start) != wall:
            self.add_error("time", "The clocks change that night and skip this time. Choose another one.")
        elif instant_at(self.calendar.zone, cleaned["day"], wall, last=True) != start:
            self.add_error("time", "The clocks change that night and show this time twice. Choose another one.")
        cleaned["start_at"] = instant_of(start)
        cleaned["end_at"] = cleaned["start_at"] + timedelta(minutes=cleaned["minutes"])
        if cleaned["start_at"] <= self.now:
            self.add_error("time", "That time has passed.")
        elif self._is_where_it_is(cleaned):
            self.add_error("time", "The meeting is at this time already.")
        return cleaned

    def _is_where_it_is(self, cleaned: dict[str, Any]) -> bool:
        # To move it nowhere would ask everybody again for nothing.
        room: Room | None = cleaned.get("room")
        asked = (cleaned["start_at"], cleaned["end_at"], room.pk if room else None)
        return asked == (self.meeting.start_at, self.meeting.end_at, self.meeting.room_id)
