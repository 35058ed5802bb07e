from datetime import time
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from students.access import Viewer, school_q
from students.clocks import AnnualRule
from students.models.history import tracked

ANNUAL_RULES = [
    (AnnualRule.DAY_BEFORE_ANNIVERSARY.value, "The day before the anniversary"),
    (AnnualRule.DAYS_365.value, "365 days later"),
    (AnnualRule.ANNIVERSARY.value, "On the anniversary"),
]


class WaiverOfNotice(models.TextChoices):
    """Whether a parent may waive the days of notice. Empty is not set, and said to be so."""

    IN_WRITING = "in_writing", "In writing"
    NONE = "none", "No rule here knows one"


@tracked(inserts=False)
class District(models.Model):
    """The one district of this database, and the numbers that it sets."""

    name = models.CharField(max_length=200)
    sourced_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=2, blank=True)
    annual_rule = models.CharField(max_length=30, choices=ANNUAL_RULES, default=AnnualRule.DAY_BEFORE_ANNIVERSARY.value)
    target_school_days = models.PositiveSmallIntegerField(
        default=10, help_text="School days before the last day on which a meeting should be held."
    )
    notice_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Calendar days of notice that the family gets. Empty: not set."
    )
    usual_notice_days = models.PositiveSmallIntegerField(
        default=10,
        help_text="Calendar days of notice that families usually get here. Practice, not law: it only ranks times.",
    )
    notice_waiver = models.CharField(
        "waiver of notice",
        max_length=12,
        choices=WaiverOfNotice.choices,
        blank=True,
        help_text="Whether a parent may waive the days of notice. Empty: not set.",
    )
    rest_minutes = models.PositiveSmallIntegerField(
        default=10, help_text="Least time between two meetings of one person."
    )
    most_reseatings = models.PositiveSmallIntegerField(
        "most swaps for one time",
        default=2,
        validators=[MaxValueValidator(3)],
        help_text="How many people may change seats elsewhere so that one time opens. 0: nobody is asked.",
    )
    swap_answer_hours = models.PositiveSmallIntegerField(
        "hours to answer a swap",
        default=24,
        validators=[MinValueValidator(1)],
        help_text="So long does an ask to take over a seat stand, and never past the start of the meeting.",
    )
    representative_may_double = models.BooleanField(
        "the LEA representative may hold another seat",
        default=False,
        help_text="34 CFR 300.321(d): a member of the team who meets (a)(4) may also be the representative.",
    )
    ranking_weights = models.JSONField(
        default=dict, blank=True, help_text="Where the district weighs a term of the ranking otherwise than usual."
    )
    quiet_from = models.TimeField(
        default=time(20), db_default=time(20), help_text="Nothing but what somebody just did is sent after it."
    )
    quiet_until = models.TimeField(default=time(7), db_default=time(7), help_text="From then on mail goes out again.")
    gathers_reminders = models.BooleanField(
        "one mail for several reminders",
        default=True,
        db_default=True,
        help_text="Staff with more than one reminder on a morning get them in one mail.",
    )
    special_education_courses = ArrayField(
        models.CharField(max_length=80),
        default=list,
        blank=True,
        help_text="Patterns of course or subject codes that are special education, such as SPED*.",
    )
    removal_share = models.PositiveSmallIntegerField(
        default=5,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="A roster that would remove more than this share (percent) of a kind of people stops and asks.",
    )

    class Meta:
        constraints = [
            # One district per database: the simplest isolation to explain.
            models.CheckConstraint(condition=models.Q(pk=1), name="one_district"),
        ]

    def __str__(self) -> str:
        return self.name


class SchoolQuerySet(models.QuerySet["School"]):
    def visible_to(self, viewer: Viewer) -> Self:
        return self.filter(school_q(viewer)).distinct()


class School(models.Model):
    sourced_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=60, blank=True)
    time_zone = models.CharField(max_length=64, default="America/New_York")
    phone = models.CharField(max_length=40, blank=True)
    office_contact = models.CharField(max_length=120, blank=True)
    address = models.CharField(max_length=255, blank=True)
    default_day_type = models.CharField(
        max_length=40, blank=True, help_text="Day type of a weekday that the calendar does not name."
    )
    minutes_before_bell = models.PositiveSmallIntegerField(
        default=30, help_text="Staff are here before the first bell."
    )
    minutes_after_bell = models.PositiveSmallIntegerField(default=45, help_text="Staff stay after the last bell.")
    gone_at = models.DateTimeField(null=True, blank=True)

    objects = SchoolQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Term(models.Model):
    """An academic session. Weekdays inside a school year are school days unless the calendar says otherwise."""

    sourced_id = models.CharField(max_length=255, unique=True)
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    start_on = models.DateField()
    end_on = models.DateField(help_text="Last day, itself included.")

    class Meta:
        ordering = ["start_on", "title"]
        constraints = [
            models.CheckConstraint(condition=models.Q(end_on__gte=models.F("start_on")), name="term_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.title


class BellPeriod(models.Model):
    """One period of one kind of day, in local wall time."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="bell_periods")
    day_type = models.CharField(max_length=40)
    period = models.CharField(max_length=40)
    start = models.TimeField()
    end = models.TimeField()

    class Meta:
        ordering = ["school", "day_type", "start"]
        constraints = [
            models.UniqueConstraint(fields=["school", "day_type", "period"], name="one_bell_per_period"),
            models.CheckConstraint(condition=models.Q(end__gt=models.F("start")), name="bell_ends_after_start"),
        ]

    def __str__(self) -> str:
        return f"{self.day_type} {self.period}"


class CalendarDay(models.Model):
    """A date that differs from the ordinary weekday: closed, early release, A or B day."""

    CLOSED = "closed"

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="calendar_days")
    on = models.DateField()
    day_type = models.CharField(max_length=40)

    class Meta:
        ordering = ["school", "on"]
        constraints = [models.UniqueConstraint(fields=["school", "on"], name="one_day_type_per_date")]

    def __str__(self) -> str:
        return f"{self.on} {self.day_type}"


class Room(models.Model):
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="rooms")
    name = models.CharField(max_length=80)
    capacity = models.PositiveSmallIntegerField(default=10)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["school", "name"]
        constraints = [models.UniqueConstraint(fields=["school", "name"], name="one_room_per_name")]

    def __str__(self) -> str:
        return self.name
