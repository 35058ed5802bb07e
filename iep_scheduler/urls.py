"""All addresses."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from iep_scheduler import pages
from students.views import sign_in

handler500 = pages.server_error

urlpatterns = [
    path("healthz", pages.healthz, name="healthz"),
    path("readyz", pages.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("accounts/login/", sign_in.SignIn.as_view(), name="login"),
    path("accounts/logout/", auth.LogoutView.as_view(), name="logout"),
    path("accounts/password/", auth.PasswordChangeView.as_view(), name="password_change"),
    path("accounts/password/done/", auth.PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("accounts/reset/", sign_in.AskForPassword.as_view(), name="password_reset"),
    path("accounts/reset/sent/", auth.PasswordResetDoneView.as_view(), name="password_reset_done"),
    path("accounts/reset/<uidb64>/<token>/", sign_in.ChoosePassword.as_view(), name="password_reset_confirm"),
    path("accounts/reset/done/", auth.PasswordResetCompleteView.as_view(), name="password_reset_complete"),
    path("accounts/invitation/<uidb64>/<token>/", sign_in.AcceptInvitation.as_view(), name="invitation_confirm"),
    path("", include("students.urls")),
    path("", include("meetings.urls")),
]

if settings.DEMO:
    urlpatterns.append(path("demo/mail/", include("meetings.demo_urls")))
