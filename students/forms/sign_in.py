"""The sign-in form: Django's own, with a limit to wrong passwords."""

from datetime import datetime
from math import ceil
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from students.made_up import PASSWORD, is_made_up_district
from students.requests import address_of
from students.wrong_passwords import forget, next_try_at


class SignInForm(AuthenticationForm):
    """`seconds_to_wait` is above 0 where there were too many wrong passwords: then the password was not looked at."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "That email and password do not match. Try again, or choose a new password below.",
    }

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now, self.seconds_to_wait = now, 0

    def clean(self) -> dict[str, Any]:
        login, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if not login or not password or self.request is None:
            return self.cleaned_data
        address = address_of(self.request)
        if again_at := next_try_at(login, address, now=self.now):
            self.seconds_to_wait = ceil((again_at - self.now).total_seconds())
            raise ValidationError(self._too_many())
        if password == PASSWORD and not is_made_up_district():
            # The demo's accounts may have stayed when a real roster came in, and everyone may know their password.
            raise self.get_invalid_login_error()
        cleaned: dict[str, Any] = super().clean()
        forget(login, address)
        return cleaned

    def _too_many(self) -> str:
        minutes = ceil(self.seconds_to_wait / 60)
        wait = "1 minute" if minutes == 1 else f"{minutes} minutes"
        return f"Too many wrong passwords. Try again in {wait}, or choose a new password with the link below."
