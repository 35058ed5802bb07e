"""The two days on which the story can be told: its mother can come at 3:00 PM, and the vice principal cannot.

The vice principal leads a Section 504 meeting then. The principal has to be at the buses at 3:45 PM: too early for the
hour of the mother's meeting, but in time to lead the other one. So one swap opens 3:00 PM, and nothing else does.
Nobody knows at which hour the demo is started, hence a second day.
"""

from datetime import date, datetime, time, timedelta

from demo.booked import Booked, Member
from demo.families import Child
from demo.staff import ELEMENTARY, ROOMS, WEEKDAYS
from demo.year import REGULAR, Year

AT, MINUTES, REST = time(15), 60, 10
DAYS = 2
GRADES = (5, 3)
# The director leads a weekly meeting of her own on these days of the week.
DIRECTOR, DIRECTOR_FROM, DIRECTOR_TO = "ruth-calder", "14:30", "16:00"
# Beside the student, her mother and a room: the case manager, the classroom teacher, the speech-language pathologist,
# the interpreter, and both who could be LEA representative.
TEAM = ("dana-ortiz", "t-40", "jo-lee", "o-luz-ventana", "marcus-bell", "alice-kim")


def prepared_days(year: Year, today: date) -> list[date]:
    """Return the next ordinary school days, today among them if it is one: no more than are left of the year."""
    return [day for day in year.open_days(today, year.last) if year.day_type(day) == REGULAR][:DAYS]


def story(book: Booked, children: list[Child]) -> list[Child]:
    """Book a 504 meeting at 3:00 PM of each prepared day, keep those free whom Maya needs, and return whose it is."""
    maya = next(child for child in children if (child.given, child.family) == ("Maya", "Rainwater"))
    told = [_of_grade(children, grade) for grade in GRADES]
    for n, (day, child) in enumerate(zip(prepared_days(book.year, book.today), told, strict=False), start=1):
        start = datetime.combine(day, AT)
        book.try_to_book(child, "504", _members(child), start, id_=f"story-{n}")
        book.tables.add(
            "hours", staff=DIRECTOR, weekday=WEEKDAYS[day.isoweekday()], start=DIRECTOR_FROM, end=DIRECTOR_TO,
            kind="duty",
        )  # fmt: skip
        end = start + timedelta(minutes=MINUTES + REST)
        book.hold([*TEAM, *_family(maya), _free_room(book, start, end)], start - timedelta(minutes=REST), end)
    return told


def _of_grade(children: list[Child], grade: int) -> Child:
    """Return a child without an IEP whose first guardian may be asked, and speaks English."""
    return next(
        child
        for child in children
        if child.grade == grade and not child.case_manager and child.may_be_asked
        and child.may_be_asked[0].language == "en"
    )  # fmt: skip


def _members(child: Child) -> list[Member]:
    return [
        ("alice-kim", "lea_representative", "yes"),
        ("sofia-marin", "evaluation_interpreter", "yes"),
        (f"t-{child.grade}{child.section}", "general_education_teacher", "yes"),
        (child.may_be_asked[0].id, "parent", "yes"),
    ]


def _family(child: Child) -> list[str]:
    return [child.id, *(guardian.id for guardian in child.guardians)]


def _free_room(book: Booked, start: datetime, end: datetime) -> str:
    rooms = [f"{ELEMENTARY} {name}" for name, _ in ROOMS[ELEMENTARY]]
    return next(room for room in rooms if book.is_free([room], start, end))
