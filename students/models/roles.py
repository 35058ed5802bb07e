from django.db import models


class Role(models.TextChoices):
    """Who sits at the table, in the terms of 34 CFR 300.321(a)."""

    PARENT = "parent", "Parent"
    LEA_REPRESENTATIVE = "lea_representative", "LEA representative"
    SPECIAL_EDUCATION_TEACHER = "special_education_teacher", "Special education teacher"
    GENERAL_EDUCATION_TEACHER = "general_education_teacher", "General education teacher"
    EVALUATION_INTERPRETER = "evaluation_interpreter", "Interpreter of evaluation results"
    RELATED_SERVICE_PROVIDER = "related_service_provider", "Related service provider"
    FAMILY_INTERPRETER = "family_interpreter", "Family's interpreter"
    STUDENT = "student", "Student"
    OTHER = "other", "Other invited"


class MeetingKind(models.TextChoices):
    """What a meeting is held for; a due date names the kind that meets it."""

    ANNUAL_REVIEW = "annual_review", "Annual review"
    REEVALUATION = "reevaluation", "Reevaluation"
    INITIAL_ELIGIBILITY = "initial_eligibility", "Initial eligibility"
    INITIAL_IEP = "initial_iep", "Initial IEP"
    AMENDMENT = "amendment", "Amendment"
    TRANSITION = "transition", "Transition"
    MANIFESTATION_DETERMINATION = "manifestation_determination", "Manifestation determination"
    TRANSFER = "transfer", "Transfer"
    PARENT_REQUESTED = "parent_requested", "Parent requested"
    SECTION_504 = "section_504", "Section 504"
    CONTINUATION = "continuation", "Continuation"


class Language(models.TextChoices):
    """Languages a family can be written to in; a name outside this list is kept as text beside it."""

    ENGLISH = "en", "English"
    SPANISH = "es", "Spanish"
    ARABIC = "ar", "Arabic"
    CHINESE = "zh-hans", "Chinese (simplified)"
    VIETNAMESE = "vi", "Vietnamese"
    PORTUGUESE = "pt", "Portuguese"
    RUSSIAN = "ru", "Russian"
    HAITIAN_CREOLE = "ht", "Haitian Creole"
    OTHER = "other", "Another language"


class Source(models.TextChoices):
    """Who owns a row: the roster that brought it, or people who wrote or corrected it here."""

    ROSTER = "roster", "Roster"
    PEOPLE = "people", "People"
