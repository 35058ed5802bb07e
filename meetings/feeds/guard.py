"""Which machines may be asked: those of the public internet, never our own or our neighbours."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

# Python 3.11 calls some of these global: each leads, or may lead, back inside.
CLOSED_V4 = tuple(map(ip_network, ("0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4")))
CLOSED_V6 = tuple(
    map(
        ip_network,
        (
            "2001::/23",  # Teredo and other tunnels
            "2001:db8::/32",
            "2002::/16",  # 6to4: holds an IPv4 address, such as 2002:7f00:1::
        ),
    )
)
# Outside of it lie ::1, IPv4 inside IPv6, NAT64 (64:ff9b::7f00:1 is 127.0.0.1), private, link-local and multicast.
OPEN_V6 = ip_network("2000::/3")


def is_public(text: str) -> bool:
    """Return whether an address, such as 142.250.64.78, belongs to the public internet."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        return _is_public_v6(address)
    return _is_public_v4(address)


def _is_public_v4(address: IPv4Address) -> bool:
    closed = any(address in network for network in CLOSED_V4)
    return address.is_global and not address.is_multicast and not closed


def _is_public_v6(address: IPv6Address) -> bool:
    closed = any(address in network for network in CLOSED_V6)
    return address.is_global and address in OPEN_V6 and address.scope_id is None and not closed
