"""What the worker was asked for."""

from django_q.models import OrmQ
from django_q.signing import SignedPackage

from meetings.queue import path_of


def asked_for(name):
    """The arguments of each job of this name that waits, in the order in which they were asked for."""
    tasks = [SignedPackage.loads(row.payload) for row in OrmQ.objects.order_by("pk")]
    return [task["kwargs"] for task in tasks if task["func"] == path_of(name)]
