import hashlib

import pytest

from meetings import incoming, reply_addresses
from meetings.incoming import ByMachine, Returned, Unread, Written
from meetings.reply_addresses import AnswerAbout, ReturnOf
from tests.incoming import google, mail, returned, typed

HERS = AnswerAbout(42, 7)
MIXED = 'Content-Type: multipart/mixed; boundary="b"'


@pytest.fixture(autouse=True)
def replies(settings):
    settings.REPLIES_ADDRESS = "replies@iep.example.org"
    settings.LINK_KEY = "k" * 40


def hers():
    return reply_addresses.answer_address(42, 7)


def read(raw):
    return incoming.read(raw)


def test_read_a_typed_mail():
    raw = typed(hers(), "Sí puedo.")

    assert read(raw) == incoming.Incoming(
        digest=hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest(),
        about=HERS,
        from_address="elena.rainwater@family.example",
        subject="Re: School meeting",
        said=Written("Sí puedo."),
    )


@pytest.mark.parametrize(
    "header", ["To", "Cc", "Delivered_To", "X_Original_To", "Envelope_To", "X_Delivered_To", "Resent_To"]
)
def test_the_secret_address_is_found_wherever_a_server_writes_it(header):
    assert (
        read(typed("school@schools.example", "Yes", **{header: f'"Replies" <{hers().upper()}>, other@x.example'})).about
        == HERS
    )


def test_the_address_of_a_message_that_came_back():
    assert read(returned(reply_addresses.return_address(9))).about == ReturnOf(9)


@pytest.mark.parametrize(
    "to", ["replies@iep.example.org", "replies+m-16-7-aaaaaaaaaaaaaaaaaaaaaaaaaa@iep.example.org", ""]
)
def test_a_forged_address_is_nobodys(to):
    assert read(typed(to, "Yes")).about is None


def test_one_letter_of_the_address_changed_is_nobodys():
    secret = hers()
    last = secret.index("@") - 1
    forged = secret[:last] + ("a" if secret[last] != "a" else "b") + secret[last + 1 :]

    assert read(typed(forged, "Yes")).about is None


def test_line_ends_do_not_make_another_mail():
    raw = typed(hers(), "Yes")

    assert read(raw).digest == read(raw.replace(b"\r\n", b"\n")).digest


def test_a_subject_in_any_encoding_is_one_clean_line():
    raw = typed(hers(), "Yes", subject="=?utf-8?q?Re=3A_reuni=C3=B3n=00=E2=80=AE?=\n =?iso-8859-1?q?=E1?=")

    assert read(raw).subject == "Re: reunióná"


def test_bytes_that_are_no_text_can_be_stored():
    raw = (
        b"To: "
        + hers().encode()
        + b"\r\nSubject: \xff\xfe\r\nFrom: \xe9@x.example\r\n\r\nyes\x00 \xed\xa0\x80 ok\x1b[2J\r\n"
    )

    found = read(raw)

    assert (found.about, "\x00" in found.said.words, found.said.words.startswith("yes")) == (HERS, False, True)
    for text in (found.subject, found.from_address, found.said.words):
        text.encode()


@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\x00" * 1000, b"To: x", b":" * 5000, b"\xff" * 70_000])
def test_what_is_no_mail_is_read_as_nobodys(raw):
    found = read(raw)

    assert (found.about, found.from_address, type(found.said) in {Written, Unread}) == (None, "", True)


def nested(depth):
    head = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(depth))
    return f"To: {hers()}\r\n{head}Content-Type: text/plain\r\n\r\nYes\r\n".encode()


HOSTILE = {
    "nested 5,000 deep": (lambda: nested(5_000), Unread("too_nested")),
    "messages in messages": (
        lambda: f"To: {hers()}\r\n".encode() + b"Content-Type: message/rfc822\r\n\r\n" * 5_000,
        Unread("too_nested"),
    ),
    "20,000 parts": (
        lambda: (
            f'To: {hers()}\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'.encode() + b"--b\r\n\r\n" * 20_000
        ),
        Unread("too_nested"),
    ),
    "a header of 200 kB": (
        lambda: b"X: " + b"(" * 200_000 + f"\r\nTo: {hers()}\r\n\r\nYes\r\n".encode(),
        Written("Yes"),
    ),
    "an address of 200 kB": (
        lambda: f"To: {hers()}\r\nFrom: ".encode() + b"a" * 200_000 + b"\r\n\r\nYes\r\n",
        Written("Yes"),
    ),
    "50,000 headers": (lambda: f"To: {hers()}\r\n".encode() + b"a:\r\n" * 50_000 + b"\r\nYes\r\n", Written("Yes")),
    "one line of 200 kB": (lambda: typed(hers(), "On " + " " * 200_000 + "x"), Written("On x")),
    "tags that never end": (
        lambda: typed(hers(), "<style" * 30_000, Content_Type="text/html").replace(
            b"text/plain; charset=utf-8", b"text/html", 1
        ),
        Written(""),
    ),
    "encoded words": (lambda: typed(hers(), "Yes", subject="=?utf-8?q?" * 10_000), Written("Yes")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_within_bounds(name):
    make, said = HOSTILE[name]

    found = read(make())

    if name != "tags that never end":
        assert found.said == said
    assert found.about == HERS


def test_of_a_mail_above_256_kb_the_beginning_is_read():
    photo = "\n".join(["QUJD" * 18] * 6_000)
    image = f"Content-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n{photo}"
    raw = mail(hers(), f"{MIXED}\n\n--b\nContent-Type: text/plain\n\nSí puedo.\n--b\n{image}\n--b--")
    assert len(raw) > incoming.MOST_BYTES

    assert (read(raw).said, read(raw).about) == (Written("Sí puedo."), HERS)
    assert read(raw).digest == read(raw[: incoming.MOST_BYTES + 1]).digest


def test_a_large_mail_without_words_is_too_large():
    body = "Content-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n" + "QUJD\n" * 60_000
    raw = mail(hers(), body)

    assert read(raw).said == Unread("too_large")


def test_what_a_machine_says_about_delivery_comes_first():
    assert isinstance(read(returned(hers())).said, Returned)


def test_an_answer_that_google_marks_as_a_machines_is_an_answer():
    assert read(google(hers())).said.method == "REPLY"


def test_an_invite_that_is_sent_back_is_what_was_written_above_it():
    assert read(google(hers(), method="REQUEST")).said == ByMachine()
