"""Keep what opens a parent's page out of the log."""

import logging
import re

TOKEN = re.compile(r"[A-Za-z0-9_-]{32,}")


def hide(text: str) -> str:
    return TOKEN.sub(lambda found: f"{found[0][:6]}...", text)


class HideLinks(logging.Filter):
    """Cut anything that could be a link's token down to its first six characters."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        hidden = hide(message)
        if hidden != message:
            record.msg, record.args = hidden, None
        if record.exc_info and not record.exc_text:
            # An error's own words may quote the address that it met.
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = hide(record.exc_text)
        return True
