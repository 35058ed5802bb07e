from students.models.due import DueDate
from students.models.people import (
    Assignment,
    ContactWay,
    Guardian,
    Outside,
    OutsideKind,
    Person,
    PersonKind,
    Position,
    Staff,
    folded,
)
from students.models.roles import Language, MeetingKind, Role, Source
from students.models.rule import ClockEvent, ClockStart, RuleOverride
from students.models.school import (
    BellPeriod,
    CalendarDay,
    District,
    Room,
    School,
    Term,
    WaiverOfNotice,
)
from students.models.sign_in import WrongPassword
from students.models.student import (
    Enrollment,
    EnrollmentRole,
    Guardianship,
    SchoolClass,
    Student,
    TeamMember,
)
from students.models.upload import RosterUpload, UploadState

__all__ = [
    "Assignment",
    "BellPeriod",
    "CalendarDay",
    "ClockEvent",
    "ClockStart",
    "ContactWay",
    "District",
    "DueDate",
    "Enrollment",
    "EnrollmentRole",
    "Guardian",
    "Guardianship",
    "Language",
    "MeetingKind",
    "Outside",
    "OutsideKind",
    "Person",
    "PersonKind",
    "Position",
    "Role",
    "Room",
    "RosterUpload",
    "RuleOverride",
    "School",
    "SchoolClass",
    "Source",
    "Staff",
    "Student",
    "TeamMember",
    "Term",
    "UploadState",
    "WaiverOfNotice",
    "WrongPassword",
    "folded",
]
