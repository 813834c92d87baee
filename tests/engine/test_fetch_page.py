"""A page is brought as its very bytes, by the address that answered; what may not be fetched is refused."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from pydantic import ValidationError

from research.engine.domain.errors import Permanent, Transient
from research.engine.extraction import result
from research.engine.net.client import GuardedHttp
from research.engine.net.settings import HttpSettings
from research.engine.ports import HttpReply, ToolContext
from research.engine.tools import fetch_page
from tests.doubles.engine import FakeClock, FakeLibrary
from tests.doubles.http_replies import FakeHttp
from tests.doubles.web_server import PUBLIC, Dialler, Names, WebServer, page, redirect

SITE = "http://good.example"


def fetched(server: WebServer, *, at: str = f"{SITE}/a", **arguments):
    """Run the tool once against the server, through the real client."""

    async def inside():
        async with server:
            names, network = Names(good_example=[[PUBLIC]]), Dialler({PUBLIC: server})
            async with GuardedHttp(HttpSettings(), FakeClock(), resolver=names, network=network) as http:
                tool = fetch_page.build(ToolContext(FakeLibrary.of(""), http, FakeClock(), {}))
                return await tool.run(tool.arguments.model_validate({"url": at, **arguments}))

    return asyncio.run(inside())


def test_a_page_is_its_bytes_and_its_final_address():
    """After a redirect, the document is known by where it was in the end, without the fragment."""
    server = WebServer().on("/a", redirect("/b?x=1#part")).on("/b", page(b"<p>\xe4</p>", "text/html; charset=latin-1"))
    (document,) = fetched(server, query="tax", limit=3).documents
    assert document.uri == f"{SITE}/b?x=1"
    assert (document.kind, document.media_type, document.data) == ("web_page", "text/html", b"<p>\xe4</p>")
    assert (document.query, document.limit, document.publisher, document.title) == ("tax", 3, None, "")
    assert document.text is None
    assert document.fetched_at == FakeClock().now() + dt.timedelta(seconds=1)  # the pause between two requests


def test_robots_are_asked_first_and_obeyed():
    server = WebServer().on("/a", page()).on("/robots.txt", page("User-agent: *\nDisallow: /a", "text/plain"))
    with pytest.raises(Permanent, match=r"robots\.txt of good\.example"):
        fetched(server)
    assert server.paths() == ["/robots.txt"]


@pytest.mark.parametrize("media_type", [*fetch_page.MEDIA_TYPES, "TEXT/HTML ; charset=utf-8"])
def test_every_kind_the_parsers_read_is_taken(media_type):
    assert fetched(WebServer().on("/a", page(b"x", media_type))).documents[0].data == b"x"


def test_no_kind_the_parsers_read_was_forgotten():
    """Mail is left out: it is sent to people, not published."""
    assert set(result.SUPPORTED) - {result.EML} <= set(fetch_page.MEDIA_TYPES)


@pytest.mark.parametrize("media_type", ["image/png", "video/mp4", "application/zip", "application/javascript", ""])
def test_another_kind_is_refused(media_type):
    with pytest.raises(Permanent, match="not read here"):
        fetched(WebServer().on("/a", page(b"x", media_type)))


def test_a_page_of_nothing_is_refused():
    with pytest.raises(Permanent, match="nothing in it"):
        fetched(WebServer().on("/a", page(b" \n")))


def test_what_the_client_raises_comes_through():
    with pytest.raises(Permanent, match="answered 404"):
        fetched(WebServer())
    with pytest.raises(Permanent, match="loopback"):
        fetched(WebServer().on("/a", page()), at="http://127.0.0.1/a")
    with pytest.raises(Transient) as slow:
        fetched(WebServer().on("/a", page(status=429, headers={"Retry-After": "7"})))
    assert slow.value.retry_after_s == 7


@pytest.mark.parametrize("url", ["http://[::1#x", "https://[zz/x", "http://[::1", "http://[2001:db8::1/law#2"])
def test_what_is_no_address_is_refused_and_shares_a_breaker_of_no_host(url):
    tool = fetch_page.FetchPage(http=FakeHttp({}))
    assert tool.breaker_of(fetch_page.Arguments(url=url)) == "fetch_page "
    with pytest.raises(Permanent):
        fetched(WebServer(), at=url)


def test_a_fragment_that_a_client_leaves_is_cut():
    answered = HttpReply(
        url=f"{SITE}/a#b", status=200, headers={}, media_type="text/html", body=b"x", fetched_at=FakeClock().now()
    )
    tool = fetch_page.build(ToolContext(FakeLibrary.of(""), FakeHttp({f"{SITE}/a": answered}), FakeClock(), {}))
    found = asyncio.run(tool.run(tool.arguments.model_validate({"url": f"{SITE}/a"})))
    assert found.documents[0].uri == f"{SITE}/a"


@pytest.mark.parametrize(
    "wrong",
    [{"url": ""}, {"url": "ftp://a.b/"}, {"url": "a.b"}, {"url": "http://a.b/" + "a" * 2000}, {"limit": 0},
     {"limit": 51}, {"query": "a" * 401}, {"depth": 2}],
)  # fmt: skip
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(ValidationError):
        fetch_page.Arguments.model_validate({"url": SITE, **wrong})
