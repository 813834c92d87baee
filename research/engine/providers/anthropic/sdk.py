"""The vendor's SDK: what is imported of it, how its client is made, and which of its exceptions are expected."""

from __future__ import annotations

import functools
import importlib
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, cast

from research.engine.domain.errors import Permanent

from . import failures
from .settings import DEFAULT_BASE_URL, AnthropicSettings
from .stream import Garbled, StreamError

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

# Seconds to open a connection; the SDK's own default is 5.
_CONNECT_S = 20.0


@functools.cache
def load() -> None:
    """Import what takes long: the SDK and the tables of prices."""
    for module in ("anthropic", "httpx2", "genai_prices.data"):
        importlib.import_module(module)


@functools.cache
def expected() -> tuple[type[Exception], ...]:
    """Return the exceptions that mean a failed call. Any other is a mistake of ours and passes."""
    import anthropic
    import httpx2

    return (
        anthropic.AnthropicError,
        httpx2.HTTPError,
        httpx2.InvalidURL,
        httpx2.StreamError,
        StreamError,
        Garbled,
        OSError,
        UnicodeError,
    )


@functools.cache
def _trusted(ca_bundle: Path | None) -> ssl.SSLContext:
    """Return what certificates are checked against; made once a process, for it takes as long as a quick call."""
    import httpx2

    context = httpx2.create_ssl_context(trust_env=False)
    if ca_bundle is not None:
        context.load_verify_locations(cafile=ca_bundle)
    return context


def client(settings: AnthropicSettings) -> AsyncAnthropic:
    """Return the SDK's client, told everything it would otherwise look up in the environment.

    Raises `Permanent` when the file of certificate authorities cannot be read.
    """
    import httpx2
    from anthropic import AsyncAnthropic, Omit

    try:
        context = _trusted(settings.ca_bundle)
    except (OSError, ssl.SSLError):
        raise Permanent(f"The certificate authorities cannot be read; check {failures.CA_SETTING}.") from None
    timeout = httpx2.Timeout(settings.timeout_s, connect=min(_CONNECT_S, settings.timeout_s))
    address = settings.proxy.get_secret_value() if settings.proxy else ""
    proxy = httpx2.Proxy(address, ssl_context=context if address.startswith("https:") else None) if address else None
    key = settings.api_key.get_secret_value()
    # A server that asks for no key is sent no empty one. The SDK's type forbids what its own error message asks for.
    no_key = cast("dict[str, str]", {"Authorization": Omit()})
    return AsyncAnthropic(
        api_key=key,
        default_headers=None if key else no_key,
        base_url=settings.base_url or DEFAULT_BASE_URL,
        max_retries=0,
        timeout=timeout,
        open_telemetry=False,
        http_client=httpx2.AsyncClient(
            proxy=proxy,
            verify=context,
            trust_env=False,
            timeout=timeout,
            follow_redirects=False,
            # How many calls run at once is decided above; a queue here would look like a slow server.
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=50),
        ),
    )
