"""The support pages at /admin/: for support staff alone, behind the one sign-in that there is."""

from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme

SHOWN = ("students",)


class SupportSite(AdminSite):
    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Take in our own pages alone: a schedule of the queue would run any function that someone types."""
        models = model_or_iterable if isinstance(model_or_iterable, (list, tuple)) else [model_or_iterable]
        if shown := [model for model in models if model._meta.app_label in SHOWN]:  # noqa: SLF001
            super().register(shown, admin_class, **options)

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Lead to the sign-in that counts wrong passwords. Who is signed in and may not be here finds nothing."""
        page = request.GET.get(REDIRECT_FIELD_NAME, "")
        if not url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}):
            page = "/admin/"
        if not request.user.is_authenticated:
            return redirect_to_login(page, settings.LOGIN_URL)
        if not self.has_permission(request):
            raise Http404
        return redirect(page)
