"""Addresses as text: parsed once, strictly, so that no second reader sees another host in them."""

from __future__ import annotations

import ipaddress
import re
import urllib.parse
from collections.abc import Collection, Mapping
from typing import NamedTuple

import idna

from research.engine.domain.errors import Permanent

from .addresses import ForbiddenAddress, why_refused

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Controls, DEL, C1 controls, and what readers of addresses disagree about.
_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\\\\\u2028\u2029\ufeff\ud800-\udfff]")
_AUTHORITY = re.compile(r"^(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<rest>.*)$", re.DOTALL)
_HOST_PORT = re.compile(r"^(?P<host>\[[0-9A-Fa-f:.]+\]|[^\[\]:]+)(?::(?P<port>[0-9]{1,5}))?$")
# RFC 952 and 1123, and the underscore that some hosts have.
_NAME = re.compile(r"^(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*$")
# WHATWG URL, "ends in a number": such a host is an IPv4 address or nothing.
_NUMBER = re.compile(r"^(?:[0-9]+|0x[0-9a-f]*)$")
# RFC 6761, 6762 (with its appendix G), 8375, 7686; `.internal` is ICANN's for private use (2024).
_LOCAL_NAMES = frozenset(
    ("localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "onion", "arpa")
)
_MOST_HOST_CHARS = 253
_MOST_PORT = 65_535
# What stays as it is in a path and a query (RFC 3986: pchar, "/" and "?"), escapes included.
_SAFE = "%/?:@!$&'()*+,;=~-._"
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SHOWN_CHARS = 200


class Target(NamedTuple):
    """Where a request goes. host: lower-case ASCII, an IPv6 address without brackets. path: with its query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """Return scheme, host and port, the port always named."""
        return f"{self.scheme}://{self.bracketed}:{self.port}"

    @property
    def bracketed(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def authority(self) -> str:
        """Return host and port as in a Host header: the usual port is left out."""
        return self.bracketed if self.usual_port else f"{self.bracketed}:{self.port}"

    @property
    def usual_port(self) -> bool:
        return self.port == _DEFAULT_PORTS[self.scheme]

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def shown(self) -> str:
        """Return the address for sentences and logs: without its query, which may hold a key."""
        bare = f"{self.scheme}://{self.authority}{self.path.partition('?')[0]}"
        return bare if len(bare) <= _SHOWN_CHARS else f"{bare[:_SHOWN_CHARS]}…"


class ProxyAddress(NamedTuple):
    target: Target
    auth: tuple[bytes, bytes] | None


def parse(url: str, *, longest: int, params: Mapping[str, str] | None = None) -> Target:
    """Return what `url` asks for, its fragment left out, `params` added to its query.

    Raises `Permanent` for anything but a plain http or https address. No sentence repeats the address: it may hold
    a secret, or words meant for whoever reads them.
    """
    if _UNWANTED.search(url):
        raise Permanent("The address holds a control character or a backslash: give a plain http or https address.")
    found = _AUTHORITY.match(url.strip(" "))
    if found is None or found["scheme"].lower() not in _DEFAULT_PORTS:
        raise Permanent("The address is not one of http:// or https://: only web pages are fetched.")
    if "@" in found["authority"]:
        raise Permanent("The address holds a user name or password: give it without.")
    scheme = found["scheme"].lower()
    parts = _HOST_PORT.match(found["authority"])
    port = int(parts["port"] or _DEFAULT_PORTS[scheme]) if parts else 0
    if parts is None or not 0 < port <= _MOST_PORT:
        raise Permanent("The address names no host, or a port that cannot be: give a plain http or https address.")
    target = Target(scheme, _host(parts["host"]), port, _path(found["rest"], params or {}))
    if max(len(url), len(target.url)) > longest:
        raise Permanent(f"The address has more than {longest:,} characters: give a shorter one.")
    return target


def join(base: Target, location: str, *, longest: int) -> Target:
    """Return where a redirect from `base` leads. Raises `Permanent` as `parse` does."""
    try:
        joined = urllib.parse.urljoin(base.url, location.strip(" "))
    except ValueError as error:
        raise Permanent(f"{base.shown} redirects to no address: look for the page elsewhere.") from error
    return parse(joined, longest=longest)


def parse_proxy(url: str) -> ProxyAddress:
    """Return the proxy and its user and password, or None. Raises `ValueError`, which never repeats the address."""
    scheme, separator, rest = url.strip().partition("://")
    userinfo, at, place = rest.rpartition("@")
    try:
        target = parse(f"{scheme}{separator}{place}", longest=1_000)
    except Permanent as error:
        raise ValueError(f"the proxy is no http://[user:password@]host[:port]: {error.detail}") from None
    user, _, password = userinfo.partition(":")
    auth = (urllib.parse.unquote_to_bytes(user), urllib.parse.unquote_to_bytes(password)) if at else None
    return ProxyAddress(target, auth)


def require_public(target: Target, *, ports: Collection[int]) -> None:
    """Refuse what needs no look-up: forbidden addresses as they stand, names of private networks, odd ports.

    Raises `ForbiddenAddress`.
    """
    host = target.host
    if target.port not in ports:
        allowed = ", ".join(map(str, sorted(ports)))
        raise ForbiddenAddress(f"Port {target.port} of {host} is not asked: only {allowed} are.")
    literal = literal_address(host)
    if literal is not None:
        why = why_refused(literal)
        if why is not None:
            raise ForbiddenAddress(f"{host} is {why}: only public servers are asked.")
        return
    last = host.rpartition(".")[2]
    if "." not in host or last in _LOCAL_NAMES:
        raise ForbiddenAddress(f"{host} is a name of a private network: only public servers are asked.")


def literal_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that `host` is, or None where it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _host(text: str) -> str:
    if text.startswith("["):
        try:
            return str(ipaddress.IPv6Address(text[1:-1]))
        except ValueError as error:
            raise Permanent("The address names no IPv6 host: give a plain http or https address.") from error
    host = text.lower() if text.isascii() else _idna(text)
    if host.endswith("."):
        raise ForbiddenAddress("The host ends in a dot: write it without.")
    if len(host) > _MOST_HOST_CHARS or not _NAME.match(host):
        raise Permanent("The address names no host that can be: give a plain http or https address.")
    if _NUMBER.match(host.rpartition(".")[2]):
        try:
            canonical = str(ipaddress.IPv4Address(host))
        except ValueError as error:
            raise ForbiddenAddress(
                "The host is a number in another than the usual form: write an IPv4 address as four decimals."
            ) from error
        if not text.isascii():
            raise ForbiddenAddress("The host is an IPv4 address in letters of another script: only names are taken so.")
        return canonical
    return host


def _idna(text: str) -> str:
    """Return an international name in ASCII (UTS #46, as browsers do)."""
    try:
        return idna.encode(text, uts46=True, transitional=False).decode("ascii").lower()
    except UnicodeError as error:  # idna.IDNAError is one
        raise Permanent("The address names no host that can be: give a plain http or https address.") from error


def _path(rest: str, params: Mapping[str, str]) -> str:
    path, mark, query = rest.partition("#")[0].partition("?")
    path = path or "/"
    if params:
        query = "&".join(part for part in (query, urllib.parse.urlencode(params)) if part)
        mark = "?"
    whole = _STRAY_PERCENT.sub("%25", path + mark + query)
    return urllib.parse.quote(whole, safe=_SAFE)
