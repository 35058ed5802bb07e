"""Each file of a roster: its columns, how a cell is read, and where it waits in the database until all is checked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from students.models import folded
from students.roster import cells
from students.roster.cells import Parse

Fault = tuple[str, str]
Finish = Callable[[dict[str, Any]], Iterator[Fault]]


@dataclass(frozen=True)
class Column:
    """One column: its name in the file, its field in the waiting table and the field's type there."""

    name: str
    field: str
    parse: Parse
    type: str = "text"
    is_needed: bool = False  # The file cannot be used without the column, nor a row without the cell.
    may_be_blank: bool = False  # Needed as a column alone.
    also: tuple[str, ...] = ()  # Other names for the same column.


def _no_faults(row: dict[str, Any]) -> Iterator[Fault]:
    return iter(())


@dataclass(frozen=True)
class Layout:
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]  # Fields that no two rows share.
    finish: Finish = _no_faults  # Sets fields made from several cells, and yields what is wrong between them.
    made: tuple[tuple[str, str], ...] = ()  # Such fields and their types.

    @property
    def table(self) -> str:
        return f"roster_{self.name.lower()}"

    def fields(self) -> list[tuple[str, str]]:
        return [(column.field, column.type) for column in self.columns] + list(self.made)

    def field(self, name: str) -> Column:
        return next(column for column in self.columns if column.field == name)


def column(name: str, field: str, parse: Parse, type: str = "text", *also: str) -> Column:  # noqa: A002
    return Column(name, field, parse, type, also=also)


def needed(name: str, field: str, parse: Parse, type: str = "text") -> Column:  # noqa: A002
    return Column(name, field, parse, type, is_needed=True)


ID = needed("sourcedId", "id", cells.identifier)
STATUS = column("status", "deleted", cells.status, "boolean")


def finish_user(row: dict[str, Any]) -> Iterator[Fault]:
    given, family, preferred = row["given_name"], row["family_name"], row["preferred_name"] or ""
    row["search_name"] = folded(f"{family} {preferred or given} {given}")[:400]
    yield from ()


def finish_outside(row: dict[str, Any]) -> Iterator[Fault]:
    row["family_name"] = row["family_name"] or ""
    row["search_name"] = folded(f"{row['family_name']} {row['given_name']} {row['given_name']}")[:400]
    yield from ()


def ends_after_start(row: dict[str, Any]) -> Iterator[Fault]:
    if row["start"] and row["end"] and row["end"] <= row["start"]:
        yield "end", "is not after the start"


def session_ends(row: dict[str, Any]) -> Iterator[Fault]:
    if row["end_on"] < row["start_on"]:
        yield "endDate", "is before startDate"


def finish_hours(row: dict[str, Any]) -> Iterator[Fault]:
    yield from ends_after_start(row)
    has_times = row["start"] is not None and row["end"] is not None
    if row["period"] and (row["start"] or row["end"]):
        yield "period", "stands beside a start and an end: give the one or the other"
    elif not row["period"] and not has_times:
        yield "start", "is empty: give start and end, or a period"
    if row["weekday"] and row["day_type"]:
        yield "day_type", "stands beside a weekday: give the one or the other"
    elif not row["weekday"] and not row["day_type"] and not row["period"]:
        yield "weekday", "is empty: give a weekday, a day type, or a period"
    if row["period"] and not row["school"]:
        yield "school", "is empty: a period is one of a school"


LAYOUTS = (
    Layout("orgs", (
        ID, STATUS,
        needed("name", "name", cells.text(200)),
        needed("type", "type", cells.text(40)),
        column("parentSourcedId", "parent", cells.identifier),
        column("ext_time_zone", "time_zone", cells.said(cells.text(64)), "text", "metadata.timeZone"),
        column("ext_short_name", "short_name", cells.said(cells.text(60)), "text", "metadata.shortName"),
        column("ext_phone", "phone", cells.said(cells.text(40)), "text", "metadata.phone"),
        column("ext_office_contact", "office_contact", cells.said(cells.text(120)), "text", "metadata.officeContact"),
        column("ext_address", "address", cells.said(cells.text(255)), "text", "metadata.address"),
    ), ("id",)),
    Layout("academicSessions", (
        ID, STATUS,
        needed("title", "title", cells.text(120)),
        needed("type", "kind", cells.text(40)),
        needed("startDate", "start_on", cells.day, "date"),
        needed("endDate", "end_on", cells.day, "date"),
    ), ("id",), session_ends),
    Layout("courses", (
        ID, STATUS,
        column("courseCode", "code", cells.text(80)),
        column("subjectCodes", "subjects", cells.several, "text[]"),
    ), ("id",)),
    Layout("classes", (
        ID, STATUS,
        needed("title", "title", cells.text(200)),
        column("courseSourcedId", "course", cells.identifier),
        column("classCode", "code", cells.text(80)),
        needed("schoolSourcedId", "school", cells.identifier),
        column("termSourcedIds", "terms", cells.several, "text[]"),
        column("subjectCodes", "subjects", cells.several, "text[]"),
        column("periods", "periods", cells.several, "text[]"),
    ), ("id",)),
    Layout("users", (
        ID, STATUS,
        column("enabledUser", "enabled", cells.boolean, "boolean"),
        column("orgSourcedIds", "orgs", cells.several, "text[]"),
        column("primaryOrgSourcedId", "primary_org", cells.identifier),
        column("role", "role", cells.user_role),
        needed("givenName", "given_name", cells.text(120)),
        Column("familyName", "family_name", cells.text(120), is_needed=True, may_be_blank=True),
        column("preferredGivenName", "preferred_name", cells.text(120), "text", "preferredFirstName"),
        column("email", "email", cells.email),
        column("sms", "sms", cells.said(cells.text(40))),
        column("phone", "phone", cells.said(cells.text(40))),
        column("agentSourcedIds", "agents", cells.several, "text[]"),
        column("grades", "grades", cells.several, "text[]"),
        column("ext_position", "position", cells.position, "text", "metadata.position"),
    ), ("id",), finish_user, (("search_name", "text"),)),
    Layout("roles", (
        ID, STATUS,
        needed("userSourcedId", "user_id", cells.identifier),
        column("roleType", "role_type", cells.text(40)),
        needed("role", "role", cells.user_role),
        column("beginDate", "begin_on", cells.day, "date"),
        column("endDate", "end_on", cells.day, "date"),
        column("orgSourcedId", "org", cells.identifier),
    ), ("id",)),
    Layout("enrollments", (
        ID, STATUS,
        needed("classSourcedId", "class", cells.identifier),
        needed("userSourcedId", "user_id", cells.identifier),
        needed("role", "role", cells.user_role),
        column("beginDate", "begin_on", cells.day, "date"),
        column("endDate", "end_on", cells.day, "date"),
    ), ("id",)),
    Layout("demographics", (
        ID, STATUS,
        column("birthDate", "birth_on", cells.day, "date", "birthdate"),
    ), ("id",)),
    Layout("outside", (
        needed("id", "id", cells.identifier),
        needed("given_name", "given_name", cells.text(120)),
        column("family_name", "family_name", cells.text(120)),
        needed("kind", "kind", cells.OUTSIDE_KIND),
        column("organisation", "organisation", cells.text(120), "text", "organization"),
        column("languages", "languages", cells.languages, "text[]"),
        column("email", "email", cells.email),
        column("phone", "phone", cells.said(cells.text(40))),
    ), ("id",), finish_outside, (("search_name", "text"),)),
    Layout("iep", (
        needed("student", "student", cells.identifier),
        column("case_manager", "case_manager", cells.identifier),
        column("annual_due", "annual_due", cells.day, "date"),
        column("reevaluation_due", "reevaluation_due", cells.day, "date"),
        column("general_education", "general_education", cells.boolean, "boolean"),
        column("home_language", "home_language", cells.language),
        column("interpreter", "interpreter", cells.boolean, "boolean"),
        column("team", "team", cells.members, "text[]"),
        column("special_education_classes", "special_classes", cells.several, "text[]"),
    ), ("student",)),
    Layout("contacts", (
        needed("guardian", "guardian", cells.identifier),
        needed("student", "student", cells.identifier),
        column("relationship", "relationship", cells.said(cells.text(60))),
        column("education_rights", "rights", cells.boolean, "boolean"),
        column("no_contact", "no_contact", cells.boolean, "boolean"),
        column("language", "language", cells.language),
        Column("language", "language_name", cells.language_name),
        column("interpreter", "interpreter", cells.boolean, "boolean"),
        column("contact_by", "contact_by", cells.CONTACT_WAY),
        column("phone", "phone", cells.said(cells.text(40))),
        column("address", "address", cells.said(cells.text(255))),
    ), ("guardian", "student")),
    Layout("representatives", (
        needed("school", "school", cells.identifier),
        needed("staff", "staff", cells.identifier),
    ), ("school", "staff")),
    Layout("bell", (
        needed("school", "school", cells.identifier),
        needed("day_type", "day_type", cells.text(40)),
        needed("period", "period", cells.text(40)),
        needed("start", "start", cells.clock, "time"),
        needed("end", "end", cells.clock, "time"),
    ), ("school", "day_type", "period"), ends_after_start),
    Layout("calendar", (
        needed("school", "school", cells.identifier),
        needed("date", "on", cells.day, "date"),
        needed("day_type", "day_type", cells.text(40)),
    ), ("school", "on")),
    Layout("rooms", (
        needed("school", "school", cells.identifier),
        needed("room", "room", cells.text(80)),
        column("capacity", "capacity", cells.whole, "integer"),
    ), ("school", "room")),
    Layout("hours", (
        needed("staff", "staff", cells.identifier),
        column("weekday", "weekday", cells.WEEKDAY),
        column("day_type", "day_type", cells.said(cells.text(40))),
        column("start", "start", cells.clock, "time"),
        column("end", "end", cells.clock, "time"),
        column("period", "period", cells.said(cells.text(40))),
        column("school", "school", cells.identifier),
        needed("kind", "kind", cells.HOURS_KIND),
    ), (), finish_hours),
    Layout("meetings", (
        needed("id", "id", cells.identifier),
        needed("kind", "kind", cells.MEETING_KIND),
        needed("student", "student", cells.identifier),
        needed("school", "school", cells.identifier),
        column("room", "room", cells.said(cells.text(80))),
        needed("start", "start", cells.moment, "timestamp"),
        needed("end", "end", cells.moment, "timestamp"),
        column("members", "members", cells.members, "text[]"),
    ), ("id",), ends_after_start),
)  # fmt: skip

BY_NAME = {layout.name: layout for layout in LAYOUTS}
