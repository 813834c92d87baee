"""The client says truly what was answered and what went wrong: real sockets, a server that misbehaves."""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils

import pytest
from net_world import OTHER, SITE, fails, run

from research.engine.domain.errors import Permanent, Transient
from research.engine.net import failures
from research.engine.net.client import GuardedHttp
from research.engine.net.settings import HttpSettings
from tests.doubles import web_server
from tests.doubles.engine import FakeClock
from tests.doubles.web_server import PUBLIC, PUBLIC_2, Dialler, Names, WebServer, page, redirect

# ── an answer ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_answer_is_given_whole():
    async def test(world):
        world.site.on("/a", page("é", "Text/HTML; Charset=UTF-8", headers={"X-One": "1"}))
        reply = await world.http.get(f"{SITE}/a#top", params={"q": "x y"}, headers={"X-Key": "k"})
        assert (reply.status, reply.url, reply.body) == (200, f"{SITE}/a?q=x+y", "é".encode())
        assert (reply.media_type, reply.charset, reply.headers["x-one"]) == ("text/html", "utf-8", "1")
        assert reply.fetched_at == world.clock.now()
        sent = world.site.requests[0]
        assert (sent.path, sent.headers["host"], sent.headers["x-key"]) == ("/a?q=x+y", "good.example", "k")
        assert sent.headers["user-agent"] == HttpSettings().user_agent

    run(test)


def test_a_connection_is_used_again_and_the_name_asked_once():
    async def test(world):
        world.site.on("/", page())
        for _ in range(3):
            await world.http.get(f"{SITE}/")
        assert (world.site.connections, world.names.asked) == (1, ["good.example"])

    run(test)


@pytest.mark.parametrize(
    ("content_type", "kind", "charset"),
    [("", "", None), ("text/html", "text/html", None), ("nonsense", "", None),
     ("text/html; charset=no-such", "text/html", None), ('text/html;charset="ISO-8859-1"', "text/html", "iso-8859-1"),
     ("text/html, text/html; charset=utf-8", "text/html", None)],
)  # fmt: skip
def test_the_kind_is_as_named(content_type, kind, charset):
    async def test(world):
        world.site.on("/", page("x", content_type))
        reply = await world.http.get(f"{SITE}/")
        assert (reply.media_type, reply.charset) == (kind, charset)

    run(test)


def test_only_wanted_kinds_are_read():
    fails(Permanent, page("x", "image/png"), match="of the kind image/png", how={"media_types": ("text/*",)})
    fails(Permanent, page("x", ""), match="no named kind", how={"media_types": ("text/html",)})

    async def test(world):
        world.site.on("/", page("x", "text/csv"))
        assert (await world.http.get(f"{SITE}/", media_types=("application/pdf", "text/*"))).body == b"x"
        assert world.site.requests[0].headers["accept"] == "application/pdf, text/*"

    run(test)


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil"}, {"X": "a\r\nY: b"}, {"X y": "a"}, {"Transfer-Encoding": "chunked"}, {"Content-Length": "3"}],
)
def test_a_header_that_makes_another_request_is_refused(headers):
    fails(Permanent, page(), match="header", how={"headers": headers})


def test_a_client_belongs_to_one_loop():
    """Connections of a loop that is gone are never used."""
    http = GuardedHttp(HttpSettings(), FakeClock(), resolver=Names(good_example=[["127.0.0.1"]]), network=Dialler())
    for kind in (Permanent, RuntimeError):
        with pytest.raises(kind):
            asyncio.run(http.get(f"{SITE}/"))


# ── statuses ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 529])
def test_what_may_pass_is_transient(status):
    assert fails(Transient, page(status=status), match=str(status)).retry_after_s is None
    assert fails(Transient, page(status=status, headers={"Retry-After": "120"})).retry_after_s == 120


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 418, 451])
def test_what_stays_is_permanent(status):
    fails(Permanent, page(status=status), match=str(status))


def test_a_status_below_400_is_an_answer():
    async def test(world):
        world.site.on("/", web_server.raw(b"HTTP/1.1 204 X\r\n\r\n"))
        assert (await world.http.get(f"{SITE}/")).status == 204

    run(test)


NOW = FakeClock().now()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, None), ("5", 5), (" 0 ", 0), ("-5", None), ("1.5", None), ("soon", None), ("", None),
     ("99999999", 86_400), ("9" * 400, None), (email.utils.format_datetime(NOW + dt.timedelta(seconds=90)), 90),
     (email.utils.format_datetime(NOW - dt.timedelta(days=1)), 0), ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
     ("Fri, 99 Foo 2024 25:61:61 GMT", None)],
)  # fmt: skip
def test_the_wait_a_server_names_is_seconds_or_a_date(header, seconds):
    assert failures.retry_after_s(header, now=NOW) == seconds


# ── redirects ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_the_last_address_answers(status):
    async def test(world):
        world.site.on("/", redirect("b?c#d", status=status))
        world.site.on("/b", redirect(f"{OTHER}/e", status=status))
        world.other.on("/e", page("there"))
        reply = await world.http.get(f"{SITE}/")
        assert (reply.url, reply.body) == (f"{OTHER}/e", b"there")

    run(test)


def test_a_key_is_sent_to_no_other_server():
    """Headers stay on redirects of the same origin, and are gone for good after the first to another one."""

    async def test(world):
        world.site.on("/", redirect("/b")).on("/b", redirect(f"{OTHER}/c")).on("/d", page())
        world.other.on("/c", redirect(f"{SITE}/d"))
        await world.http.get(f"{SITE}/", headers={"Authorization": "Bearer k", "X-Key": "k"})
        assert ["authorization" in sent.headers for sent in world.site.requests] == [True, True, False]
        assert not {"authorization", "x-key"} & set(world.other.requests[0].headers)

    run(test)


def test_a_key_is_not_sent_to_another_port_of_the_host():
    async def test(world):
        world.site.on("/", redirect("http://good.example:8080/b")).on("/b", page())
        await world.http.get(f"{SITE}/", headers={"Authorization": "Bearer k"})
        assert "authorization" not in world.site.requests[1].headers

    run(test)


def test_a_loop_ends():
    fails(Permanent, redirect("/"), match="more than 5 times")


@pytest.mark.parametrize(
    "answer", [page(status=302), web_server.raw(b"HTTP/1.1 302 X\r\nLocation: /a\r\nLocation: /b\r\n\r\n")]
)
def test_a_redirect_to_nowhere_or_two_places_is_refused(answer):
    fails(Permanent, answer, match="without saying where")


# ── the network ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "answer",
    [
        web_server.reset(), web_server.reset(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), web_server.cut_body(),
        web_server.raw(b""), web_server.raw(b"SSH-2.0-OpenSSH_9.6\r\n"), web_server.raw(b"HTTP/1.1 200 OK\r\nX"),
        web_server.reset(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234"),
        web_server.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
    ],
    ids=["reset before headers", "reset after headers", "cut body", "closed", "no HTTP", "cut headers", "reset in body",
         "cut chunk"],
)  # fmt: skip
def test_a_connection_that_breaks_is_transient(answer):
    fails(Transient, answer, match="broke off")


def test_nobody_listening_is_transient_and_no_such_name_permanent():
    async def test(world):
        closed = WebServer()
        async with closed:
            pass
        world.network.servers[PUBLIC_2] = closed
        with pytest.raises(Transient, match="could not be connected to"):
            await world.http.get(f"{OTHER}/")
        with pytest.raises(Permanent, match=r"nowhere\.example has no address"):
            await world.http.get("http://nowhere.example/")

    run(test)


def test_the_next_address_is_tried_where_one_does_not_answer():
    async def test(world):
        closed = WebServer()
        async with closed:
            pass
        world.network.servers[PUBLIC_2] = closed
        world.names._answers["both.example"] = [[PUBLIC_2, PUBLIC]]
        world.site.on("/", page("here"))
        assert (await world.http.get("http://both.example/")).body == b"here"
        assert world.network.dialled == [PUBLIC_2, PUBLIC]

    run(test)
