"""Mails as they come in, in the shapes of Google, Exchange and Outlook, Apple, Thunderbird and mail servers.

Written after the formats; nobody's own mail. `to` is the secret address that each was sent to.
"""

import base64
from datetime import UTC, timedelta
from textwrap import dedent

from meetings import reply_addresses
from tests.booking import START

REPLIES = "replies@iep.example.org"
UID = "0b7e4d0e-93c5-4b2e-a4b8-0f6d3a2f5c11"


def to_of(meeting, person):
    return reply_addresses.answer_address(meeting.pk, person.pk)


def stamp(moment):
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def crlf(text):
    return text.strip("\n").replace("\n", "\r\n").encode() + b"\r\n"


def mail(
    to, body, *, sender="Elena Rainwater <elena.rainwater@family.example>", subject="Re: School meeting", **headers
):
    """A mail whose own part is `body`, headers and all."""
    head = {"From": sender, "To": to, "Subject": subject, "Date": "Mon, 23 Nov 2026 15:02:11 +0000"}
    head |= {"Message-ID": "<CAF1xyz@mail.example>", "MIME-Version": "1.0"}
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    return crlf("\n".join(f"{name}: {value}" for name, value in head.items() if value)) + crlf(body)


def typed(to, words, **headers):
    return mail(to, f"Content-Type: text/plain; charset=utf-8\n\n{words}", **headers)


def calendar(
    method="REPLY",
    *,
    uid=UID,
    partstat="ACCEPTED",
    attendee="elena.rainwater@family.example",
    sequence=0,
    start=START,
    extra="",
    organizer=True,
    events=None,
):
    """One calendar with the event that was answered, as most write it."""
    event = dedent(
        f"""\
        BEGIN:VEVENT
        DTSTART:{stamp(start)}
        DTEND:{stamp(start + timedelta(hours=1))}
        DTSTAMP:20261123T150211Z
        {f"ORGANIZER;CN=School meetings:mailto:{REPLIES}" if organizer else "CLASS:PUBLIC"}
        UID:{uid}@iep.example.org
        ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={partstat};CN=Elena:mailto:{attendee}
        {f"SEQUENCE:{sequence}" if sequence is not None else "PRIORITY:5"}
        SUMMARY:School meeting
        {extra or "STATUS:CONFIRMED"}
        END:VEVENT
        """
    )
    inside = "".join(events) if events else event
    return f"BEGIN:VCALENDAR\nPRODID:-//A calendar//EN\nVERSION:2.0\nMETHOD:{method}\n{inside}END:VCALENDAR\n"


def google(to, uid=UID, *, method="REPLY", **event):
    """Google: alternatives and an attached copy; marked as sent by a machine, though somebody pressed the button."""
    text = calendar(method, uid=uid, **event)
    return mail(
        to,
        f"""\
Content-Type: multipart/mixed; boundary="000000000000a1"

--000000000000a1
Content-Type: multipart/alternative; boundary="000000000000b2"

--000000000000b2
Content-Type: text/plain; charset="UTF-8"; format=flowed; delsp=yes
Content-Transfer-Encoding: base64

{base64.b64encode(b"Elena Rainwater has accepted this invitation.").decode()}
--000000000000b2
Content-Type: text/html; charset="UTF-8"

<html><body><p>Elena Rainwater has accepted this invitation.</p></body></html>
--000000000000b2
Content-Type: text/calendar; charset="UTF-8"; method={method}
Content-Transfer-Encoding: 7bit

{text}
--000000000000b2--
--000000000000a1
Content-Type: application/ics; name="invite.ics"
Content-Disposition: attachment; filename="invite.ics"
Content-Transfer-Encoding: base64

{base64.encodebytes(text.encode()).decode()}
--000000000000a1--""",
        Sender="Google Calendar <calendar-notification@google.com>",
        Auto_Submitted="auto-generated",
        subject="Accepted: School meeting @ Thu Dec 3, 2026",
    )


def exchange(
    to, uid=UID, *, method="REPLY", partstat="ACCEPTED", attendee="raj.patel@schools.example", comment="", start=START
):
    """Exchange and Outlook: no ORGANIZER, a Windows zone, base64, the words beside it in the text and in COMMENT."""
    local = f"{start - timedelta(hours=5):%Y%m%dT%H%M%S}"
    ends = f"{start - timedelta(hours=4):%Y%m%dT%H%M%S}"
    text = f"""\
BEGIN:VCALENDAR
METHOD:{method}
PRODID:Microsoft Exchange Server 2010
VERSION:2.0
BEGIN:VTIMEZONE
TZID:Eastern Standard Time
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
ATTENDEE;PARTSTAT={partstat};CN=Raj Patel:mailto:{attendee}
COMMENT;LANGUAGE=en-US:{comment}\\n
UID:{uid}@iep.example.org
SUMMARY;LANGUAGE=en-US:Accepted: School meeting
DTSTART;TZID=Eastern Standard Time:{local}
DTEND;TZID=Eastern Standard Time:{ends}
CLASS:PUBLIC
PRIORITY:5
DTSTAMP:20261123T150211Z
TRANSP:OPAQUE
STATUS:CONFIRMED
SEQUENCE:0
LOCATION;LANGUAGE=en-US:Room 12\\, Willow Bend Elementary
X-MICROSOFT-CDO-APPT-SEQUENCE:0
X-MICROSOFT-CDO-INTENDEDSTATUS:BUSY
X-MICROSOFT-DISALLOW-COUNTER:FALSE
END:VEVENT
END:VCALENDAR
"""
    return mail(
        to,
        f"""\
Content-Type: multipart/alternative; boundary="_000_DM6PR"

--_000_DM6PR
Content-Type: text/plain; charset="us-ascii"

{comment}
--_000_DM6PR
Content-Type: text/calendar; charset="utf-8"; method={method}
Content-Transfer-Encoding: base64

{base64.encodebytes(text.replace(chr(10), chr(13) + chr(10)).encode()).decode()}
--_000_DM6PR--""",
        sender="Raj Patel <raj.patel@schools.example>",
        subject="Accepted: School meeting",
        X_MS_Exchange_Calendar_Originator_Id="x",
        Thread_Topic="School meeting",
    )


def apple(to, uid=UID, **event):
    """Apple: words, and the whole event as a file beside them."""
    return mail(
        to,
        f"""\
Content-Type: multipart/mixed; boundary="Apple-Mail=_1"

--Apple-Mail=_1
Content-Type: text/plain; charset=us-ascii

Elena Rainwater accepted your invitation.
--Apple-Mail=_1
Content-Disposition: attachment; filename=iCal-20261123.ics
Content-Type: text/calendar; x-unix-mode=0644; name="iCal-20261123.ics"; method=REPLY
Content-Transfer-Encoding: quoted-printable

{calendar(uid=uid, **event).replace("=", "=3D")}
--Apple-Mail=_1--""",
        subject="Accepted: School meeting",
    )


def stub(to, uid=UID, method="REPLY", **event):
    """Thunderbird and others: one calendar part and nothing else."""
    text = calendar(method, uid=uid, **event)
    return mail(to, f"Content-Type: text/calendar; method={method}; charset=UTF-8\n\n{text}")


# Mail servers


def returned(
    to, *, action="failed", status="5.1.1", message_id="<one@iep.example.org>", sender="MAILER-DAEMON@mx.example"
):
    """Postfix: RFC 3464 with the whole message."""
    return mail(
        to,
        f"""\
Content-Type: multipart/report; report-type=delivery-status; boundary="4Bx7.1"

--4Bx7.1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.example.
<elena.rainwater@family.example>: host in.family.example said: 550 5.1.1 User unknown
--4Bx7.1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
X-Postfix-Queue-ID: 4Bx7
Arrival-Date: Mon, 23 Nov 2026 15:02:11 +0000 (UTC)

Final-Recipient: rfc822; elena.rainwater@family.example
Original-Recipient: rfc822;elena.rainwater@family.example
Action: {action}
Status: {status}
Remote-MTA: dns; in.family.example
Diagnostic-Code: smtp; 550 {status} said so

--4Bx7.1
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: School meetings <noreply@iep.example.org>
To: elena.rainwater@family.example
Subject: School meeting
Message-ID: {message_id}
Content-Type: text/calendar; method=REQUEST

{calendar("REQUEST")}
--4Bx7.1--""",
        sender=sender,
        subject="Undelivered Mail Returned to Sender",
        Auto_Submitted="auto-replied",
        Return_Path="<>",
    )


def returned_by_exchange(to, status="5.1.10"):
    """Exchange: an HTML report, the status, and the headers of the message alone."""
    return mail(
        to,
        f"""\
Content-Type: multipart/report; report-type=delivery-status; boundary="b1_exch"

--b1_exch
Content-Type: multipart/alternative; boundary="b2_exch"

--b2_exch
Content-Type: text/plain; charset="us-ascii"

Your message to raj.patel@schools.example couldn't be delivered.
--b2_exch
Content-Type: text/html; charset="us-ascii"

<html><body><p>Your message couldn't be delivered.</p></body></html>
--b2_exch--
--b1_exch
Content-Type: message/delivery-status

Reporting-MTA: dns;DM6PR01.prod.outlook.com
Received-From-MTA: dns;mail.example.org

Original-Recipient: rfc822;raj.patel@schools.example
Final-Recipient: rfc822;raj.patel@schools.example
Action: failed
Status: {status}
Diagnostic-Code: smtp;550 {status} RESOLVER.ADR.RecipientNotFound; Recipient not found
--b1_exch
Content-Type: text/rfc822-headers

From: School meetings <noreply@iep.example.org>
Message-ID: <one@iep.example.org>
--b1_exch--""",
        sender="Microsoft Outlook <postmaster@schools.example>",
        subject="Undeliverable: School meeting",
        Auto_Submitted="auto-replied",
    )


GAVE_UP = """\
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out."""


def returned_by_qmail(to, words=GAVE_UP):
    """qmail: in words alone."""
    return mail(
        to,
        f"""\
Content-Type: text/plain

Hi. This is the qmail-send program at mx.example.
{words}

<elena.rainwater@family.example>:
192.0.2.7 does not like recipient.
Remote host said: 550 #5.1.1 no such user

--- Below this line is a copy of the message.

Return-Path: <noreply@iep.example.org>
Message-ID: <one@iep.example.org>
""",
        sender="MAILER-DAEMON@mx.example",
        subject="failure notice",
        Return_Path="<>",
    )


def out_of_office(to, **headers):
    """Exchange's automatic reply."""
    return typed(
        to,
        "I am out of the office until Monday. Yes, I will answer then.",
        **{
            "subject": "Automatic reply: School meeting",
            "Auto_Submitted": "auto-generated",
            "X_Auto_Response_Suppress": "All",
        }
        | headers,
    )
