"""What an import writes, leaves alone, and takes back."""

# ruff: noqa: E501 - one case, or one row of a file, is one line

from datetime import UTC, date, datetime, time

import pytest
from django.db import connection
from pghistory.models import Events

from meetings.actions.import_roster import Options, import_roster
from meetings.models import Answer, Busy, Meeting, MeetingChange, Message, Requirement, Seat, WeeklyHours
from students.models import (
    Assignment,
    BellPeriod,
    CalendarDay,
    District,
    DueDate,
    Enrollment,
    Guardian,
    Guardianship,
    MeetingKind,
    Outside,
    Person,
    Role,
    Room,
    School,
    SchoolClass,
    Source,
    Staff,
    Student,
    TeamMember,
)  # fmt: skip
from students.roster.report import Change, Disagreement, LeftShort, Removal, RosterError
from students.teachers import general_education_teachers
from tests.queued import asked_for
from tests.rosters import BASE, NOW, Rosters, replaced


@pytest.fixture
def rosters(tmp_path, db):
    return Rosters(tmp_path)


@pytest.fixture
def taken(rosters):
    District.objects.create(pk=1, name="Willow Bend Schools", special_education_courses=["SPED*", "SE-?"])
    report = rosters.take()
    assert list(map(str, report.bad_rows)) == []
    assert report.is_written
    return rosters


def by_id(sourced_id):
    return Person.objects.get(sourced_id=sourced_id)


def changes_of(report):
    return {kind: counts[:3] for kind, counts in report.as_counts().items() if any(counts[:3])}


def students():
    return {
        row.person.sourced_id: (
            str(row), row.school.sourced_id, row.grade, row.birth_on, row.has_iep, row.case_manager.person.sourced_id,
            row.is_in_general_education, row.home_language, row.needs_interpreter,
        )
        for row in Student.objects.select_related("person", "school", "case_manager__person")
    }  # fmt: skip


class TestWhatComesIn:
    def test_schools_with_their_days(self, taken):
        assert list(School.objects.values_list("name", "time_zone", "phone", "default_day_type")) == [
            ("Lincoln Middle", "America/New_York", "", ""),
            ("Willow Bend Elementary", "America/New_York", "614-555-0110", "regular"),
        ]
        assert list(BellPeriod.objects.values_list("day_type", "period", "start", "end")) == [
            ("early", "1", time(8), time(8, 40)),
            ("regular", "1", time(8), time(8, 45)),
            ("regular", "4", time(10, 40), time(11, 30)),
        ]
        assert list(CalendarDay.objects.values_list("on", "day_type")) == [
            (date(2026, 11, 25), "early"),
            (date(2026, 11, 26), "closed"),
        ]
        assert list(Room.objects.values_list("name", "capacity", "is_active")) == [("Room 12", 8, True)]

    def test_students_with_what_the_office_knows(self, taken):
        assert students() == {
            "s-maya": ("Maya Rainwater", "wb", "04", date(2016, 5, 4), True, "t-dana", True, "es", False),
            "s-otis": ("Otis Marigold", "wb", "03", None, True, "t-dana", True, "en", False),
        }

    def test_staff_have_accounts_that_nobody_can_sign_in_to_yet(self, taken):
        accounts = Staff.objects.order_by("login")
        assert [(row.login, row.position, row.is_district_wide, row.is_active) for row in accounts] == [
            ("alice.kim@schools.example", "other", False, True),
            ("dana.ortiz@schools.example", "special_education_teacher", False, True),
            ("raj.patel@schools.example", "teacher", False, True),
            ("ruth.calder@schools.example", "other", True, True),
        ]
        assert [row.has_usable_password() or row.is_staff or row.is_superuser for row in accounts] == [False] * 4

    def test_assignments_say_who_administers_and_represents(self, taken):
        rows = Assignment.objects.order_by("staff__login", "school__sourced_id")
        assert list(
            rows.values_list("staff__person__sourced_id", "school__sourced_id", "is_administrator", "is_representative")
        ) == [
            ("a-alice", "lm", True, False),
            ("a-alice", "wb", True, True),
            ("t-dana", "wb", False, False),
            ("t-raj", "wb", False, False),
        ]

    def test_guardians_are_read_in_both_directions_and_a_relative_is_none(self, taken):
        rows = Guardianship.objects.order_by("guardian__person__search_name")
        assert [
            (row.guardian.person.sourced_id, row.student.person.sourced_id, row.relationship, row.has_education_rights,
             row.is_no_contact, row.source)
            for row in rows
        ] == [
            ("g-opal", "s-otis", "grandmother", False, False, "roster"),
            ("g-elena", "s-maya", "mother", True, False, "roster"),
        ]  # fmt: skip
        assert not Person.objects.filter(sourced_id="g-aunt").exists()

    def test_guardians_have_what_contacts_say(self, taken):
        rows = Guardian.objects.order_by("person__search_name").select_related("person")
        assert [
            (
                row.person.phone,
                row.language,
                row.language_name,
                row.needs_interpreter,
                row.contact_by,
                row.postal_address,
            )
            for row in rows
        ] == [
            ("", "other", "Klingon", False, "phone", ""),
            ("614-555-0177", "es", "", True, "text", "1 Acorn Lane"),
        ]

    def test_team_and_outside_people(self, taken):
        outside = Outside.objects.get()
        assert (str(outside), outside.kind, outside.languages) == ("Luz Ventana", "family_interpreter", ["es"])
        rows = TeamMember.objects.order_by("role")
        assert list(rows.values_list("person__sourced_id", "role", "is_required", "source")) == [
            ("o-luz", "family_interpreter", False, "roster"),
            ("t-raj", "other", False, "roster"),
        ]

    def test_due_dates_come_in_even_when_past(self, taken):
        rows = DueDate.objects.order_by("due_on")
        assert list(rows.values_list("student__person__sourced_id", "kind", "due_on", "source", "closed_at")) == [
            ("s-otis", "annual_review", date(2026, 11, 19), "roster", None),
            ("s-maya", "annual_review", date(2026, 12, 11), "roster", None),
            ("s-maya", "reevaluation", date(2028, 5, 1), "roster", None),
        ]

    def test_special_education_classes_are_known_by_their_codes(self, taken):
        assert dict(SchoolClass.objects.values_list("sourced_id", "is_special_education")) == {"k4": False, "r4": True}
        assert list(SchoolClass.objects.get(sourced_id="k4").periods) == ["1", "2", "3"]
        assert list(map(str, general_education_teachers(Student.objects.get(person=by_id("s-maya")), NOW.date()))) == [
            "Raj Patel"
        ]

    def test_special_education_classes_are_known_by_a_column_of_iep(self, rosters):
        iep = 'student,special_education_classes\ns-maya,"k4,r4"\ns-otis,\n'
        rosters.take(rosters.write(iep=iep, meetings=None))
        assert dict(SchoolClass.objects.values_list("sourced_id", "is_special_education")) == {"k4": True, "r4": True}

    def test_hours_of_a_period_have_the_times_of_each_kind_of_day(self, taken):
        rows = WeeklyHours.objects.order_by("person__sourced_id", "day_type")
        assert list(
            rows.values_list("person__sourced_id", "weekday", "day_type", "start", "end", "kind", "source")
        ) == [
            ("a-alice", 1, "", time(11), time(11, 30), "lunch", "roster"),
            ("t-dana", None, "regular", time(10, 40), time(11, 30), "prep", "roster"),
            ("t-raj", None, "early", time(8), time(8, 40), "duty", "roster"),
            ("t-raj", None, "regular", time(8), time(8, 45), "duty", "roster"),
        ]

    def test_meetings_are_booked_and_nobody_is_written_to(self, taken):
        annual, plan = Meeting.objects.order_by("start_at")
        assert (annual.roster_id, annual.kind, annual.start_at, annual.end_at, annual.status) == (
            "b1", "annual_review", datetime(2026, 12, 3, 19, 15, tzinfo=UTC), datetime(2026, 12, 3, 20, tzinfo=UTC), "booked",
        )  # fmt: skip
        assert annual.due_date == DueDate.objects.get(student__person__sourced_id="s-maya", kind="annual_review")
        assert (str(annual.room), str(annual.organizer)) == ("Room 12", "Dana Ortiz")
        assert (plan.kind, plan.due_date, plan.room, str(plan.organizer)) == ("section_504", None, None, "Alice Kim")
        assert {row.meeting_id: row.what for row in MeetingChange.objects.all()} == {
            annual.pk: "booked",
            plan.pk: "booked",
        }
        assert not Message.objects.exists()

    def test_seats_follow_from_the_roles(self, taken):
        def seats(roster_id):
            return {
                (row.role, str(row.holder or ""), row.requirement, row.answer)
                for row in Seat.objects.filter(meeting__roster_id=roster_id).select_related("holder")
            }

        required, optional = Requirement.REQUIRED, Requirement.OPTIONAL
        assert seats("b1") == {
            ("special_education_teacher", "Dana Ortiz", required, "yes"),
            ("lea_representative", "Alice Kim", required, "none"),
            ("general_education_teacher", "Raj Patel", required, "yes"),
            ("parent", "Elena Rainwater", required, "none"),
        }
        # Opal has no education rights and is not asked; what a 504 meeting needs and nobody holds is an empty seat.
        assert seats("b2") == {
            ("lea_representative", "Alice Kim", required, "yes"),
            ("general_education_teacher", "", required, "none"),
            ("evaluation_interpreter", "", required, "none"),
        }
        assert optional not in {seat[2] for seat in seats("b1")}

    def test_no_in_the_file_stands_and_leaves_the_time_free_for_the_organizer_too(self, rosters):
        District.objects.create(pk=1, name="Willow Bend Schools")
        rosters.take(rosters.write(**replaced("meetings", "a-alice:lea_representative:yes", "a-alice:lea:no")))
        seat = Seat.objects.get(meeting__roster_id="b2", holder__given_name="Alice")
        assert (str(seat.meeting.organizer), seat.answer) == ("Alice Kim", "no")
        assert not Busy.objects.filter(meeting__roster_id="b2", person=seat.holder).exists()

    def test_everyone_in_a_meeting_is_busy_then(self, taken):
        busy = Busy.objects.filter(meeting__roster_id="b1").select_related("person", "room")
        assert {str(row.person or row.room) for row in busy} == {
            "Dana Ortiz", "Alice Kim", "Raj Patel", "Elena Rainwater", "Maya Rainwater", "Room 12",
        }  # fmt: skip


class TestAgain:
    def test_second_import_changes_nothing_and_no_history_grows(self, taken):
        before = Events.objects.count()
        report = taken.take()
        assert (changes_of(report), report.disagreements, report.is_written) == ({}, [], True)
        assert Events.objects.count() == before
        assert not taken.take(is_dry_run=True).has_changes

    def test_dry_run_says_the_same_as_the_import_and_writes_nothing(self, rosters):
        dry = rosters.take(is_dry_run=True)
        assert not Person.objects.exists()
        assert not District.objects.exists()
        assert (dry.is_written, dry.as_counts()) == (False, rosters.take().as_counts())

    def test_only_what_is_written_has_the_meetings_looked_at(self, rosters):
        rosters.take(is_dry_run=True)
        before = asked_for("review_all")
        rosters.take()
        assert (before, asked_for("review_all")) == ([], [{}])

    def test_dry_run_names_what_would_change(self, taken):
        files = replaced("users", 'Rainwater,,,"g-elena,g-aunt",04', 'Rainfall,,,"g-elena,g-aunt",05')
        report = taken.take(taken.write(**files), is_dry_run=True)
        assert {kind.kind: kind.samples for kind in report.changes()} == {
            "students": [Change("changed", "Maya Rainfall", (("family_name", "Rainwater", "Rainfall"),))],
            "student_records": [Change("changed", "Maya Rainfall", (("grade", "04", "05"),))],
        }
        assert by_id("s-maya").family_name == "Rainwater"

    def test_change_is_kept_in_history_with_its_source(self, taken):
        taken.take(taken.write(**replaced("users", "Maya,Rainwater", "Maya,Rainfall")))
        person = by_id("s-maya")
        assert (person.family_name, person.search_name) == ("Rainfall", "rainfall maya maya")
        event = Events.objects.tracks(person).get(pgh_label="changed")
        assert (event.pgh_data["family_name"], event.pgh_context["source"]) == ("Rainwater", "roster")

    def test_calendar_of_one_school_leaves_the_other_alone(self, taken):
        lincoln = School.objects.get(sourced_id="lm")
        CalendarDay.objects.create(school=lincoln, on=date(2026, 11, 25), day_type="closed")
        later = taken.only(calendar="school,date,day_type\nwb,2026-11-25,early\nwb,2026-11-26,early\n")
        assert changes_of(taken.take(later)) == {"calendar": (0, 1, 0)}
        assert CalendarDay.objects.filter(school=lincoln).count() == 1

    def test_meeting_that_moved_here_is_not_moved_back(self, taken):
        meeting = Meeting.objects.get(roster_id="b1")
        start, end = datetime(2026, 12, 4, 19, tzinfo=UTC), datetime(2026, 12, 4, 20, tzinfo=UTC)
        Meeting.objects.filter(pk=meeting.pk).update(start_at=start, end_at=end)
        report = taken.take()
        assert report.disagreements == [
            Disagreement(
                "meetings", "Maya Rainwater, Annual review, 2026-12-03",
                (("start", "2026-12-04 19:00:00+00:00", "2026-12-03 19:15:00+00:00"),
                 ("end", "2026-12-04 20:00:00+00:00", "2026-12-03 20:00:00+00:00")),
            )
        ]  # fmt: skip
        assert Meeting.objects.get(roster_id="b1").start_at == start

    def test_meeting_that_clashes_with_one_booked_here_is_a_bad_row(self, taken):
        meetings = BASE["meetings"] + 'b3,504,s-otis,wb,,2026-12-03 14:30,2026-12-03 14:45,"t-raj:other"\n'
        report = taken.take(taken.write(meetings=meetings))
        assert list(map(str, report.bad_rows)) == [
            "meetings.csv, row 4, start: Raj Patel is already taken then: booked here"
        ]
        assert Meeting.objects.count() == 2


class TestWhatPeopleOwn:
    def test_corrected_fields_stay_and_are_reported(self, taken):
        Person.objects.filter(sourced_id="g-elena").update(phone="614-555-0199", edited_fields=["phone"])
        Student.objects.filter(person__sourced_id="s-otis").update(grade="02", edited_fields=["grade"])
        report = taken.take()
        assert changes_of(report) == {}
        assert report.disagreements == [
            Disagreement("guardians", "Elena Rainwater", (("phone", "614-555-0199", "614-555-0177"),)),
            Disagreement("student_records", "Otis Marigold", (("grade", "02", "03"),)),
        ]
        assert by_id("g-elena").phone == "614-555-0199"

    def test_corrected_name_is_searched_by_what_it_is(self, taken):
        Person.objects.filter(sourced_id="s-maya").update(
            given_name="May", search_name="rainwater may may", edited_fields=["given_name"]
        )
        taken.take(taken.write(**replaced("users", "Maya,Rainwater", "Maya,Rainfall")))
        person = by_id("s-maya")
        assert (person.full_name, person.search_name) == ("May Rainfall", "rainfall may may")

    def test_due_date_of_people_stays_and_is_reported(self, taken):
        DueDate.objects.filter(student__person__sourced_id="s-otis").update(
            due_on=date(2026, 12, 1), source=Source.PEOPLE
        )
        report = taken.take()
        assert changes_of(report) == {}
        assert report.disagreements == [
            Disagreement("due_dates", "Otis Marigold", (("due_on", "2026-12-01", "2026-11-19"),))
        ]

    def test_due_date_that_was_met_here_does_not_come_back(self, taken):
        due = DueDate.objects.filter(student__person__sourced_id="s-otis", kind=MeetingKind.ANNUAL_REVIEW)
        due.update(closed_at=NOW, closed_why="Meeting held")
        assert changes_of(taken.take()) == {}
        later = taken.take(taken.write(**replaced("iep", "2026-11-19", "2027-11-18")))
        assert changes_of(later) == {"due_dates": (1, 0, 0)}
        assert due.get(closed_at=None).due_on == date(2027, 11, 18)

    @pytest.mark.parametrize("kept", ["deleted", "in another role"])
    def test_team_of_people_is_not_undone(self, taken, kept):
        raj = TeamMember.objects.filter(person__sourced_id="t-raj")
        if kept == "deleted":
            raj.delete()
            Student.objects.filter(person__sourced_id="s-maya").update(edited_fields=["team"])
        else:
            raj.update(role=Role.GENERAL_EDUCATION_TEACHER, source=Source.PEOPLE)
        report = taken.take()
        assert changes_of(report) == {}
        assert report.disagreements == [Disagreement("team", "Raj Patel for Maya Rainwater", ())]

    def test_ended_guardianship_does_not_come_back(self, taken):
        Guardianship.objects.filter(guardian__person__sourced_id="g-elena").delete()
        Student.objects.filter(person__sourced_id="s-maya").update(edited_fields=["guardians"])
        report = taken.take()
        assert (changes_of(report), report.disagreements) == (
            {}, [Disagreement("guardianships", "Elena Rainwater of Maya Rainwater", ())],
        )  # fmt: skip

    def test_guardianship_of_people_keeps_its_rights(self, taken):
        rows = Guardianship.objects.filter(guardian__person__sourced_id="g-elena")
        rows.update(is_no_contact=True, source=Source.PEOPLE)
        report = taken.take()
        assert changes_of(report) == {}
        assert report.disagreements == [
            Disagreement("guardianships", "Elena Rainwater of Maya Rainwater", (("is_no_contact", "true", "false"),))
        ]
        assert rows.get().is_no_contact

    def test_no_contact_is_not_lifted_by_a_file_that_no_longer_says_it(self, taken):
        Guardianship.objects.filter(guardian__person__sourced_id="g-elena").update(is_no_contact=True)
        taken.take(taken.write(contacts=None))
        taken.take(taken.write(**replaced("contacts", "mother,yes,no,", "mother,,,")))
        assert Guardianship.objects.get(guardian__person__sourced_id="g-elena").is_no_contact

    def test_hours_that_were_changed_here_do_not_come_back(self, taken):
        rows = WeeklyHours.objects.filter(person__sourced_id="t-dana")
        rows.update(start=time(9), end=time(10), kind="duty", source=Source.PEOPLE)
        report = taken.take()
        assert changes_of(report) == {}
        assert report.disagreements == [Disagreement("hours", "Dana Ortiz", ())]
        assert list(rows.values_list("start", "kind")) == [(time(9), "duty")]

    def test_schools_of_a_staff_member_edited_here_stay(self, taken):
        lincoln, raj = School.objects.get(sourced_id="lm"), by_id("t-raj").staff
        Assignment.objects.create(staff=raj, school=lincoln, edited_fields=["is_administrator"])
        Assignment.objects.filter(staff__person__sourced_id="a-alice", school=lincoln).delete()
        Staff.objects.filter(person__sourced_id="a-alice").update(edited_fields=["schools"])
        assert changes_of(taken.take()) == {}
        assert set(lincoln.assignments.values_list("staff__login", flat=True)) == {"raj.patel@schools.example"}

    def test_account_made_by_hand_is_taken_over_by_its_person(self, rosters):
        first = Staff.objects.create_superuser("raj.patel@schools.example", "a good password")
        report = rosters.take()
        assert report.notes == ["1 accounts made here belong to people of the roster now."]
        raj = Staff.objects.get(pk=first.pk)
        assert (raj.person.sourced_id, str(raj), raj.is_district_wide, raj.check_password("a good password")) == (
            "t-raj", "Raj Patel", True, True,
        )  # fmt: skip


class TestWhoIsGone:
    def test_who_vanishes_is_marked_gone_and_cannot_sign_in(self, taken):
        users, contacts = (
            "".join(line for line in BASE[name].splitlines(True) if not line.startswith(("t-raj", "g-opal")))
            for name in ("users", "contacts")
        )
        files = {
            "users": users,
            "enrollments": None,
            "iep": None,
            "hours": None,
            "meetings": None,
            "contacts": contacts,
        }
        stopped = taken.take(taken.write(**files))
        assert stopped.removals == [Removal("staff", 1, 4), Removal("guardians", 1, 2)]
        assert (stopped.is_written, Person.objects.filter(gone_at__isnull=False).count()) == (False, 0)

        report = taken.take(taken.write(**files), allows_removals=True)
        assert changes_of(report) == {
            "staff": (0, 0, 1), "accounts": (0, 0, 1), "guardians": (0, 0, 1), "assignments": (0, 0, 1),
            "guardianships": (0, 0, 1),
        }  # fmt: skip
        raj = by_id("t-raj")
        assert (raj.gone_at, raj.staff.is_active) == (NOW, False)
        assert report.left_short == [
            LeftShort(
                Meeting.objects.get(roster_id="b1").pk, "Raj Patel", "General education teacher",
                datetime(2026, 12, 3, 19, 15, tzinfo=UTC),
            )
        ]  # fmt: skip
        assert changes_of(taken.take(taken.write(**files), allows_removals=True)) == {}

    def test_who_comes_back_is_here_again(self, taken):
        users = "".join(line for line in BASE["users"].splitlines(True) if not line.startswith("t-raj"))
        files = {"users": users, "enrollments": None, "iep": None, "hours": None, "meetings": None}
        taken.take(taken.write(**files), allows_removals=True)
        taken.take()
        raj = by_id("t-raj")
        assert (raj.gone_at, raj.staff.is_active) == (None, True)

    def test_within_the_share_nothing_is_asked(self, taken):
        District.objects.update(removal_share=50)
        users = "".join(line for line in BASE["users"].splitlines(True) if not line.startswith("g-opal"))
        report = taken.take(taken.write(users=users, contacts=None))
        assert (report.is_written, report.removals) == (True, [])

    def test_student_without_an_iep_any_more(self, taken):
        iep = "".join(line for line in BASE["iep"].splitlines(True) if not line.startswith("s-otis"))
        report = taken.take(taken.write(iep=iep), allows_removals=True)
        assert changes_of(report) == {"student_records": (0, 1, 0), "due_dates": (0, 0, 1)}
        otis = Student.objects.get(person__sourced_id="s-otis")
        assert (otis.has_iep, list(otis.due_dates.values_list("closed_at", "closed_why"))) == (
            False, [(NOW, "No longer in iep.csv")],
        )  # fmt: skip
        taken.take()
        assert otis.due_dates.get(closed_at=None).due_on == date(2026, 11, 19)


class TestLeftOut:
    """Whoever a bad row is about is in the file: they are not gone because their row was left out."""

    def test_person_whose_row_is_bad_is_not_gone(self, taken):
        files = {"users": BASE["users"].replace("teacher,Raj,", "teacher,,").replace("guardian,Opal,", "guardian,,")}
        report = taken.take(taken.write(**files), skips_bad_rows=True)
        assert (report.is_written, changes_of(report), report.bad_row_count) == (True, {}, 7)
        assert (by_id("t-raj").gone_at, by_id("t-raj").staff.is_active) == (None, True)
        assert Guardianship.objects.count() == 2

    def test_iep_whose_row_is_bad_is_kept(self, taken):
        report = taken.take(taken.write(**replaced("iep", "2026-12-11", "soon")), skips_bad_rows=True)
        assert changes_of(report) == {}
        assert Student.objects.get(person__sourced_id="s-maya").has_iep

    def test_days_rooms_and_hours_are_not_taken_away_by_a_file_with_bad_rows(self, taken):
        bad = {
            **replaced("bell", "10:40,11:30", "late,11:30"), **replaced("calendar", "2026-11-26", "soon"),
            **replaced("rooms", ",8", ",eight"), **replaced("hours", "Monday", "Sunday"),
            **replaced("representatives", "a-alice", "nobody"), **replaced("classes", "K4,wb", "K4,nowhere"),
        }  # fmt: skip
        report = taken.take(taken.write(**bad), skips_bad_rows=True)
        assert (report.is_written, changes_of(report)) == (True, {})


MANIFEST = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\nfile.users,delta\nfile.enrollments,delta\n"


class TestDelta:
    def test_delta_adds_changes_and_removes_what_it_names(self, taken):
        header = BASE["users"].splitlines()[0]
        users = (
            f"{header}\ns-otis,active,true,lm,student,Otis,Marigold,,,,05,\ng-opal,tobedeleted,,,guardian,Opal,Marigold,,,,,\n"
            "s-pip,active,true,wb,student,Pippa,Thimble,,,,05,\n"
        )
        enrollments = BASE["enrollments"].splitlines()[0] + "\ne1,tobedeleted,k4,wb,s-maya,student,,,\n"
        report = taken.take(
            taken.only(manifest=MANIFEST, users=users, enrollments=enrollments), allows_removals=True
        )  # fmt: skip
        assert (list(map(str, report.bad_rows)), changes_of(report)) == (
            [], {"students": (1, 0, 0), "guardians": (0, 0, 1), "student_records": (1, 1, 0), "enrollments": (0, 0, 1)},
        )  # fmt: skip
        otis = Student.objects.get(person__sourced_id="s-otis")
        assert (otis.school.sourced_id, otis.grade, otis.has_iep) == ("lm", "05", True)
        assert Enrollment.objects.count() == 3

    def test_delta_may_name_people_who_are_here(self, taken):
        header = BASE["users"].splitlines()[0]
        users = f"{header}\ng-new,active,false,wb,parent,Nia,Rainwater,nia@example.com,,s-maya,,\n"
        report = taken.take(taken.only(manifest=MANIFEST, users=users, enrollments=BASE["enrollments"]))
        assert (list(map(str, report.bad_rows)), changes_of(report)) == (
            [], {"guardians": (1, 0, 0), "guardian_details": (1, 0, 0), "guardianships": (1, 0, 0)},
        )  # fmt: skip


ROLES = """\
sourcedId,status,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId
r1,active,t-dana,primary,teacher,,,wb
r2,active,t-raj,primary,teacher,,,wb
r3,active,t-raj,secondary,parent,,,wb
r4,active,a-alice,primary,siteAdministrator,,,wb
r5,active,a-alice,secondary,principal,,,lm
r6,active,a-ruth,primary,districtAdministrator,,,d
r7,active,s-maya,secondary,student,,,lm
r8,active,s-maya,primary,student,,,wb
r9,active,s-otis,primary,student,,2026-09-01,lm
r10,active,s-otis,primary,student,,,wb
r11,active,g-elena,primary,parent,,,wb
r12,active,g-opal,primary,guardian,,,wb
r13,active,g-aunt,primary,relative,,,wb
"""


def users_of_1_2():
    lines = [
        line.split(",")
        for line in BASE["users"].replace('"wb,lm"', "").replace('"g-elena,g-aunt"', "g-elena").splitlines()
    ]
    kept = [[*cells[:3], *cells[5:]] for cells in lines]
    kept[0].append("preferredGivenName")
    return "\n".join(",".join([*cells, "Mimi"] if cells[0] == "s-maya" else cells if n == 0 else [*cells, ""])
                     for n, cells in enumerate(kept))  # fmt: skip


class TestOneRoster12:
    def test_roles_come_from_their_own_file(self, rosters):
        report = rosters.take(rosters.write(users=users_of_1_2(), roles=ROLES))
        assert (list(map(str, report.bad_rows)), report.version) == ([], "1.2")
        assert students() == {
            "s-maya": ("Mimi Rainwater", "wb", "04", date(2016, 5, 4), True, "t-dana", True, "es", False),
            "s-otis": ("Otis Marigold", "wb", "03", None, True, "t-dana", True, "en", False),
        }
        assert dict(Staff.objects.values_list("person__sourced_id", "position")) == {
            "t-dana": "special_education_teacher", "t-raj": "teacher", "a-alice": "principal", "a-ruth": "other",
        }  # fmt: skip
        assert set(Assignment.objects.filter(is_administrator=True).values_list("staff__person__sourced_id", "school__sourced_id")) == {
            ("a-alice", "wb"), ("a-alice", "lm"),
        }  # fmt: skip
        assert Staff.objects.get(is_district_wide=True).person.sourced_id == "a-ruth"
        # Who teaches and is a parent is one person.
        assert (by_id("t-raj").kind, by_id("t-raj").guardian.language) == ("staff", "en")

    def test_user_without_a_role_is_a_bad_row(self, rosters):
        roles = "".join(line for line in ROLES.splitlines(True) if "g-opal" not in line)
        assert rosters.bad(users=users_of_1_2(), roles=roles) == [
            "Users.csv, row 9, role: is empty: without a role nobody knows who this is".replace("Users", "users")
        ]


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_do_not_mix(tmp_path):
    rosters = Rosters(tmp_path)
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7052026)")
        with pytest.raises(RosterError, match="Another roster is being imported"):
            rosters.take()
    other.close()
    assert not Person.objects.exists()


def test_progress_is_told(rosters):
    heard = []
    import_roster(
        rosters.write(), options=Options(is_dry_run=True), bad_rows_file=rosters.folder / "bad.csv", now=NOW,
        told=lambda stage, done, total: heard.append((stage, done <= total)),
    )  # fmt: skip
    assert (heard[0], heard[-1], all(within for _, within in heard)) == (("orgs", True), ("meetings", True), True)


def test_answers_of_the_file_count(taken):
    assert Seat.objects.filter(answer=Answer.YES).count() == 3
