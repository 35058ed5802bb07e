"""`python -m meetings.feeds`: read one calendar, as the JSON on standard input says."""

import sys

from meetings.feeds.child import run

run(sys.stdin, sys.stdout)
