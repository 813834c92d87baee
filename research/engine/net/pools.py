"""The connections of one event loop: one pool for the world, one for trusted origins; TLS always verified.

A proxy takes the guard's last word away: it looks names up itself, and nobody here sees which address it connects to.
What can be checked before is: addresses as they stand, and every address a name has where names can be looked up
locally. Behind a proxy, the proxy must refuse private addresses itself.
"""

from __future__ import annotations

import asyncio
import logging
import ssl

import httpcore2
import httpx2

from research.engine.domain.errors import Transient

from . import addresses, backend, urls
from .settings import HttpSettings

# At DEBUG, httpcore2 writes the headers of every answer, and with them what a redirect's address or a cookie hides.
logging.getLogger("httpcore2").setLevel(logging.INFO)

_MOST_CONNECTIONS = 200
_MOST_IDLE = 40
_IDLE_S = 15.0


class Pools:
    """Opened at the first request. All its requests are made in one event loop."""

    def __init__(
        self, settings: HttpSettings, *, resolver: backend.Resolver, network: httpcore2.AsyncNetworkBackend | None
    ) -> None:
        self._settings = settings
        self._resolver = resolver
        self._network = network
        self._open: dict[bool, httpcore2.AsyncConnectionPool] = {}
        self._tls: ssl.SSLContext | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, target: urls.Target, headers: dict[str, str], *, trusted: bool) -> httpcore2.Response:
        """Return the answer to GET, its body still to be read and closed.

        Raises `ForbiddenAddress`, `NoSuchHost`, `Transient`, and httpcore2's errors; `RuntimeError` in a second loop.
        """
        loop = asyncio.get_running_loop()
        if loop is not (self._loop or loop):
            raise RuntimeError("This HTTP client belongs to another event loop: make one for each.")
        self._loop = loop
        if not trusted:
            urls.require_public(target, ports=self._settings.ports)
            if self._settings.proxy is not None:
                await self._vet_for_proxy(target)
        proxied = self._settings.proxy is not None and not trusted
        seconds = {"connect": self._settings.connect_s} | dict.fromkeys(
            ("read", "write", "pool"), self._settings.total_s
        )
        request = httpcore2.Request(
            method=b"GET",
            url=httpcore2.URL(
                scheme=target.scheme.encode(),
                # A proxy is told the host in an address, where IPv6 has brackets.
                host=(target.bracketed if proxied else target.host).encode(),
                port=None if target.usual_port else target.port,
                target=target.path.encode(),
            ),
            headers=[(name.encode(), value.encode()) for name, value in {"Host": target.authority, **headers}.items()],
            extensions={"timeout": seconds, "sni_hostname": target.host},
        )
        return await self._pool(trusted=trusted).handle_async_request(request)

    async def aclose(self) -> None:
        """Close every connection. A later request opens anew."""
        while self._open:
            _, pool = self._open.popitem()
            await pool.aclose()

    async def _vet_for_proxy(self, target: urls.Target) -> None:
        try:
            found = await backend.look_up(target.host, target.port, self._resolver)
        except (backend.NoSuchHost, Transient):
            return  # where only the proxy can look names up, only the proxy can refuse them
        addresses.vetted(target.host, found)

    def _pool(self, *, trusted: bool) -> httpcore2.AsyncConnectionPool:
        if trusted not in self._open:
            proxy = None if trusted or self._settings.proxy is None else urls.parse_proxy(self._settings.proxy)
            self._open[trusted] = httpcore2.AsyncConnectionPool(
                ssl_context=self._context(),
                proxy=proxy and _proxy(proxy, self._context()),
                max_connections=_MOST_CONNECTIONS,
                max_keepalive_connections=_MOST_IDLE,
                keepalive_expiry=_IDLE_S,
                network_backend=backend.Backend(
                    # The proxy is the deployment's own, wherever it is.
                    guarded=not trusted and proxy is None,
                    resolver=self._resolver,
                    network=self._network or httpcore2.AnyIOBackend(),
                ),
            )
        return self._open[trusted]

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            # The system's authorities, whatever SSL_CERT_FILE says.
            self._tls = httpx2.create_ssl_context(trust_env=False)
            if self._settings.ca_bundle is not None:
                self._tls.load_verify_locations(cafile=str(self._settings.ca_bundle))
        return self._tls


def _proxy(address: urls.ProxyAddress, context: ssl.SSLContext) -> httpcore2.Proxy:
    target = address.target
    return httpcore2.Proxy(
        url=httpcore2.URL(scheme=target.scheme, host=target.bracketed, port=target.port, target="/"),
        auth=address.auth,
        ssl_context=context if target.scheme == "https" else None,
    )
