"""Rest after many errors in a row, whoever met them: a server that refuses everything is not to be flooded.

The count stands in one row that all senders share. It stays at its height while they rest, so that afterwards one
error more is enough for the next rest: a server that is down is asked once in five minutes.
"""

from datetime import timedelta

from django.db.models import Case, F, When
from django.db.models.functions import Now

from meetings.models import Outbox

MOST_ERRORS = 20
REST = timedelta(minutes=5)


def count_error() -> None:
    """Count one error of any sender; the twentieth in a row lets all of them rest for five minutes."""
    rest = When(errors_in_a_row__gte=MOST_ERRORS - 1, then=Now() + REST)
    Outbox.objects.filter(pk=1).update(
        errors_in_a_row=F("errors_in_a_row") + 1, rests_until_at=Case(rest, default=F("rests_until_at"))
    )


def count_success() -> None:
    """Begin the count anew: the server took a mail."""
    Outbox.objects.filter(pk=1, errors_in_a_row__gt=0).update(errors_in_a_row=0, rests_until_at=None)


def is_resting() -> bool:
    """Return whether all senders rest, by the clock of the database."""
    return Outbox.objects.filter(pk=1, rests_until_at__gt=Now()).exists()
