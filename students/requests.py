"""What a view is called with."""

from django.http import HttpRequest

from students.models import Staff


class StaffRequest(HttpRequest):
    """A request behind the sign-in: whoever makes it is a member of the staff."""

    user: Staff
