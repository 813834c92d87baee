"""How the client behaves: limits, politeness, who is trusted, proxy and certificate authorities."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from research.engine.domain.canonical import Frozen
from research.engine.domain.errors import Permanent

from . import urls

# The usual ports, and the two that sites behind no reverse proxy use. Others are more often a service than a site.
PORTS = frozenset((80, 443, 8080, 8443))


class HttpSettings(Frozen):
    """Settings of one client. Times are seconds, sizes bytes.

    user_agent: sent with every request; its first word, before a slash, is the name robots.txt is asked for.
    total_s: of one `get`, redirects, robots.txt and waiting for one's turn included. connect_s: to one address.
    max_bytes: of a body, as sent and decompressed. ports: that may be asked for. per_host: requests to one public
    host at once. interval_s: between two requests to one host where robots.txt is obeyed; its crawl-delay counts up
    to `longest_delay_s`. longest_wait_s: a turn further away than that is `Transient` at once. robots_ttl_s: how
    long a robots.txt is remembered. trusted_origins: "http://searxng:8080", asked whatever their address is.
    proxy: "http://user:password@host:port", which all but trusted origins go through. ca_bundle: a PEM file of
    authorities believed besides the system's.
    """

    # A proxy's address holds a password: no validation error shows its input.
    model_config = ConfigDict(hide_input_in_errors=True)

    user_agent: str = Field(default="MRD-Desk/0.1 (market research; obeys robots.txt)", pattern=r"^[!-~][ -~]{0,199}$")
    total_s: float = Field(default=30.0, gt=0)
    connect_s: float = Field(default=10.0, gt=0)
    max_bytes: int = Field(default=20 * 1024 * 1024, ge=1)
    max_header_bytes: int = Field(default=64 * 1024, ge=1)
    max_redirects: int = Field(default=5, ge=0)
    max_url_chars: int = Field(default=2_000, ge=1)
    ports: frozenset[int] = PORTS
    per_host: int = Field(default=2, ge=1)
    interval_s: float = Field(default=1.0, ge=0)
    longest_delay_s: float = Field(default=10.0, ge=0)
    longest_wait_s: float = Field(default=20.0, ge=0)
    robots_ttl_s: float = Field(default=3_600.0, ge=0)
    # RFC 9309, 2.5: a crawler reads at least 500 KiB of it.
    robots_max_bytes: int = Field(default=500 * 1024, ge=500 * 1024)
    trusted_origins: tuple[str, ...] = ()
    proxy: str | None = Field(default=None, repr=False)
    ca_bundle: Path | None = None

    @field_validator("trusted_origins")
    @classmethod
    def _normal_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(normal_origin(origin) for origin in origins)

    @model_validator(mode="after")
    def _usable_proxy(self) -> Self:
        if self.proxy is not None:
            urls.parse_proxy(self.proxy)
        return self

    def robots_name(self) -> str:
        """Return the product token robots.txt is asked for ("MRD-Desk")."""
        return self.user_agent.split("/", maxsplit=1)[0].split()[0]


def normal_origin(text: str) -> str:
    """Return an origin as it is compared ("http://searxng:8080").

    Raises `ValueError` for anything more than scheme, host and port, or less.
    """
    try:
        target = urls.parse(text, longest=300)
    except Permanent as error:
        raise ValueError(f"a trusted origin is a scheme, a host and a port: {error.detail}") from error
    if target.path not in {"", "/"}:
        raise ValueError("a trusted origin is a scheme, a host and a port, without a path")
    return target.origin
