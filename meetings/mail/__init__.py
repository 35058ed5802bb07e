"""Every message that the app writes: one short function each.

Each takes `now`, writes one row per reason and recipient in the caller's transaction, and returns it; or None where
the person has no address or must not be written to. Whoever calls them asks for the outbox: enqueue("send_outbox").
"""

from meetings.mail.accounts import account_invitation, password_reset, set_password_address
from meetings.mail.deadlines import administered_schools, digest, due_nudge, nudge_about
from meetings.mail.facts import about_prefix
from meetings.mail.families import (
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
from meetings.mail.outgoing import may_write_to
from meetings.mail.swaps import (
    commitment_moved,
    parent_people_changed,
    people_changed,
    seats_changed,
    swap_ask,
    swap_closed,
)

__all__ = [
    "about_prefix",
    "account_invitation",
    "administered_schools",
    "cancellation",
    "clock_moved",
    "commitment_moved",
    "digest",
    "due_nudge",
    "family_answered",
    "invite",
    "may_write_to",
    "member_reminder",
    "nudge_about",
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
    "seat_declined",
    "seats_changed",
    "set_password_address",
    "swap_ask",
    "swap_closed",
    "update",
]
