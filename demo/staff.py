"""The two schools, who works there, and what hours they keep."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from demo.tables import Tables
from demo.year import REGULAR

STAFF_MAIL = "willowbend.example.org"
ELEMENTARY, MIDDLE, DISTRICT = "willow-bend", "lincoln", "district"
SPECIALS = ("Art", "Music", "Physical education", "Library")
SUBJECTS = ("English", "Math", "Science", "Social studies", "Physical education", "Elective")
PERIODS = ("1", "2", "3", "4", "5", "6")


@dataclass
class Worker:
    id: str
    given: str
    family: str
    school: str
    position: str
    teaches: set[str] = field(default_factory=set)  # Periods, the free ones being planning periods.
    caseload: int = 0

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"


NAMED = (
    # id, given, family, schools, role, position
    ("dana-ortiz", "Dana", "Ortiz", ELEMENTARY, "teacher", "special education teacher"),
    ("priya-shah", "Priya", "Shah", ELEMENTARY, "teacher", "special education teacher"),
    ("tom-reed", "Tom", "Reed", ELEMENTARY, "teacher", "special education teacher"),
    ("lena-wu", "Lena", "Wu", ELEMENTARY, "teacher", "special education teacher"),
    ("noor-lantern", "Noor", "Lantern", MIDDLE, "teacher", "special education teacher"),
    ("felix-tambourine", "Felix", "Tambourine", MIDDLE, "teacher", "special education teacher"),
    ("ada-honeywell", "Ada", "Honeywell-Pie", MIDDLE, "teacher", "special education teacher"),
    ("gus-paddock", "Gus", "Paddock", MIDDLE, "teacher", "special education teacher"),
    ("marcus-bell", "Marcus", "Bell", ELEMENTARY, "principal", "principal"),
    ("alice-kim", "Alice", "Kim", ELEMENTARY, "administrator", "assistant principal"),
    ("hope-windmill", "Hope", "Windmill", MIDDLE, "principal", "principal"),
    ("victor-sash", "Victor", "Sash", MIDDLE, "administrator", "assistant principal"),
    ("sofia-marin", "Sofia", "Marin", ELEMENTARY, "counselor", "counselor"),
    ("penny-whistle", "Penny", "Whistle", MIDDLE, "counselor", "counselor"),
    ("jo-lee", "Jo", "Lee", f"{ELEMENTARY},{MIDDLE}", "teacher", "speech-language pathologist"),
    ("oona-bright", "Oona", "Bright", f"{MIDDLE},{ELEMENTARY}", "teacher", "speech-language pathologist"),
    ("sam-pell", "Sam", "Pell", f"{ELEMENTARY},{MIDDLE}", "teacher", "occupational therapist"),
    ("iris-moss", "Iris", "Moss", f"{ELEMENTARY},{MIDDLE}", "teacher", "school psychologist"),
    ("nell-gable", "Nell", "Gable", ELEMENTARY, "teacher", "nurse"),
    ("ruth-calder", "Ruth", "Calder-Moon", DISTRICT, "administrator", "special education director"),
    ("ike-toggle", "Ike", "Toggle", DISTRICT, "teacher", "other"),
)  # fmt: skip
CASELOADS = {
    "dana-ortiz": 14, "priya-shah": 22, "tom-reed": 21, "lena-wu": 24,
    "noor-lantern": 23, "felix-tambourine": 26, "ada-honeywell": 24, "gus-paddock": 27,
}  # fmt: skip
RESOURCE_PERIODS = {
    "dana-ortiz": "2 3 5", "priya-shah": "1 3 4", "tom-reed": "2 4 5", "lena-wu": "1 2 6",
    "noor-lantern": "1 3 5", "felix-tambourine": "2 4 6", "ada-honeywell": "1 4 5", "gus-paddock": "2 3 6",
}  # fmt: skip
PLANNING_PERIOD = {
    "dana-ortiz": "6", "priya-shah": "5", "tom-reed": "6", "lena-wu": "4",
    "noor-lantern": "6", "felix-tambourine": "3", "ada-honeywell": "6", "gus-paddock": "1",
}  # fmt: skip
REPRESENTATIVES = {
    ELEMENTARY: ("marcus-bell", "alice-kim", "ruth-calder"),
    MIDDLE: ("hope-windmill", "victor-sash", "ruth-calder"),
}  # fmt: skip
BUILDING_DAYS = {
    "jo-lee": {1: ELEMENTARY, 2: ELEMENTARY, 3: MIDDLE, 4: ELEMENTARY, 5: ELEMENTARY},
    "oona-bright": {1: MIDDLE, 2: MIDDLE, 3: ELEMENTARY, 4: MIDDLE, 5: MIDDLE},
    "sam-pell": {1: ELEMENTARY, 2: MIDDLE, 3: MIDDLE, 4: ELEMENTARY, 5: MIDDLE},
    "iris-moss": {1: ELEMENTARY, 2: MIDDLE, 3: ELEMENTARY, 4: MIDDLE, 5: ELEMENTARY},
}
TEACHING_THERAPY = {"jo-lee": ("08:45", "11:15"), "oona-bright": ("08:45", "11:15"), "sam-pell": ("09:00", "11:00")}
DUTIES = (("alice-kim", "Lunch", ELEMENTARY), ("victor-sash", "Lunch", MIDDLE))
# The late buses leave every ordinary day; the principal sees the children off.
BUS_DUTY = ("marcus-bell", "15:45", "16:10", ELEMENTARY)
DAYS = {ELEMENTARY: ("08:00", "16:00"), MIDDLE: ("07:30", "15:15")}
WEEKDAYS = {1: "Monday", 2: "Tuesday", 3: "Wednesday", 4: "Thursday", 5: "Friday"}
ROOMS = {
    ELEMENTARY: (("Room 12", 10), ("Library annex", 8), ("Conference room", 12)),
    MIDDLE: (("Room 204", 10), ("Counseling suite", 8), ("Conference room", 12)),
}


def workers(tables: Tables, names: Iterator[tuple[str, str]]) -> dict[str, Worker]:
    """Add everyone who works here, and return them by id."""
    found: dict[str, Worker] = {}
    for id_, given, family, schools, role, position in NAMED:
        found[id_] = _worker(tables, Worker(id_, given, family, schools.split(",")[0], position), schools, role)
        found[id_].teaches = set(RESOURCE_PERIODS.get(id_, "").split())
        found[id_].caseload = CASELOADS.get(id_, 0)
    for worker in _teachers(names):
        found[worker.id] = _worker(tables, worker, worker.school, "teacher")
    for school, people in REPRESENTATIVES.items():
        for id_ in people:
            tables.add("representatives", school=school, staff=id_)
    _hours(tables, found)
    return found


def _worker(tables: Tables, worker: Worker, schools: str, role: str) -> Worker:
    mail = f"{worker.given}.{worker.family}".lower().replace(" ", "")
    tables.add(
        "users", sourcedId=worker.id, status="active", enabledUser="true", orgSourcedIds=schools, role=role,
        username=worker.id, givenName=worker.given, familyName=worker.family, email=f"{mail}@{STAFF_MAIL}",
        phone="614-555-0100", ext_position=worker.position,
    )  # fmt: skip
    return worker


def _teachers(names: Iterator[tuple[str, str]]) -> Iterator[Worker]:
    """Yield 24 classroom and 4 special teachers of the elementary school, and 36 teachers of the middle school."""
    for grade in range(6):
        for section in range(4):
            given, family = ("Raj", "Patel") if (grade, section) == (4, 0) else next(names)
            teaches = set(PERIODS) - {special_period(grade)}
            yield Worker(f"t-{grade}{section}", given, family, ELEMENTARY, "teacher", teaches)
    for n, _ in enumerate(SPECIALS):
        yield Worker(f"t-special-{n}", *next(names), ELEMENTARY, "teacher", set(PERIODS))
    for grade in (6, 7, 8):
        for s, _ in enumerate(SUBJECTS):
            for half, groups in enumerate((range(4), range(4, 7))):
                teaches = {PERIODS[(group + s) % 6] for group in groups}
                yield Worker(f"t-{grade}-{s}{half}", *next(names), MIDDLE, "teacher", teaches)


def special_period(grade: int) -> str:
    """Return the period in which a grade has art or music, and its teachers plan: the last one for grade 4."""
    return PERIODS[(grade + 1) % 6]


def _hours(tables: Tables, workers: dict[str, Worker]) -> None:
    """Teaching hours come from classes and bells; what differs stands here."""
    for worker in workers.values():
        if worker.teaches:
            tables.add("hours", staff=worker.id, period="Lunch", school=worker.school, kind="lunch")
        for period in sorted(set(PERIODS) - worker.teaches) if worker.teaches else ():
            # A case manager helps in other teachers' classes when there is no class of their own.
            kind = "prep" if PLANNING_PERIOD.get(worker.id, period) == period else "teaching"
            tables.add("hours", staff=worker.id, period=period, school=worker.school, kind=kind)
    for id_, days in BUILDING_DAYS.items():
        for weekday, school in days.items():
            day = {"staff": id_, "weekday": WEEKDAYS[weekday], "school": school}
            start, end = DAYS[school]
            tables.add("hours", **day, start=start, end=end, kind="available")
            if id_ in TEACHING_THERAPY:
                start, end = TEACHING_THERAPY[id_]
                tables.add("hours", **day, start=start, end=end, kind="teaching")
    for id_, period, school in DUTIES:
        tables.add("hours", staff=id_, period=period, school=school, kind="duty")
    id_, start, end, school = BUS_DUTY
    tables.add("hours", staff=id_, day_type=REGULAR, start=start, end=end, school=school, kind="duty")
