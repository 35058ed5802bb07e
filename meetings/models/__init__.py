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
from meetings.models.flag import BESIDES_ANSWERS, FlagCause, QuorumFlag, with_losses
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
from meetings.models.record import Attempt, AttemptResult, AttemptWay, MeetingChange, NoticeWaiver
from meetings.models.swap import Swap, SwapMove, SwapState

__all__ = [
    "BESIDES_ANSWERS",
    "Answer",
    "Attempt",
    "AttemptResult",
    "AttemptWay",
    "Busy",
    "Commitment",
    "CommitmentKind",
    "FamilyAnswer",
    "FamilyTime",
    "FlagCause",
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
    "NoticeWaiver",
    "ParentLink",
    "QuorumFlag",
    "Reply",
    "Requirement",
    "Seat",
    "Swap",
    "SwapMove",
    "SwapState",
    "Weekday",
    "WeeklyHours",
    "with_losses",
]
