"""The form of the book page: who takes each seat, and which room."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms

from meetings.actions.seating import SeatPlan
from meetings.core.proposals import Standing
from meetings.offers import FilledSeat, Reach
from students.models import Person, Role, Room

OPEN = (Standing.FREE, Standing.TO_ASK)
WORDS = {Standing.FREE: "free", Standing.TO_ASK: "to be asked"}


@dataclass(frozen=True)
class Choice:
    """One seat to be filled: who is proposed, and how everyone eligible stands to the time."""

    filled: FilledSeat
    reaches: tuple[Reach, ...]

    @property
    def name(self) -> str:
        return f"seat-{self.filled.wanted.key}"

    @property
    def is_fixed(self) -> bool:
        """Whether there is nothing to choose: the family is always asked, and so is the student."""
        return self.filled.wanted.role in {Role.PARENT, Role.STUDENT}

    @property
    def open(self) -> dict[str, Reach]:
        return {str(reach.person.pk): reach for reach in self.reaches if reach.standing in OPEN}

    @property
    def known(self) -> dict[str, Person]:
        return {str(reach.person.pk): reach.person for reach in self.reaches}

    @property
    def proposed(self) -> str:
        return str(self.filled.person.pk) if self.filled.person else ""

    def options(self) -> list[tuple[str, str]]:
        nobody = "Find someone later" if self.filled.is_required else "Nobody"
        named = [(pk, f"{reach.person.full_name}, {WORDS[reach.standing]}") for pk, reach in self.open.items()]
        return [*named, ("", nobody)]


class AnyOf(forms.ChoiceField):
    """A choice among more than the page offers: whoever was taken meanwhile is still understood, and named."""

    def __init__(self, *, known: Iterable[str], **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.known = set(known)

    def valid_value(self, value: Any) -> bool:
        return str(value) in self.known


class BookForm(forms.Form):
    def __init__(
        self, *args: Any, choices: Sequence[Choice], rooms: Sequence[tuple[Room, bool]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.seat_choices = [choice for choice in choices if not choice.is_fixed]
        self.fixed = [choice for choice in choices if choice.is_fixed]
        for choice in self.seat_choices:
            self.fields[choice.name] = AnyOf(
                label=choice.filled.wanted.role.label,
                choices=choice.options(),
                known=choice.known,
                initial=choice.proposed,
            )
        free = [(str(room.pk), room.name) for room, is_free in rooms if is_free]
        self.fields["room"] = AnyOf(
            label="Room",
            choices=[*free, ("", "No room yet")],
            known=[str(room.pk) for room, _ in rooms],
            initial=free[0][0] if free else "",
        )

    def lines(self) -> list[tuple[Choice, forms.BoundField | None]]:
        """Return each seat with its field, in the order of the law; None where there is nothing to choose."""
        fixed: list[tuple[Choice, forms.BoundField | None]] = [(choice, None) for choice in self.fixed]
        return [*fixed, *((choice, self[choice.name]) for choice in self.seat_choices)]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        seen: set[str] = set()
        for choice in self.seat_choices:
            person = cleaned.get(choice.name, "")
            if not person or choice.filled.wanted.may_double:
                continue
            if person in seen:
                self.add_error(choice.name, f"{choice.known[person].full_name} has another role here already.")
            seen.add(person)
        return cleaned

    def room_id(self) -> int | None:
        return int(self.cleaned_data["room"]) if self.cleaned_data["room"] else None

    def seats(self) -> tuple[SeatPlan, ...]:
        """Return the seats as chosen. An empty one stays where its role is required: it is missing, and says so."""
        planned = [(choice.filled, self.holder_of(choice)) for choice in (*self.fixed, *self.seat_choices)]
        return tuple(
            SeatPlan(filled.wanted.role, filled.wanted.requirement, int(holder) if holder else None)
            for filled, holder in planned
            if holder or filled.is_required
        )

    def holder_of(self, choice: Choice) -> str:
        """Return the pk of whoever was chosen, as text, or nothing."""
        return choice.proposed if choice.is_fixed else str(self.cleaned_data[choice.name])

    def not_open(self) -> list[Person]:
        """Return who was chosen and cannot come at this time any more."""
        chosen = ((choice, self.holder_of(choice)) for choice in self.seat_choices)
        people = [choice.known[holder] for choice, holder in chosen if holder and holder not in choice.open]
        return list({person.pk: person for person in people}.values())

    def query(self) -> dict[str, str]:
        """Return what was chosen, for the address of the same page at another time."""
        return {name: self.data[name] for name in self.fields if self.data.get(name)}
