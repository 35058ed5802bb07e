from datetime import date

import pytest

from students import profiles
from students.profiles import ProfileError, Rule, RuleKey, Standing, Unit, read, rules_of

GOOD = """code = "XX"
name = "Somewhere"

[notice_of_meeting]
days = 7
unit = "school"
cite = "Rule 1"
source = "https://rules.example.org/1"
verified_on = 2026-11-25
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "xx.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_rule_is_read_as_it_is_written(written):
    profile = read(written(GOOD))

    assert (profile.code, profile.name) == ("XX", "Somewhere")
    assert profile.rules == {
        RuleKey.NOTICE_OF_MEETING: Rule(
            RuleKey.NOTICE_OF_MEETING,
            "XX",
            Standing.VERIFIED,
            days=7,
            unit=Unit.SCHOOL,
            cite="Rule 1",
            source="https://rules.example.org/1",
            verified_on=date(2026, 11, 25),
        )
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('unit = "school"', 'unit = "moon"'), "xx.toml, line 4: notice_of_meeting: 'moon' is not a unit"),
        (('unit = "school"\n', ""), "xx.toml, line 4: notice_of_meeting: its days have no unit."),
        (("days = 7\n", ""), "xx.toml, line 4: notice_of_meeting: it has no days."),
        (("cite =", "site ="), "xx.toml, line 4: notice_of_meeting: the field site is not known here."),
        (
            ('source = "https://rules.example.org/1"\n', ""),
            "line 4: notice_of_meeting: what is verified names",
        ),
        (("[notice_of_meeting]", "[notise]"), "xx.toml, line 4: notise: there is no rule of this name."),
        (("days = 7", 'standing = "unset"\ndays = 7'), "line 4: notice_of_meeting: what is unset has no value"),
        (("days = 7", "days = "), "xx.toml: Invalid value (at line 5, column 8)"),
        (('code = "XX"\n', ""), "xx.toml, line 1: a profile begins with its code and its name."),
        (("[notice_of_meeting]", "[initial_iep]"), "line 4: initial_iep: it does not say from what to what"),
        (("days = 7", 'standing = "sure"\ndays = 7'), "line 4: notice_of_meeting: 'sure' is not a valid Standing"),
    ],
)
def test_profile_that_is_not_well_written_says_where(written, change, message):
    with pytest.raises(ProfileError) as error:
        read(written(GOOD.replace(*change)))

    assert message in str(error.value)


def test_every_shipped_profile_can_be_read():
    found = profiles.profiles()

    assert {"US", "CA", "TX", "NY", "FL", "IL", "PA", "OH", "GA", "NJ", "MA", "MI", "WA", "VA", "NC"} < set(found)
    assert {"MD", "CT", "IN", "MO", "DC", "AZ", "WI", "SC"} < set(found)


def test_state_without_a_profile_runs_on_the_federal_rules():
    assert rules_of("WY") == rules_of("")
    assert rules_of("WY")[RuleKey.INITIAL_EVALUATION].rule.days == 60
    assert rules_of("WY")[RuleKey.NOTICE_OF_MEETING].rule.standing is Standing.UNSET


def test_suggestion_is_not_in_force():
    stands = rules_of("MD")[RuleKey.INITIAL_EVALUATION]

    assert stands.rule == profiles.profiles()["US"].rules[RuleKey.INITIAL_EVALUATION]
    assert stands.suggestion == profiles.profiles()["MD"].rules[RuleKey.INITIAL_EVALUATION]


def test_state_known_to_have_its_own_rule_does_not_fall_back_to_the_federal_one():
    stands = rules_of("IL")[RuleKey.INITIAL_EVALUATION]

    assert (stands.rule.standing, stands.rule.days) == (Standing.UNSET, None)
    assert (stands.suggestion.days, stands.suggestion.unit) == (60, Unit.SCHOOL)
