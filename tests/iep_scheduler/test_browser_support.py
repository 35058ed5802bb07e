import pytest

from students.models import District
from tests.chromium import axe, expect, sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_page_is_driven_while_the_test_uses_the_database(open_page):
    page = open_page(width=390)
    page.goto("/accounts/login/")

    District.objects.create(pk=1, name="Fable Valley")

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert axe(page) == []
    assert sideways(page) == 0
    assert District.objects.get().name == "Fable Valley"
