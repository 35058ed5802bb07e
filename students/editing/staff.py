"""Add and edit a member of the staff: who they are, where they work, what they may do there."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction

from meetings import queue
from students.editing.rows import Values, change, owned, version_of
from students.models import Assignment, School, Staff


class LoginTaken(Exception):  # noqa: N818  It is an answer, not a fault.
    """Another account has this address."""


@dataclass(frozen=True)
class Post:
    """What someone is at one school."""

    is_administrator: bool = False
    is_representative: bool = False

    def columns(self) -> Values:
        return {"is_administrator": self.is_administrator, "is_representative": self.is_representative}


# By school: where they work, or None where they do not. A school that is not named stays as it is.
Posts = Mapping[School, Post | None]


def add_staff(names: Values, account: Values, posts: Posts) -> Staff:
    """Make an account without a password: an invitation lets them choose one. Raises LoginTaken."""
    try:
        with transaction.atomic():
            extra = {name: value for name, value in account.items() if name != "login"}
            staff = Staff.objects.create_user(account["login"], None, **_names_of_new(names), **extra)
            change(staff.person, names)
            _assign(staff, posts)
            return staff
    except IntegrityError as error:
        raise LoginTaken from error


def edit_staff(staff: Staff, names: Values, account: Values, posts: Posts, *, version: str) -> bool:
    """Change what differs; return False, and change nothing, where someone changed it since `version`.

    An account that is closed loses its password, and with it every session. Raises LoginTaken.
    """
    try:
        with transaction.atomic():
            held = _hold(staff.pk)
            if version_of_staff(held) != version:
                return False
            change(held.person, names)
            changed = change(held, account)
            if "is_active" in changed and not held.is_active:
                # A session is bound to the password, so this ends each of them, for good.
                Staff.objects.filter(pk=held.pk).update(password=make_password(None))
            _assign(held, posts)
            queue.enqueue("review_meetings_of", pk=held.pk)
            return True
    except IntegrityError as error:
        raise LoginTaken from error


def version_of_staff(staff: Staff) -> str:
    """Return the version of an account that came with its person, its schools among it."""
    posts = sorted(staff.assignments.all(), key=lambda post: post.pk)
    return version_of(staff.person, staff, *posts)


def _names_of_new(names: Values) -> Values:
    return {name: names[name] for name in ("given_name", "family_name")}


def _hold(pk: int) -> Staff:
    rows = Staff.objects.get_queryset().select_for_update(no_key=True, of=("self", "person"))
    return rows.get(pk=pk)


def _assign(staff: Staff, posts: Posts) -> None:
    before = {row.school_id: row for row in staff.assignments.select_for_update(no_key=True)}
    for school, post in posts.items():
        row = before.get(school.pk)
        if post is None and row is not None:
            row.delete()
            # A later roster does not bring it back.
            Staff.objects.filter(pk=staff.pk).update(edited_fields=owned(staff.edited_fields, ["schools"]))
        elif post is not None and row is None:
            # Marked as people's own: a roster that does not know of it leaves it alone.
            Assignment.objects.create(staff=staff, school=school, edited_fields=list(post.columns()), **post.columns())
        elif post is not None and row is not None:
            change(row, post.columns())
