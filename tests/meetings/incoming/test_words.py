import pytest

from meetings import incoming
from meetings.incoming.words import new_words
from tests.incoming import mail, typed

TO = "replies@iep.example.org"


def words(raw):
    return incoming.read(raw).said.words


TYPED = {
    "alone": ("Sí puedo.", "Sí puedo."),
    "Gmail": (
        "Yes, I can come.\n\nThanks\n\nOn Mon, Nov 23, 2026 at 9:00 AM School <no@iep.example.org>\nwrote:\n\n> When",
        "Yes, I can come.\n\nThanks",
    ),
    "Gmail in Spanish": (
        "Sí puedo\n\nEl lun, 23 nov 2026 a las 9:00, School meetings (<noreply@iep.example.org>) escribió:\n\n> Cuándo",
        "Sí puedo",
    ),
    "Outlook": (
        "I can't, sorry.\n\n________________________________\nFrom: School <no@iep.example.org>\nSent: Monday\n\nWhen",
        "I can't, sorry.",
    ),
    "Outlook without a line": (
        "No puedo.\n\nDe: School meetings <noreply@iep.example.org>\nEnviado el: lunes\nPara: Elena\n\nCuándo",
        "No puedo.",
    ),
    "an old Outlook": ("No.\n\n-----Original Message-----\nFrom: School", "No."),
    "Apple": (
        "Puedo a las 4\n\nSent from my iPhone\n\n> On Nov 23, 2026, at 9:00 AM, School wrote:\n> When",
        "Puedo a las 4\n\nSent from my iPhone",
    ),
    "another language": ("Tak\n\nDne 23. 11. 2026 v 9:00 School napsal(a):\n> Kdy", "Tak"),
    "below the quotation": ("> Can you come?\n> Thursday\n\nYes I can", "Yes I can"),
    "with a signature": ("Yes\n-- \nElena Rainwater\n555 0107", "Yes"),
    "nothing but a quotation": ("On Monday School wrote:\n> When\n> Where", ""),
    "a word that only looks like it": (
        "From now on I can come on Mondays.\nOn Friday I can't.",
        "From now on I can come on Mondays.\nOn Friday I can't.",
    ),
}


@pytest.mark.parametrize("name", TYPED)
def test_new_words_of(name):
    text, expected = TYPED[name]

    assert words(typed(TO, text)) == expected


def parts(kind, *each):
    divided = "".join(f"--b\nContent-Type: {part}\n" for part in each)
    return mail(TO, f'Content-Type: multipart/{kind}; boundary="b"\n\n{divided}--b--')


def html(page):
    return mail(TO, f"Content-Type: text/html; charset=utf-8\n\n{page}")


HTML = {
    "a page": (
        "<head><title>x</title><style>p{}</style></head><p>S&iacute;   puedo</p><p>Gracias<br>Elena</p>",
        "Sí puedo\n\nGracias\nElena",
    ),
    "Gmail": (
        '<div dir="ltr">Yes</div><br><div class="gmail_quote"><div>On Mon School wrote:</div>When</div>',
        "Yes",
    ),
    "Outlook": (
        '<div>I cannot.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> School</div>',
        "I cannot.",
    ),
    "Apple": ('<body>Puedo<br><blockquote type="cite">On Nov 23 School wrote</blockquote></body>', "Puedo"),
    "scripts": ("<script>alert(1)</script>Yes<script>", "Yes"),
    "broken": ("<p>Yes <b>I <can</p", "Yes I can /p"),
}


@pytest.mark.parametrize("name", HTML)
def test_new_words_of_html(name):
    page, expected = HTML[name]

    assert words(html(page)) == expected


def test_text_is_taken_before_html():
    raw = parts("alternative", "text/html\n\nHTML", "text/plain\n\nText")

    assert words(raw) == "Text"


def test_empty_text_beside_html_is_passed_over():
    raw = parts("alternative", "text/plain\n\n ", "text/html\n\nHTML")

    assert words(raw) == "HTML"


def test_an_attached_text_is_not_what_they_wrote():
    raw = parts("mixed", "text/plain\n\nYes", "text/plain\nContent-Disposition: attachment\n\nNotes")

    assert words(raw) == "Yes"


@pytest.mark.parametrize(
    "charset", ["utf-8", "iso-8859-1", "windows-1252", "no-such-charset", "punycode", "zlib_codec", "utf-7"]
)
def test_words_in_any_charset(charset):
    raw = mail(TO, f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: quoted-printable\n\nYes")

    assert words(raw) == "Yes"


def test_latin_1_words():
    raw = mail(
        TO, "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nS=ED puedo"
    )

    assert words(raw) == "Sí puedo"


def test_at_most_4_000_letters_are_kept():
    assert words(typed(TO, "a" * 5_000)) == "a" * 4_000


def test_what_turns_the_direction_of_writing_is_left_out():
    assert words(typed(TO, "No\u202e puedo \u2066x")) == "No puedo x"


def test_arabic_and_emoji_stay():
    assert new_words("نعم 👍") == "نعم 👍"
