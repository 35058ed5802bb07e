import pytest
from django.urls import reverse


@pytest.mark.django_db
def test_healthz_with_a_database(client):
    response = client.get(reverse("healthz"))

    assert (response.status_code, response.content) == (200, b"ok")
