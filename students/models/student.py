from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from students.access import Viewer, student_q
from students.models.history import tracked
from students.models.people import Guardian, Person, Staff
from students.models.roles import Language, Role, Source
from students.models.school import School, Term


class StudentQuerySet(models.QuerySet["Student"]):
    def visible_to(self, viewer: Viewer) -> Self:
        return self.filter(student_q(viewer)).distinct()


@tracked(inserts=False)
class Student(models.Model):
    person = models.OneToOneField(Person, on_delete=models.PROTECT, primary_key=True, related_name="student")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="students")
    grade = models.CharField(max_length=10, blank=True)
    birth_on = models.DateField(null=True, blank=True)
    has_iep = models.BooleanField(default=False, db_index=True, help_text="Or is being evaluated for one.")
    case_manager = models.ForeignKey(Staff, on_delete=models.SET_NULL, null=True, blank=True, related_name="caseload")
    is_in_general_education = models.BooleanField(
        default=True, help_text="Is or may be: then a general education teacher is required, 300.321(a)(2)."
    )
    home_language = models.CharField(max_length=10, choices=Language.choices, default=Language.ENGLISH)
    needs_interpreter = models.BooleanField(default=False, help_text="The home needs one, whichever guardian comes.")
    meeting_minutes = models.PositiveSmallIntegerField(
        "length of meetings", null=True, blank=True, help_text="Minutes that the family asked for. Empty: the usual."
    )
    edited_fields = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    guardians = models.ManyToManyField(Guardian, through="Guardianship", related_name="students")

    objects = StudentQuerySet.as_manager()

    class Meta:
        ordering = ["person__search_name"]

    def __str__(self) -> str:
        return self.person.full_name


@tracked()
class Guardianship(models.Model):
    """One guardian of one student, with the rights that decide who is asked, written to and shown anything."""

    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="guardianships")
    guardian = models.ForeignKey(Guardian, on_delete=models.CASCADE, related_name="guardianships")
    relationship = models.CharField(max_length=60, blank=True)
    has_education_rights = models.BooleanField(default=True)
    is_no_contact = models.BooleanField(
        "no contact", default=False, help_text="A court order: never write, never show."
    )
    edited_fields = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.PEOPLE)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["student", "guardian"], name="one_guardianship")]

    def __str__(self) -> str:
        return f"{self.guardian_id} of {self.student_id}"


@tracked()
class TeamMember(models.Model):
    """Someone who may fill a role for this student: staff, or a person from outside."""

    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="team")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="teams")
    role = models.CharField(max_length=40, choices=Role.choices)
    is_required = models.BooleanField(default=False, help_text="The team wants this person at every meeting.")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.PEOPLE)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["student", "person", "role"], name="one_team_role")]

    def __str__(self) -> str:
        return f"{self.person_id} as {self.role}"


class SchoolClass(models.Model):
    sourced_id = models.CharField(max_length=255, unique=True)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="classes")
    title = models.CharField(max_length=200)
    course_code = models.CharField(max_length=80, blank=True)
    is_special_education = models.BooleanField(default=False)
    periods = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    terms = models.ManyToManyField(Term, related_name="classes")
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "school classes"

    def __str__(self) -> str:
        return self.title


class EnrollmentRole(models.TextChoices):
    STUDENT = "student", "Student"
    TEACHER = "teacher", "Teacher"
    AIDE = "aide", "Aide"


class Enrollment(models.Model):
    """A person in a class; the general education teachers of a student are derived from these on the date."""

    sourced_id = models.CharField(max_length=255, unique=True)
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="enrollments")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="enrollments")
    role = models.CharField(max_length=10, choices=EnrollmentRole.choices)
    begin_on = models.DateField(null=True, blank=True)
    end_on = models.DateField(null=True, blank=True, help_text="Last day, itself included.")

    class Meta:
        indexes = [models.Index(fields=["person", "role"]), models.Index(fields=["school_class", "role"])]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.school_class_id}"
