import pytest

from meetings import incoming
from meetings.incoming import ByMachine, Returned
from tests.incoming import mail, returned, returned_by_exchange, returned_by_qmail, typed

TO = "replies@iep.example.org"
ONE = "<one@iep.example.org>"


def said(raw):
    return incoming.read(raw).said


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [
        ("failed", "5.1.1", Returned(is_final=True, status="5.1.1", message_id=ONE)),
        ("failed", "4.4.7", Returned(is_final=True, status="4.4.7", message_id=ONE)),
        ("Failed", "nonsense", Returned(is_final=True, status="", message_id=ONE)),
        ("delayed", "4.4.1", Returned(is_final=False, status="4.4.1", message_id=ONE)),
        ("delivered", "2.0.0", ByMachine()),
        ("relayed", "2.0.0", ByMachine()),
        ("expanded", "2.0.0", ByMachine()),
    ],
)
def test_report_of_postfix(action, status, expected):
    assert said(returned(TO, action=action, status=status)) == expected


def test_report_of_exchange_with_the_headers_alone():
    assert said(returned_by_exchange(TO)) == Returned(is_final=True, status="5.1.10", message_id=ONE)


def test_report_of_gmail_with_mixed_parts_around_it():
    raw = returned(TO, sender="Mail Delivery Subsystem <mailer-daemon@googlemail.com>")
    raw = raw.replace(b"Content-Type: text/plain; charset=us-ascii", b'Content-Type: text/html; charset="UTF-8"', 1)

    assert said(raw) == Returned(is_final=True, status="5.1.1", message_id=ONE)


def test_report_of_qmail_in_words():
    assert said(returned_by_qmail(TO)) == Returned(is_final=True, status="5.1.1", message_id=ONE)


def test_report_of_qmail_that_it_is_late():
    late = "I'm afraid I wasn't able to deliver your message to the following addresses yet.\nI am still trying."

    assert said(returned_by_qmail(TO, words=late)).is_final is False


def test_report_of_exim_in_words():
    words = f"Your message could not be delivered. This is a permanent error.\n  550 5.1.1 no\n\nMessage-ID: {ONE}"

    raw = typed(TO, words, X_Failed_Recipients="elena.rainwater@family.example", sender="Mailer-Daemon@mx.example")

    assert said(raw) == Returned(is_final=True, status="5.1.1", message_id=ONE)


def test_one_of_several_recipients_that_failed_is_a_failure():
    raw = returned(TO, action="delivered", status="2.0.0").replace(
        b"Diagnostic-Code: smtp; 550 2.0.0 said so\r\n",
        b"\r\nFinal-Recipient: rfc822; x@y.example\r\nAction: failed\r\nStatus: 5.2.2\r\n",
    )

    assert said(raw) == Returned(is_final=True, status="5.2.2", message_id=ONE)


def test_a_read_receipt_is_a_machines():
    raw = mail(
        TO,
        'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nYour message was read.\n"
        "--b\nContent-Type: message/disposition-notification\n\nDisposition: manual-action; displayed\n--b--",
    )

    assert said(raw) == ByMachine()


def test_a_report_without_recipients_is_a_machines():
    raw = returned(TO).replace(b"Action: failed\r\n", b"")

    assert said(raw) == ByMachine()
