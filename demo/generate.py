"""Write the roster of a made-up district for a date: python -m demo.generate FOLDER [DATE].

The same date gives the same files. Figures such as caseloads, bells and the seasons of meetings are those of real
districts; every name is invented.
"""

import random
import sys
from datetime import date
from pathlib import Path

from demo.booked import Booked, booked
from demo.families import children
from demo.ieps import ieps
from demo.lessons import lessons
from demo.names import pairs
from demo.staff import DISTRICT, ELEMENTARY, MIDDLE, ROOMS, workers
from demo.story import story
from demo.tables import Tables
from demo.year import BELLS, Year, year_around

SEED = 20_261_123
SCHOOLS = (
    (ELEMENTARY, "Willow Bend Elementary", "Willow Bend", "614-555-0110", "elementary"),
    (MIDDLE, "Lincoln Middle School", "Lincoln", "614-555-0120", "middle"),
)
OUTSIDE = (
    ("o-luz-ventana", "Luz", "Ventana", "family_interpreter", "Open Door Interpreters", "es"),
    ("o-wei-compass", "Wei", "Compass", "family_interpreter", "Open Door Interpreters", "zh-hans"),
    ("o-linh-harbor", "Linh", "Harbor", "family_interpreter", "Open Door Interpreters", "vi"),
    ("o-samir-lantern", "Samir", "Lantern", "family_interpreter", "Bridge of Words", "ar"),
    ("o-gracie-hatbox", "Gracie", "Hatbox", "agency", "Willow County Developmental Services", ""),
    ("o-abe-pocket", "Abe", "Pocket", "advocate", "Families at the Table", ""),
)


def generate(folder: Path, today: date) -> None:
    """Write the district's CSV files for the school year around `today` into a folder."""
    tables, chance, year = Tables(), random.Random(SEED), year_around(today)
    _district(tables, year)
    names = pairs(chance)
    staff = workers(tables, names)
    students = children(tables, names, chance=chance, year=year)
    plans = ieps(tables, staff, students, year, today, chance)
    lessons(tables, staff, students, year)
    book = Booked(tables, year, today, chance)
    told = story(book, students)
    booked(book, [child for child in students if child not in told], plans)
    tables.write(folder)


def _district(tables: Tables, year: Year) -> None:
    tables.add("orgs", sourcedId=DISTRICT, status="active", name="Willow Bend Schools", type="district")
    for id_, name, short, phone, kind in SCHOOLS:
        tables.add(
            "orgs", sourcedId=id_, status="active", name=name, type="school", parentSourcedId=DISTRICT,
            ext_time_zone="America/New_York", ext_short_name=short, ext_phone=phone,
            ext_office_contact="Fern Finch",
            ext_address=f"1 {short} Road, Willow Bend, OH 43000",
        )  # fmt: skip
        for day_type, periods in BELLS[kind].items():
            for period, start, end in map(str.split, periods):
                tables.add("bell", school=id_, day_type=day_type, period=period, start=start, end=end)
        for day, day_type in year.day_types():
            tables.add("calendar", school=id_, date=day.isoformat(), day_type=day_type)
        for room, capacity in ROOMS[id_]:
            tables.add("rooms", school=id_, room=room, capacity=capacity)
    _terms(tables, year)
    for n, (id_, given, family, kind, organisation, languages) in enumerate(OUTSIDE):
        tables.add(
            "outside", id=id_, given_name=given, family_name=family, kind=kind, organisation=organisation,
            languages=languages, email=f"{given}.{family}@example.org".lower(), phone=f"614-555-015{n}",
        )  # fmt: skip


def _terms(tables: Tables, year: Year) -> None:
    middle = date(year.last.year, 1, 16)
    for id_, kind, title, first, last in (
        ("year", "schoolYear", year.title, year.first, year.last),
        ("fall", "semester", "Fall semester", year.first, middle),
        ("spring", "semester", "Spring semester", middle, year.last),
    ):
        tables.add(
            "academicSessions", sourcedId=id_, status="active", title=title, type=kind, startDate=first.isoformat(),
            endDate=last.isoformat(), parentSourcedId="" if id_ == "year" else "year", schoolYear=year.last.year,
        )  # fmt: skip


if __name__ == "__main__":
    generate(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]) if len(sys.argv) > 2 else date.today())  # noqa: PLR2004
