"""Students and their guardians."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from demo.staff import ELEMENTARY, MIDDLE
from demo.tables import Tables
from demo.year import Year

LANGUAGES = ["en"] * 79 + ["es"] * 14 + ["ar", "zh-hans", "zh-hans", "vi", "vi", "pt", "ht"]
STREETS = ("Acorn Lane", "Birdsong Road", "Candle Street", "Dewberry Court", "Evergreen Way", "Fiddler's Green")
PER_GRADE = {**dict.fromkeys(range(6), 100), 6: 184, 7: 183, 8: 183}
SECTIONS = {**dict.fromkeys(range(6), 4), **dict.fromkeys((6, 7, 8), 7)}


@dataclass
class Guardian:
    id: str
    given: str
    family: str
    language: str
    interpreter: bool
    relationship: str
    rights: bool = True
    no_contact: bool = False
    contact_by: str = "email"


@dataclass
class Child:
    id: str
    given: str
    family: str
    grade: int
    section: int
    guardians: list[Guardian] = field(default_factory=list)
    case_manager: str = ""

    @property
    def school(self) -> str:
        return ELEMENTARY if self.grade < 6 else MIDDLE  # noqa: PLR2004

    @property
    def may_be_asked(self) -> list[Guardian]:
        return [guardian for guardian in self.guardians if guardian.rights and not guardian.no_contact]


# Dana Ortiz's students: given, family, grade, the first guardian (given, language, interpreter, relationship)
CAST = (
    ("Otis", "Marigold", 3, ("Opal", "en", False, "mother")),
    ("Pippa", "Thimble", 5, ("Percy", "en", False, "father")),
    ("Wren", "Applewood", 1, ("Willa", "en", False, "mother")),
    ("Milo", "Starling", 2, ("Mei", "zh-hans", True, "mother")),
    ("Juniper", "Fable", 4, ("Jonah", "en", False, "father")),
    ("Clover", "Bumble", 5, ("Cleo", "en", False, "grandmother")),
    ("Maya", "Rainwater", 4, ("Elena", "es", True, "mother")),
    ("Theo", "Quill", 3, ("Thora", "en", False, "mother")),
    ("Indigo", "Wick", 5, ("Inez", "es", False, "mother")),
    ("Bram", "Larkspur", 2, ("Bina", "en", False, "mother")),
    ("Saffron", "Dapple", 1, ("Salma", "ar", True, "mother")),
    ("Fern", "Hollow", 4, ("Fabian", "en", False, "father")),
    ("Jasper", "Nettle", 3, ("Joan", "en", False, "mother")),
    ("Luna", "Velvet", 2, ("Lucius", "en", False, "father")),
)  # fmt: skip


def children(tables: Tables, names: Iterator[tuple[str, str]], year: Year, chance: Random) -> list[Child]:
    """Add every student with their guardians, the cast among them, and return them."""
    found = _cast()
    for grade, size in PER_GRADE.items():
        for _ in range(size - sum(child.grade == grade for child in found)):
            given, family = next(names)
            section = chance.randrange(SECTIONS[grade])
            found.append(Child(f"s-{1000 + len(found)}", given, family, grade, section))
    for child in found:
        _give_guardians(child, chance)
    mend_orders(found)
    for n, child in enumerate(found):
        _write_child(tables, child, year, chance)
        for guardian in child.guardians:
            _write_guardian(tables, child, guardian, n, chance)
    return found


def _cast() -> list[Child]:
    found: list[Child] = []
    for given, family, grade, (parent, language, interpreter, relationship) in CAST:
        child = Child(f"s-{1000 + len(found)}", given, family, grade, 0, case_manager="dana-ortiz")
        child.guardians.append(
            Guardian(f"g-{child.id[2:]}-1", parent, family, language, interpreter, relationship)
        )  # fmt: skip
        found.append(child)
    return found


def _give_guardians(child: Child, chance: Random) -> None:
    language = child.guardians[0].language if child.guardians else chance.choice(LANGUAGES)
    wanted = 2 if chance.random() < 0.6 else 1  # noqa: PLR2004
    if child.given == "Maya":
        wanted = 1
    while len(child.guardians) < wanted:
        n = len(child.guardians) + 1
        interpreter = language != "en" and chance.random() < 0.6  # noqa: PLR2004
        relationship = ("mother", "father")[n - 1] if chance.random() < 0.85 else "guardian"  # noqa: PLR2004
        given = chance.choice(PARENTS)
        guardian = Guardian(f"g-{child.id[2:]}-{n}", given, child.family, language, interpreter, relationship)
        guardian.contact_by = chance.choices(("email", "text", "phone", "letter"), (70, 15, 12, 3))[0]
        child.guardians.append(guardian)


PARENTS = [
    "Abel",
    "Agatha",
    "Ambrose",
    "Annika",
    "Archer",
    "Astrid",
    "Barnaby",
    "Beatrix",
    "Benedict",
    "Cecily",
    "Clement",
    "Cora",
    "Cyrus",
    "Daphne",
    "Dorian",
    "Edith",
    "Edmund",
    "Elowen",
    "Emrys",
    "Esther",
    "Felicity",
    "Florian",
    "Gideon",
    "Greta",
    "Gwendolen",
    "Hector",
    "Hilda",
    "Horatio",
    "Ingrid",
    "Isadora",
    "Jago",
    "Josephine",
    "Kit",
    "Leander",
    "Leonora",
    "Lorcan",
    "Lucinda",
    "Magnus",
    "Matilda",
    "Mortimer",
    "Nadia",
    "Nestor",
    "Octavia",
    "Odette",
    "Orson",
    "Ottilie",
    "Paloma",
    "Perpetua",
    "Quentin",
    "Ramona",
    "Rollo",
    "Rosalind",
    "Rufus",
    "Sabine",
    "Seraphina",
    "Silas",
    "Tabitha",
    "Thaddeus",
    "Ursula",
    "Valentin",
    "Wilhelmina",
    "Xenia",
    "Yusuf",
    "Zelda",
]


def mend_orders(found: list[Child]) -> None:
    """Let one guardian be under a no-contact order, and one be without education rights."""
    by_name = {(child.given, child.family): child for child in found}
    for (given, family), changes in {
        ("Juniper", "Fable"): {"no_contact": True, "rights": False},
        ("Theo", "Quill"): {"rights": False},
    }.items():
        child = by_name[given, family]
        while len(child.guardians) < 2:  # noqa: PLR2004
            n = len(child.guardians) + 1
            child.guardians.append(Guardian(f"g-{child.id[2:]}-{n}", "Roland", family, "en", False, "father"))
        for name, value in changes.items():
            setattr(child.guardians[1], name, value)


def _write_child(tables: Tables, child: Child, year: Year, chance: Random) -> None:
    tables.add(
        "users", sourcedId=child.id, status="active", enabledUser="true", orgSourcedIds=child.school, role="student",
        username=child.id, givenName=child.given, familyName=child.family,
        agentSourcedIds=",".join(guardian.id for guardian in child.guardians),
        grades=f"{child.grade:02}" if child.grade else "KG",
    )  # fmt: skip
    born = date(year.first.year - 5 - child.grade, 9, 1) - timedelta(chance.randrange(365))
    tables.add("demographics", sourcedId=child.id, status="active", birthDate=born.isoformat())


def _write_guardian(tables: Tables, child: Child, guardian: Guardian, n: int, chance: Random) -> None:
    mail = f"{guardian.given}.{guardian.family}.{guardian.id[2:]}".lower()
    if guardian.given == "Elena":
        mail = "elena.rainwater"
    tables.add(
        "users", sourcedId=guardian.id, status="active", enabledUser="false", orgSourcedIds=child.school, role="parent",
        username=guardian.id, givenName=guardian.given, familyName=guardian.family, email=f"{mail}@example.com",
        agentSourcedIds=child.id,
    )  # fmt: skip
    tables.add(
        "contacts", guardian=guardian.id, student=child.id, relationship=guardian.relationship,
        education_rights="yes" if guardian.rights else "no", no_contact="yes" if guardian.no_contact else "no",
        language=guardian.language, interpreter="yes" if guardian.interpreter else "no", contact_by=guardian.contact_by,
        phone=f"614-555-01{n % 100:02}",
        address=f"{chance.randrange(1, 99)} {chance.choice(STREETS)}, Willow Bend, OH 43000",
    )  # fmt: skip
