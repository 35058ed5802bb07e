from meetings.models.availability import (
    Commitment,
    CommitmentKind,
    FamilyAnswer,
    FamilyTime,
    HoursKind,
    Weekday,
    WeeklyHours,
)
from meetings.models.busy import Busy
from meetings.models.limit import LinkTry
from meetings.models.meeting import (
    Answer,
    Joins,
    Mark,
    Meeting,
    MeetingStatus,
    ParentLink,
    Reply,
    Requirement,
    Seat,
)
from meetings.models.message import Message, MessageKind, MessageState
from meetings.models.record import Attempt, AttemptResult, AttemptWay, MeetingChange

__all__ = [
    "Answer",
    "Attempt",
    "AttemptResult",
    "AttemptWay",
    "Busy",
    "Commitment",
    "CommitmentKind",
    "FamilyAnswer",
    "FamilyTime",
    "HoursKind",
    "Joins",
    "LinkTry",
    "Mark",
    "Meeting",
    "MeetingChange",
    "MeetingStatus",
    "Message",
    "MessageKind",
    "MessageState",
    "ParentLink",
    "Reply",
    "Requirement",
    "Seat",
    "Weekday",
    "WeeklyHours",
]
