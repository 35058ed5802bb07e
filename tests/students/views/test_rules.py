from datetime import date

import pytest
import time_machine
from django.urls import reverse

from students.models import District, RuleOverride
from students.profiles import RuleKey, Standing, Unit, Waiver
from students.rules import rules_in_force
from tests.cast import cast
from tests.meetings.booked import NOW
from tests.students.views.pages import as_opened, save, words

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people(client):
    found = cast()
    client.force_login(found.director)
    return found


def rule_in_force(key, on):
    return rules_in_force(on)[key].rule


def notice():
    rule = rule_in_force(RuleKey.NOTICE_OF_MEETING, TODAY)
    return rule.standing, rule.days, rule.unit, rule.waiver


def overrides():
    rows = RuleOverride.objects.order_by("pk")
    return [(row.key, row.number, row.unit, row.from_on, row.ended_at is not None) for row in rows]


def test_state_is_chosen_and_its_rules_hold(client, people):
    client.post(reverse("students:rules_state"), {"state": "MD"})

    assert notice() == (Standing.VERIFIED, 10, Unit.CALENDAR, None)
    page = words(client.get(reverse("students:rules")))
    assert "10 calendar days before the meeting" in page
    assert "Md. Code, Educ. § 8-405(b)(1)" in page
    assert "Said to be 60 calendar days from consent to the finished evaluation, and not confirmed" in page


def test_without_a_state_notice_is_not_set_and_said_to_be_so(client, people):
    assert notice() == (Standing.UNSET, None, None, None)
    page = words(client.get(reverse("students:rules")))
    assert "Not set" in page
    assert "by the number in the district’s settings so far: not set" in page


def test_district_sets_a_rule_from_a_day_on(client, people):
    District.objects.update(state="MD")
    answer = save(
        client,
        "students:rule",
        ["notice_of_meeting"],
        number="14",
        unit="school",
        waiver="in_writing",
        why="Board policy 12",
        from_on="2026-12-01",
    )

    assert answer.url == reverse("students:rules")
    assert notice() == (Standing.VERIFIED, 10, Unit.CALENDAR, None)
    later = rule_in_force(RuleKey.NOTICE_OF_MEETING, date(2026, 12, 1))
    assert (later.days, later.unit, later.waiver, later.why) == (14, Unit.SCHOOL, Waiver.IN_WRITING, "Board policy 12")
    assert "From December 1, 2026 on the district holds another number: 14 school days" in words(
        client.get(reverse("students:rules"))
    )


def test_suggestion_is_filled_in_to_be_confirmed(client, people):
    District.objects.update(state="MO")
    District.objects.update(state="SC")
    page = client.get(reverse("students:rule", args=["attempts"]) + "?confirm=1")

    posted = as_opened(page) | {"why": "Our procedure"}
    client.post(reverse("students:rule", args=["attempts"]), posted)

    rule = rule_in_force(RuleKey.ATTEMPTS, TODAY)
    assert (rule.standing, rule.tries, rule.ways) == (Standing.VERIFIED, 2, 2)
    assert rules_in_force(TODAY)[RuleKey.ATTEMPTS].profile.standing is Standing.UNSET


def test_empty_number_means_not_set_whatever_the_profile_says(client, people):
    District.objects.update(state="MD")
    save(client, "students:rule", ["notice_of_meeting"], number="", why="Counsel looks into it")

    assert notice() == (Standing.UNSET, None, Unit.CALENDAR, None)


def test_reason_is_asked_for_and_what_was_typed_is_kept(client, people):
    answer = save(client, "students:rule", ["notice_of_meeting"], number="9", why="")

    assert answer.status_code == 200
    assert "Say why: it stands beside the number" in words(answer)
    assert 'value="9"' in words(answer)
    assert overrides() == []


def test_rule_set_while_the_page_was_open_is_not_written_over(client, people):
    url = reverse("students:rule", args=["notice_of_meeting"])
    posted = as_opened(client.get(url)) | {"number": "9", "why": "Mine"}
    save(client, "students:rule", ["notice_of_meeting"], number="7", why="Theirs")

    late = client.post(url, posted)

    assert late.status_code == 409
    assert "Someone set this rule while the page was open" in words(late)
    assert rule_in_force(RuleKey.NOTICE_OF_MEETING, TODAY).days == 7
    client.post(url, as_opened(late))
    assert rule_in_force(RuleKey.NOTICE_OF_MEETING, TODAY).days == 9


def test_back_to_the_profile_and_undone(client, people):
    save(client, "students:rule", ["notice_of_meeting"], number="7", why="Policy")
    answer = client.post(reverse("students:rule_end", args=["notice_of_meeting"]), follow=True)

    assert notice() == (Standing.UNSET, None, None, None)
    what = answer.content.decode().split('name="what" value="')[1].split('"')[0]
    client.post(reverse("students:rule_restore", args=["notice_of_meeting"]), {"what": what})
    assert notice()[:3] == (Standing.VERIFIED, 7, Unit.CALENDAR)
    assert overrides() == [("notice_of_meeting", 7, "calendar", TODAY, False)]


def test_only_the_districts_office_sets_rules_and_everyone_reads_them(client, people):
    client.force_login(people.teacher)

    assert client.get(reverse("students:rules")).status_code == 200
    assert client.get(reverse("students:rule", args=["notice_of_meeting"])).status_code == 404
    assert client.post(reverse("students:rules_state"), {"state": "MD"}).status_code == 404
    assert District.objects.get().state == ""


def test_rule_of_another_name_does_not_exist(client, people):
    assert client.get(reverse("students:rule", args=["moon_phase"])).status_code == 404


def test_rules_take_few_queries_however_many_there_are(client, people, django_assert_num_queries):
    save(client, "students:rule", ["notice_of_meeting"], number="7", why="Policy")
    with django_assert_num_queries(2):
        rules_in_force(TODAY)
