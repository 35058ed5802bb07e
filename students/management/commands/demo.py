"""./run manage demo: fill the embedded database with the made-up district, and give its logins a password."""

import shutil
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from demo.generate import generate
from demo.staff import ELEMENTARY, STAFF_MAIL
from meetings.actions.import_roster import Options, import_roster
from students.made_up import PASSWORD
from students.models import District, School, Staff

LOGINS = (
    ("dana.ortiz", "case manager, Willow Bend Elementary"),
    ("marcus.bell", "principal, Willow Bend Elementary"),
    ("alice.kim", "assistant principal, Willow Bend Elementary"),
    ("raj.patel", "classroom teacher, Willow Bend Elementary"),
    ("noor.lantern", "case manager, Lincoln Middle School"),
    ("ruth.calder-moon", "special education director, the whole district"),
    ("ike.toggle", "support staff, with /admin/"),
)


class Command(BaseCommand):
    help = "Import the made-up demo district into the embedded database, with dates around today."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing where there are staff already")
        parser.add_argument("--logins", action="store_true", help="only print the logins")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED_DATABASE:
            raise CommandError("DATABASE_URL is set. The demo is for the embedded database alone.")
        if not (options["logins"] or (options["if_empty"] and Staff.objects.exists())):
            self._fill()
        if options["verbosity"] and Staff.objects.filter(login=f"{LOGINS[0][0]}@{STAFF_MAIL}").exists():
            self._print_logins()

    def _print_logins(self) -> None:
        self.stdout.write(f"Demo logins, each with the password {PASSWORD}")
        for name, who in LOGINS:
            self.stdout.write(f"  {name}@{STAFF_MAIL}  {who}")

    def _fill(self) -> None:
        now, folder = timezone.now(), settings.VAR / "demo"
        shutil.rmtree(folder, ignore_errors=True)
        generate(folder, now.date())
        District.objects.get_or_create(
            pk=1, defaults={"name": "Willow Bend Schools", "special_education_courses": ["SPED*"], "state": "OH"}
        )
        report = import_roster(folder, options=Options(), bad_rows_file=folder / "bad-rows.txt", now=now)
        if not report.is_written:
            raise CommandError("\n".join(map(str, report.bad_rows)) or "The demo was not imported.")
        self._let_staff_stay()
        logins = [f"{name}@{STAFF_MAIL}" for name, _ in LOGINS]
        Staff.objects.filter(login__in=logins).update(password=make_password(PASSWORD))
        Staff.objects.filter(login=f"ike.toggle@{STAFF_MAIL}").update(is_staff=True, is_superuser=True)

    def _let_staff_stay(self) -> None:
        """Set how long staff stay: contract days are the school's own setting, not the roster's."""
        School.objects.update(minutes_after_bell=60)
        # Until 4:00 PM: a meeting of an hour fits in at 3:00.
        School.objects.filter(sourced_id=ELEMENTARY).update(minutes_after_bell=75)
