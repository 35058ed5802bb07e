import unicodedata
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models

from students.access import Viewer, staff_q
from students.models.history import tracked
from students.models.roles import Language
from students.models.school import School


def folded(text: str) -> str:
    """Return text in lower case without accents, for search and order: the embedded server has no unaccent."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


class PersonKind(models.TextChoices):
    STAFF = "staff", "Staff"
    GUARDIAN = "guardian", "Parent or guardian"
    STUDENT = "student", "Student"
    OUTSIDE = "outside", "From outside"


@tracked(inserts=False)
class Person(models.Model):
    """Whoever can hold a seat. What only one kind of person has is in that kind's own table."""

    kind = models.CharField(max_length=10, choices=PersonKind.choices)
    sourced_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    given_name = models.CharField(max_length=120)
    family_name = models.CharField(max_length=120, blank=True)
    preferred_name = models.CharField(max_length=120, blank=True)
    search_name = models.CharField(max_length=400, editable=False, db_index=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(
        max_length=64, blank=True, db_default="", help_text="Where they live, if not in the school's zone."
    )
    edited_fields = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Fields that people corrected here: a later roster does not undo them.",
    )
    gone_at = models.DateTimeField(null=True, blank=True, help_text="Left, by the roster or by hand.")

    class Meta:
        ordering = ["search_name", "pk"]
        indexes = [models.Index(fields=["kind", "search_name"])]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.preferred_name or self.given_name} {self.family_name}".strip()

    def fold_names(self) -> None:
        """Set the search column from the names. Call before every insert and with every change of a name."""
        self.search_name = folded(f"{self.family_name} {self.preferred_name or self.given_name} {self.given_name}")[
            :400
        ]


class Position(models.TextChoices):
    TEACHER = "teacher", "Teacher"
    SPECIAL_EDUCATION_TEACHER = "special_education_teacher", "Special education teacher"
    SPEECH_THERAPIST = "speech_therapist", "Speech-language pathologist"
    OCCUPATIONAL_THERAPIST = "occupational_therapist", "Occupational therapist"
    PHYSICAL_THERAPIST = "physical_therapist", "Physical therapist"
    PSYCHOLOGIST = "psychologist", "School psychologist"
    COUNSELOR = "counselor", "Counselor"
    SOCIAL_WORKER = "social_worker", "Social worker"
    NURSE = "nurse", "Nurse"
    AIDE = "aide", "Aide"
    ASSISTANT_PRINCIPAL = "assistant_principal", "Assistant principal"
    PRINCIPAL = "principal", "Principal"
    OFFICE = "office", "Office"
    SPECIAL_EDUCATION_DIRECTOR = "special_education_director", "Special education director"
    OTHER = "other", "Other"


class StaffQuerySet(models.QuerySet["Staff"]):
    def visible_to(self, viewer: Viewer) -> Self:
        return self.filter(staff_q(viewer)).distinct()


class StaffManager(BaseUserManager["Staff"]):
    def get_queryset(self) -> StaffQuerySet:
        return StaffQuerySet(self.model, using=self._db).select_related("person")

    def visible_to(self, viewer: Viewer) -> StaffQuerySet:
        return self.get_queryset().visible_to(viewer)

    def get_by_natural_key(self, username: str | None) -> "Staff":
        return self.get(login__iexact=username)

    def create_user(self, login: str, password: str | None = None, **extra: Any) -> "Staff":
        """Make a staff account with its person. `extra` may hold given_name, family_name and fields of Staff."""
        person = Person(
            kind=PersonKind.STAFF,
            given_name=extra.pop("given_name", "") or login.split("@", maxsplit=1)[0],
            family_name=extra.pop("family_name", ""),
            email=login.lower(),
        )
        person.fold_names()
        person.save()
        staff = Staff(person=person, login=login.lower(), **extra)
        staff.set_password(password)
        staff.save(using=self._db)
        return staff

    def create_superuser(self, login: str, password: str | None = None, **extra: Any) -> "Staff":
        return self.create_user(
            login, password, **{"is_staff": True, "is_superuser": True, "is_district_wide": True, **extra}
        )


@tracked(exclude=("password", "last_login"))
class Staff(AbstractBaseUser, PermissionsMixin):
    """A person who works for the agency, with the account that they sign in with."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, primary_key=True, related_name="staff")
    login = models.EmailField("email", unique=True, help_text="The address that they sign in with, in lower case.")
    position = models.CharField(max_length=40, choices=Position.choices, default=Position.TEACHER)
    is_district_wide = models.BooleanField(default=False, help_text="Sees every school.")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("support staff", default=False, help_text="May use the support pages at /admin/.")
    edited_fields = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    schools = models.ManyToManyField(School, through="Assignment", related_name="staff")

    objects: ClassVar[StaffManager] = StaffManager()

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name_plural = "staff"
        ordering = ["person__search_name"]

    def __str__(self) -> str:
        return self.person.full_name

    def get_full_name(self) -> str:
        return self.person.full_name

    def get_short_name(self) -> str:
        return self.person.preferred_name or self.person.given_name


@tracked()
class Assignment(models.Model):
    """A staff member works at a school; may administer it, and may represent the agency there (300.321(a)(4))."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, related_name="assignments")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="assignments")
    is_administrator = models.BooleanField(default=False, help_text="Sees every student of this school.")
    is_representative = models.BooleanField(default=False, help_text="May be the LEA representative here.")
    edited_fields = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "school"], name="one_assignment_per_school")]

    def __str__(self) -> str:
        return f"{self.staff_id} at {self.school_id}"


class ContactWay(models.TextChoices):
    EMAIL = "email", "Email"
    TEXT = "text", "Text message"
    PHONE = "phone", "Phone"
    LETTER = "letter", "Letter"


@tracked()
class Guardian(models.Model):
    person = models.OneToOneField(Person, on_delete=models.PROTECT, primary_key=True, related_name="guardian")
    language = models.CharField(max_length=10, choices=Language.choices, default=Language.ENGLISH)
    language_name = models.CharField(max_length=60, blank=True, help_text="Where the list has no such language.")
    needs_interpreter = models.BooleanField(default=False)
    contact_by = models.CharField(max_length=10, choices=ContactWay.choices, default=ContactWay.EMAIL)
    postal_address = models.CharField(max_length=255, blank=True)
    edited_fields = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    def __str__(self) -> str:
        return self.person.full_name


class OutsideKind(models.TextChoices):
    FAMILY_INTERPRETER = "family_interpreter", "Family's interpreter"
    AGENCY = "agency", "Agency"
    ADVOCATE = "advocate", "Advocate"
    OTHER = "other", "Other"


@tracked()
class Outside(models.Model):
    """Someone without an account: holds a seat and gets invites by email."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, primary_key=True, related_name="outside")
    kind = models.CharField(max_length=20, choices=OutsideKind.choices)
    organisation = models.CharField(max_length=120, blank=True)
    languages = ArrayField(models.CharField(max_length=10, choices=Language.choices), default=list, blank=True)

    class Meta:
        verbose_name_plural = "people from outside"

    def __str__(self) -> str:
        return self.person.full_name
