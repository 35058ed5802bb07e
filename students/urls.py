from django.urls import URLPattern, path

from students.views import mine, student

app_name = "students"
urlpatterns: list[URLPattern] = [
    path("", mine.mine, name="mine"),
    path("students/<int:pk>/", student.student, name="student"),
]
