"""More than a hundred dates that somebody counted by hand, each by a rule that names its source."""

from datetime import date
from pathlib import Path

import pytest

from students.counting import count, count_back, earliest_meeting, soonest
from students.profiles import RuleKey, Standing, rules_of
from tests.students.counting.written import written_years

EXAMPLES = [
    [part.strip() for part in line.split("|")]
    for line in (Path(__file__).parent / "examples.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def counted(rule, way, start):
    years, words = written_years(), start.split()
    if way == "soonest":
        starts = dict(zip(words[::2], map(date.fromisoformat, words[1::2]), strict=True))
        return soonest(rule, starts, years)
    on, absences = date.fromisoformat(words[0]), [date.fromisoformat(word) for word in words[2:]]
    if way == "earliest":
        return earliest_meeting(rule, on, years)
    if rule.is_counted_back:
        return count_back(rule, on, years)
    return count(rule, on, years, absences=absences)


@pytest.mark.parametrize(("state", "key", "start", "expected", "how"), EXAMPLES)
def test_day_counted_by_hand(state, key, start, expected, how):
    way, _, name = key.rpartition(" ")
    rule = rules_of(state)[RuleKey(name)].rule

    assert counted(rule, way, start).on == date.fromisoformat(expected)


def test_examples_cover_each_verified_number_of_days():
    counted_here = {(state, key.rpartition(" ")[2]) for state, key, *_ in EXAMPLES}
    verified = {
        (rule.profile, key.value)
        for state in {state for state, *_ in EXAMPLES}
        for key, stands in rules_of(state).items()
        if (rule := stands.rule).standing is Standing.VERIFIED and rule.days
    }

    assert len(EXAMPLES) >= 120
    assert verified == counted_here
