"""The school years of school-years.txt, read from what is written there and nothing else."""

from datetime import date, timedelta
from pathlib import Path

from meetings.core.schooldays import SchoolCalendar
from students.counting import SchoolYears

HERE = Path(__file__).parent


def written_years():
    days, years = {}, []
    for line in (HERE / "school-years.txt").read_text().splitlines():
        if line.startswith("Year"):
            years.append(tuple(date.fromisoformat(word) for word in line.split()[1:]))
        elif line[:4].isdigit():
            monday, *cells = line.split()[:6]
            for number, cell in enumerate(cells):
                if cell != "--":
                    days[date.fromisoformat(monday) + timedelta(number)] = "early" if cell.endswith("e") else "regular"
    calendar = SchoolCalendar("America/New_York", years[0][0], years[-1][1], days, {})
    return SchoolYears(calendar, years)
