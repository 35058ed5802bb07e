"""A small roster as files, made text by text so that a test can say what differs."""

# ruff: noqa: E501 - one case, or one row of a file, is one line

import zipfile
from datetime import UTC, datetime
from pathlib import Path

from meetings.actions.import_roster import Options, import_roster
from students.models import Person

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)

BASE = {
    "orgs": """\
sourcedId,status,name,type,identifier,parentSourcedId,ext_time_zone,ext_phone
d,active,Willow Bend Schools,district,,,,
wb,active,Willow Bend Elementary,school,,d,America/New_York,614-555-0110
lm,active,Lincoln Middle,school,,d,America/New_York,
""",
    "academicSessions": """\
sourcedId,status,title,type,startDate,endDate,schoolYear
y,active,2026-2027,schoolYear,2026-08-20,2027-06-15,2027
""",
    "courses": """\
sourcedId,status,title,courseCode,subjectCodes
c-home,active,Homeroom,HOME,
c-sped,active,Resource,SPED-4,"X1,SE-9"
""",
    "classes": """\
sourcedId,status,title,courseSourcedId,classCode,schoolSourcedId,termSourcedIds,periods
k4,active,Grade 4 homeroom,c-home,K4,wb,y,"1,2,3"
r4,active,Resource,c-sped,R4,wb,y,4
""",
    "users": """\
sourcedId,status,enabledUser,orgSourcedIds,role,givenName,familyName,email,phone,agentSourcedIds,grades,password
t-dana,active,true,wb,teacher,Dana,Ortiz,Dana.Ortiz@schools.example,,,,secret
t-raj,active,TRUE,wb,teacher,Raj,Patel,raj.patel@schools.example,,,,
a-alice,active,1,"wb,lm",administrator,Alice,Kim,alice.kim@schools.example,,,,
a-ruth,active,1,d,administrator,Ruth,Calder,ruth.calder@schools.example,,,,
s-maya,active,true,wb,student,Maya,Rainwater,,,"g-elena,g-aunt",04,
s-otis,active,true,wb,student,Otis,Marigold,,,,03,
g-elena,active,false,wb,parent,Elena,Rainwater,elena@example.com,614-555-0101,,,
g-opal,active,false,wb,guardian,Opal,Marigold,opal@example.com,,s-otis,,
g-aunt,active,false,wb,relative,Ada,Rainwater,ada@example.com,,s-maya,,
""",
    "enrollments": """\
sourcedId,status,classSourcedId,schoolSourcedId,userSourcedId,role,primary,beginDate,endDate
e1,active,k4,wb,s-maya,student,false,2026-08-20,2027-06-15
e2,active,k4,wb,t-raj,teacher,true,2026-08-20,
e3,active,r4,wb,s-maya,student,false,,
e4,active,r4,wb,t-dana,teacher,true,,
""",
    "demographics": "sourcedId,status,birthDate,sex\ns-maya,active,2016-05-04,female\n",
    "outside": "id,given_name,family_name,kind,organisation,languages,email,phone\n"
    "o-luz,Luz,Ventana,interpreter,Open Door,es,luz@example.org,\n",
    "iep": """\
student,case_manager,annual_due,reevaluation_due,general_education,home_language,interpreter,team
s-maya,t-dana,2026-12-11,2028-05-01,yes,es,no,"t-raj:other,o-luz:family_interpreter"
s-otis,t-dana,2026-11-19,,yes,en,no,
""",
    "contacts": """\
guardian,student,relationship,education_rights,no_contact,language,interpreter,contact_by,phone,address
g-elena,s-maya,mother,yes,no,Spanish,yes,text,614-555-0177,1 Acorn Lane
g-opal,s-otis,grandmother,no,no,Klingon,,phone,,
""",
    "representatives": "school,staff\nwb,a-alice\n",
    "bell": """\
school,day_type,period,start,end
wb,early,1,08:00,08:40
wb,regular,1,08:00,08:45
wb,regular,4,10:40,11:30
""",
    "calendar": "school,date,day_type\nwb,2026-11-26,closed\nwb,2026-11-25,early\n",
    "rooms": "school,room,capacity\nwb,Room 12,8\n",
    "hours": """\
staff,weekday,day_type,start,end,period,school,kind
t-dana,,,,,4,wb,prep
t-raj,,,,,1,wb,duty
a-alice,Monday,,11:00,11:30,,wb,lunch
""",
    "meetings": """\
id,kind,student,school,room,start,end,members
b1,annual review,s-maya,wb,Room 12,2026-12-03 14:15,2026-12-03 15:00,"t-dana:special_education_teacher,a-alice:lea,t-raj:general_education_teacher:yes,g-elena:parent"
b2,504,s-otis,wb,,2026-12-03 15:00,2026-12-03 15:30,"a-alice:lea_representative:yes"
""",
}  # fmt: skip


def write(folder, files):
    """Write the files of a roster; a value that is bytes stands as it is, None leaves the file out."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        if text is not None:
            (folder / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def zipped(folder, path, prefix=""):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, prefix + file.name)
    return path


class Rosters:
    """Writes rosters into a test's own folder and imports them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def write(self, **changes):
        """Write the base roster with other files for some of them."""
        self.count += 1
        return write(self.folder / f"roster-{self.count}", BASE | changes)

    def only(self, **files):
        self.count += 1
        return write(self.folder / f"roster-{self.count}", files)

    def take(self, source=None, *, now=NOW, **options):
        """Import a folder, by default the base roster, and return the report."""
        source = self.write() if source is None else source
        return import_roster(
            source, options=Options(**options), bad_rows_file=self.folder / "bad-rows.csv", now=now
        )  # fmt: skip

    def bad(self, **changes):
        """Import the base roster with other files, and return every bad row as it is said."""
        report = self.take(self.write(**changes))
        assert not report.is_written
        assert not Person.objects.exists()
        return [str(row) for row in report.bad_rows]


def replaced(name, old, new):
    """Return one file of the base roster with a text replaced."""
    assert old in BASE[name]
    return {name: BASE[name].replace(old, new)}
