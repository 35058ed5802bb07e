from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.urls import path, reverse

from iep_scheduler import pages, urls
from meetings.actions import canary
from meetings.models import WorkerGroup


def view_without_database(request):
    raise OperationalError("connection refused")


def view_with_a_fault(request):
    raise RuntimeError("a fault")


urlpatterns = [*urls.urlpatterns, path("down", view_without_database), path("fault", view_with_a_fault)]
handler500 = pages.server_error


@pytest.fixture
def no_database(monkeypatch, db):
    """The server's address leads nowhere, as when it is down."""
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    yield
    monkeypatch.undo()
    connection.connect()


def test_healthz_with_a_database(client, db):
    response = client.get(reverse("healthz"), HTTP_HOST="any.host.example")

    assert (response.status_code, response.content) == (200, b"ok")
    assert "no-store" in response["Cache-Control"]


def at_work(*queues):
    for queue in queues:
        canary.note_group("desk", queue, canary.Seen(canary.database_now(), 2, 0, worked_ago=1))


def test_readyz_with_every_queue_at_work(client, db):
    at_work("quick", "long")

    response = client.get("/readyz", HTTP_HOST="any.host.example")

    assert (response.status_code, response.content) == (200, b"ready")
    assert (response["Content-Type"], "no-store" in response["Cache-Control"]) == ("text/plain", True)


def test_readyz_of_a_fresh_install_without_a_worker(client, db):
    response = client.get("/readyz")

    assert (response.status_code, response.content) == (
        503,
        b"quick queue: no worker has been seen\nlong queue: no worker has been seen",
    )


def test_readyz_with_a_queue_that_is_frozen(client, db):
    at_work("quick", "long")
    WorkerGroup.objects.filter(queue="long").update(worked_at=Now() - timedelta(seconds=80))

    response = client.get("/readyz")

    assert (response.status_code, response.content) == (503, b"long queue: no job has run for 80 seconds")


def test_readyz_with_a_worker_that_fell_silent(client, db):
    at_work("quick", "long")
    WorkerGroup.objects.filter(queue="quick").update(seen_at=Now() - timedelta(seconds=150))

    assert client.get("/readyz").content == b"quick queue: no worker has been seen for 2 minutes"


def test_readyz_with_a_migration_to_come(client, db):
    at_work("quick", "long")
    MigrationRecorder(connection).record_unapplied("meetings", "0001_initial")

    assert client.get("/readyz").content == b"database: 1 migration is not applied"


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_healthz_by_post_is_refused(client, address):
    assert client.post(address).status_code == 405


@pytest.mark.urls("tests.iep_scheduler.test_pages")
@pytest.mark.parametrize(("address", "status"), [("/down", 503), ("/fault", 500)])
def test_page_tells_a_database_that_is_down_from_a_fault(client, django_user_model, db, address, status):
    client.force_login(django_user_model.objects.create_user("dana.ortiz@schools.example"))
    client.raise_request_exception = False

    response = client.get(address)

    assert response.status_code == status
    assert response["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.django_db(transaction=True)
def test_every_answer_without_a_database_is_a_plain_503(client, no_database):
    client.cookies["session-8000"] = "x" * 32
    client.raise_request_exception = False

    assert client.get("/healthz").status_code == 503
    assert (client.get("/readyz").status_code, client.get("/readyz").content) == (503, b"database: it does not answer")
    page = client.get("/")
    assert (page.status_code, page["Retry-After"]) == (503, "30")
    assert "<h1>" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_family_without_a_database_is_told_in_both_languages(client, no_database):
    client.raise_request_exception = False

    page = client.get(reverse("meetings:parent", args=["x" * 43]))

    assert (page.status_code, page["Retry-After"]) == (503, "30")
    assert "Back in a moment" in page.content.decode()
    assert '<div lang="es">\n<h2>Vuelva en un momento</h2>' in page.content.decode()
