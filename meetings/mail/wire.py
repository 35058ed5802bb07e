"""How a row becomes the mail that goes over the wire: the same bytes on every try."""

import uuid
from email.utils import format_datetime
from typing import Any

from django.core.mail import EmailMultiAlternatives

from meetings import tokens
from meetings.mail.accounts import set_password_address
from meetings.models import Message, MessageKind


class SameEachTime(EmailMultiAlternatives):
    """A mail whose parts are divided by the same line on each try; Python's own dividers are random."""

    def message(self, **options: Any) -> Any:
        mail = super().message(**options)
        seed = uuid.uuid5(uuid.NAMESPACE_OID, str(self.extra_headers["Message-ID"]))
        for number, part in enumerate(mail.walk()):
            if part.is_multipart():
                part.set_boundary(f"=_{seed.hex}_{number}")
        return mail


def mail_of(message: Message) -> SameEachTime:
    """Return the mail of a row, with its private link filled in.

    multipart/mixed { multipart/alternative { text, HTML, text/calendar }, invite.ics }: Outlook and Gmail look for the
    calendar inside of the alternatives, without a disposition; other clients offer the attached file.
    """
    text, html = filled(message)
    mail = SameEachTime(
        subject=message.subject,
        body=text,
        to=[message.to_address],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "Message-ID": message.message_id,
            "Date": format_datetime(message.dated_at),
            # No answers by machines: out-of-office notes would go to nobody.
            "Auto-Submitted": "auto-generated",
        },
    )
    if html:
        mail.attach_alternative(html, "text/html")
    if message.ics:
        _attach(mail, bytes(message.ics), message.ics_method)
    return mail


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
