"""The made-up district of the demo: what tells it from a real one, and the password that everyone may know."""

from django.conf import settings
from django.core.cache import cache

from students.models import District, School

DISTRICT, SCHOOLS = "district", ("willow-bend", "lincoln")
PASSWORD = "willow-bend-demo"  # noqa: S105 - printed for everyone; it opens nothing where real people are
ASKED_EVERY = 60


def is_made_up_district() -> bool:
    """Return whether what is loaded is the demo's district and nothing else, in two queries."""
    here = School.objects.filter(gone_at=None).exclude(sourced_id__in=SCHOOLS)
    return bool(settings.DEMO) and District.objects.filter(sourced_id=DISTRICT).exists() and not here.exists()


def is_shown_made_up_district() -> bool:
    """Return the same for pages, which all say so: asked once a minute in each process."""
    return bool(settings.DEMO) and bool(cache.get_or_set("demo-district", is_made_up_district, ASKED_EVERY))
