import pytest

from meetings.feeds.addresses import HOSTS, Refusal, RefusedAddressError, checked, is_among

GOOGLE = "https://calendar.google.com/calendar/ical/dana%40schools.example/private-0a1b/basic.ics"


@pytest.mark.parametrize(
    "text",
    [
        GOOGLE,
        f"  {GOOGLE}\n",
        GOOGLE.replace("https:", "webcal:"),
        GOOGLE.replace("https:", "WEBCALS:"),
        GOOGLE.replace("calendar.google.com", "Calendar.Google.com:443"),
    ],
)
def test_address_however_it_is_copied(text):
    address = checked(text)

    assert (address.url, address.host, address.ending) == (GOOGLE, "calendar.google.com", "0a1b")
    assert address.path == "/calendar/ical/dana%40schools.example/private-0a1b/basic.ics"


@pytest.mark.parametrize(
    "text",
    [
        "https://outlook.office365.com/owa/calendar/0a1b@schools.example/2c3d/calendar.ics",
        "https://outlook.live.com/owa/calendar/0a/2c/cid-3d/calendar.ics",
        "https://outlook.office.com/owa/calendar/0a/2c/calendar.ics",
        "https://p134-caldav.icloud.com/published/2/MTIzNA?x=1",
    ],
)
def test_addresses_of_the_known_services(text):
    assert checked(text).url == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", Refusal.NOT_AN_ADDRESS),
        ("my calendar", Refusal.NOT_AN_ADDRESS),
        ("calendar.google.com/basic.ics", Refusal.NOT_AN_ADDRESS),
        ("https:///basic.ics", Refusal.NOT_AN_ADDRESS),
        ("https://calendar.google.com:port/basic.ics", Refusal.NOT_AN_ADDRESS),
        ("https://[::1/basic.ics", Refusal.NOT_AN_ADDRESS),
        ("https://calendar.google.com\\@127.0.0.1/basic.ics", Refusal.NOT_AN_ADDRESS),
        ("https://calendar.google.com/a\tb.ics", Refusal.NOT_AN_ADDRESS),
        ("https://calendar.google.com/a\r\nHost: x/b.ics", Refusal.NOT_AN_ADDRESS),
        ("https://c\u0430lendar.google.com/basic.ics", Refusal.NOT_AN_ADDRESS),  # A Cyrillic letter.
        (GOOGLE + "a" * 2000, Refusal.TOO_LONG),
        (GOOGLE.replace("https", "http"), Refusal.NOT_HTTPS),
        ("file:///etc/passwd", Refusal.NOT_AN_ADDRESS),
        ("ftp://calendar.google.com/basic.ics", Refusal.NOT_HTTPS),
        ("https://dana:secret@calendar.google.com/basic.ics", Refusal.HAS_SIGN_IN),
        ("https://@calendar.google.com/basic.ics", Refusal.HAS_SIGN_IN),
        ("https://calendar.google.com:8443/basic.ics", Refusal.HAS_PORT),
        ("https://calendar.google.com:0/basic.ics", Refusal.HAS_PORT),
        (GOOGLE + "#week", Refusal.HAS_FRAGMENT),
        ("https://127.0.0.1/basic.ics", Refusal.UNKNOWN_HOST),
        ("https://[::1]/basic.ics", Refusal.UNKNOWN_HOST),
        ("https://calendar.google.com.evil.example/basic.ics", Refusal.UNKNOWN_HOST),
        ("https://evilcalendar.google.com/basic.ics", Refusal.UNKNOWN_HOST),
        ("https://calendar.google.com./basic.ics", Refusal.UNKNOWN_HOST),
        ("https://p1.evil.example-caldav.icloud.com/published/2/MTIzNA", Refusal.UNKNOWN_HOST),
        ("https://calendar.google.com/calendar/embed?src=dana", Refusal.PAGE),
        ("https://outlook.office365.com/owa/calendar/0a/2c/calendar.html", Refusal.PAGE),
    ],
)
def test_address_that_is_refused_says_why(text, why):
    with pytest.raises(RefusedAddressError) as refused:
        checked(text)

    assert (refused.value.why, str(refused.value)) == (why, why.value)


def test_hosts_of_a_district():
    hosts = [*HOSTS, "calendar.district.example", "*.cal.example"]

    assert checked("https://calendar.district.example/feed", hosts).path == "/feed"
    assert checked("https://calendar.district.example", hosts).path == "/"
    assert checked("https://calendar.district.example/of/dana.ics?key=4711", hosts).ending == "4711"
    assert checked("https://calendar.district.example/dana-0a1b.ics", hosts).ending == "0a1b"
    assert is_among("a1.cal.example", hosts)
    assert not is_among("a.b.cal.example", hosts)
    assert not is_among("cal.example", hosts)
