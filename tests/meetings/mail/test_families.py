import pytest
from django.utils import translation
from icalendar import Calendar

from meetings import mail, tokens
from meetings.models import Answer, Joins, Message, MessageKind, Reply
from students.models import Guardian, Guardianship, Person
from tests.cast import cast
from tests.meetings.booked import NOW, book, link_of, seat_of

pytestmark = pytest.mark.django_db

NOTICE = """\
You are invited to a meeting at school for Maya. We need you there, and we hope this time works for you.

When: Thursday, December 3, 1:30 – 2:30 PM
Where: Room 12, Willow Bend Elementary
What for: Annual review
Who will be there:
- Parent: Elena Rainwater
- Special education teacher: Dana Ortiz
- LEA representative: Alice Kim
- General education teacher: Raj Patel

Please tell us whether you can come: https://link.invalid/

Your part in this meeting:
- You can come to school, or join by phone or video.
- If the time does not work, say so on the page and tell us which times would.
- An interpreter is free. You can ask for one on the page.
- You may bring anyone who knows your child or can help.
- You can also call the school: (555) 555-0142

You get this because the school has you as a parent or guardian of Maya. The link is for you alone, so please do not \
forward it. A reply to this mail goes to Dana Ortiz.
"""


@pytest.fixture
def c():
    return cast()


def spanish(c):
    Guardian.objects.filter(pk=c.mother.pk).update(language="es")
    c.mother.refresh_from_db()


def test_notice_writes_its_row_whole(c):
    meeting = book(c)
    link = link_of(meeting, c.mother)

    row = mail.parent_link(link, now=NOW)

    assert (row.kind, row.about, row.to_address, row.reply_to, row.link, row.subject, row.text) == (
        MessageKind.PARENT_LINK,
        f"meeting:{meeting.pk}:s0:v1:link-g1",
        "elena.rainwater@family.example",
        "dana.ortiz@schools.example",
        link,
        "School meeting: Thu, Dec 3, 1:30 PM",
        NOTICE,
    )
    assert Message.LINK_PLACEHOLDER in row.html
    assert Calendar.from_ical(bytes(row.ics))["METHOD"] == "REQUEST"


def test_nothing_secret_rests_in_the_row(c):
    link = link_of(book(c), c.mother)
    mail.parent_link(link, now=NOW)

    row = Message.objects.values().get()

    assert tokens.token_of(link) not in " ".join(map(str, row.values()))


@pytest.mark.parametrize(
    "change",
    [
        lambda c: Guardianship.objects.filter(guardian=c.mother).update(has_education_rights=False),
        lambda c: Guardianship.objects.filter(guardian=c.mother).update(is_no_contact=True),
        lambda c: Guardianship.objects.filter(guardian=c.mother).delete(),
        lambda c: Person.objects.filter(pk=c.mother.pk).update(gone_at=NOW),
        lambda c: Person.objects.filter(pk=c.mother.pk).update(email=""),
    ],
)
def test_nothing_is_written_to_who_must_not_or_cannot_be(c, change):
    meeting = book(c)
    link = link_of(meeting, c.mother)
    change(c)
    link.guardian.refresh_from_db()
    reply = Reply.objects.create(
        seat=seat_of(meeting, c.mother), meeting_version=1, answer=Answer.YES, link=link, at=NOW
    )

    rows = [
        mail.parent_link(link, now=NOW),
        mail.parent_moved(link, now=NOW),
        mail.parent_cancelled(link, "", now=NOW),
        mail.parent_confirmation(reply, now=NOW),
        mail.parent_no_answer(link, now=NOW),
        mail.parent_day_before(link, now=NOW),
    ]

    assert rows == [None] * 6
    assert not Message.objects.exists()


def test_one_parent_never_sees_the_address_of_the_other(c):
    meeting = book(c)

    row = mail.parent_link(link_of(meeting, c.father), now=NOW)

    assert row.to_address == "tomas.rainwater@family.example"
    assert "elena" not in (row.text + row.html + bytes(row.ics or b"").decode()).replace("Elena Rainwater", "").lower()


def test_notice_of_a_renewed_link_is_a_new_mail(c):
    link = link_of(book(c), c.mother)
    first = mail.parent_link(link, now=NOW)
    tokens.renew(link, NOW)

    assert mail.parent_link(link, now=NOW) != first


def test_notice_in_spanish(c):
    spanish(c)
    meeting = book(c)
    before = translation.get_language()

    row = mail.parent_link(link_of(meeting, c.mother), now=NOW)

    assert row.subject == "Reunión en la escuela: jue 3 de diciembre, 1:30 PM"
    assert "Cuándo: jueves 3 de diciembre, 1:30 – 2:30 PM" in row.text
    assert "Para qué: Revisión anual" in row.text
    assert "- Representante del distrito escolar (LEA): Alice Kim" in row.text
    assert "interpretación es gratuita" in row.text
    assert '<html lang="es">' in row.html
    assert "SUMMARY:Reunión en la escuela\\, Room 12" in bytes(row.ics).decode()
    assert translation.get_language() == before


ENGLISH_WORDS = ("meeting", "please", "school has", "thank", "when:", "where:", "you ")


def test_every_family_mail_is_wholly_spanish(c):
    spanish(c)
    meeting = book(c)
    link = link_of(meeting, c.mother)
    answers = [
        Reply.objects.create(
            seat=seat_of(meeting, c.mother), meeting_version=1, link=link, at=NOW, wants_interpreter=True, **given
        )
        for given in (
            {"answer": Answer.YES, "joins": Joins.IN_PERSON},
            {"answer": Answer.YES, "joins": Joins.PHONE},
            {"answer": Answer.YES, "joins": Joins.VIDEO},
            {"answer": Answer.NO, "other_times": "martes"},
        )
    ]
    rows = [
        mail.parent_link(link, now=NOW),
        mail.parent_moved(link, now=NOW),
        mail.parent_cancelled(link, "Nieve", now=NOW),
        mail.parent_no_answer(link, now=NOW),
        mail.parent_day_before(link, now=NOW),
        *(mail.parent_confirmation(reply, now=NOW) for reply in answers),
    ]

    english = [(row.about, word) for row in rows for word in ENGLISH_WORDS if word in (row.subject + row.text).lower()]
    assert english == []


def test_notice_in_a_language_without_a_translation_is_english(c):
    Guardian.objects.filter(pk=c.mother.pk).update(language="vi")
    c.mother.refresh_from_db()

    assert mail.parent_link(link_of(book(c), c.mother), now=NOW).text == NOTICE


def test_moved_notice_asks_again(c):
    meeting = book(c, sequence=1, version=2)

    row = mail.parent_moved(link_of(meeting, c.mother), now=NOW)

    assert row.subject == "School meeting moved to Thu, Dec 3, 1:30 PM"
    assert "so please answer again" in row.text
    assert Calendar.from_ical(bytes(row.ics)).subcomponents[0]["SEQUENCE"] == 1


def test_cancelled_notice_has_no_link(c):
    meeting = book(c, status="cancelled", sequence=1, version=2)

    row = mail.parent_cancelled(link_of(meeting, c.mother), "Snow day", now=NOW)

    assert (row.ics_method, "Why: Snow day" in row.text, Message.LINK_PLACEHOLDER in row.text) == (
        "CANCEL",
        True,
        False,
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"answer": Answer.YES, "joins": Joins.IN_PERSON}, "You said: yes, I will come."),
        ({"answer": Answer.YES, "joins": Joins.PHONE}, "You said: yes, by phone."),
        ({"answer": Answer.YES, "joins": Joins.VIDEO}, "You said: yes, by video."),
        ({"answer": Answer.NO, "other_times": "Tuesdays"}, "You said: no, this time does not work."),
    ],
)
def test_confirmation_says_what_was_answered(c, given, said):
    meeting = book(c)
    link = link_of(meeting, c.mother)
    reply = Reply.objects.create(seat=seat_of(meeting, c.mother), meeting_version=1, at=NOW, **given)

    row = mail.parent_confirmation(reply, now=NOW)

    assert said in row.text
    assert ("Times that you named: Tuesdays" in row.text) == (given["answer"] == Answer.NO)
    assert row.link == link


def test_confirmation_of_a_guardian_without_a_link(c):
    reply = Reply.objects.create(seat=seat_of(book(c), c.mother), meeting_version=1, answer=Answer.YES, at=NOW)

    assert mail.parent_confirmation(reply, now=NOW) is None
