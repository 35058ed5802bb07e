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
from meetings.models.calendar import CalendarBusy, CalendarFeed, CalendarKind, CalendarSource, CalendarTrouble
from meetings.models.flag import BESIDES_ANSWERS, FlagCause, QuorumFlag, with_losses
from meetings.models.incoming import BouncedAddress, Door, IncomingKind, IncomingMail, IncomingState
from meetings.models.limit import LinkTry
from meetings.models.meeting import (
    Answer,
    CameBy,
    Joins,
    Mark,
    Meeting,
    MeetingStatus,
    ParentLink,
    Reply,
    Requirement,
    Seat,
)
from meetings.models.message import Failure, Message, MessageKind, MessageState, Settled
from meetings.models.outbox import Outbox, OutboxChange, PauseReason
from meetings.models.record import Attempt, AttemptResult, AttemptWay, MeetingChange, NoticeWaiver
from meetings.models.reminder import Gathered, RemindedGroup, ReminderRule
from meetings.models.swap import Swap, SwapMove, SwapState
from meetings.models.worker import Canary, WorkerGroup

__all__ = [
    "BESIDES_ANSWERS",
    "Answer",
    "Attempt",
    "AttemptResult",
    "AttemptWay",
    "BouncedAddress",
    "Busy",
    "CalendarBusy",
    "CalendarFeed",
    "CalendarKind",
    "CalendarSource",
    "CalendarTrouble",
    "CameBy",
    "Canary",
    "Commitment",
    "CommitmentKind",
    "Door",
    "Failure",
    "FamilyAnswer",
    "FamilyTime",
    "FlagCause",
    "Gathered",
    "HoursKind",
    "IncomingKind",
    "IncomingMail",
    "IncomingState",
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
    "Outbox",
    "OutboxChange",
    "ParentLink",
    "PauseReason",
    "QuorumFlag",
    "RemindedGroup",
    "ReminderRule",
    "Reply",
    "Requirement",
    "Seat",
    "Settled",
    "Swap",
    "SwapMove",
    "SwapState",
    "Weekday",
    "WeeklyHours",
    "WorkerGroup",
    "with_losses",
]
