"""Times, dates and states as templates say them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.core.cache import cache
from django.template import Context, Template
from django.utils import timezone

from demo.generate import DISTRICT, SCHOOLS
from students import made_up
from students.models import District
from students.templatetags import look
from tests import cast

CHICAGO = ZoneInfo("America/Chicago")


def render(source, **context):
    return Template("{% load look %}" + source).render(Context(context))


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        (time(0, 5), "12:05 AM"),
        (time(9, 0), "9:00 AM"),
        (time(12, 0), "12:00 PM"),
        (time(13, 30), "1:30 PM"),
        (None, ""),
    ],
)
def test_clock_of_a_time(moment, said):
    assert look.clock(moment) == said


def test_clock_of_an_instant_in_each_zone():
    moment = datetime(2026, 12, 3, 18, 30, tzinfo=UTC)
    with timezone.override("America/New_York"):
        assert (look.clock(moment), look.clock(moment, CHICAGO), look.clock(moment, "America/Denver")) == (
            "1:30 PM",
            "12:30 PM",
            "11:30 AM",
        )


def test_days_are_those_of_the_school_not_of_utc():
    moment = datetime(2026, 12, 4, 3, 0, tzinfo=UTC)
    assert (look.day(moment, CHICAGO), look.short_day(moment, CHICAGO), look.month_day(moment, CHICAGO)) == (
        "Thursday, December 3",
        "Thu, Dec 3",
        "Dec 3",
    )


def test_days_of_a_date_have_no_zone():
    on = date(2026, 12, 3)
    assert (look.day(on, CHICAGO), look.short_day(on), look.month_day(on)) == (
        "Thursday, December 3",
        "Thu, Dec 3",
        "Dec 3",
    )


def test_days_of_nothing_are_empty():
    assert (look.day(None), look.short_day(None), look.month_day(None), look.due_in(None, date(2026, 11, 23))) == (
        "",
        "",
        "",
        "",
    )


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (time(13, 30), time(14, 30), "1:30 – 2:30 PM"),
        (time(11, 30), time(12, 30), "11:30 AM – 12:30 PM"),
        (datetime(2026, 12, 3, 19, 30, tzinfo=UTC), datetime(2026, 12, 3, 20, 30, tzinfo=UTC), "1:30 – 2:30 PM"),
        # The clocks go back at 2:00 on November 1: an hour and a half later it is half past one again.
        (datetime(2026, 11, 1, 6, 0, tzinfo=UTC), datetime(2026, 11, 1, 7, 30, tzinfo=UTC), "1:00 – 1:30 AM"),
    ],
)
def test_span(start, end, said):
    assert render("{% span start end zone %}", start=start, end=end, zone=CHICAGO) == said


@pytest.mark.parametrize(
    ("due_on", "said"),
    [
        (date(2026, 12, 11), "18 days"),
        (date(2026, 11, 24), "1 day"),
        (date(2026, 11, 23), "today"),
        (date(2026, 11, 22), "1 day overdue"),
        (date(2026, 11, 19), "4 days overdue"),
    ],
)
def test_due_in(due_on, said):
    assert look.due_in(due_on, date(2026, 11, 23)) == said


def test_percent_has_a_point_in_every_language():
    assert [look.percent(share) for share in (0, 34.5, 33.3333, 100)] == ["0%", "34.5%", "33.33%", "100%"]


def test_heat_level_of_each_count():
    assert [look.heat_level(count) for count in range(10)] == [0, 1, 1, 2, 2, 3, 3, 4, 4, 4]


def test_times_loops():
    assert render("{% for n in 3|times %}{{ n }}{% endfor %}") == "012"


@dataclass(frozen=True)
class Cell:
    known: int
    to_ask: int
    missing: int


@pytest.mark.parametrize(
    ("cell", "shade", "words"),
    [
        (Cell(4, 0, 0), "full", "4 of 4 free"),
        (Cell(3, 1, 0), "open", "3 of 4 free, 1 to be asked"),
        (Cell(2, 1, 1), "1", "2 of 4 free, 1 to be asked, 1 missing"),
        (Cell(0, 0, 5), "3", "0 of 5 free, 5 missing"),
    ],
)
def test_cell_says_in_words_what_its_shade_says(cell, shade, words):
    assert (look.cell_shade(cell), look.cell_words(cell)) == (shade, words)


def test_cell_dots_one_shape_for_each_state():
    assert look.cell_dots(Cell(1, 1, 1)) == (
        '<svg class="dots" viewBox="0 0 27 9" width="27" height="9" aria-hidden="true">'
        '<circle class="is-known" cx="4.5" cy="4.5" r="3.2"/>'
        '<circle cx="13.5" cy="4.5" r="2.8"/>'
        '<line x1="19.5" y1="4.5" x2="25.5" y2="4.5"/></svg>'
    )


def test_cell_dots_too_many_to_draw():
    assert look.cell_dots(Cell(7, 0, 0)) == '<span aria-hidden="true">of 7</span>'


def test_captured_block_of_a_child_is_compared():
    assert render("{% captured as tab %} {% block tab %}due{% endblock %} {% endcaptured %}[{{ tab }}]") == "[due]"


@pytest.fixture
def asked_anew():
    cache.delete("demo-district")
    yield
    cache.set("demo-district", False, None)


def foot(**context):
    html = Template('{% extends "base.html" %}').render(Context(context))
    return re.sub(r"<[^>]+>", "", html.split("<footer")[1].split(">", 1)[1]).strip()


INVENTED, QUIET = "Demo district. Every person on these pages is invented.", "Demo mode: no mail leaves this machine."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("district", "school", "is_demo", "mailbox", "said"),
    [
        ("district", "willow-bend", True, True, INVENTED),
        ("district", "willow-bend", True, False, INVENTED),
        ("district", "willow-bend", False, False, ""),
        ("district", "oak-hill", True, True, QUIET),
        ("oak-county", "oak-hill", True, True, QUIET),
        ("oak-county", "oak-hill", True, False, ""),
        (None, "willow-bend", True, True, QUIET),
    ],
)
def test_foot_says_that_people_are_invented_of_the_demo_district_alone(
    settings, asked_anew, rf, district, school, is_demo, mailbox, said
):
    settings.DEMO, settings.DEMO_MAILBOX = is_demo, mailbox
    District.objects.create(pk=1, name="Some district", sourced_id=district)
    cast.school(sourced_id=school)
    assert foot(request=rf.get("/")) == said


@pytest.mark.django_db
def test_foot_asks_for_the_district_once(settings, asked_anew, rf, django_assert_num_queries):
    settings.DEMO = settings.DEMO_MAILBOX = True
    with django_assert_num_queries(1):
        assert [foot(request=rf.get("/")) for _ in range(3)] == [QUIET] * 3


def test_demo_district_is_the_one_that_the_demo_writes():
    assert (made_up.DISTRICT, set(made_up.SCHOOLS)) == (DISTRICT, {id_ for id_, *_ in SCHOOLS})


class Example(forms.Form):
    name = forms.CharField(label="Name", help_text="As the family knows them.")
    note = forms.CharField(label="Note", required=False)
    joins = forms.ChoiceField(label="Joins", choices=[("phone", "By phone")], widget=forms.RadioSelect)
    interpreter = forms.BooleanField(label="Interpreter", required=False)


def test_field_error_is_beside_the_field_and_tied_to_it():
    html = Example({"joins": "phone"})["name"].as_field_group()
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert html.index('id="id_name_error"') < html.index("<input")
    assert "This field is required." in html


def test_field_that_may_stay_empty_says_so():
    form = Example()
    assert ["(optional)" in form[name].as_field_group() for name in ("name", "note", "joins")] == [False, True, False]


def test_field_of_choices_is_a_group_with_a_legend():
    html = Example()["joins"].as_field_group()
    assert "<legend>Joins" in html
    assert "<fieldset" in html


def test_field_with_one_box_has_its_label_after_it():
    html = Example()["interpreter"].as_field_group()
    assert html.index("<input") < html.index('<label for="id_interpreter">')


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("schools", "rights", "said"),
    [
        (1, {}, {"place": "School 1", "administers": False}),
        (1, {"is_administrator": True}, {"place": "School 1", "administers": True}),
        (2, {}, {"place": "2 schools", "administers": False}),
        (0, {}, {"place": "", "administers": False}),
        (0, {"is_district_wide": True}, {"place": "Whole district", "administers": True}),
    ],
)
def test_account_of_each_kind_of_staff_in_one_query(schools, rights, said, django_assert_num_queries):
    places = [cast.school(f"School {n}") for n in range(1, schools + 1)]
    someone = cast.staff("Dana Ortiz", *places, **rights)
    with django_assert_num_queries(1):
        assert look.account_of(someone) == said


@pytest.mark.django_db
def test_base_page_of_a_case_manager_has_no_tab_of_others(rf):
    someone = cast.staff("Dana Ortiz", cast.school())
    html = render('{% include "components/topbar.html" %}', user=someone, tab="mine", csrf_token="x")
    assert "Dana Ortiz" in html
    assert ("Due dates" in html, ">Import<" in html) == (False, False)


def test_error_pages_need_neither_request_nor_database():
    codes = (400, 403, 404, 413, 500, 503)
    pages = {code: Template(f'{{% extends "{code}.html" %}}').render(Context()) for code in codes}
    assert {code: "<h1>" in html for code, html in pages.items()} == dict.fromkeys(pages, True)


@pytest.mark.parametrize(("code", "said"), [("03", "3"), ("KG", "K"), ("12", "12"), ("PK", "PK"), ("0", "0"), ("", "")])
def test_grade_without_the_rosters_zeros(code, said):
    assert look.grade(code) == said
