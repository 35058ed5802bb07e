"""The first administrator of a district that brings its own database."""

import sys
from argparse import ArgumentParser
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from meetings import mail
from meetings.mail.accounts import INVITATION
from meetings.queue import enqueue
from students.models import District, Position, School, Staff

ASKED = {
    "email": "Email address of the first administrator",
    "name": "Their first and last name",
    "district": "Name of the district",
    "school": "Name of a school (empty: schools come with the roster)",
    "time_zone": "Time zone, such as America/Chicago",
}


class Command(BaseCommand):
    """Makes the district, where there is none, and an account that sees all of it."""

    help = "Make the first administrator. Asks for what is not given."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name, words in ASKED.items():
            parser.add_argument(f"--{name.replace('_', '-')}", help=words)

    def handle(self, *_: object, **options: Any) -> None:
        answers: dict[str, str] = {}
        for name in ASKED:
            answers[name] = self.answer(name, options[name], answers)
        check(answers)
        now = timezone.now()
        with transaction.atomic():
            staff = make(answers)
            if settings.EMAIL_GIVEN:
                mail.account_invitation(staff, now=now)
                enqueue("send_outbox")
        self.stdout.write(f"{staff.get_full_name()} administers {District.objects.get()}.")
        self.stdout.write(f"Choose a password here: {mail.set_password_address(staff, INVITATION)}")

    def answer(self, name: str, given: str | None, before: dict[str, str]) -> str:
        # Only a school has a zone, and schools may come with the roster instead.
        optional = name == "school" or (name == "time_zone" and not before["school"])
        if given is None and not optional and not sys.stdin.isatty():
            raise CommandError(f"Give --{name.replace('_', '-')}: {ASKED[name]}.")
        if given is None and sys.stdin.isatty() and (name == "school" or not optional):
            given = input(f"{ASKED[name]}: ")
        if not given and not optional:
            raise CommandError(f"Still missing: {ASKED[name]}.")
        return (given or "").strip()


def check(answers: dict[str, str]) -> None:
    """Refuse what cannot be right, in words."""
    try:
        validate_email(answers["email"])
    except ValidationError as error:
        raise CommandError(f"{answers['email']} is not an email address.") from error
    if answers["school"] and answers["time_zone"] not in available_timezones():
        raise CommandError(f"{answers['time_zone']} is not a time zone. One would be America/Chicago.")
    if Staff.objects.filter(login__iexact=answers["email"]).exists():
        raise CommandError(f"{answers['email']} has an account already.")


def make(answers: dict[str, str]) -> Staff:
    District.objects.get_or_create(pk=1, defaults={"name": answers["district"]})
    if answers["school"]:
        School.objects.get_or_create(name=answers["school"], defaults={"time_zone": answers["time_zone"]})
    given_name, _, family_name = answers["name"].partition(" ")
    return Staff.objects.create_superuser(
        answers["email"],
        given_name=given_name,
        family_name=family_name,
        position=Position.SPECIAL_EDUCATION_DIRECTOR,
    )
