"""Every address of the URLconf, asked for by everybody: who may see it, who may change anything by it."""

from contextlib import contextmanager, nullcontext
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings
from django.core.files import File
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from meetings.models import Seat
from students.models import Staff
from tests.addresses import INBOUND_SECRET, NOBODY, OWNER, STAFF, addressed, addresses, key_of, patterns, world
from tests.booking import NOW
from tests.cast import PASSWORD, as_made_up, staff

pytestmark = pytest.mark.django_db

OPEN, HIDDEN, SIGN_IN, REFUSED, NO_METHOD = "open", "hidden", "sign in", "refused", "no such method"
CONFLICT = 409
NOT_THE_RECORD = {"django_session"}  # Each page seen makes a session last longer.
TOKEN = "a" * 32

# These take a POST without a token.
WITHOUT_CSRF = {
    "meetings:parent": "nothing there is allowed by a cookie, and a parent's mail app may keep none",
    "meetings:inbound": "a mail server has no cookie; the secret in the header is the authority",
}
# What a POST with all that it needs changes is not in the tables.
CHANGES_NOTHING = {
    "logout": "it ends a session",
    "meetings:outbox_resume": "nothing is paused in the prepared world",
    "password_reset_confirm": "its form is at the address it leads to, in the session that opened it",
    "invitation_confirm": "its form is at the address it leads to, in the session that opened it",
}


@pytest.fixture(autouse=True)
def monday(settings):
    settings.DEMO_MAILBOX = settings.DEMO
    settings.INBOUND_SECRET = INBOUND_SECRET
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def w():
    w = world()
    as_made_up()
    return w


def fingerprint():
    """Return how many rows every table has, and what all of them together come to."""
    with connection.cursor() as cursor:
        tables = sorted(set(connection.introspection.table_names(cursor)) - NOT_THE_RECORD)
        rows = "coalesce(md5(string_agg(t::text, ',' ORDER BY t::text)), '')"
        cursor.execute(" UNION ALL ".join(f"SELECT '{name}', count(*), {rows} FROM \"{name}\" t" for name in tables))
        return {name: (count, digest) for name, count, digest in cursor.fetchall()}


def changed(before):
    now = fingerprint()
    return sorted(name for name in now if now[name] != before[name])


@contextmanager
def taken_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Visitor:
    """Somebody's browser. Each page is asked for by a new one with the same cookies: none depends on another."""

    def __init__(self, user=None):
        self.cookies = {settings.CSRF_COOKIE_NAME: TOKEN}
        if user is not None:
            client = Client()
            client.force_login(user)
            self.cookies |= {name: cookie.value for name, cookie in client.cookies.items()}

    def ask(self, method, url, data=None, **headers):
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        client.cookies.load(self.cookies)
        return getattr(client, method)(url, data, **headers)

    def get(self, address):
        return self.ask("get", address.url)

    def post(self, address, payload, token=TOKEN):
        for value in payload.values():
            if isinstance(value, File):
                value.seek(0)  # Another visitor may have sent it before.
        given = payload | ({"csrfmiddlewaretoken": token} if token else {})
        return self.ask("post", address.url, given, headers=address.headers)


def visitor(w, who):
    """Return the browser of one of the cast, of nobody, of a family, or of a director whose account was closed."""
    if who == "family":
        family = Visitor()
        page = family.ask("get", reverse("meetings:parent", args=[w.token(w.cast.mother)]))
        assert (page.status_code, page.cookies) == (200, {})
        return family
    if who == "closed":
        user = staff("Old Director", is_district_wide=True)
        closed = Visitor(user)
        Staff.objects.get_queryset().filter(pk=user.pk).update(is_active=False)
        return closed
    return Visitor(None if who == NOBODY else getattr(w.cast, who))


def posting(w):
    return [address for address in addressed(w) if address.posts is not None]


def verdict(answer):
    status, leads_to = answer.status_code, answer.headers.get("Location", "")
    if status == 302 and leads_to.startswith(f"{reverse('login')}?next="):
        return SIGN_IN
    found = {404: HIDDEN, 403: REFUSED, 405: NO_METHOD, CONFLICT: OPEN}
    return found.get(status) or (OPEN if status < 400 else str(status))


def expected(address, who):
    """Return what comes of a GET and of a POST."""
    if who not in STAFF and not address.is_public:
        return SIGN_IN, SIGN_IN
    seen = OPEN if address.is_public or who in address.who else HIDDEN
    return seen if address.shows else NO_METHOD, NO_METHOD if address.posts is None else seen


def test_every_address_of_the_urlconf_is_asked_for(w):
    found, known = patterns(), addresses(w)
    unknown, gone = sorted(set(found) - set(known)), sorted(set(known) - set(found))
    assert unknown == [], f"give these addresses their arguments in tests/addresses.py: {', '.join(unknown)}"
    assert gone == [], f"these addresses are gone, take them out of tests/addresses.py: {', '.join(gone)}"
    assert sorted(found) == sorted(set(found)), "two addresses have one name: one of them would escape these tests"
    unmixed = [name for name, one in known.items() if len(one.args) > 1 and not one.is_public and not one.mixed]
    assert unmixed == [], f"say in tests/addresses.py which arguments do not belong together: {', '.join(unmixed)}"


def test_every_address_shows_and_changes_only_what_one_may(w):
    visitors = {who: visitor(w, who) for who in (*STAFF, NOBODY, "family", "closed")}
    payloads = {each.name: each.payload(visitors[each.opener].get(each)) for each in posting(w)}
    wrong, touched = {}, {}
    before = fingerprint()
    for who, asking in visitors.items():
        for address in addressed(w):
            seen = verdict(asking.get(address))
            with taken_back() if expected(address, who)[1] == OPEN else nullcontext():
                posted = verdict(asking.post(address, payloads.get(address.name, {})))
            if (seen, posted) != expected(address, who):
                wrong[who, address.name] = (seen, posted), expected(address, who)
        if changes := changed(before):
            touched[who] = changes
    assert wrong == {}
    assert touched == {}


def test_reading_changes_nothing(w):
    visitors = {who: visitor(w, who) for who in (*STAFF, NOBODY)}
    found, touched = {}, {}
    before = fingerprint()
    for address in addressed(w):
        asking = visitors[address.opener]
        found[address.name] = {verdict(asking.ask(method, address.url)) for method in ("get", "head")}
        if changes := changed(before):
            touched[address.name] = changes
    assert found == {address.name: {OPEN if address.shows else NO_METHOD} for address in addressed(w)}
    assert touched == {}


def test_sign_in_leads_back_to_every_page_that_was_asked_for(w):
    for address in addressed(w):
        if not address.is_public:
            page = Visitor().ask("post", reverse("login"), {})  # Refused: without a token.
            assert page.status_code == 403
            leads_to = Visitor().get(address).headers["Location"]
            signed_in = Client()
            answer = signed_in.post(leads_to, {"username": w.cast.case_manager.login, "password": PASSWORD})
            assert answer.headers["Location"] == address.url


def test_every_post_needs_a_token_and_then_does_what_it_says(w):
    """Without the second half, a payload that does nothing for anybody would pass every other test here."""
    before = fingerprint()
    without, idle, elsewhere = {}, [], {}
    for address in posting(w):
        asking = visitor(w, address.opener)
        before = fingerprint()
        payload = address.payload(asking.get(address))
        with taken_back():
            answer = asking.post(address, payload, token="")
            without[address.name] = (verdict(answer), bool(changed(before)))
        with taken_back():
            answer = asking.post(address, payload)
            if not changed(before):
                idle.append(address.name)
            if urlsplit(answer.headers.get("Location", "")).netloc:
                elsewhere[address.name] = answer.headers["Location"]
    assert without == {name: (OPEN, True) if name in WITHOUT_CSRF else (REFUSED, False) for name in without}
    assert sorted(idle) == sorted(CHANGES_NOTHING)
    assert elsewhere == {}


def test_part_of_another_meeting_is_not_found_in_this_one(w):
    asking, found = visitor(w, "case_manager"), {}
    before = fingerprint()
    for address in addressed(w):
        if address.mixed:
            url = reverse(address.name, args=address.mixed)
            payload = address.payload(asking.get(address)) | {"csrfmiddlewaretoken": TOKEN}
            found[address.name] = [
                verdict(asking.ask(method, url, data)) for method, data in (("get", {}), ("post", payload))
            ]
    assert {name: post for name, (_, post) in found.items()} == dict.fromkeys(found, HIDDEN)
    assert {get for get, _ in found.values()} <= {HIDDEN, NO_METHOD}
    assert changed(before) == []


def test_pages_open_to_all_staff_tell_others_nothing_of_a_student(w):
    names = {"Maya", "Rainwater", "Juniper", "Fable"}
    told = {}
    for who in ("stranger", "colleague"):
        asking = visitor(w, who)
        for address in addressed(w):
            page = asking.get(address)
            if not address.is_public and (said := {name for name in names if name in page.content.decode()}):
                told[who, address.name] = said
    assert told == {}


def test_what_was_kept_for_one_is_not_given_to_another(w):
    before = fingerprint()
    for name in ("meetings:hours_restore", "meetings:commitment_restore"):
        address = addresses(w)[name]
        assert verdict(visitor(w, "administrator").post(address, address.posts)) == OPEN
    before |= {name: count for name, count in fingerprint().items() if name == "students_staff"}  # Signed in just now.
    assert changed(before) == []


def test_token_of_a_parent_answers_for_one_guardian_of_one_meeting(w):
    address = addresses(w)["meetings:parent"]
    others = Seat.objects.exclude(pk=w.seat(w.cast.mother).pk).order_by("pk")
    seats = list(others.values())
    father = w.seat(w.cast.father).pk
    named = {"meeting": w.other.pk, "seat": father, "guardian": w.cast.father.pk, "link": w.link(w.cast.father).pk}

    page = visitor(w, "family").ask("post", address.url, address.posts | named)

    assert (verdict(page), w.seat(w.cast.mother).answer) == (OPEN, "yes")
    assert list(others.values()) == seats


@pytest.mark.parametrize("name", ["password_reset_confirm", "invitation_confirm"])
def test_token_of_a_mail_opens_one_account(w, name):
    _, token = key_of(w.cast.teacher)
    uid, _ = key_of(w.cast.case_manager)
    url = reverse(name, args=[uid, token])
    client = Client()
    before = fingerprint()

    page = client.get(url, follow=True)
    client.post(url, {"new_password1": "seven wide lakes", "new_password2": "seven wide lakes"})
    client.post(
        reverse(name, args=[uid, "set-password"]),
        {"new_password1": "seven wide lakes", "new_password2": "seven wide lakes"},
    )

    assert b"This link does not work any more" in page.content
    assert changed(before) == []


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "http:evil.example",
        "https:///evil.example",
        "javascript:alert(1)",
        "http://testserver@evil.example/",
        "http://testserver.evil.example/",
        " https://evil.example/",
        "/\t/evil.example/",
    ],
)
def test_nothing_leads_to_another_site(w, elsewhere):
    asked = {"next": elsewhere, "url": elsewhere, "return": elsewhere}
    signing_in = {"username": w.cast.case_manager.login, "password": PASSWORD}

    assert Client().post(reverse("login"), signing_in | asked).headers["Location"] == "/"
    assert Client().post(reverse("login", query=asked), signing_in).headers["Location"] == "/"
    signed_in = Client()
    signed_in.force_login(w.cast.case_manager)
    assert signed_in.get(reverse("login", query=asked)).headers["Location"] == "/"
    assert signed_in.post(reverse("logout"), asked).headers["Location"] == reverse("login")


def test_no_page_leads_to_another_site_whatever_it_is_asked(w):
    asked = dict.fromkeys(("next", "url", "return", "to", "back", "referer"), "https://evil.example/")
    found = {}
    for address in addressed(w):
        asking = visitor(w, address.opener)
        url = f"{address.url}{'&' if address.query else '?'}next=//evil.example/"
        with taken_back():
            answers = [
                asking.ask("get", url),
                asking.ask("get", url, asked, headers={"Referer": "https://evil.example/"}),
            ]
            if address.posts is not None:
                answers.append(asking.post(address, address.payload(answers[0]) | asked))
        leads_to = [urlsplit(answer.headers.get("Location", "")).netloc for answer in answers]
        if any(leads_to):
            found[address.name] = leads_to
    assert found == {}


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "localhost, evil"]
)
def test_no_page_answers_under_another_name(w, host):
    # Monitors ask for the health of the machine by whatever name it has.
    asked = [address for address in addressed(w) if address.name not in {"healthz", "readyz"}]
    found = {
        (address.name, method): Visitor().ask(method, address.url, headers={"host": host}).status_code
        for address in asked
        for method in ("get", "post")
    }
    assert found == dict.fromkeys(found, 400)


def test_name_that_a_proxy_is_said_to_have_been_asked_by_changes_nothing(w):
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example"}
    asking = visitor(w, "case_manager")
    for address in addressed(w):
        opener = asking if address.opener in OWNER else visitor(w, address.opener)
        page = opener.ask("get", address.url, headers=forged)
        assert b"evil.example" not in b"".join(page)
        assert "evil.example" not in page.headers.get("Location", "")
