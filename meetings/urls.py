from django.urls import URLPattern, path

from meetings.views import propose, why

app_name = "meetings"
urlpatterns: list[URLPattern] = [
    path("students/<int:student>/times/", propose.propose, name="propose"),
    path("students/<int:student>/times/why/", why.why, name="why"),
]
