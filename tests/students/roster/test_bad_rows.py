"""Every kind of bad row, said as a person can mend it; nothing is imported with one."""

# ruff: noqa: E501 - one case, or one row of a file, is one line

import csv

import pytest

from students.models import Person, Student
from tests.rosters import BASE, replaced


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (replaced("iep", "2026-12-11", "31/12/2026"), "iep.csv, row 2, annual_due: '31/12/2026' is not a date (use YYYY-MM-DD)"),
        (replaced("iep", "2026-12-11", "2026-02-30"), "iep.csv, row 2, annual_due: '2026-02-30' is not a date (use YYYY-MM-DD)"),
        (replaced("iep", "2026-12-11", "0206-12-11"), "iep.csv, row 2, annual_due: '0206-12-11' is not a date (use YYYY-MM-DD)"),
        (replaced("iep", "yes,es,no", "maybe,es,no"), "iep.csv, row 2, general_education: 'maybe' is neither yes nor no"),
        (replaced("iep", "s-otis", ""), "iep.csv, row 3, student: is empty"),
        (replaced("iep", "s-otis,t-dana", "s-otis,t-nobody"), "iep.csv, row 3, case_manager: 't-nobody' is not a staff member in users.csv"),
        (replaced("iep", "s-otis,", "t-raj,"), "iep.csv, row 3, student: 't-raj' is not a student in users.csv"),
        (replaced("iep", "t-raj:other", "t-raj"), "iep.csv, row 2, team: 't-raj' is not an id and a role (use id:role)"),
        (replaced("iep", "t-raj:other", "t-raj:cook"), "iep.csv, row 2, team: 'cook' is not a role (such as special_education_teacher)"),
        (replaced("iep", "t-raj:other", "g-opal:other"),
         "iep.csv, row 2, team: 'g-opal' is not a staff member in users.csv or a person in outside.csv"),
        (replaced("iep", "s-otis,", "s-maya,"), "iep.csv, row 3, student: 's-maya' is already in row 2"),
        (replaced("users", "s-otis,active", "s-otis,gone"), "users.csv, row 7, status: 'gone' is not a status (active or tobedeleted)"),
        (replaced("users", "true,wb,student,Otis", "true,mars,student,Otis"), "users.csv, row 7, orgSourcedIds: 'mars' is not in orgs.csv"),
        (replaced("users", "true,wb,student,Otis", "true,d,student,Otis"), "users.csv, row 7, orgSourcedIds: names no school: a student has one"),
        (replaced("users", "student,Otis", "pupil,Otis"), "users.csv, row 7, role: 'pupil' is not a role of OneRoster (such as student, teacher or parent)"),
        (replaced("users", "student,Otis", ",Otis"), "users.csv, row 7, role: is empty: without a role nobody knows who this is"),
        (replaced("users", ",Otis,", ",,"), "users.csv, row 7, givenName: is empty"),
        (replaced("users", ",Otis,", f",{'O' * 121},"), "users.csv, row 7, givenName: is longer than 120 characters"),
        (replaced("users", "opal@example.com,", "opal at home,"), "users.csv, row 9, email: 'opal at home' is not an email address"),
        (replaced("users", "raj.patel@", "dana.ortiz@"), "users.csv, row 3, email: 'dana.ortiz@schools.example' is already the address of the staff member in row 2"),
        (replaced("users", "raj.patel@schools.example", ""), "users.csv, row 3, email: is empty: a staff member signs in with it"),
        (replaced("users", "g-elena,g-aunt", "g-elena,g-nobody"), "users.csv, row 6, agentSourcedIds: 'g-nobody' is not in users.csv"),
        (replaced("users", "s-otis,active,true", "s-otis,active,perhaps"), "users.csv, row 7, enabledUser: 'perhaps' is neither yes nor no"),
        (replaced("users", "student,Otis,Marigold,,,,03,", "student,Otis"), "users.csv, row 7, all columns: has 6 cells where the header has 12"),
        (replaced("users", "ada@example.com,,s-maya,,", "ada@example.com,,s-maya,,,more"), "users.csv, row 10, all columns: has 13 cells where the header has 12"),
        (replaced("enrollments", "e1,active,k4", "e1,active,k9"), "enrollments.csv, row 2, classSourcedId: 'k9' is not in classes.csv"),
        (replaced("enrollments", "wb,s-maya,student,false,2026", "wb,s-x,student,false,2026"), "enrollments.csv, row 2, userSourcedId: 's-x' is not in users.csv"),
        (replaced("enrollments", "e2,", "e1,"), "enrollments.csv, row 3, sourcedId: 'e1' is already in row 2"),
        (replaced("classes", "K4,wb", "K4,d"), "classes.csv, row 2, schoolSourcedId: 'd' is not a school in orgs.csv"),
        (replaced("classes", "c-home", "c-none"), "classes.csv, row 2, courseSourcedId: 'c-none' is not in courses.csv"),
        (replaced("classes", "K4,wb,y", "K4,wb,z"), "classes.csv, row 2, termSourcedIds: 'z' is not in academicSessions.csv"),
        (replaced("academicSessions", "2027-06-15", "2026-06-15"), "academicSessions.csv, row 2, endDate: is before startDate"),
        (replaced("demographics", "s-maya", "s-none"), "demographics.csv, row 2, sourcedId: 's-none' is not in users.csv"),
        (replaced("outside", "interpreter", "friend"), "outside.csv, row 2, kind: 'friend' is not a kind (family_interpreter, agency, advocate or other)"),
        (replaced("outside", "o-luz", "g-opal") | replaced("iep", ",o-luz:family_interpreter", ""), "outside.csv, row 2, id: 'g-opal' is also in users.csv"),
        (replaced("contacts", "g-opal,", "g-aunt,"), "contacts.csv, row 3, guardian: 'g-aunt' is not a parent or guardian in users.csv"),
        (replaced("contacts", "yes,text", "yes,pigeon"), "contacts.csv, row 2, contact_by: 'pigeon' is not a way to be contacted (email, text, phone or letter)"),
        (replaced("representatives", "a-alice", "g-opal"), "representatives.csv, row 2, staff: 'g-opal' is not a staff member in users.csv"),
        (replaced("bell", "08:00,08:45", "8h,08:45"), "bell.csv, row 3, start: '8h' is not a time (use HH:MM, 24 hours)"),
        (replaced("bell", "08:00,08:45", "08:00,25:00"), "bell.csv, row 3, end: '25:00' is not a time (use HH:MM, 24 hours)"),
        (replaced("bell", "08:00,08:45", "08:45,08:00"), "bell.csv, row 3, end: is not after the start"),
        ({"bell": BASE["bell"] + "wb,regular,4,12:00,12:30\n"}, "bell.csv, row 5, school, day_type, period: 'wb, regular, 4' is already in row 4"),
        (replaced("calendar", "-25,early", "-25,snow"), "calendar.csv, row 3, day_type: 'snow' is neither a day type of this school's bell times nor closed"),
        (replaced("rooms", ",8", ",eight"), "rooms.csv, row 2, capacity: 'eight' is not a number from 0 to 9999"),
        (replaced("hours", "Monday", "Sunday"), "hours.csv, row 4, weekday: 'Sunday' is not a weekday (Monday to Friday)"),
        (replaced("hours", "Monday,", ","), "hours.csv, row 4, weekday: is empty: give a weekday, a day type, or a period"),
        (replaced("hours", "Monday,,", "Monday,early,"), "hours.csv, row 4, day_type: stands beside a weekday: give the one or the other"),
        (replaced("hours", "11:00,11:30", "11:00,"), "hours.csv, row 4, start: is empty: give start and end, or a period"),
        (replaced("hours", "11:30,,wb", "11:30,1,wb"), "hours.csv, row 4, period: stands beside a start and an end: give the one or the other"),
        (replaced("hours", "4,wb,prep", "9,wb,prep"), "hours.csv, row 2, period: '9' is not a period of this school's bell times"),
        (replaced("hours", "4,wb,prep", "4,,prep"), "hours.csv, row 2, school: is empty: a period is one of a school"),
        (replaced("hours", "wb,prep", "wb,nap"), "hours.csv, row 2, kind: 'nap' is not a kind of hours (available, prep, teaching, lunch or duty)"),
        (replaced("meetings", "2026-12-03 14:15,2026", "12/3/26 2 PM,2026"),
         "meetings.csv, row 2, start: '12/3/26 2 PM' is not a date and time (use YYYY-MM-DD HH:MM, the school's own time)"),
        (replaced("meetings", "14:15,2026-12-03 15:00", "15:15,2026-12-03 15:00"), "meetings.csv, row 2, end: is not after the start"),
        (replaced("meetings", "annual review", "tea party"), "meetings.csv, row 2, kind: 'tea party' is not a kind of meeting (such as annual review or 504)"),
        (replaced("meetings", "Room 12", "Room 99"), "meetings.csv, row 2, room: 'Room 99' is not a room of Willow Bend Elementary"),
        (replaced("meetings", "g-elena:parent", "g-x:parent"), "meetings.csv, row 2, members: 'g-x' is not a person in users.csv or outside.csv"),
        (replaced("meetings", "s-otis,wb", "s-x,wb"), "meetings.csv, row 3, student: 's-x' is not a student in users.csv"),
        (replaced("meetings", "2026-12-03 15:00,2026-12-03 15:30", "2026-12-03 14:45,2026-12-03 15:30"),
         "meetings.csv, row 3, start: Alice Kim is already taken then: meetings.csv, row 2"),
        (replaced("meetings", '504,s-otis,wb,,2026-12-03 15:00,2026-12-03 15:30,"a-alice:lea_representative:yes"',
                  "504,s-otis,wb,Room 12,2026-12-03 14:00,2026-12-03 15:30,a-ruth:lea"),
         "meetings.csv, row 3, start: Room 12 is already taken then: meetings.csv, row 2"),
        (replaced("meetings", "504,s-otis", "annual review,s-maya"), "meetings.csv, row 3, student: already has a booked annual review: meetings.csv, row 2"),
        (replaced("meetings", "a-alice:lea_representative:yes", "g-opal:parent"),
         "meetings.csv, row 3, members: 'g-opal' may not be asked about this student: no education rights, or no contact"),
        (replaced("meetings", "a-alice:lea_representative:yes", "o-luz:other"), "meetings.csv, row 3, members: has no staff member: somebody has to lead the meeting"),
    ],
)  # fmt: skip
def test_bad_row_is_named_with_its_reason(rosters, files, said):
    assert rosters.bad(**files) == [said]


def test_all_bad_rows_of_all_files_are_named_at_once(rosters):
    files = (
        replaced("iep", "2026-12-11", "soon")
        | replaced("users", "student,Otis,", "student,,")
        | replaced("bell", "08:00,08:45", "8,9")
        | replaced("enrollments", "active,r4,wb,t-dana", "active,r9,wb,t-dana")
    )
    assert rosters.bad(**files) == [
        "bell.csv, row 3, start: '8' is not a time (use HH:MM, 24 hours)",
        "bell.csv, row 3, end: '9' is not a time (use HH:MM, 24 hours)",
        "enrollments.csv, row 5, classSourcedId: 'r9' is not in classes.csv",
        "iep.csv, row 2, annual_due: 'soon' is not a date (use YYYY-MM-DD)",
        # Otis's own row cannot be read; that others name him is not a second fault.
        "users.csv, row 7, givenName: is empty",
    ]


def test_more_than_two_hundred_bad_rows_are_all_in_the_file(rosters):
    rows = "".join(f"s-{n},t-dana,never\n" for n in range(300))
    report = rosters.take(rosters.write(iep="student,case_manager,annual_due\n" + rows))
    with (rosters.folder / "bad-rows.csv").open(newline="") as file:
        written = list(csv.reader(file))
    assert (report.bad_row_count, len(report.bad_rows), len(written)) == (300, 200, 301)
    assert written[300] == ["iep.csv", "301", "annual_due", "'never' is not a date (use YYYY-MM-DD)"]


def test_bad_rows_are_left_out_by_choice_and_named_with_what_hung_on_them(rosters):
    files = replaced("users", "student,Otis,", "student,,") | replaced("hours", "Monday", "Sunday")
    report = rosters.take(rosters.write(**files), skips_bad_rows=True)
    assert (report.is_written, report.bad_rows_left_out) == (True, True)
    assert list(map(str, report.bad_rows)) == [
        "contacts.csv, row 3, student: 's-otis' is not a student in users.csv",
        "hours.csv, row 4, weekday: 'Sunday' is not a weekday (Monday to Friday)",
        "iep.csv, row 3, student: 's-otis' is not a student in users.csv",
        "meetings.csv, row 3, student: 's-otis' is not a student in users.csv",
        "users.csv, row 7, givenName: is empty",
        "users.csv, row 9, agentSourcedIds: 's-otis' is not in users.csv",
    ]
    assert list(Student.objects.values_list("person__sourced_id", flat=True)) == ["s-maya"]


def test_sign_in_that_belongs_to_somebody_else_is_a_bad_row(rosters):
    rosters.take()
    users = BASE["users"].replace("t-raj,", "t-new,").replace("Raj,Patel", "Rajesh,Patel")
    files = {"users": users, "enrollments": None, "iep": None, "hours": None, "meetings": None}
    report = rosters.take(rosters.write(**files), allows_removals=True)
    assert list(map(str, report.bad_rows)) == [
        "users.csv, row 3, email: 'raj.patel@schools.example' is already the sign-in of Raj Patel (t-raj)"
    ]
    assert not Person.objects.filter(sourced_id="t-new").exists()
