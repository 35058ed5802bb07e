"""What is booked already on the day the district begins: IEP meetings and 504 meetings that clash with nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from demo.families import Child
from demo.ieps import Iep
from demo.staff import ELEMENTARY, MIDDLE, ROOMS
from demo.tables import Tables
from demo.year import BELLS, Year

INTERPRETERS = {"es": "o-luz-ventana", "zh-hans": "o-wei-compass", "vi": "o-linh-harbor", "ar": "o-samir-lantern"}
MINUTES = 45
SHARE_BOOKED = 0.55
SOON = 35
# Where a meeting starts: with the last period, or when it ends.
LAST_PERIOD, AFTER_SCHOOL = 1, 2
# The cast's: student, school days from today, start. A minus sign: it was held, and is not recorded yet.
CAST_BOOKED = (
    ("Wren Applewood", -1, AFTER_SCHOOL), ("Pippa Thimble", 1, LAST_PERIOD), ("Clover Bumble", 4, AFTER_SCHOOL),
    ("Indigo Wick", 8, AFTER_SCHOOL), ("Fern Hollow", 11, LAST_PERIOD),
)  # fmt: skip
FIRST_MIDDLE_GRADE = 6

Member = tuple[str, str, str]  # Who, in which role, and `yes` or `no` where they answered.


class Booked:
    """Meetings so far, and who is taken when."""

    def __init__(self, tables: Tables, year: Year, today: date, chance: Random) -> None:
        self.tables, self.year, self.today, self.chance = tables, year, today, chance
        self.taken: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        self.count = 0

    def is_free(self, people: list[str], start: datetime, end: datetime) -> bool:
        return all(end <= s or e <= start for who in people for s, e in self.taken[who])

    def hold(self, people: Iterable[str], start: datetime, end: datetime) -> None:
        """Keep people and rooms out of other meetings."""
        for who in people:
            self.taken[who].append((start, end))

    def try_to_book(
        self, child: Child, kind: str, members: list[Member], start: datetime, *, id_: str | None = None
    ) -> bool:
        """Book one meeting unless somebody is taken, and say whether it was."""
        end = start + timedelta(minutes=MINUTES)
        people = [child.id, *(who for who, _, _ in members)]
        rooms = [name for name, _ in ROOMS[child.school] if self.is_free([f"{child.school} {name}"], start, end)]
        if not rooms or not self.is_free(people, start, end):
            return False
        self.hold([*people, f"{child.school} {rooms[0]}"], start, end)
        self.count += 1
        self.tables.add(
            "meetings", id=id_ or f"b-{self.count}", kind=kind, student=child.id, school=child.school, room=rooms[0],
            start=f"{start:%Y-%m-%d %H:%M}", end=f"{end:%Y-%m-%d %H:%M}",
            members=",".join(f"{who}:{role}:{answer}" if answer else f"{who}:{role}" for who, role, answer in members),
        )  # fmt: skip
        return True

    def school_day(self, n: int) -> date:
        """Return the `n`th school day after today, or before it."""
        days = self.year.open_days(self.today + timedelta(1), self.year.last)
        if n < 0:
            days = list(reversed(self.year.open_days(self.year.first, self.today - timedelta(1))))
        return days[min(abs(n), len(days)) - 1] if days else self.year.first


def booked(book: Booked, children: list[Child], ieps: list[Iep]) -> None:
    """Add the meetings of the cast, of other IEPs due soon, and 504 meetings of these children."""
    today, chance = book.today, book.chance
    by_name = {f"{iep.child.given} {iep.child.family}": iep for iep in ieps}
    for name, days, at in CAST_BOOKED:
        iep = by_name[name]
        start = _start(book.year, iep.child.school, book.school_day(days), at)
        has_met = days < 0 or iep.child.given in {"Pippa", "Indigo", "Fern"}
        book.try_to_book(iep.child, iep.next_due[0], _members(book, iep, all_yes=has_met), start)
    for iep in ieps:
        kind, due = iep.next_due
        is_cast = iep.child.case_manager == "dana-ortiz"
        if not is_cast and today < due <= today + timedelta(SOON) and chance.random() < SHARE_BOOKED:
            _book_before(book, iep, kind, due)
    _section_504(book, [child for child in children if not child.case_manager])


def _book_before(book: Booked, iep: Iep, kind: str, due: date) -> None:
    members = _members(book, iep, all_yes=book.chance.random() < 0.4)  # noqa: PLR2004
    for start in _starts(book, iep.child.school, book.year.open_days(book.today + timedelta(1), due)):
        if book.try_to_book(iep.child, kind, members, start):
            return


def _section_504(book: Booked, others: list[Child]) -> None:
    """Book a 504 meeting for every other school day of the next weeks; the vice principals lead most of them."""
    leaders = {ELEMENTARY: ("alice-kim", "sofia-marin"), MIDDLE: ("victor-sash", "penny-whistle")}
    for n, child in enumerate(book.chance.sample(others, 18)):
        vice, counselor = leaders[child.school]
        teacher = _teacher(book, child)
        parent = [(child.may_be_asked[0].id, "parent", "yes")] if child.may_be_asked else []
        # Now and then the vice principal has to say no: someone else could cover.
        leads = "yes" if n % 6 else "no"
        members = [
            (vice, "lea_representative", leads), (counselor, "evaluation_interpreter", "yes"), *teacher, *parent,
        ]  # fmt: skip
        days = [book.school_day(1 + n % 12)]
        for start in _starts(book, child.school, days):
            if book.try_to_book(child, "504", members, start):
                break


def _members(book: Booked, iep: Iep, *, all_yes: bool) -> list[Member]:
    """Return the people of an IEP meeting: id, role, and `yes` where they said so."""
    child = iep.child
    answer = "yes" if all_yes else ""
    parents = [(guardian.id, "parent", answer) for guardian in child.may_be_asked[:1]]
    vice = {ELEMENTARY: "alice-kim", MIDDLE: "victor-sash"}[child.school]
    principal = {ELEMENTARY: "marcus-bell", MIDDLE: "hope-windmill"}[child.school]
    representative = book.chance.choice((vice, principal))
    members = [
        *parents,
        (representative, "lea_representative", "yes"),
        (child.case_manager, "special_education_teacher", "yes"),
        *_teacher(book, child),
        *((who, role, answer) for who, role in iep.team),
    ]
    asked = child.may_be_asked[0] if child.may_be_asked else None
    if asked and asked.interpreter and asked.language in INTERPRETERS:
        members.append((INTERPRETERS[asked.language], "family_interpreter", "yes"))
    return members


def _teacher(book: Booked, child: Child) -> list[Member]:
    """Return one general education teacher of the child, who teaches the child's first class of the day's half."""
    if child.grade < FIRST_MIDDLE_GRADE:
        return [(f"t-{child.grade}{child.section}", "general_education_teacher", book.chance.choice(("yes", "")))]
    return [(f"t-{child.grade}-0{child.section // 4}", "general_education_teacher", book.chance.choice(("yes", "")))]


def _starts(book: Booked, school: str, days: list[date]) -> Iterator[datetime]:
    """Yield the start of the last period and its end, on days in random order."""
    for day in book.chance.sample(days, len(days)):
        for at in book.chance.sample((AFTER_SCHOOL, LAST_PERIOD), 2):
            yield _start(book.year, school, day, at)


def _start(year: Year, school: str, day: date, at: int) -> datetime:
    bells = BELLS["elementary" if school == ELEMENTARY else "middle"][year.day_type(day)]
    return datetime.combine(day, time.fromisoformat(bells[-1].split()[at]))
