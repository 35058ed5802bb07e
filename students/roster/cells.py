"""One cell each: text in, value out, or a plain reason why not."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

from students.models import (
    ContactWay,
    Language,
    MeetingKind,
    OutsideKind,
    Position,
    Role,
    folded,
)

Parse = Callable[[str], Any]

TRUE = {"true", "1", "yes", "y"}
FALSE = {"false", "0", "no", "n"}
EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")
FIRST_YEAR, LAST_YEAR = 1900, 2200
LONGEST_ID = 255


class BadCell(Exception):  # noqa: N818 - it is said to a person: a bad cell
    """The cell cannot be read; its text is the reason."""


def text(longest: int) -> Parse:
    """Return a parser of text, empty for an empty cell, of at most `longest` characters."""

    def parse(cell: str) -> str:
        if len(cell) > longest:
            raise BadCell(f"is longer than {longest} characters")
        return cell

    return parse


def said(parse: Parse) -> Parse:
    """Return a parser that gives None for an empty cell: the roster says nothing."""
    return lambda cell: parse(cell) if cell else None


def identifier(cell: str) -> str | None:
    """Return an opaque id as it stands, None for an empty cell."""
    if len(cell) > LONGEST_ID:
        raise BadCell(f"is longer than {LONGEST_ID} characters")
    return cell or None


def day(cell: str) -> date | None:
    """Return a date. OneRoster writes YYYY-MM-DD; a time after it is left out."""
    if not cell:
        return None
    try:
        found = date.fromisoformat(cell[:10] if cell[10:11] in {"T", " "} else cell)
    except ValueError:
        found = date.min
    if len(cell) < len("YYYY-MM-DD") or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadCell(f"'{cell}' is not a date (use YYYY-MM-DD)")
    return found


def clock(cell: str) -> time | None:
    """Return a time of day, 24 hours."""
    if not cell:
        return None
    match = re.fullmatch(r"(\d{1,2}):(\d\d)(?::00)?", cell)
    if not match or int(match[1]) > 23 or int(match[2]) > 59:  # noqa: PLR2004
        raise BadCell(f"'{cell}' is not a time (use HH:MM, 24 hours)")
    return time(int(match[1]), int(match[2]))


def moment(cell: str) -> datetime | None:
    """Return a local date and time without a zone: the school's clock on the wall."""
    if not cell:
        return None
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::00)?", cell)
    try:
        found = datetime.fromisoformat(f"{match[1]}T{match[2]}") if match else None
    except ValueError:
        found = None
    if found is None:
        raise BadCell(f"'{cell}' is not a date and time (use YYYY-MM-DD HH:MM, the school's own time)")
    return found


def boolean(cell: str) -> bool | None:
    """Return true or false, None for an empty cell."""
    word = cell.lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    if word:
        raise BadCell(f"'{cell}' is neither yes nor no")
    return None


def whole(cell: str) -> int | None:
    """Return a number of at most four digits."""
    if cell and not re.fullmatch(r"\d{1,4}", cell):
        raise BadCell(f"'{cell}' is not a number from 0 to 9999")
    return int(cell) if cell else None


def several(cell: str) -> list[str]:
    """Return the parts of a list in one cell, in order, without empty ones."""
    return [part.strip() for part in cell.split(",") if part.strip()]


def email(cell: str) -> str | None:
    """Return an address in lower case."""
    if cell and not (EMAIL.fullmatch(cell) and len(cell) <= 254):  # noqa: PLR2004
        raise BadCell(f"'{cell}' is not an email address")
    return cell.lower()


def status(cell: str) -> bool:
    """Return whether the row is to be deleted."""
    word = cell.lower()
    if word not in {"", "active", "tobedeleted"}:
        raise BadCell(f"'{cell}' is not a status (active or tobedeleted)")
    return word == "tobedeleted"


def choice(names: Mapping[str, str], what: str) -> Parse:
    """Return a parser of one word out of a list, whatever its capitals, spaces and accents; None for an empty cell."""
    known = {_word(name): value for name, value in names.items()}

    def parse(cell: str) -> str | None:
        if not cell:
            return None
        if _word(cell) not in known:
            raise BadCell(f"'{cell}' is not {what}")
        return known[_word(cell)]

    return parse


def language(cell: str) -> str | None:
    """Return the language's code, `other` for one outside of the list, None for an empty cell."""
    return LANGUAGES.get(_word(cell), Language.OTHER.value) if cell else None


def language_name(cell: str) -> str | None:
    """Return the name of a language outside of the list; empty text for one of the list."""
    return None if not cell else "" if _word(cell) in LANGUAGES else cell[:60]


def languages(cell: str) -> list[str]:
    return [LANGUAGES.get(_word(part), Language.OTHER.value) for part in several(cell)]


def position(cell: str) -> str | None:
    """Return the position that an extra column names; None for one outside of the list."""
    return POSITIONS.get(_word(cell))


def members(cell: str) -> list[str]:
    """Return `id|role|answer` for each `id:role` or `id:role:yes` of the list; ids are opaque and may hold colons."""
    return [_member(part) for part in several(cell)]


def _member(part: str) -> str:
    body, answer = part, ""
    if part.lower().endswith((":yes", ":no")) and part.count(":") > 1:
        body, _, answer = part.rpartition(":")
    who, colon, role = body.rpartition(":")
    if not colon or not who.strip():
        raise BadCell(f"'{part}' is not an id and a role (use id:role)")
    return SEPARATOR.join((who.strip(), ROLE(role.strip()) or "", answer.strip().lower()))


def _word(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", "", folded(name)) or folded(name)


def _named(choices: Any, **more: str) -> dict[str, str]:
    names = {str(value): str(value) for value, _ in choices.choices} | {
        str(label): str(value) for value, label in choices.choices
    }
    return names | more


SEPARATOR = "\x1f"

ROLE = choice(
    _named(
        Role,
        guardian=Role.PARENT.value,
        lea=Role.LEA_REPRESENTATIVE.value,
        representative=Role.LEA_REPRESENTATIVE.value,
        service_provider=Role.RELATED_SERVICE_PROVIDER.value,
        interpreter=Role.FAMILY_INTERPRETER.value,
    ),
    "a role (such as special_education_teacher)",
)
MEETING_KIND = choice(
    _named(
        MeetingKind,
        **{"annual": MeetingKind.ANNUAL_REVIEW.value, "504": MeetingKind.SECTION_504.value,
           "504 meeting": MeetingKind.SECTION_504.value,
           "triennial": MeetingKind.REEVALUATION.value, "mdr": MeetingKind.MANIFESTATION_DETERMINATION.value},
    ),
    "a kind of meeting (such as annual review or 504)",
)  # fmt: skip
CONTACT_WAY = choice(_named(ContactWay), "a way to be contacted (email, text, phone or letter)")
OUTSIDE_KIND = choice(
    _named(OutsideKind, interpreter=OutsideKind.FAMILY_INTERPRETER.value),
    "a kind (family_interpreter, agency, advocate or other)",
)
HOURS_KIND = choice(
    {"available": "available", "prep": "prep", "planning": "prep", "planning period": "prep", "teaching": "teaching",
     "lunch": "lunch", "duty": "duty"},
    "a kind of hours (available, prep, teaching, lunch or duty)",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
WEEKDAY = choice(
    {name: str(n) for n, day_name in enumerate(WEEKDAYS, start=1) for name in (str(n), day_name, day_name[:3])},
    "a weekday (Monday to Friday)",
)
ROLES_OF_USERS = (
    "student", "teacher", "aide", "administrator", "parent", "guardian", "relative", "proctor", "siteAdministrator",
    "districtAdministrator", "systemAdministrator", "principal", "counselor",
)  # fmt: skip
USER_ROLE = choice({name: name for name in ROLES_OF_USERS}, "a role of OneRoster (such as student, teacher or parent)")
POSITIONS = {
    _word(name): value
    for name, value in _named(
        Position,
        slp=Position.SPEECH_THERAPIST.value,
        speech_language_pathologist=Position.SPEECH_THERAPIST.value,
        ot=Position.OCCUPATIONAL_THERAPIST.value,
        pt=Position.PHYSICAL_THERAPIST.value,
        case_manager=Position.SPECIAL_EDUCATION_TEACHER.value,
        vice_principal=Position.ASSISTANT_PRINCIPAL.value,
    ).items()
}
LANGUAGES = {
    _word(name): value
    for name, value in _named(
        Language,
        **{"eng": "en", "en-us": "en", "spa": "es", "español": "es", "es-us": "es", "ara": "ar", "العربية": "ar",
           "zho": "zh-hans", "zh": "zh-hans", "zh-cn": "zh-hans", "chinese": "zh-hans", "mandarin": "zh-hans",
           "中文": "zh-hans",
           "vie": "vi", "tiếng việt": "vi", "por": "pt", "português": "pt", "rus": "ru", "русский": "ru", "hat": "ht",
           "kreyòl ayisyen": "ht"},
    ).items()
}  # fmt: skip


def user_role(cell: str) -> str | None:
    """Return the role; None for an extension of the vocabulary (`ext:…`), which says nothing here."""
    if cell.lower().startswith("ext:"):
        return "ext"
    found = USER_ROLE(cell)
    return None if found is None else str(found)
