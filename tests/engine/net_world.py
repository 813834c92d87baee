"""A small internet on loopback for the tests of the client: two sites, their names, a clock."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import pytest

from research.engine.net.client import GuardedHttp
from research.engine.net.settings import HttpSettings
from tests.doubles.engine import FakeClock
from tests.doubles.web_server import PUBLIC, PUBLIC_2, Dialler, Names, WebServer

SITE, OTHER = "http://good.example", "http://other.example"
MEGABYTE = 1024 * 1024


class World:
    """Two public sites, a clock whose sleep takes no time, and a client."""

    @classmethod
    async def up(cls, stack: contextlib.AsyncExitStack, tls: ssl.SSLContext | None = None, **settings) -> World:
        world = cls()
        world.site = await stack.enter_async_context(WebServer(tls=tls))
        world.other = await stack.enter_async_context(WebServer())
        world.clock = FakeClock()
        world.network = Dialler({PUBLIC: world.site, PUBLIC_2: world.other})
        world.names = Names(good_example=[[PUBLIC]], other_example=[[PUBLIC_2]], bad_example=[[PUBLIC]])
        world.stack = stack
        world.http = await world.client(**settings)
        return world

    async def client(self, **settings) -> GuardedHttp:
        return await self.stack.enter_async_context(
            GuardedHttp(HttpSettings(**settings), self.clock, resolver=self.names, network=self.network)
        )


def run(test, tls=None, **settings):
    async def inside():
        async with contextlib.AsyncExitStack() as stack:
            return await test(await World.up(stack, tls, **settings))

    return asyncio.run(inside())


def fails(kind, answer, *, match=r"\.$", how=None, **settings):
    """Return the error of one GET to a site that answers so."""

    async def test(world):
        world.site.on("/", answer)
        with pytest.raises(kind, match=match) as raised:
            await world.http.get(f"{SITE}/", **(how or {}))
        assert raised.value.detail.endswith(".")
        return raised.value

    return run(test, **settings)
