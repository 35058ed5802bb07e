from django.urls import URLPattern, path

from meetings.views import (
    answer,
    attempt,
    book,
    change,
    due,
    due_csv,
    family,
    meeting,
    meetings,
    parent,
    propose,
    seat,
    why,
)

app_name = "meetings"
urlpatterns: list[URLPattern] = [
    path("due/", due.due_dates, name="due"),
    path("due/due-dates.csv", due_csv.due_csv, name="due_csv"),
    path("meetings/", meetings.meetings, name="list"),
    path("meetings/<int:pk>/", meeting.meeting, name="meeting"),
    path("meetings/<int:pk>/answer/", answer.answer, name="answer"),
    path("meetings/<int:pk>/attempt/", attempt.attempt, name="attempt"),
    path("meetings/<int:pk>/cancel/", change.cancel, name="cancel"),
    path("meetings/<int:pk>/held/", change.held, name="held"),
    path("meetings/<int:pk>/links/<int:link_pk>/", family.renew_link, name="renew_link"),
    path("meetings/<int:pk>/reschedule/", change.reschedule, name="reschedule"),
    path("meetings/<int:pk>/seats/<int:seat_pk>/", seat.seat, name="seat"),
    path("meetings/<int:pk>/seats/<int:seat_pk>/remind/", seat.remind_holder, name="remind"),
    path("meetings/<int:pk>/seats/<int:seat_pk>/said/", family.said, name="said"),
    path("p/<str:token>/", parent.page, name="parent"),
    path("students/<int:student>/attempt/", attempt.student_attempt, name="student_attempt"),
    path("students/<int:student>/book/", book.book, name="book"),
    path("students/<int:student>/times/", propose.propose, name="propose"),
    path("students/<int:student>/times/why/", why.why, name="why"),
]
