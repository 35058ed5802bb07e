"""`python -m meetings.core propose < cases.jsonl`: the scheduling core from a shell, without Django."""

import os
import sys
from importlib import import_module

USAGE = "usage: python -m meetings.core propose < cases.jsonl"


def main(arguments: list[str]) -> int:
    """Run one command on standard input; return the exit status: 0, 1 for bad input, 2 for a wrong call."""
    if arguments == ["plan"]:
        print("plan is not there yet; this version can propose", file=sys.stderr)
        return 2
    if arguments != ["propose"]:
        print(USAGE, file=sys.stderr)
        return 2
    # Loaded only when asked for, so that no command pays for another's imports.
    cases = import_module("meetings.core.cases_propose")
    try:
        return int(cases.run(sys.stdin.buffer, sys.stdout))
    except BrokenPipeError:
        # Whoever read the answers has gone. Python writes out what is left when it ends, and must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
