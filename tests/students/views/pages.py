"""What tests of the edit pages share: open a page as someone, post it as it was opened, with a few fields otherwise."""

from datetime import time

from django.forms import Select
from django.urls import reverse

EDITORS = {"case_manager": 200, "administrator": 200, "director": 200}
OTHERS = {"speech": 404, "colleague": 404, "teacher": 404, "stranger": 404}
WHO = [*EDITORS.items(), *OTHERS.items()]


def as_opened(page, form="form"):
    """Every field of the page's form as a browser would post it."""
    fields = {name: page.context[form][name] for name in page.context[form].fields}
    posted = {name: as_posted(field) for name, field in fields.items()}
    return {name: value for name, value in posted.items() if value is not None}


def as_posted(field):
    value = field.value()
    if isinstance(value, bool):
        return "on" if value else None
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if value is None and type(field.field.widget) is Select:
        return field.field.choices[0][0]  # Which a browser has chosen where nothing is.
    return value


def save(client, name, args=(), **typed):
    """Open the page, change some fields, post it. A value of None leaves a field, such as a tick, out."""
    url = reverse(name, args=args)
    posted = as_opened(client.get(url)) | typed
    return client.post(url, {key: value for key, value in posted.items() if value is not None})


def words(response):
    return " ".join(response.content.decode().split())
