from django.urls import path

from meetings.views import demo_mail

app_name = "demo"
urlpatterns = [
    path("", demo_mail.mailbox, name="mail"),
    path("<int:pk>/", demo_mail.message, name="message"),
    path("<int:pk>/html/", demo_mail.html, name="html"),
    path("<int:pk>/invite.ics", demo_mail.ics, name="ics"),
]
