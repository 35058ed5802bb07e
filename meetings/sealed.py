"""Encryption of the few things at rest that open something elsewhere, such as the secret address of a calendar."""

import base64
import hashlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


class WrongKeyError(Exception):
    """No key in STORE_KEY opens what is stored."""

    def __init__(self) -> None:
        super().__init__(
            "STORE_KEY does not open what was stored with another one. Give the old key too, after a comma, or have"
            " people add their calendars again."
        )


def seal(text: str) -> bytes:
    """Return the text encrypted with the first key of STORE_KEY."""
    return _box(settings.STORE_KEY).encrypt(text.encode())


def unseal(sealed: bytes) -> str:
    """Return the text of what `seal` made with any of the keys. Raises WrongKeyError."""
    try:
        return _box(settings.STORE_KEY).decrypt(bytes(sealed)).decode()
    except InvalidToken:
        raise WrongKeyError from None


def renewed(sealed: bytes) -> bytes:
    """Return the same, encrypted with the first key anew, so that an old key can be given up. Raises WrongKeyError."""
    try:
        return _box(settings.STORE_KEY).rotate(bytes(sealed))
    except InvalidToken:
        raise WrongKeyError from None


@lru_cache(maxsize=4)
def _box(keys: str) -> MultiFernet:
    written = [key.strip() for key in keys.split(",") if key.strip()]
    if not written:
        raise ImproperlyConfigured("STORE_KEY is empty.")
    # A key may be any long random text; Fernet takes 32 bytes.
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"iep-scheduler store {key}".encode()).digest()))
        for key in written
    )
