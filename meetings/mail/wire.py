"""How a row becomes the mail that goes over the wire: the same bytes on every try, with its secrets put in."""

import uuid
from email.header import Header
from email.utils import format_datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from meetings import ics, reply_addresses, tokens
from meetings.mail.accounts import set_password_address
from meetings.models import Message, MessageKind


class SameEachTime(EmailMultiAlternatives):
    """A mail whose parts are divided by the same line on each try; Python's own dividers are random."""

    def message(self, **options: Any) -> Any:
        mail = super().message(**options)
        if not self.subject.isascii():
            # Django leaves no room for the word "Subject", so that the first line would hold nothing else.
            mail.replace_header("Subject", Header(str(self.subject), "utf-8", header_name="Subject"))
        seed = uuid.uuid5(uuid.NAMESPACE_OID, str(self.extra_headers["Message-ID"]))
        for number, part in enumerate(mail.walk()):
            if part.is_multipart():
                part.set_boundary(f"=_{seed.hex}_{number}")
        return mail


def mail_of(message: Message) -> SameEachTime:
    """Return the mail of a row, with its private link and its address for answers filled in.

    multipart/mixed { multipart/alternative { text, HTML, text/calendar }, invite.ics }: Outlook and Gmail look for the
    calendar inside of the alternatives, without a disposition; other clients offer the attached file.
    """
    text, html = filled(message)
    mail = SameEachTime(
        subject=message.subject,
        body=text,
        # The envelope's sender, which a mail server writes back to: it says which message could not be delivered.
        from_email=reply_addresses.return_address(message.pk) if reply_addresses.are_read() else None,
        to=[message.to_address],
        reply_to=[answered_at(message)] if message.reply_to else None,
        headers={
            "From": settings.DEFAULT_FROM_EMAIL,
            "Message-ID": message.message_id,
            "Date": format_datetime(message.dated_at),
            # No answers by machines (RFC 3834). Exchange does not look at that header, but at one of its own.
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "OOF, AutoReply",
        },
    )
    if html:
        mail.attach_alternative(html, "text/html")
    if message.ics:
        _attach(mail, invite_of(message), message.ics_method)
    return mail


def invite_of(message: Message) -> bytes:
    """Return the calendar file of a row as it is sent: the address for answers has its secret."""
    invite = bytes(message.ics or b"")
    if message.meeting_id is None:
        return invite
    return ics.unmasked(invite, message.meeting_id, message.recipient_id)


def answered_at(message: Message) -> str:
    """Return where an answer to this mail goes, with its secret, or nothing."""
    if message.meeting_id is None:
        return message.reply_to
    return reply_addresses.unmasked(message.reply_to, message.meeting_id, message.recipient_id)


def filled(message: Message) -> tuple[str, str]:
    """Return the text and the HTML of a row with its private link in place of the placeholder."""
    if Message.LINK_PLACEHOLDER not in message.text:
        return message.text, message.html
    address = private_address(message)
    return (
        message.text.replace(Message.LINK_PLACEHOLDER, address),
        message.html.replace(Message.LINK_PLACEHOLDER, address),
    )


def private_address(message: Message) -> str:
    """Return the secret address that belongs into this mail. Raises ValueError where it has none any more."""
    if message.kind == MessageKind.ACCOUNT:
        return set_password_address(message.recipient.staff, message.about)
    if message.link is None:
        raise ValueError(f"message {message.pk} has lost its link")
    return tokens.address_of(message.link)


def _attach(mail: EmailMultiAlternatives, invite: bytes, method: str) -> None:
    # Django adds the charset; naming it here would write it twice.
    mail.attach_alternative(invite.decode(), f"text/calendar; method={method}")
    # As bytes: Django turns a str here into latin-1 and loses every other letter.
    mail.attach("invite.ics", invite, "application/ics")
