"""How a row is changed by people: as it stood when they opened it, column by column, and theirs from then on."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model
from django.utils.crypto import salted_hmac

from students.models import Person

Values = Mapping[str, Any]  # By column: case_manager_id, not case_manager.

NAMES = frozenset({"given_name", "family_name", "preferred_name"})
# These change without anybody editing the row.
UNSEEN = frozenset({"password", "last_login"})


def version_of(*rows: Model) -> str:
    """Return a word that differs as soon as any column of any of the rows differs. It gives nothing of them away."""
    return salted_hmac("students.editing", repr([_columns(row) for row in rows]), algorithm="sha256").hexdigest()[:32]


def _columns(row: Model) -> list[tuple[str, str]]:
    names = [field.attname for field in row._meta.concrete_fields if field.attname not in UNSEEN]  # noqa: SLF001
    return [(name, str(getattr(row, name))) for name in names]


def change(row: Model, values: Values) -> list[str]:
    """Write the columns that differ, mark them as people's own where the row keeps such marks, and return their names.

    The caller holds the row, so that what was compared is what is written over.
    """
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not changed:
        return []
    for name, value in changed.items():
        setattr(row, name, value)
    written = dict(changed)
    if hasattr(row, "edited_fields"):
        written["edited_fields"] = row.edited_fields = owned(row.edited_fields, changed)
    if isinstance(row, Person) and NAMES & changed.keys():
        row.fold_names()
        written["search_name"] = row.search_name
    type(row)._default_manager.filter(pk=row.pk).update(**written)  # noqa: SLF001
    return list(changed)


def owned(before: Iterable[str], names: Iterable[str]) -> list[str]:
    """Return the marks with these added, each once, in the order in which they came."""
    return list(dict.fromkeys([*before, *names]))


def new_person(kind: str, values: Values) -> Person:
    """Make and return a person of this kind, without an account or a record yet."""
    person = Person(kind=kind, **values)
    person.fold_names()
    person.save(force_insert=True)
    return person
