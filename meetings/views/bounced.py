"""Which addresses on a page mail came back from."""

from collections.abc import Iterable

from meetings.models import BouncedAddress
from students.models import Staff


def bounced_of(user: Staff, person_ids: Iterable[int | None]) -> dict[int, BouncedAddress]:
    """Return, by person, the address that they still have and that takes no mail. One query."""
    seen = BouncedAddress.objects.visible_to(user).standing().filter(person__in={pk for pk in person_ids if pk})
    return {row.person_id: row for row in seen.select_related("person")}
