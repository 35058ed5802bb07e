import io
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from meetings.core.__main__ import USAGE, main

ROOT = Path(__file__).resolve().parents[3]
CASE = (
    b'{"schema": "scheduling-case/1", "time_zone": "UTC", "duration_minutes": 60, "step_minutes": 60,'
    b' "window": {"start": "2026-11-23T15:00Z", "end": "2026-11-23T16:00Z"},'
    b' "people": [{"id": "vp", "free": [["2026-11-23T15:00Z", "2026-11-23T16:00Z"]]}],'
    b' "seats": [{"id": "lea", "role": "LEA representative", "eligible": ["vp"]}]}\n'
)
ANSWER = (
    '{"schema": "proposals/1", "starts_searched": 1, "starts_possible": 1, "proposals": ['
    '{"start": "2026-11-23T15:00+00:00", "end": "2026-11-23T16:00+00:00", "seating": {"lea": "vp"},'
    ' "to_ask": [], "reseatings": [], "reasons": []}], "blockers": {}}\n'
)


def stdin_of(monkeypatch, data):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_main_proposes(monkeypatch, capsys):
    stdin_of(monkeypatch, CASE)
    assert main(["propose"]) == 0
    assert capsys.readouterr() == (ANSWER, "")


def test_main_plan_says_that_it_is_not_there_yet(capsys):
    assert main(["plan"]) == 2
    assert capsys.readouterr() == ("", "plan is not there yet; this version can propose\n")


@pytest.mark.parametrize("arguments", [[], ["propose", "cases.jsonl"], ["--help"]])
def test_main_tells_how_it_is_called(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr() == ("", USAGE + "\n")


def test_main_when_the_reader_has_gone(monkeypatch):
    read_end, write_end = os.pipe()
    os.close(read_end)
    stdin_of(monkeypatch, CASE)
    with os.fdopen(write_end, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        assert main(["propose"]) == 1


def test_module_ends_with_the_status(monkeypatch, capsys):
    stdin_of(monkeypatch, CASE + b"oops\n")
    monkeypatch.setattr(sys, "argv", ["core", "propose"])
    monkeypatch.delitem(sys.modules, "meetings.core.__main__")
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("meetings.core", run_name="__main__")
    assert ended.value.code == 1
    assert capsys.readouterr().out.startswith(ANSWER)


def test_module_from_a_shell_never_loads_django():
    code = (
        "import runpy, sys; sys.argv[1:] = ['propose']\ntry: runpy.run_module('meetings.core', run_name='__main__')\n"
    )
    code += "finally: print('django' in sys.modules, file=sys.stderr)"
    found = subprocess.run([sys.executable, "-c", code], input=CASE, capture_output=True, cwd=ROOT, check=True)
    assert (found.stdout.decode(), found.stderr.decode()) == (ANSWER, "False\n")
