"""What the tests of the Messages client stand on: a key to look for, a message with every kind of block, one call."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal

from pydantic import SecretStr

from research.engine.domain.errors import MrdError
from research.engine.domain.usage import Usage
from research.engine.providers.anthropic.client import MessagesClient
from research.engine.providers.anthropic.settings import AnthropicSettings
from tests.doubles import messages_build as build
from tests.doubles.messages_server import MessagesServer

KEY = "sk-ant-canary-8f2e61d0c4"
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
REQUEST = {"model": "claude-opus-5-5", "max_tokens": 500, "messages": [{"role": "user", "content": "How many?"}]}
WHOLE = build.message(
    build.thinking("First look at the filings, then at the regulator's list."),
    build.search("igaming revenue New Jersey", ("https://nj.example/report", "Report"), ("https://b.example/", "B")),
    build.fetch("https://nj.example/report", "Revenue was $2.4 billion in 2024."),
    build.text("Revenue was $2.4 billion.", build.cites_text("$2.4 billion", start=12)),
    build.text(" Others say so.", build.cites_search("about 2.4…", url="https://b.example/")),
    build.tool_use("library_search", query="revenue", filters={"year": 2024, "region": None}, words=["a", "ü"]),
    stop_reason="tool_use",
    input_tokens=2_000,
    output_tokens=300,
    cache_read=500,
    cache_write=100,
)
# What is billed once WHOLE has begun: 2,000 × $4, 500 × $0.2, 100 × $5 and 1 × $20 a million.
BEGUN = Usage(tokens=2_601, cost_usd=Decimal("0.00862"))
# Events of WHOLE after which a stream breaks here: some of its first block are among them.
BEGINNING = 4


class Clock:
    def now(self):
        return NOW

    async def sleep(self, seconds):
        raise AssertionError("the client waits for nobody")


def client(url, **more):
    settings = AnthropicSettings(api_key=SecretStr(KEY), base_url=url, **more)
    return MessagesClient(settings, clock=Clock())


def ask(answer, request=REQUEST, **more):
    """Return what one call gave: a reply, or the error it raised."""

    async def talk(url):
        async with client(url, **more) as opened:
            return await opened.send(request)

    with MessagesServer([answer]) as server:
        try:
            return asyncio.run(talk(server.url))
        except MrdError as error:
            return error
