"""Courses, classes and who is in them."""

from demo.families import SECTIONS, Child
from demo.staff import ELEMENTARY, MIDDLE, PERIODS, RESOURCE_PERIODS, SPECIALS, SUBJECTS, Worker, special_period
from demo.tables import Tables
from demo.year import Year

FIRST_MIDDLE_GRADE = 6
ELECTIVE = SUBJECTS.index("Elective")


def lessons(tables: Tables, workers: dict[str, Worker], children: list[Child], year: Year) -> None:
    """Add courses, classes and enrollments of both schools."""
    rolls: dict[str, list[Child]] = {}
    _elementary(tables, rolls, children)
    _middle(tables, rolls, children)
    _resource(tables, rolls, workers, children)
    for class_id, members in rolls.items():
        for child in members:
            _enroll(tables, class_id, child.school, child.id, "student", year)
    for row in tables.rows["classes"]:
        class_id = str(row["sourcedId"])
        _enroll(tables, class_id, str(row["schoolSourcedId"]), _teacher_of(class_id), "teacher", year)


def _course(tables: Tables, code: str, title: str, school: str) -> str:
    tables.add(
        "courses", sourcedId=f"c-{code}", status="active", schoolYearSourcedId="year", title=title, courseCode=code,
        orgSourcedId=school,
    )  # fmt: skip
    return f"c-{code}"


def _class(tables: Tables, class_id: str, title: str, course: str, school: str, periods: str) -> None:
    tables.add(
        "classes", sourcedId=class_id, status="active", title=title, courseSourcedId=course, classCode=class_id,
        classType="scheduled", schoolSourcedId=school, termSourcedIds="fall,spring", periods=periods,
    )  # fmt: skip


def _elementary(tables: Tables, rolls: dict[str, list[Child]], children: list[Child]) -> None:
    for grade in range(FIRST_MIDDLE_GRADE):
        course = _course(tables, f"ELEM-{grade}", f"Grade {grade or 'K'} homeroom", ELEMENTARY)
        special = special_period(grade)
        for section in range(SECTIONS[grade]):
            title = f"Grade {grade or 'K'} homeroom {'ABCD'[section]}"
            _class(
                tables, f"k-{grade}{section}", title, course, ELEMENTARY, ",".join(p for p in PERIODS if p != special)
            )
            rolls[f"k-{grade}{section}"] = _in(children, grade, section)
    for n, name in enumerate(SPECIALS):
        course = _course(tables, f"SPEC-{n}", name, ELEMENTARY)
        for grade in range(FIRST_MIDDLE_GRADE):
            section = (n + grade) % 4
            _class(tables, f"p-{n}-{grade}", f"{name} {grade or 'K'}", course, ELEMENTARY, special_period(grade))
            rolls[f"p-{n}-{grade}"] = _in(children, grade, section)


def _middle(tables: Tables, rolls: dict[str, list[Child]], children: list[Child]) -> None:
    for grade in (6, 7, 8):
        for s, subject in enumerate(SUBJECTS):
            course = _course(tables, f"{subject[:4].upper().strip()}-{grade}", f"{subject} {grade}", MIDDLE)
            for section in range(SECTIONS[grade]):
                class_id = f"m-{grade}-{s}-{section}"
                _class(tables, class_id, f"{subject} {grade}-{section + 1}", course, MIDDLE, PERIODS[(section + s) % 6])
                members = _in(children, grade, section)
                # Who has an IEP has a resource class in the place of the elective.
                rolls[class_id] = [child for child in members if s != ELECTIVE or not child.case_manager]


def _resource(tables: Tables, rolls: dict[str, list[Child]], workers: dict[str, Worker], children: list[Child]) -> None:
    for school in (ELEMENTARY, MIDDLE):
        _course(tables, f"SPED-{school}", "Resource", school)
    for manager, periods in RESOURCE_PERIODS.items():
        school = workers[manager].school
        caseload = [child for child in children if child.case_manager == manager]
        for n, period in enumerate(periods.split()):
            _class(tables, f"r-{manager}-{period}", f"Resource {period}", f"c-SPED-{school}", school, period)
            rolls[f"r-{manager}-{period}"] = caseload[n::3]


def _teacher_of(class_id: str) -> str:
    kind, *rest = class_id.split("-")
    if kind == "k":
        return f"t-{rest[0]}"
    if kind == "p":
        return f"t-special-{rest[0]}"
    if kind == "m":
        grade, subject, section = rest
        return f"t-{grade}-{subject}{int(section) // 4}"
    return "-".join(rest[:-1])


def _in(children: list[Child], grade: int, section: int) -> list[Child]:
    return [child for child in children if child.grade == grade and child.section == section]


def _enroll(tables: Tables, class_id: str, school: str, who: str, role: str, year: Year) -> None:
    tables.add(
        "enrollments", sourcedId=f"e-{class_id}-{who}", status="active", classSourcedId=class_id,
        schoolSourcedId=school, userSourcedId=who, role=role, primary="true" if role == "teacher" else "false",
        beginDate=year.first.isoformat(), endDate=year.last.isoformat(),
    )  # fmt: skip
