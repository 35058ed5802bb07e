"""Change the district's settings."""

from typing import Any

from django.db import transaction

from students.editing.rows import Values, change, version_of
from students.models import District


@transaction.atomic
def edit_district(district: District, values: Values, *, version: str) -> dict[str, Any] | None:
    """Change what differs, and return what stood there before; None where someone changed it since `version`."""
    held = District.objects.select_for_update(no_key=True).get(pk=district.pk)
    if version_of(held) != version:
        return None
    before = {name: getattr(held, name) for name in values}
    return {name: before[name] for name in change(held, values)}
