"""The moment of connecting: a host's addresses are looked up once, all checked, and one of those connected to.

This is the lowest place a connection is made at, so redirects, retries and anything added later pass it. Nothing is
looked up again afterwards: a name that changes its answer (rebinding) changes nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore2

from research.engine.domain.errors import Permanent, Transient

from . import addresses, urls

# Given a host name and a port, the addresses it has now, as text.
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

# A host with more is tried at the first ones: each may take the whole time to connect.
_MOST_TRIED = 6
# The name servers said that there is no such name; other failures of theirs may pass.
_NO_SUCH_NAME = frozenset((socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)))


class NoSuchHost(Permanent):
    """The name servers know no such name."""


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a name by the system's resolver. Raises `NoSuchHost`, `Transient`."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            raise NoSuchHost(f"There is no host called {host}: check the address.") from error
        raise Transient(f"The name {host} could not be looked up just now.") from error
    except UnicodeError as error:
        raise NoSuchHost(f"There is no host called {host}: check the address.") from error
    return [str(place[0]) for *_, place in found]


async def look_up(host: str, port: int, resolver: Resolver) -> tuple[str, ...]:
    """Return a host's addresses, itself where it is one. Raises `NoSuchHost`, `Transient`."""
    if urls.literal_address(host) is not None:
        return (host,)
    found = tuple(await resolver(host, port))
    if not found:
        raise NoSuchHost(f"The host {host} has no address: check the address.")
    return found


class Backend(httpcore2.AsyncNetworkBackend):
    """Connects to the very addresses that were looked up. guarded: to none that is not public."""

    def __init__(self, *, guarded: bool, resolver: Resolver, network: httpcore2.AsyncNetworkBackend) -> None:
        self._guarded = guarded
        self._resolver = resolver
        self._network = network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature of httpcore2's backends
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Return a connection to one of the host's addresses; `timeout` is for each that is tried.

        Raises `ForbiddenAddress`, `NoSuchHost`, `Transient`, and httpcore2's errors where no address answers.
        """
        host = host.strip("[]")
        found = await look_up(host, port, self._resolver)
        if self._guarded:
            found = tuple(map(str, addresses.vetted(host, found)))
        failed: Exception = httpcore2.ConnectError("no address")
        for address in found[:_MOST_TRIED]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed

    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)
