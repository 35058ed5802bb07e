"""The pages that must answer when nothing else does."""

import sys

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.defaults import server_error as djangos_server_error

from iep_scheduler import readiness


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 where the database answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (InterfaceError, OperationalError):
        return HttpResponse("database does not answer", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 where everything is being done, else 503 and a line for each thing that is not."""
    reasons = readiness.reasons()
    return HttpResponse("\n".join(reasons) or "ready", status=503 if reasons else 200, content_type="text/plain")


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 where the database is down, else 500. Sessions and middleware fail here too, not views alone."""
    if isinstance(sys.exc_info()[1], (InterfaceError, OperationalError)):
        of_family = request.path_info.startswith("/p/")
        page = loader.get_template("parent/503.html" if of_family else "503.html").render()
        return HttpResponse(page, status=503, headers={"Retry-After": "30"})
    return djangos_server_error(request)
