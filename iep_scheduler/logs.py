"""Keep what opens a parent's page out of the log."""

import logging
import re

TOKEN = re.compile(r"[A-Za-z0-9_-]{32,}")


class HideLinks(logging.Filter):
    """Cut anything that could be a link's token down to its first six characters."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        hidden = TOKEN.sub(lambda found: f"{found[0][:6]}...", message)
        if hidden != message:
            record.msg, record.args = hidden, None
        return True
