from collections.abc import Callable
from typing import TypeVar

import pghistory
from django.db import models

AnyModel = TypeVar("AnyModel", bound=type[models.Model])


def tracked(*, inserts: bool = True, exclude: tuple[str, ...] = ()) -> Callable[[AnyModel], AnyModel]:
    """Keep who changed what, when and from what, by triggers, so that no path escapes.

    An entry of a change holds the row as it was before; what came after is the next entry, or the row as it stands.
    So rows that a large import brings need no entry of their insert.
    """
    trackers: list[pghistory.RowEvent] = [
        pghistory.UpdateEvent("changed", row=pghistory.Old),
        pghistory.DeleteEvent("deleted"),
    ]
    if inserts:
        trackers.append(pghistory.InsertEvent("added"))

    def decorate(model: AnyModel) -> AnyModel:
        pghistory.track(*trackers, exclude=list(exclude))(model)
        return model

    return decorate
