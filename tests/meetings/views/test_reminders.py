"""The district's reminders: quiet hours, rules for each kind and group, and what a day would bring."""

import re
from datetime import time

import pytest
import time_machine
from django.urls import reverse

from meetings.models import ReminderRule
from meetings.reminder_rules import Rule, policy
from students.models import District
from tests.cast import cast, staff
from tests.meetings.booked import NOW
from tests.students.views.pages import as_opened, save

pytestmark = pytest.mark.django_db
STAFF = ("case_manager", "speech", "teacher", "administrator", "stranger")
BEFORE = (time(20), time(7), True)
EVERY_REQUIRED = ("every", "required")


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people():
    return cast()


@pytest.fixture
def director(client, people):
    client.force_login(people.director)
    return client


def hours_now():
    return District.objects.values_list("quiet_from", "quiet_until", "gathers_reminders").get()


def rules_now():
    return list(ReminderRule.objects.values_list("kind", "group", "days_before", "ask_again_after"))


def words(response):
    body = response.content.decode().split("<main", 1)[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split()).replace("&#x27;", "'")


def undo(page):
    (what,) = re.findall(r'name="what" value="([^"]+)"', page.content.decode())
    return {"what": what}


@pytest.mark.parametrize("who", STAFF)
def test_reminders_are_the_districts_own(client, people, who):
    client.force_login(getattr(people, who))

    for url in (reverse("meetings:reminders"), reverse("meetings:reminder_rule", args=EVERY_REQUIRED)):
        assert client.get(url).status_code == 404
        assert client.post(url, {"days_before": "3"}).status_code == 404
    assert client.post(reverse("meetings:reminders_restore"), {}).status_code == 404
    assert (hours_now(), rules_now()) == (BEFORE, [])


def test_reminders_without_a_district_lead_to_the_import(client):
    client.force_login(staff("Iris Moss", is_district_wide=True))

    answer = client.get(reverse("meetings:reminders"), follow=True)

    assert answer.redirect_chain == [(reverse("students:import"), 302)]


def test_settings_lead_to_the_reminders(director):
    assert reverse("meetings:reminders") in director.get(reverse("meetings:settings")).content.decode()


def test_page_says_what_is_usual(director):
    said = words(director.get(reverse("meetings:reminders")))

    assert (
        "Every kind of meeting The day before, where they said yes; asked again after 2 school days without an answer"
        in said
    )
    assert said.count("7 days before, the school day before") == 3
    assert "nothing here stops them (34 CFR 300.322)" in said


def test_page_looks_ahead_to_a_day(director):
    page = director.get(reverse("meetings:reminders"), {"on": "2026-12-07"})

    said = words(page)
    assert "For a meeting on Mon, Dec 7 at Lincoln Middle" in said
    assert "Parents and guardians Sun, Dec 6, 8:00 AM without an answer: 2 school days after the notice" in said
    assert "Required staff Mon, Nov 30, 8:00 AM Fri, Dec 4, 8:00 AM Optional members" in said


def test_page_looks_ahead_with_the_quiet_hours(director):
    District.objects.update(quiet_until=time(9, 30))

    said = words(director.get(reverse("meetings:reminders"), {"on": "2026-12-07"}))

    assert "Required staff Mon, Nov 30, 9:30 AM Fri, Dec 4, 9:30 AM" in said


@pytest.mark.parametrize("typed", ["soon", ""])
def test_page_names_a_day_that_is_none(director, typed):
    page = director.get(reverse("meetings:reminders"), {"on": typed})

    assert page.status_code == 200
    assert page.context["ahead_form"].errors


def test_quiet_hours_are_saved_with_who_and_from_what_and_taken_back(director):
    answer = save(director, "meetings:reminders", quiet_from="21:30", quiet_until="06:00", gathers_reminders=None)
    assert hours_now() == (time(21, 30), time(6), False)

    page = director.get(answer.url)
    told = {(edit.who, edit.field, edit.old, edit.new) for edit in page.context["history"]}
    assert told == {
        ("Iris Moss", "quiet from", "20:00", "21:30"),
        ("Iris Moss", "quiet until", "07:00", "06:00"),
        ("Iris Moss", "one mail for several reminders", "yes", "no"),
    }
    director.post(reverse("meetings:reminders_restore"), undo(page))
    assert hours_now() == BEFORE


def test_quiet_hours_that_are_no_time_are_named(director):
    page = save(director, "meetings:reminders", quiet_from="late")

    assert dict(page.context["form"].errors) == {"quiet_from": ["Write a time such as 8:00 PM."]}
    assert hours_now() == BEFORE


def test_two_who_save_quiet_hours_at_once_are_warned(director):
    opened = as_opened(director.get(reverse("meetings:reminders")))
    save(director, "meetings:reminders", quiet_from="21:00")

    page = director.post(reverse("meetings:reminders"), opened | {"quiet_from": "22:00"})

    assert page.status_code == 409
    assert [(one.label, one.now, one.typed) for one in page.context["differences"]] == [
        ("Quiet from", "21:00", "22:00")
    ]
    assert hours_now()[0] == time(21)
    director.post(reverse("meetings:reminders"), as_opened(page))
    assert hours_now()[0] == time(22)


def test_choosing_a_kind_and_group_opens_its_rule(director):
    answer = director.get(reverse("meetings:reminders"), {"kind": "transition", "group": "family"})

    assert answer.url == reverse("meetings:reminder_rule", args=("transition", "family"))


def test_rule_is_saved_shown_and_kept_in_the_history(director):
    answer = save(director, "meetings:reminder_rule", ("transition", "family"), days_before="1, 14", ask_again_after="")
    save(director, "meetings:reminder_rule", ("transition", "family"), days_before="14", ask_again_after="3")

    assert answer.url == reverse("meetings:reminders")
    assert rules_now() == [("transition", "family", [14], 3)]
    page = director.get(answer.url)
    said = words(page)
    assert "Transition 14 days before, where they said yes; asked again after 3 school days without an answer" in said
    told = [(edit.who, edit.deed, edit.about, edit.field, edit.old, edit.new) for edit in page.context["history"]]
    about = "Parents and guardians, Transition"
    assert sorted(told) == sorted(
        [
            ("Iris Moss", "changed", about, "days before", "14, 1", "14"),
            ("Iris Moss", "changed", about, "school days until asking again", "", "3"),
            ("Iris Moss", "added", about, "", "", ""),
        ]
    )


def test_rule_goes_back_to_what_is_usual_and_that_is_taken_back(director):
    save(director, "meetings:reminder_rule", EVERY_REQUIRED, days_before="3", ask_again_after="2")
    url = reverse("meetings:reminder_rule", args=EVERY_REQUIRED)
    opened = as_opened(director.get(url))

    page = director.post(url, {"usual": "1", "version": opened["version"]}, follow=True)
    assert rules_now() == []

    director.post(reverse("meetings:reminders_restore"), undo(page))
    assert rules_now() == [("", "required", [3], 2)]


def test_new_rule_is_taken_back(director):
    page = director.get(save(director, "meetings:reminder_rule", EVERY_REQUIRED, days_before="").url)
    assert rules_now() == [("", "required", [], None)]

    director.post(reverse("meetings:reminders_restore"), undo(page))

    assert rules_now() == []


def test_rule_that_someone_changed_meanwhile_is_not_taken_back(director):
    page = director.get(save(director, "meetings:reminder_rule", EVERY_REQUIRED, days_before="3").url)
    ReminderRule.objects.update(days_before=[5])

    answer = director.post(reverse("meetings:reminders_restore"), undo(page), follow=True)

    assert "Someone changed it meanwhile. Nothing was taken back." in words(answer)
    assert rules_now() == [("", "required", [5], None)]


def test_two_who_save_a_rule_at_once_are_warned_and_lose_nothing(director):
    url = reverse("meetings:reminder_rule", args=EVERY_REQUIRED)
    opened = as_opened(director.get(url))
    save(director, "meetings:reminder_rule", EVERY_REQUIRED, days_before="3")

    page = director.post(url, opened | {"days_before": "5"})

    assert page.status_code == 409
    differ = [(one.label, one.now, one.typed) for one in page.context["differences"]]
    assert differ == [("Days before the meeting", "3", "5")]
    assert rules_now() == [("", "required", [3], None)]
    director.post(url, as_opened(page))
    assert rules_now() == [("", "required", [5], None)]


@pytest.mark.parametrize("typed", ["0", "31", "7, 7", "seven", "1 2 3 4 5 6", "-1", "1.5", "²"])
def test_days_that_are_none_are_named_and_nothing_is_saved(director, typed):
    page = save(director, "meetings:reminder_rule", EVERY_REQUIRED, days_before=typed)

    words_of_error = "Write up to 5 whole numbers from 1 to 30, such as 7, 1. Empty: no reminder."
    assert dict(page.context["form"].errors) == {"days_before": [words_of_error]}
    assert page.context["form"]["days_before"].value() == typed
    assert rules_now() == []


@pytest.mark.parametrize("typed", ["0", "21", "soon"])
def test_wait_that_is_none_is_named(director, typed):
    page = save(director, "meetings:reminder_rule", EVERY_REQUIRED, ask_again_after=typed)

    assert dict(page.context["form"].errors) == {
        "ask_again_after": ["Write a whole number from 1 to 20, or leave it empty."]
    }


@pytest.mark.parametrize("args", [("magic", "family"), ("every", "students")])
def test_rule_of_an_unheard_of_kind_or_group_is_no_page(director, args):
    assert director.get(reverse("meetings:reminder_rule", args=args)).status_code == 404


def test_rule_of_a_kind_goes_before_that_of_every_kind(director):
    save(director, "meetings:reminder_rule", EVERY_REQUIRED, days_before="3")
    save(director, "meetings:reminder_rule", ("transition", "required"), days_before="10, 2")

    stands = policy()

    assert stands.of("transition", "required") == Rule((10, 2))
    assert stands.of("annual_review", "required") == Rule((3,))
    assert stands.of("transition", "optional") == Rule((7, 1))
    assert stands.days(["required", "optional"]) == [10, 7, 3, 2, 1]


def test_page_takes_as_many_queries_for_many_rules(director, django_assert_num_queries):
    save(director, "meetings:reminder_rule", EVERY_REQUIRED, days_before="3")
    director.get(reverse("meetings:reminders"))
    with django_assert_num_queries(19):
        director.get(reverse("meetings:reminders"))
    for kind in ("transition", "transfer", "amendment"):
        save(director, "meetings:reminder_rule", (kind, "family"), days_before="3")
    director.get(reverse("meetings:reminders"))
    with django_assert_num_queries(19):
        director.get(reverse("meetings:reminders"))
