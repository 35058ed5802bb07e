"""How often a password may be wrong: counted in the database, because several processes answer.

A whole school sits behind one address, so an address alone slows nobody: what counts is a login tried from one
address, and a login tried from anywhere. Logins that nobody has are counted the same, so that the answer tells nothing.
A try beyond the limit leaves no row, so that a flood does not fill the table. Tries at the same instant all count, so
that at worst too many are refused, never one too many let in.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import salted_hmac

from students.models import WrongPassword

WINDOW = timedelta(minutes=15)
PER_LOGIN_AND_ADDRESS = 5
PER_LOGIN = 20
MOST_CLEARED = 500


def next_try_at(login: str, address: str, *, now: datetime) -> datetime | None:
    """Count one try before its password is looked at. Return None, or from when there may be another."""
    columns = {"login": _hashed(_folded(login)), "address": _hashed(address)}
    if found := _wait(columns, now):
        return found
    _clear(now)
    mine = WrongPassword.objects.create(**columns, at=now)
    if found := _wait(columns, now, own=1):
        mine.delete()
    return found


def forget(login: str, address: str | None = None) -> None:
    """Forget the tries of a login: from one address after its password, from everywhere with a new password."""
    tries = WrongPassword.objects.filter(login=_hashed(_folded(login)))
    (tries if address is None else tries.filter(address=_hashed(address))).delete()


def _wait(columns: dict[str, str], now: datetime, own: int = 0) -> datetime | None:
    recent = WrongPassword.objects.filter(login=columns["login"], at__gt=now - WINDOW).order_by("-at", "-pk")
    counted = ((recent.filter(address=columns["address"]), PER_LOGIN_AND_ADDRESS), (recent, PER_LOGIN))
    # There is room again when the oldest of as many tries as are allowed is out of the window.
    filled = [tries.values_list("at", flat=True)[most + own - 1 : most + own].first() for tries, most in counted]
    return max((at + WINDOW for at in filled if at), default=None)


def _clear(now: datetime) -> None:
    with transaction.atomic():
        # Two tries that clear the same rows must not wait for each other.
        old = WrongPassword.objects.select_for_update(skip_locked=True).filter(at__lte=now - WINDOW)
        WrongPassword.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:MOST_CLEARED])).delete()


def _folded(login: str) -> str:
    # The database compares logins in capitals, where a dotless i is an I.
    return login.strip().upper().casefold()


def _hashed(text: str) -> str:
    return salted_hmac("students.wrong_passwords", text, algorithm="sha256").hexdigest()
