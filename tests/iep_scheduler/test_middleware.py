import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path

from iep_scheduler import urls
from iep_scheduler.middleware import page_of


def page(request):
    return HttpResponse("members only")


urlpatterns = [*urls.urlpatterns, path("private", page)]
pytestmark = pytest.mark.urls("tests.iep_scheduler.test_middleware")
SIGN_IN = "/sign-in/?next="


@pytest.fixture
def request_to():
    return RequestFactory(headers={"host": "testserver"})


def test_page_of_a_get_is_itself(request_to):
    assert page_of(request_to.get("/students/4?tab=team")) == "/students/4?tab=team"


@pytest.mark.parametrize(
    ("referer", "expected"),
    [
        ("http://testserver/students/4?tab=team", "/students/4?tab=team"),
        ("http://testserver/students/4", "/students/4"),
        ("https://elsewhere.example/students/4", "/"),
        ("", "/"),
    ],
)
def test_page_of_a_post_is_the_page_with_its_form(request_to, referer, expected):
    assert page_of(request_to.post("/students/4/edit", headers={"referer": referer})) == expected


def test_page_of_a_fragment_is_the_page_around_it(request_to):
    headers = {"hx-request": "true", "hx-current-url": "http://testserver/students/4"}

    assert page_of(request_to.get("/students/4/grid", headers=headers)) == "/students/4"


@pytest.mark.django_db
def test_page_without_sign_in_leads_to_it_and_back(client):
    response = client.get("/private?week=2")

    assert response.status_code == 302
    assert response["Location"].endswith("?next=/private%3Fweek%3D2")


@pytest.mark.django_db
def test_fragment_without_sign_in_moves_the_whole_page(client):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/private"}

    response = client.get("/private", headers=headers)

    assert response.status_code == 200
    assert response["HX-Redirect"].endswith("?next=/private")


@pytest.mark.django_db
def test_policy_allows_our_own_files_alone(client):
    policy = client.get("/private")["Content-Security-Policy"]

    assert sorted(policy.split("; ")) == [
        "base-uri 'none'",
        "default-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",
        "object-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
    ]


@pytest.mark.django_db
def test_staff_pages_are_english_in_a_spanish_browser(client):
    spanish = {"accept-language": "es-MX,es;q=0.9"}

    form = client.post("/accounts/login/", {}, headers=spanish)
    wrong = client.post("/accounts/login/", {"username": "otis@schools.example", "password": "x"}, headers=spanish)
    lost = client.get("/nowhere/", headers=spanish)

    assert form.context["form"].errors == {
        "username": ["This field is required."],
        "password": ["This field is required."],
    }
    assert "That email and password do not match." in wrong.content.decode()
    assert "Content-Language" not in lost.headers
