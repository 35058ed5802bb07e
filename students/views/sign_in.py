"""Sign in and out, and choose a password. Django's own views; their mails go through the outbox."""

from typing import Any

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, SetPasswordForm
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from meetings import queue
from students.forms.sign_in import SignInForm
from students.models import Staff
from students.wrong_passwords import forget

TOO_MANY = 429

pages_and_forms = method_decorator(require_http_methods(["GET", "HEAD", "POST"]), name="dispatch")


@pages_and_forms
class SignIn(views.LoginView):
    redirect_authenticated_user = True
    authentication_form = SignInForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"now": timezone.now()}

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_invalid(form)
        if isinstance(form, SignInForm) and form.seconds_to_wait:
            answer.status_code = TOO_MANY
            answer["Retry-After"] = str(form.seconds_to_wait)
        return answer


@pages_and_forms
class AskForPassword(views.PasswordResetView):
    def form_valid(self, form: PasswordResetForm) -> HttpResponse:
        # The worker looks whether there is such an account: the answer here is the same, and takes as long.
        queue.enqueue("write_password_reset", address=form.cleaned_data["email"])
        return HttpResponseRedirect(self.get_success_url())


@pages_and_forms
class ChoosePassword(views.PasswordResetConfirmView):
    def get_user(self, uidb64: str) -> Staff | None:
        # An account may have been closed since its mail was sent.
        staff = super().get_user(uidb64)
        return staff if isinstance(staff, Staff) and staff.is_active else None

    def form_valid(self, form: "SetPasswordForm[Staff]") -> HttpResponse:
        forget(form.user.login)
        return super().form_valid(form)


@pages_and_forms
class AcceptInvitation(ChoosePassword):
    template_name = "registration/invitation_confirm.html"
    post_reset_login = True
    success_url = "/"
