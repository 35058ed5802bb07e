"""Who has an IEP, whose caseload it is, and by when the next meetings must be."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from demo.families import CAST, Child
from demo.staff import CASELOADS, ELEMENTARY, Worker
from demo.tables import Tables
from demo.year import Year

ANNUAL, REEVALUATION = "annual review", "reevaluation"
# Days from today until what is due next, for each of the cast, in its order.
CAST_DUE = (
    (ANNUAL, -4), (REEVALUATION, 2), (ANNUAL, 4), (ANNUAL, 9), (ANNUAL, 11), (REEVALUATION, 16), (ANNUAL, 18),
    (ANNUAL, 21), (ANNUAL, 22), (ANNUAL, 25), (ANNUAL, 25), (ANNUAL, 46), (ANNUAL, 52), (ANNUAL, 64),
)  # fmt: skip
# Weight of each month: meetings crowd in spring, and once more in autumn.
MONTHS = {9: 6, 10: 11, 11: 12, 12: 6, 1: 7, 2: 9, 3: 14, 4: 15, 5: 15, 6: 3}
SOON = 30
REEVALUATION_DAYS = 3 * 365


@dataclass
class Iep:
    child: Child
    annual_due: date
    reevaluation_due: date
    team: list[tuple[str, str]] = field(default_factory=list)

    @property
    def next_due(self) -> tuple[str, date]:
        """Return what must be held next: the kind of meeting and its last day."""
        if self.reevaluation_due < self.annual_due:
            return REEVALUATION, self.reevaluation_due
        return ANNUAL, self.annual_due


def ieps(
    tables: Tables, workers: dict[str, Worker], children: list[Child], year: Year, today: date, chance: Random
) -> list[Iep]:
    """Give students IEPs until every caseload is full, and return these."""
    found = [_cast_iep(child, n, today, chance) for n, child in enumerate(children[: len(CAST)])]
    for manager, size in CASELOADS.items():
        school = workers[manager].school
        free = [child for child in children if child.school == school and not child.case_manager]
        has = sum(child.case_manager == manager for child in children)
        for n, child in enumerate(chance.sample(free, size - has)):
            child.case_manager = manager
            found.append(_iep(child, n, year, today, chance))
    for iep in found:
        iep.team = _team(iep, chance)
        _write(tables, iep)
    return found


def _cast_iep(child: Child, n: int, today: date, chance: Random) -> Iep:
    kind, days = CAST_DUE[n]
    due = _weekday(today + timedelta(days))
    if kind == ANNUAL:
        return Iep(child, due, due + timedelta(chance.randrange(365, 2 * 365)))
    return Iep(child, due + timedelta(chance.randrange(90, 200)), due)


def _iep(child: Child, n: int, year: Year, today: date, chance: Random) -> Iep:
    """Return an IEP: one overdue on the third caseload, some due soon, the rest over the next year by its seasons."""
    if child.case_manager == "tom-reed" and n == 0:
        due = today - timedelta(9)
    elif n % 6 == 0:
        due = today + timedelta(chance.randrange(5, SOON))
    else:
        due = _in_season(today, chance)
    due = _weekday(due)
    if chance.random() < 0.3:  # noqa: PLR2004 - one in three years is a year of reevaluation
        return Iep(child, due + timedelta(chance.randrange(60, 250)), due)
    return Iep(child, due, due + timedelta(chance.randrange(300, 700)))


def _in_season(today: date, chance: Random) -> date:
    months = [(today + timedelta(SOON + 30 * n)).replace(day=1) for n in range(11)]
    month = chance.choices(months, [MONTHS.get(month.month, 0) + 0.1 for month in months])[0]
    return max(month + timedelta(chance.randrange(28)), today + timedelta(SOON))


def _weekday(day: date) -> date:
    return day - timedelta(max(day.isoweekday() - 5, 0))


def _team(iep: Iep, chance: Random) -> list[tuple[str, str]]:
    """Return the people beside the case manager: half of the students have speech, a quarter occupational therapy."""
    team: list[tuple[str, str]] = []
    speech = "jo-lee" if iep.child.school == ELEMENTARY else "oona-bright"
    if iep.child.given == "Maya" or chance.random() < 0.5:  # noqa: PLR2004
        team.append((speech, "related_service_provider"))
    if iep.child.given != "Maya" and chance.random() < 0.25:  # noqa: PLR2004
        team.append(("sam-pell", "related_service_provider"))
    if iep.next_due[0] == REEVALUATION:
        team.append(("iris-moss", "evaluation_interpreter"))
    return team


def _write(tables: Tables, iep: Iep) -> None:
    guardians = iep.child.may_be_asked
    language = guardians[0].language if guardians else "en"
    tables.add(
        "iep", student=iep.child.id, case_manager=iep.child.case_manager, annual_due=iep.annual_due.isoformat(),
        reevaluation_due=iep.reevaluation_due.isoformat(), general_education="yes", home_language=language,
        interpreter="no", team=",".join(f"{who}:{role}" for who, role in iep.team),
    )  # fmt: skip
