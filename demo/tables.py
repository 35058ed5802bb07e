"""The rows of each file, collected, then written as a student information system would write them."""

import csv
from collections import defaultdict
from pathlib import Path

HEADERS = {
    "manifest": "propertyName value",
    "orgs": "sourcedId status dateLastModified name type identifier parentSourcedId ext_time_zone ext_short_name "
    "ext_phone ext_office_contact ext_address",
    "academicSessions": "sourcedId status dateLastModified title type startDate endDate parentSourcedId schoolYear",
    "courses": "sourcedId status dateLastModified schoolYearSourcedId title courseCode grades orgSourcedId subjects "
    "subjectCodes",
    "classes": "sourcedId status dateLastModified title grades courseSourcedId classCode classType location "
    "schoolSourcedId termSourcedIds subjects subjectCodes periods",
    "users": "sourcedId status dateLastModified enabledUser orgSourcedIds role username userIds givenName familyName "
    "middleName identifier email sms phone agentSourcedIds grades password ext_position",
    "enrollments": "sourcedId status dateLastModified classSourcedId schoolSourcedId userSourcedId role primary "
    "beginDate endDate",
    "demographics": "sourcedId status dateLastModified birthDate sex",
    "iep": "student case_manager annual_due reevaluation_due general_education home_language interpreter team",
    "contacts": "guardian student relationship education_rights no_contact language interpreter contact_by phone "
    "address",
    "representatives": "school staff",
    "bell": "school day_type period start end",
    "calendar": "school date day_type",
    "hours": "staff weekday day_type start end period school kind",
    "rooms": "school room capacity",
    "outside": "id given_name family_name kind organisation languages email phone",
    "meetings": "id kind student school room start end members",
}


Row = dict[str, object]


class Tables:
    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = defaultdict(list)

    def add(self, file: str, **cells: object) -> None:
        self.rows[file].append(cells)

    def write(self, folder: Path) -> None:
        """Write every file with a BOM and CRLF, as most systems do."""
        folder.mkdir(parents=True, exist_ok=True)
        present = [name for name in HEADERS if name != "manifest"]
        modes = {f"file.{name}": "bulk" if self.rows[name] else "absent" for name in present}
        for name, value in ({"manifest.version": "1.0", "oneroster.version": "1.1"} | modes).items():
            self.add("manifest", propertyName=name, value=value)
        for name, header in HEADERS.items():
            with (folder / f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.DictWriter(file, header.split(), restval="")
                writer.writeheader()
                writer.writerows(self.rows[name])
