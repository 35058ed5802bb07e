"""All addresses."""

from django.contrib import admin
from django.urls import include, path

from iep_scheduler import pages

handler500 = pages.server_error

urlpatterns = [
    path("healthz", pages.healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("django.contrib.auth.urls")),
    path("", include("students.urls")),
    path("", include("meetings.urls")),
]
