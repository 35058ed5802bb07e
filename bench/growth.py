"""How the cost of a search grows: with the school days of the window, and with the people.

    python bench/growth.py

Measures two searches, both with blockers, for 15 to 120 days with 100 people and for 25 to 200 people over 60 days:
the plain one, and the one with few people for each seat, 40 meetings in the way and two reseatings allowed. Each time
is the mean over eight made-up cases, of each the best of several runs: how many starts open by reseatings differs from
case to case. Prints it beside the straight line that fits the row best, and draws both in bench/growth.svg.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import inf
from pathlib import Path
from statistics import fmean, linear_regression

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.propose import FIRST, PEOPLE, best_of, machine, make_case, thinned_case, weekdays
from meetings.core.proposals import Case, propose

COMMAND = "python bench/growth.py"
PICTURE = Path(__file__).with_suffix(".svg")
DAYS, COUNTS, USUAL_DAYS = (15, 30, 60, 90, 120), (25, 50, 100, 150, 200), 60
SEEDS, RUNS = range(8), 15
# The picture: two panels, in pixels.
WIDTH, HEIGHT, LEFT, TOP, PANEL_WIDTH, PANEL_HEIGHT, GAP = 860, 400, 60, 92, 340, 220, 80
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1b2430}.title{font-weight:600}.end{text-anchor:end}"
    ".mid{text-anchor:middle}.grid{stroke:#e2e6ec}.small{font-size:11px;fill:#4d5968}path{fill:none}"
)
SEARCHES: list[tuple[str, str, Callable[[Case], Case]]] = [
    ("plain search", "#1f4fbf", lambda case: case),
    ("two reseatings allowed", "#b3005e", thinned_case),
]


@dataclass(frozen=True)
class Row:
    """One search measured at several sizes, in milliseconds, and the line that fits best."""

    name: str
    color: str
    sizes: tuple[int, ...]
    times: list[float]

    @property
    def line(self) -> tuple[float, float]:
        """Milliseconds for each one more, and milliseconds at none."""
        slope, intercept = linear_regression(self.sizes, self.times)
        return slope, intercept

    def fitted(self, size: float) -> float:
        slope, intercept = self.line
        return intercept + slope * size


def case_of(seed: int, days: int, count: int) -> Case:
    return make_case(seed, count, last=weekdays(FIRST + timedelta(2 * days))[days - 1])


def rows(sizes: tuple[int, ...], make: Callable[[int, int], Case]) -> list[Row]:
    found = []
    made = [[make(seed, size) for seed in SEEDS] for size in sizes]
    for name, color, change in SEARCHES:
        cases = [[change(case) for case in alike] for alike in made]
        best = [[inf] * len(SEEDS) for _ in sizes]
        # All sizes in turn, again and again: a busy moment of the machine then spoils one run of each, not one size.
        for _ in range(RUNS):
            for alike, times in zip(cases, best, strict=True):
                times[:] = map(min, times, (best_of(1, lambda case=case: propose(case)) for case in alike))
        found.append(Row(name, color, sizes, [fmean(times) for times in best]))
    return found


def table(title: str, found: list[Row]) -> None:
    print(f"\n{title:>8}" + "".join(f"{row.name:>26}{'line':>8}" for row in found))
    for index, size in enumerate(found[0].sizes):
        cells = [f"{row.times[index]:23.1f} ms{row.fitted(size):8.1f}" for row in found]
        print(f"{size:8}" + "".join(cells))
    for row in found:
        off = max(abs(time - row.fitted(size)) for time, size in zip(row.times, row.sizes, strict=True))
        slope, intercept = row.line
        print(f"{row.name}: {intercept:.1f} ms + {slope:.3f} ms each; at most {off:.1f} ms off the line")


def panel(number: int, title: str, unit: str, found: list[Row], highest: float) -> Iterator[str]:
    """Draw one panel: grid, measured points, and the line of each row."""
    left, bottom = LEFT + number * (PANEL_WIDTH + GAP), TOP + PANEL_HEIGHT
    widest = found[0].sizes[-1]

    def x(size: float) -> float:
        return round(left + PANEL_WIDTH * size / widest, 1)

    def y(time: float) -> float:
        return round(bottom - PANEL_HEIGHT * time / highest, 1)

    yield f'<text class="title" x="{left}" y="{TOP - 14}">{title}</text>'
    for tick in range(0, int(highest) + 1, 5):
        yield f'<path class="grid" d="M{left} {y(tick)}h{PANEL_WIDTH}"/>'
        yield f'<text class="end" x="{left - 8}" y="{y(tick) + 4}">{tick}</text>'
    for size in found[0].sizes:
        yield f'<text class="mid" x="{x(size)}" y="{bottom + 18}">{size}</text>'
    yield f'<text class="mid" x="{left + PANEL_WIDTH / 2}" y="{bottom + 38}">{unit}</text>'
    for row in found:
        first, last = row.sizes[0], row.sizes[-1]
        ends = f"M{x(first)} {y(row.fitted(first))}L{x(last)} {y(row.fitted(last))}"
        yield f'<path stroke="{row.color}" stroke-width="1.5" d="{ends}"/>'
        for size, time in zip(row.sizes, row.times, strict=True):
            yield f'<circle fill="{row.color}" cx="{x(size)}" cy="{y(time)}" r="4"/>'


def legend(found: list[Row]) -> Iterator[str]:
    for number, row in enumerate(found):
        x = LEFT + number * 200
        yield f'<circle fill="{row.color}" cx="{x + 4}" cy="50" r="4"/><text x="{x + 16}" y="54">{row.name}</text>'


def picture(by_days: list[Row], by_people: list[Row]) -> str:
    highest = 5 * (max(time for row in by_days + by_people for time in row.times) // 5 + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t">',
        '<title id="t">Milliseconds of one search, by school days and by people: points measured, lines fitted</title>',
        f"<style>{STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text class="title" x="{LEFT}" y="28">One search in milliseconds: measured, and the line that fits</text>',
        *legend(by_days),
        *panel(0, f"More days, {PEOPLE} people", "school days", by_days, highest),
        *panel(1, f"More people, {USUAL_DAYS} days", "people", by_people, highest),
        f'<text class="small" x="{LEFT}" y="{HEIGHT - 14}">$ {COMMAND} · {machine()}</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def main() -> None:
    print(f"$ {COMMAND}\n{machine()}")
    by_days = rows(DAYS, lambda seed, days: case_of(seed, days, PEOPLE))
    table("days", by_days)
    by_people = rows(COUNTS, lambda seed, count: case_of(seed, USUAL_DAYS, count))
    table("people", by_people)
    PICTURE.write_text(picture(by_days, by_people), encoding="utf-8")


if __name__ == "__main__":
    main()
