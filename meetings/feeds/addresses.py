"""What the address of a calendar may be. It is a key: whoever has it reads the calendar."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

# The services whose addresses are taken as they are; `*` stands for letters, digits and hyphens.
HOSTS = (
    "calendar.google.com",
    "outlook.office365.com",
    "outlook.office.com",
    "outlook.live.com",
    "p*-caldav.icloud.com",
)
# They show the same calendar as a page too, and people copy that address.
WITH_PAGES = frozenset(HOSTS[:4])
HTTPS_PORT = 443
LONGEST = 2_000
ENDING_LETTERS = 4
WRITTEN = re.compile(r"[!-\[\]-~]+")


class Refusal(StrEnum):
    """Why an address is refused, with what to do."""

    NOT_AN_ADDRESS = (
        "This is not an address. Copy the whole address of the calendar: it begins with https:// or webcal://."
    )
    TOO_LONG = "This address is too long to be that of a calendar. Copy it again."
    NOT_HTTPS = "A calendar is read by https alone. Copy the address that begins with https://."
    HAS_SIGN_IN = "Leave out the name and password before the @. Use the calendar’s secret address instead."
    HAS_PORT = "Leave out the number after the colon: calendars are read on the usual port alone."
    HAS_FRAGMENT = "Leave out the # and what follows it."
    UNKNOWN_HOST = (
        "Calendars are read from Google, Outlook and iCloud. For another service, ask your district to allow it."
    )
    PAGE = "This is the address of a page. Copy the secret address in iCal format: it ends in .ics."
    HELD_ALREADY = "This calendar is in your list already."
    TOO_MANY = "This is one calendar too many. Remove one that you no longer need."


class RefusedAddressError(ValueError):
    """The address of a calendar is not taken; it says why and what to do, without the address."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True)
class Address:
    """An address that may be read. Of it only `host` and `ending` are ever shown."""

    url: str
    host: str
    path: str

    @property
    def ending(self) -> str:
        """The last letters of what differs: most addresses end in /basic.ics or /calendar.ics."""
        return re.sub(r"(/\w*)?\.ics$", "", self.path, flags=re.IGNORECASE)[-ENDING_LETTERS:]


def checked(text: str, hosts: Sequence[str] = HOSTS) -> Address:
    """Return the address as it is read: https, the usual port, one of the hosts. Raises RefusedAddressError."""
    text = text.strip()
    if not WRITTEN.fullmatch(text):
        raise RefusedAddressError(Refusal.NOT_AN_ADDRESS)
    if len(text) > LONGEST:
        raise RefusedAddressError(Refusal.TOO_LONG)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise RefusedAddressError(Refusal.NOT_AN_ADDRESS) from None
    if why := _refusal(parts, port, hosts):
        raise RefusedAddressError(why)
    host = (parts.hostname or "").lower()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(f"https://{host}{path}", host, path)


def is_among(host: str, hosts: Sequence[str]) -> bool:
    """Return whether a host is one of those that are allowed."""
    return any(re.fullmatch(re.escape(each.lower()).replace(r"\*", "[a-z0-9-]+"), host) for each in hosts)


def _refusal(parts: SplitResult, port: int | None, hosts: Sequence[str]) -> Refusal | None:
    host = (parts.hostname or "").lower()
    faults = (
        (not parts.scheme or not host, Refusal.NOT_AN_ADDRESS),
        (parts.scheme not in {"https", "webcal", "webcals"}, Refusal.NOT_HTTPS),
        (parts.username is not None or parts.password is not None, Refusal.HAS_SIGN_IN),
        (port not in {None, HTTPS_PORT}, Refusal.HAS_PORT),
        (bool(parts.fragment), Refusal.HAS_FRAGMENT),
        (not is_among(host, hosts), Refusal.UNKNOWN_HOST),
        (host in WITH_PAGES and not parts.path.lower().endswith(".ics"), Refusal.PAGE),
    )
    return next((why for is_faulty, why in faults if is_faulty), None)
