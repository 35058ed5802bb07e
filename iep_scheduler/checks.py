"""What must hold of the settings, said by `manage.py check`."""

from math import ceil
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004

from meetings.actions.mailbox import mailbox_of
from students.profiles import ProfileError, profiles

LEAST_SECRET = 32
HERE = {"localhost", "127.0.0.1", "::1"}


@register
def check_queues(**_: Any) -> list[CheckMessage]:
    """Say which queue's tasks could be started a second time while they still run or wait."""
    shared: dict[str, Any] = settings.Q_CLUSTER
    queues = {shared["name"]: shared} | {name: shared | own for name, own in shared["ALT_CLUSTERS"].items()}
    found: list[CheckMessage] = []
    for name, queue in queues.items():
        if queue["retry"] <= (least := least_retry(queue)):
            # The lock runs from when a task is fetched ahead, so the ones before it in the line count too.
            found.append(Error(f"The queue {name} needs a retry above {least} seconds.", id="iep_scheduler.E001"))
        if (queue["max_attempts"], queue["ack_failures"], queue["catch_up"]) != (1, True, False):
            found.append(
                Error(f"The queue {name} may run failing or missed tasks over again.", id="iep_scheduler.E002")
            )
    return found


def least_retry(queue: dict[str, Any]) -> int:
    turns = 1 + ceil((int(queue["queue_limit"]) + 1) / int(queue["workers"]))
    return int(queue["timeout"]) * turns


@register
def check_profiles(**_: Any) -> list[CheckMessage]:
    """Say which file of a state's rules, and which line of it, is not well written."""
    try:
        profiles()
    except ProfileError as error:
        return [Error(str(error), hint="Mend the file in students/profiles/.", id="iep_scheduler.E004")]
    return []


@register(deploy=True)
def check_mail(**_: Any) -> list[CheckMessage]:
    """Say when nothing can be sent: outside the demo a message waits for a mail server."""
    if settings.EMAIL_GIVEN or settings.DEMO_MAILBOX:
        return []
    hint = "Set EMAIL_URL, for example smtp+tls://user:password@mail.district.org:587"
    return [Warning("No mail server is set, so no message leaves.", hint=hint, id="iep_scheduler.W001")]


@register
def check_replies(**_: Any) -> list[CheckMessage]:
    """Say when answers are asked for that nobody reads, or are read where anyone could listen or write."""
    has_door = settings.REPLIES_URL or settings.INBOUND_SECRET
    found: list[CheckMessage] = []
    if settings.REPLIES_ADDRESS and not has_door:
        hint = "Set REPLIES_URL (its mailbox) or INBOUND_SECRET (for a mail server that hands mail on); docs/replies.md"
        found.append(
            Warning("Answers go to REPLIES_ADDRESS, and nobody reads them.", hint=hint, id="iep_scheduler.W002")
        )
    if has_door and not settings.REPLIES_ADDRESS:
        hint = "Set REPLIES_ADDRESS, such as replies@iep.district.org"
        found.append(Warning("Replies are read, but none are asked for.", hint=hint, id="iep_scheduler.W003"))
    if settings.INBOUND_SECRET and len(settings.INBOUND_SECRET) < LEAST_SECRET:
        found.append(Warning("INBOUND_SECRET is short enough to be guessed.", id="iep_scheduler.W004"))
    return found + _check_mailbox()


def _check_mailbox() -> list[CheckMessage]:
    if not settings.REPLIES_URL:
        return []
    try:
        mailbox_of(settings.REPLIES_URL)
    except ValueError as error:
        return [Error("REPLIES_URL is no mailbox.", hint=str(error), id="iep_scheduler.E003")]
    parts = urlsplit(settings.REPLIES_URL)
    if parts.scheme == "imap" and parts.hostname not in HERE:
        hint = "Use imaps:// or imap+tls://"
        return [Warning("The mailbox of replies is read without encryption.", hint=hint, id="iep_scheduler.W005")]
    return []
