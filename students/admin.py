"""What support staff may set: the district, its schools and their calendars. Records of students are not here."""

from django.contrib import admin
from django.http import HttpRequest

from students.models import BellPeriod, CalendarDay, District, Room, School, Term

# "type-arg": ModelAdmin is generic for the checker alone, and takes no argument when it runs.


@admin.register(District)
class DistrictAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "state", "annual_rule", "target_school_days", "notice_days", "usual_notice_days")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not District.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: District | None = None) -> bool:
        return False


@admin.register(School)
class SchoolAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "time_zone", "phone", "default_day_type", "gone_at")
    search_fields = ("name", "short_name")

    def has_delete_permission(self, request: HttpRequest, obj: School | None = None) -> bool:
        return False


@admin.register(Term)
class TermAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("title", "kind", "start_on", "end_on")


@admin.register(BellPeriod)
class BellPeriodAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("school", "day_type", "period", "start", "end")
    list_filter = ("school", "day_type")


@admin.register(CalendarDay)
class CalendarDayAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("school", "on", "day_type")
    list_filter = ("school", "day_type")
    date_hierarchy = "on"


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("school", "name", "capacity", "is_active")
    list_filter = ("school", "is_active")

    def has_delete_permission(self, request: HttpRequest, obj: Room | None = None) -> bool:
        return False
