"""The form of one member of the staff: who they are, and what they are at each school that one keeps."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from students.editing.staff import Post
from students.forms.edit import EditForm, PhoneField, ZoneField
from students.models import Assignment, Position, School, Staff

NAMES = ("given_name", "family_name", "preferred_name", "phone", "time_zone")
ACCOUNT = ("login", "position", "is_district_wide", "is_active")
TICKS = ("works", "is_administrator", "is_representative")
YOURSELF = "You cannot take this from yourself. Ask someone else who may."


class StaffForm(EditForm):
    layout = (
        ("Name", (("given_name", "family_name"), ("preferred_name", "phone"), ("time_zone",))),
        ("Account", (("login", "position"), ("is_district_wide",), ("is_active",))),
    )
    given_name = forms.CharField(label="First name", max_length=120)
    family_name = forms.CharField(label="Last name", max_length=120, required=False)
    preferred_name = forms.CharField(label="Name they go by", max_length=120, required=False)
    phone = PhoneField()
    time_zone = ZoneField()
    login = forms.EmailField(label="Email", max_length=254, help_text="They sign in with it, and get mail there.")
    position = forms.ChoiceField(label="Position", choices=Position.choices)
    is_district_wide = forms.BooleanField(label="Sees every school of the district", required=False)
    is_active = forms.BooleanField(
        label="May sign in", required=False, initial=True, help_text="Without this they are signed out at once."
    )

    def __init__(
        self,
        *args: Any,
        schools: Iterable[School],
        user: Staff,
        staff: Staff | None = None,
        is_kept: bool = True,
        **kwargs: Any,
    ) -> None:
        """`is_kept` says whether the account may be changed too, not only what they are at these schools."""
        super().__init__(*args, **kwargs)
        self.schools, self.user, self.staff, self.is_kept = list(schools), user, staff, is_kept
        self.fields["time_zone"].keep(self.initial.get("time_zone", ""))  # type: ignore[attr-defined]
        if staff is None:
            del self.fields["is_active"]
        if not is_kept:
            for name in (*NAMES, *ACCOUNT):
                self.fields.pop(name, None)
        elif not user.is_district_wide:
            del self.fields["is_district_wide"]
        for school in self.schools:
            for tick, label in zip(TICKS, ("Works here", "Administrator", "LEA representative"), strict=True):
                self.fields[f"{tick}-{school.pk}"] = forms.BooleanField(label=f"{label}: {school.name}", required=False)

    def lines(self) -> list[tuple[School, list[forms.BoundField]]]:
        """Return each school with its three ticks."""
        return [(school, [self[f"{tick}-{school.pk}"] for tick in TICKS]) for school in self.schools]

    def clean_login(self) -> str:
        login: str = self.cleaned_data["login"].lower()
        others = Staff.objects.filter(login__iexact=login)
        if others.exclude(pk=self.staff.pk if self.staff else None).exists():
            raise ValidationError("Another account signs in with this address.")
        return login

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.staff is not None and self.staff.pk == self.user.pk:
            self._keep_own()
        works_somewhere = any(post is not None for post in self.posts().values())
        if self.staff is None and not works_somewhere and not cleaned.get("is_district_wide"):
            self.add_error(None, "Tick at least one school where they work.")
        return cleaned

    def _keep_own(self) -> None:
        own: list[str] = [name for name in ACCOUNT[2:] if name in self.fields]
        if not self.user.is_district_wide:
            own += [f"is_administrator-{school.pk}" for school in self.schools]
        for name in own:
            if self.initial.get(name) and not self.cleaned_data.get(name):
                self.add_error(name, YOURSELF)

    def names(self) -> dict[str, Any]:
        names = self.picked(*NAMES)
        return names | {"email": self.cleaned_data["login"]} if names else names

    def account(self) -> dict[str, Any]:
        return self.picked(*ACCOUNT)

    def posts(self) -> dict[School, Post | None]:
        """Return what they are at each school; whoever administers or represents one works there."""
        return {school: self._post(school) for school in self.schools}

    def _post(self, school: School) -> Post | None:
        works, administers, represents = (self.cleaned_data.get(f"{tick}-{school.pk}", False) for tick in TICKS)
        return Post(administers, represents) if works or administers or represents else None


def initial_of(staff: Staff, posts: Iterable[Assignment]) -> dict[str, Any]:
    """Return what the form shows of a member of the staff."""
    shown = {name: getattr(staff.person, name) for name in NAMES} | {name: getattr(staff, name) for name in ACCOUNT}
    for post in posts:
        shown |= {f"works-{post.school_id}": True}
        shown |= {f"{tick}-{post.school_id}": getattr(post, tick) for tick in TICKS[1:]}
    return shown
