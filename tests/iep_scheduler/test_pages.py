import pytest
from django.db import OperationalError, connection
from django.urls import path, reverse

from iep_scheduler import pages, urls


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


@pytest.mark.parametrize("address", ["/healthz"])
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
