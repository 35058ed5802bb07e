import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings import reply_addresses
from meetings.reply_addresses import AnswerAbout, ReturnOf

IDS = st.integers(1, 2**63 - 1)


@pytest.fixture(autouse=True, scope="module")
def address():
    with pytest.MonkeyPatch.context() as patch:
        from django.conf import settings  # noqa: PLC0415

        patch.setattr(settings, "REPLIES_ADDRESS", "replies@iep.example.org")
        yield


@given(meeting=IDS, person=IDS)
def test_answer_address_is_found_in_any_case(meeting, person):
    address = reply_addresses.answer_address(meeting, person)

    assert reply_addresses.find(address) == AnswerAbout(meeting, person)
    assert reply_addresses.find(f"  {address.upper()} ") == AnswerAbout(meeting, person)


@given(message=IDS)
def test_return_address_is_found(message):
    assert reply_addresses.find(reply_addresses.return_address(message)) == ReturnOf(message)


@given(meeting=IDS, person=IDS)
def test_local_part_is_within_64_letters(meeting, person):
    local, _, host = reply_addresses.answer_address(meeting, person).rpartition("@")

    assert len(local) <= 64
    assert host == "iep.example.org"


@given(meeting=IDS, person=IDS, data=st.data())
def test_one_letter_off_is_nobodys(meeting, person, data):
    address = reply_addresses.answer_address(meeting, person)
    at = data.draw(st.integers(address.index("+") + 1, address.index("@") - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-"))
    other = address[:at] + letter + address[at + 1 :]

    assert other == address or reply_addresses.find(other) is None


@given(st.text(max_size=80))
def test_any_other_text_is_nobodys(text):
    assert reply_addresses.find(text) is None
    assert reply_addresses.find(f"replies+{text}@iep.example.org") is None


def test_addresses_of_two_kinds_never_stand_for_each_other():
    bounce = reply_addresses.return_address(7)

    assert reply_addresses.find(bounce.replace("+r-", "+m-")) is None


def test_nothing_is_asked_where_nobody_reads(settings):
    settings.REPLIES_ADDRESS = ""

    assert not reply_addresses.are_read()


@given(meeting=IDS, person=IDS)
def test_masked_address_is_as_long_and_nobodys(meeting, person):
    masked, address = (
        make(meeting, person) for make in (reply_addresses.masked_answer_address, reply_addresses.answer_address)
    )

    assert len(masked) == len(address)
    assert reply_addresses.find(masked) is None
    assert reply_addresses.is_masked(masked)
    assert not reply_addresses.is_masked(address)
    assert reply_addresses.unmasked(f"to <{masked}>, {masked}", meeting, person) == f"to <{address}>, {address}"


@given(meeting=IDS, person=IDS, other=IDS)
def test_unmasking_fills_in_no_other_persons_address(meeting, person, other):
    masked = reply_addresses.masked_answer_address(meeting, other)

    assert other == person or reply_addresses.unmasked(masked, meeting, person) == masked
