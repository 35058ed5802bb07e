"""The day of the demo on which its story can be told."""

from datetime import datetime
from zoneinfo import ZoneInfo

from meetings.models import Meeting
from students.made_up import is_shown_made_up_district
from students.models import MeetingKind, Role

# As the demo's files name them.
STORY, CHAIR = "story-", "alice-kim"


def prepared_day(now: datetime) -> datetime | None:
    """Return when the next prepared 504 meeting starts, in its school's time, while it still wants a swap.

    None outside of the made-up district, where this asks nothing of its own; there it is one query.
    """
    if not is_shown_made_up_district():
        return None
    ahead = Meeting.objects.booked().filter(
        kind=MeetingKind.SECTION_504,
        roster_id__startswith=STORY,
        start_at__gt=now,
        seats__role=Role.LEA_REPRESENTATIVE,
        seats__holder__sourced_id=CHAIR,
    )
    found = ahead.order_by("start_at").values_list("start_at", "school__time_zone").first()
    return None if found is None else found[0].astimezone(ZoneInfo(found[1]))
