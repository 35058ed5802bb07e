import pytest

from meetings.feeds.guard import is_public


@pytest.mark.parametrize("ip", ["142.250.64.78", "52.96.0.1", "2607:f8b0:4006:80b::200e", "2a01:111:f400::1"])
def test_machine_of_the_internet(ip):
    assert is_public(ip)


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.0.8", "192.0.0.170", "192.0.2.1", "192.88.99.1", "198.18.0.1", "224.0.0.1", "239.255.255.255",
        "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:142.250.64.78", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2001::1", "2001:db8::1", "fe80::1", "fe80::1%eth0", "2607:f8b0::1%eth0", "fc00::1",
        "fec0::1", "ff02::1", "100::1", "5f00::1",
        "", "localhost", "127.1", "0x7f000001", "2130706433",
    ],
)  # fmt: skip
def test_machine_of_our_own_or_of_nobody(ip):
    assert not is_public(ip)
