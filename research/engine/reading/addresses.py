"""Addresses as others write them: nothing here raises, whatever stands in place of one.

`urllib.parse` raises `ValueError` for some texts ("http://[::1", a port that is no number, a host that NFKC changes).
"""

from __future__ import annotations

import unicodedata
from typing import Any
from urllib.parse import SplitResult, urldefrag, urlsplit, urlunsplit

_URL_CHARS = 2_000
_SCHEMES = frozenset({"http", "https"})


def defragged(url: str) -> str:
    """Return an address without its fragment; what is no address, as it is."""
    try:
        return urldefrag(url).url
    except ValueError:
        return url


def host_of(url: str) -> str:
    """Return an address's host in lower case, "" where there is none."""
    parts = _split(url)
    return (parts.hostname or "") if parts is not None else ""


def is_web(url: str) -> bool:
    """Tell whether it is an http(s) address that names a host."""
    parts = _split(url)
    return parts is not None and parts.scheme in _SCHEMES and bool(parts.hostname)


def page_address(value: Any) -> str | None:
    """Return an http(s) address without its fragment, None for anything else, and where it carries a password."""
    if not isinstance(value, str) or len(value) > _URL_CHARS or any(sign.isspace() for sign in value.strip()):
        return None
    parts = _split(value.strip())
    if parts is None or parts.scheme not in _SCHEMES or not parts.hostname or "@" in parts.netloc or parts.port == 0:
        return None
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} for sign in value):
        return None
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path or "/", parts.query, ""))


def _split(url: str) -> SplitResult | None:
    """Return an address's parts, whose host and port can be read; None where they cannot."""
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.port
    except ValueError:
        return None
    return parts
