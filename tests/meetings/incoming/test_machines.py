import pytest

from meetings import incoming
from meetings.incoming import ByMachine, Written
from tests.incoming import out_of_office, typed

TO = "replies@iep.example.org"


@pytest.mark.parametrize(
    "marks",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated (rejected)"},
        {"Precedence": "bulk"},
        {"Precedence": "auto_reply"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "Away"},
        {"Return_Path": "<>"},
        {"sender": "MAILER-DAEMON@mx.example"},
        {"sender": "No Reply <no-reply@x.example>"},
        {"subject": "Out of Office: School meeting"},
        {"subject": "Autoreply: School meeting"},
        {"subject": "Respuesta automática: Reunión"},
        {"subject": "=?utf-8?q?Respuesta_autom=C3=A1tica=3A?="},
    ],
)
def test_a_machine_wrote_it(marks):
    assert incoming.read(typed(TO, "Yes, I am away.", **marks)).said == ByMachine()


def test_out_of_office_of_exchange():
    assert incoming.read(out_of_office(TO)).said == ByMachine()


@pytest.mark.parametrize(
    "marks",
    [
        {"Auto_Submitted": "no"},
        {"Precedence": "list"},
        {"Return_Path": "<elena.rainwater@family.example>"},
        {"subject": "Re: Automatic doors, and the meeting"},
        {"sender": "norely@x.example"},
    ],
)
def test_a_person_wrote_it(marks):
    assert incoming.read(typed(TO, "Yes", **marks)).said == Written("Yes")
