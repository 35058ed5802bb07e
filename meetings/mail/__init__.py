"""Every message that the app writes: one short function each.

Each takes `now`, writes one row per reason and recipient in the caller's transaction, and returns it; or None where
the person has no address or must not be written to. Whoever calls them asks for the outbox: enqueue("send_outbox").
"""

from meetings.mail.accounts import account_invitation, password_reset, set_password_address
from meetings.mail.deadlines import (
    Nudge,
    administered_schools,
    digest,
    due_nudge,
    nudge_about,
    nudge_letter,
    nudges_about,
    nudges_letter,
)
from meetings.mail.facts import about_prefix
from meetings.mail.families import (
    family_letter,
    parent_cancelled,
    parent_confirmation,
    parent_day_before,
    parent_link,
    parent_moved,
    parent_no_answer,
)
from meetings.mail.members import (
    cancellation,
    clock_moved,
    family_answered,
    invite,
    member_reminder,
    quorum_lost,
    seat_declined,
    update,
)
from meetings.mail.outgoing import Letter, address_of, may_call_off, may_write_to, write_all
from meetings.mail.reminders import Said, day_ahead_about, day_ahead_letter, reminder_letter
from meetings.mail.replies import reply_came
from meetings.mail.swaps import (
    commitment_moved,
    parent_people_changed,
    people_changed,
    seats_changed,
    swap_ask,
    swap_closed,
)

__all__ = [
    "Letter",
    "Nudge",
    "Said",
    "about_prefix",
    "account_invitation",
    "address_of",
    "administered_schools",
    "cancellation",
    "clock_moved",
    "commitment_moved",
    "day_ahead_about",
    "day_ahead_letter",
    "digest",
    "due_nudge",
    "family_answered",
    "family_letter",
    "invite",
    "may_call_off",
    "may_write_to",
    "member_reminder",
    "nudge_about",
    "nudge_letter",
    "nudges_about",
    "nudges_letter",
    "parent_cancelled",
    "parent_confirmation",
    "parent_day_before",
    "parent_link",
    "parent_moved",
    "parent_no_answer",
    "parent_people_changed",
    "password_reset",
    "people_changed",
    "quorum_lost",
    "reminder_letter",
    "reply_came",
    "seat_declined",
    "seats_changed",
    "set_password_address",
    "swap_ask",
    "swap_closed",
    "update",
    "write_all",
]
