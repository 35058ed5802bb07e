"""The district's settings of scheduling, and the page that says how times are ranked."""

import re

import pytest
import time_machine
from django.core import signing
from django.urls import reverse

from meetings.weights import USUAL, WEIGHTS
from students.models import District
from tests.cast import cast, staff
from tests.meetings.booked import NOW
from tests.students.views.pages import as_opened, save

pytestmark = pytest.mark.django_db
STAFF = ("case_manager", "speech", "teacher", "administrator", "stranger")
COLUMNS = (
    "rest_minutes",
    "most_reseatings",
    "swap_answer_hours",
    "representative_may_double",
    "usual_notice_days",
    "notice_days",
    "notice_waiver",
    "target_school_days",
    "ranking_weights",
)
BEFORE = (10, 2, 24, False, 10, None, "", 10, {})


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


def settings_now():
    return District.objects.values_list(*COLUMNS).get()


def words(response):
    body = response.content.decode().split("<main", 1)[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split()).replace("&#x27;", "'")


def test_ranking_says_every_term_with_its_weight_here_and_the_usual_one(client, people):
    District.objects.update(ranking_weights={"rest": 300.5, "optional": 0, "to_ask": "bad"}, notice_days=7)
    client.force_login(people.case_manager)

    page = client.get(reverse("meetings:ranking"))

    lines = {line.weight.term: line.here for line in page.context["lines"]}
    assert lines == {**USUAL, "rest": 300.5, "optional": 0}
    said = words(page)
    assert all(weight.label in said and weight.unit.replace("'", "&#x27;") in said for weight in WEIGHTS)
    assert "The family has notice. This district sets 7 days." in said
    assert "each person with something else close by 300.5 4" in said
    assert "each optional member who cannot 0 does not count 20" in said
    assert "each required role to be asked 50,000 50,000" in said
    assert "Change the weights" not in said


def test_ranking_says_that_notice_is_not_set(director):
    said = words(director.get(reverse("meetings:ranking")))

    assert "This district sets no number of days." in said
    assert "Change the weights" in said


@pytest.mark.parametrize("who", STAFF)
def test_settings_are_the_districts_own(client, people, who):
    client.force_login(getattr(people, who))

    assert client.get(reverse("meetings:ranking")).status_code == 200
    assert client.get(reverse("meetings:settings")).status_code == 404
    assert client.post(reverse("meetings:settings"), {}).status_code == 404
    assert client.post(reverse("meetings:settings_restore"), {}).status_code == 404
    assert settings_now() == BEFORE


def test_settings_without_a_district_lead_to_the_import(client):
    client.force_login(staff("Iris Moss", is_district_wide=True))

    answer = client.get(reverse("meetings:settings"), follow=True)

    assert answer.redirect_chain == [(reverse("students:import"), 302)]
    assert "Import one first." in answer.content.decode()


def test_saving_what_was_opened_changes_nothing(director):
    answer = save(director, "meetings:settings")

    assert answer.url == reverse("meetings:settings")
    assert settings_now() == BEFORE
    assert "Nothing was changed." in director.get(answer.url).content.decode()


def test_everything_is_saved_with_who_and_from_what(director):
    save(
        director,
        "meetings:settings",
        rest_minutes="15",
        most_reseatings="0",
        swap_answer_hours="48",
        representative_may_double="on",
        usual_notice_days="7",
        notice_days="5",
        notice_waiver="in_writing",
        target_school_days="8",
        weight_to_ask="90000",
        weight_rest="0",
        weight_sooner="2.5",
    )

    assert settings_now() == (15, 0, 48, True, 7, 5, "in_writing", 8, {"to_ask": 90000, "rest": 0, "sooner": 2.5})
    save(director, "meetings:settings", weight_to_ask="80000", weight_rest="", notice_days="")
    assert settings_now()[5:] == (None, "in_writing", 8, {"to_ask": 80000, "sooner": 2.5})
    page = director.get(reverse("meetings:settings"))
    told = [(edit.who, edit.field, edit.about, edit.old, edit.new) for edit in page.context["history"]]
    rest, to_ask, sooner = "“A rest between meetings”", "“Fewest people still to be asked”", "“Sooner”"
    assert sorted(told) == sorted(
        ("Iris Moss", *what)
        for what in (
            ("days of notice", "", "", "5"),
            ("days of notice", "", "5", ""),
            ("hours to answer a swap", "", "24", "48"),
            ("minutes between two meetings", "", "10", "15"),
            ("most swaps for one time", "", "2", "0"),
            ("school days to spare before the due date", "", "10", "8"),
            ("second seat of the LEA representative", "", "no", "yes"),
            ("usual days of notice", "", "10", "7"),
            ("waiver of notice", "", "", "In writing"),
            ("weight", rest, "", "0"),
            ("weight", rest, "0", ""),
            ("weight", sooner, "", "2.5"),
            ("weight", to_ask, "", "90000"),
            ("weight", to_ask, "90000", "80000"),
        )
    )
    assert f"changed the weight of {to_ask} from 90000 to 80000" in words(page)


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("rest_minutes", "-1", "Minutes between two meetings of one person: write a whole number from 0 to 120."),
        ("rest_minutes", "", "Minutes between two meetings of one person: write a whole number from 0 to 120."),
        ("most_reseatings", "4", "Most swaps for one time: write a whole number from 0 to 3."),
        ("swap_answer_hours", "0", "Hours to answer a swap: write a whole number from 1 to 720."),
        (
            "notice_days",
            "soon",
            "Days of notice that the family gets: write a whole number from 0 to 90, or leave it empty.",
        ),
        ("notice_waiver", "maybe", "Select a valid choice. maybe is not one of the available choices."),
        (
            "weight_to_ask",
            "-1",
            "Fewest people still to be asked: write a number from 0 to 1,000,000, or leave it empty.",
        ),
        ("weight_rest", "nan", "A rest between meetings: write a number from 0 to 1,000,000, or leave it empty."),
        ("weight_rest", "1e99", "A rest between meetings: write a number from 0 to 1,000,000, or leave it empty."),
    ],
)
def test_wrong_setting_is_named_and_nothing_is_saved(director, field, typed, error):
    page = save(director, "meetings:settings", **{field: typed, "usual_notice_days": "3"})

    assert dict(page.context["form"].errors) == {field: [error]}
    assert error in words(page)
    assert page.context["form"][field].value() == typed
    assert page.context["form"]["usual_notice_days"].value() == "3"
    assert settings_now() == BEFORE


def test_bad_weights_in_the_row_show_the_usual_and_are_mended_with_the_next_save(director):
    District.objects.update(ranking_weights=["no", 3])

    page = director.get(reverse("meetings:settings"))

    assert [line.field.value() for line in page.context["form"].weights()] == list(USUAL.values())
    save(director, "meetings:settings", weight_rest="7")
    assert settings_now()[-1] == {"rest": 7}
    assert "set the weight of “A rest between meetings” to 7" in words(director.get(reverse("meetings:settings")))


def test_usual_weight_is_put_back_with_the_rest_as_typed_and_saved_only_then(director):
    District.objects.update(ranking_weights={"to_ask": 5, "rest": 0})
    page = director.get(reverse("meetings:settings"))
    own = [line.weight.term for line in page.context["form"].weights() if line.is_own]
    assert own == ["to_ask", "rest"]

    page = director.post(reverse("meetings:settings"), as_opened(page) | {"rest_minutes": "soon", "usual": "to_ask"})

    assert "The usual weight is in the form again. Nothing is saved yet" in words(page)
    assert (page.context["form"]["weight_to_ask"].value(), page.context["form"]["rest_minutes"].value()) == (
        "50000",
        "soon",
    )
    assert settings_now()[-1] == {"to_ask": 5, "rest": 0}
    director.post(reverse("meetings:settings"), as_opened(page) | {"rest_minutes": "10"})
    assert settings_now()[-1] == {"rest": 0}


def test_unheard_of_term_is_not_put_back(director):
    answer = save(director, "meetings:settings", usual="magic", rest_minutes="20")

    assert answer.status_code == 302
    assert settings_now()[0] == 20


def test_two_who_save_at_once_are_warned_and_lose_nothing(director):
    opened = as_opened(director.get(reverse("meetings:settings")))
    save(director, "meetings:settings", rest_minutes="20", weight_rest="9")

    page = director.post(reverse("meetings:settings"), opened | {"rest_minutes": "30"})

    assert page.status_code == 409
    assert settings_now() == (20, *BEFORE[1:-1], {"rest": 9})
    differ = {(each.label, each.now, each.typed) for each in page.context["differences"]}
    assert differ == {
        ("Minutes between two meetings of one person", "20", "30"),
        ("A rest between meetings", "9", "4"),
    }
    director.post(reverse("meetings:settings"), as_opened(page))
    assert settings_now() == (30, *BEFORE[1:])


def undo(page):
    (what,) = re.findall(r'name="what" value="([^"]+)"', page.content.decode())
    return {"what": what}


def test_what_was_saved_is_taken_back(director):
    page = director.get(save(director, "meetings:settings", rest_minutes="20", notice_days="5", weight_rest="9").url)
    assert settings_now() == (20, *BEFORE[1:5], 5, *BEFORE[6:-1], {"rest": 9})

    answer = director.post(reverse("meetings:settings_restore"), undo(page), follow=True)

    assert "The settings are as they were." in words(answer)
    assert settings_now() == BEFORE


def test_what_someone_changed_meanwhile_is_not_taken_back(director):
    page = director.get(save(director, "meetings:settings", rest_minutes="20").url)
    District.objects.update(rest_minutes=25)

    answer = director.post(reverse("meetings:settings_restore"), undo(page), follow=True)

    assert "Someone changed the settings meanwhile. Nothing was taken back." in words(answer)
    assert settings_now()[0] == 25


@pytest.mark.parametrize(
    "what",
    ["", "forged", signing.dumps({"values": {"rest_minutes": 1}}, salt="/elsewhere/")],
    ids=["nothing", "forged", "of another page"],
)
def test_forged_undo_changes_nothing(director, what):
    director.post(reverse("meetings:settings_restore"), {"what": what})

    assert settings_now() == BEFORE


def test_pages_take_as_many_queries_for_a_long_history(director, django_assert_num_queries):
    for minutes in range(3):
        District.objects.update(rest_minutes=minutes)
    with django_assert_num_queries(13):
        director.get(reverse("meetings:settings"))
    for minutes in range(3, 12):
        District.objects.update(rest_minutes=minutes, ranking_weights={"rest": minutes})
    with django_assert_num_queries(13):
        director.get(reverse("meetings:settings"))
