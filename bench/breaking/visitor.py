"""A case manager in front of a browser without JavaScript: opens the page, leaves the form as it is, presses Book."""

import http.client
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.test import Client

PATIENCE = 30


class Form(HTMLParser):
    """The fields of the form of a page with what stands in them."""

    def __init__(self, page):
        super().__init__()
        self.fields, self._select, self._first = {}, "", True
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "input" and found.get("name") and found.get("type") in {"hidden", "text", None}:
            self.fields[found["name"]] = found.get("value", "")
        elif tag == "select":
            self._select, self._first = found.get("name", ""), True
        elif tag == "option" and self._select and ("selected" in found or self._first):
            self.fields[self._select], self._first = found.get("value", ""), False

    def handle_endtag(self, tag):
        if tag == "select":
            self._select = ""


class Visitor:
    """One session over plain HTTP. What it is answered is (status, page, address that it leads to)."""

    def __init__(self, staff):
        client = Client()
        client.force_login(staff)
        self.cookies = {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value}

    def get(self, address):
        return self.ask("GET", address)

    def post(self, address, fields):
        return self.ask("POST", address, urlencode(fields))

    def ask(self, method, address, body=None):
        asked = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=PATIENCE)
        headers = {
            "Host": f"localhost:{settings.PORT}", "Origin": settings.BASE_URL,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }  # fmt: skip
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            asked.request(method, address, body, headers)
            answer = asked.getresponse()
            for name, value in answer.getheaders():
                if name.lower() == "set-cookie":
                    cookie, _, kept = value.split(";", 1)[0].partition("=")
                    self.cookies[cookie] = kept
            page = answer.read().decode()
            return answer.status, page, urlsplit(answer.getheader("Location") or "").path
        except OSError as error:
            return 0, type(error).__name__, ""
        finally:
            asked.close()
