"""Whether a machine wrote a mail. Nobody is answered, and nothing is entered, because of one."""

import re
from email.message import Message
from typing import Any

from meetings.incoming.parts import addresses, header

MARKED = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply")
PRECEDENCE = {"bulk", "junk", "auto_reply"}
ROBOTS = re.compile(r"^(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply)@", re.IGNORECASE)
AWAY = re.compile(
    r"^(?:auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|respuesta autom|ausente|fuera de la oficina)",
    re.IGNORECASE,
)


def is_by_machine(mail: "Message[Any, Any]") -> bool:
    """Return whether the mail says of itself that nobody typed it (RFC 3834), or shows it."""
    submitted = header(mail, "Auto-Submitted").lower()
    return (
        (submitted != "" and not submitted.startswith("no"))
        or header(mail, "Precedence").lower() in PRECEDENCE
        or any(name in mail for name in MARKED)
        or header(mail, "Return-Path") == "<>"
        or any(ROBOTS.match(address) for address in addresses(mail, "From")[:1])
        or bool(AWAY.match(header(mail, "Subject")))
        or _is_receipt(mail)
    )


def _is_receipt(mail: "Message[Any, Any]") -> bool:
    return mail.get_content_type() == "multipart/report"
