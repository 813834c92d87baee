"""Which IP addresses may be connected to, as one table: why an address is refused, or None."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import NamedTuple

from research.engine.domain.errors import Permanent

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ForbiddenAddress(Permanent):
    """The address is one that nothing here connects to."""


class _Row(NamedTuple):
    network: _Network
    why: str


# Single addresses before the networks that hold them, so that the sentence names what they are. Cloud providers
# document them: AWS, Azure, GCP and many more at 169.254.169.254; ECS tasks .170.2; AWS IPv6 fd00:ec2::254; GCP IPv6
# fd20:ce::254; Alibaba 100.100.100.200; Azure's platform 168.63.129.16; Oracle's older one 192.0.0.192.
_METADATA = (
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254",
    "fd20:ce::254",
)  # fmt: skip
# IANA's special-purpose address registries for IPv4 and IPv6 (RFC 6890 and its updates), and RFC 5771 (multicast).
_NETWORKS: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/32", "an unspecified address"),
    ("0.0.0.0/8", "an address of this network"),
    ("10.0.0.0/8", "a private address"),
    ("100.64.0.0/10", "a shared address behind a carrier's NAT"),
    ("127.0.0.0/8", "a loopback address"),
    ("169.254.0.0/16", "a link-local address"),
    ("172.16.0.0/12", "a private address"),
    ("192.0.0.0/24", "a reserved address"),
    ("192.0.2.0/24", "an address for documentation"),
    ("192.31.196.0/24", "a reserved address"),
    ("192.52.193.0/24", "a reserved address"),
    ("192.88.99.0/24", "a 6to4 relay's address"),
    ("192.168.0.0/16", "a private address"),
    ("192.175.48.0/24", "a reserved address"),
    ("198.18.0.0/15", "an address for benchmarks"),
    ("198.51.100.0/24", "an address for documentation"),
    ("203.0.113.0/24", "an address for documentation"),
    ("224.0.0.0/4", "a multicast address"),
    ("255.255.255.255/32", "the broadcast address"),
    ("240.0.0.0/4", "a reserved address"),
    ("::/128", "an unspecified address"),
    ("::1/128", "a loopback address"),
    ("::ffff:0:0/96", "an IPv4 address in IPv6 form (mapped)"),
    ("::ffff:0:0:0/96", "an IPv4 address in IPv6 form (translated)"),
    ("::/96", "an IPv4 address in IPv6 form (compatible)"),
    ("64:ff9b:1::/48", "a local NAT64 address"),
    ("100::/64", "a discarded address"),
    ("2001::/32", "a Teredo address, which holds an IPv4 address"),
    ("2001:2::/48", "an address for benchmarks"),
    ("2001:db8::/32", "an address for documentation"),
    ("2001::/23", "a reserved address"),
    ("2002::/16", "a 6to4 address, which holds an IPv4 address"),
    ("2620:4f:8000::/48", "a reserved address"),
    ("3fff::/20", "an address for documentation"),
    ("fc00::/7", "a private address"),
    ("fe80::/10", "a link-local address"),
    ("fec0::/10", "a site-local address"),
    ("ff00::/8", "a multicast address"),
)
_TABLE = tuple(
    [_Row(ipaddress.ip_network(each), "a cloud's metadata service") for each in _METADATA]
    + [_Row(ipaddress.ip_network(network), why) for network, why in _NETWORKS]
)
# RFC 6052: the well-known NAT64 prefix. What DNS64 gives on a network without IPv4, so it is as good as what it holds.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# RFC 4291, 2.4: the only global unicast space handed out; the rest is reserved.
_GLOBAL = ipaddress.IPv6Network("2000::/3")
# RFC 5214, 6.1: the upper half of an ISATAP interface identifier; the u bit tells a private IPv4 address from another.
_ISATAP = frozenset((0x00005EFE, 0x02005EFE))
_LOW_32 = 0xFFFFFFFF


def why_refused(address: IPAddress) -> str | None:
    """Return what forbidden kind of address this is ("a private address"), or None for a public one."""
    for row in _TABLE:
        if address.version == row.network.version and address in row.network:
            return row.why
    if isinstance(address, ipaddress.IPv4Address):
        return None if address.is_global else "no public address"
    if address in _NAT64:
        inner = why_refused(ipaddress.IPv4Address(int(address) & _LOW_32))
        return f"a NAT64 form of {inner}" if inner else None
    if address.scope_id or address not in _GLOBAL or not address.is_global:
        return "no public address"
    if (int(address) >> 32) & _LOW_32 in _ISATAP:
        return "an ISATAP address, which holds an IPv4 address"
    return None


def vetted(host: str, found: Sequence[str]) -> tuple[IPAddress, ...]:
    """Return the addresses `found` for `host`, each once, in their order, when every one of them is public.

    Raises `ForbiddenAddress` where a single one is not (a name with a public and a private address is a trap).
    """
    addresses = tuple(dict.fromkeys(ipaddress.ip_address(each) for each in found))
    for address in addresses:
        why = why_refused(address)
        if why is not None:
            raise ForbiddenAddress(f"The host {host} leads to {address}, {why}: only public servers are asked.")
    return addresses
