"""robots.txt is obeyed as RFC 9309 has it, and hosts are asked at their pace."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from net_world import MEGABYTE, OTHER, SITE, run

from research.engine.domain.errors import Permanent, Transient
from research.engine.net.settings import PORTS, HttpSettings
from tests.doubles import web_server
from tests.doubles.web_server import page, redirect

RULES = "User-agent: other\nDisallow: /\n\nUser-agent: MRD-Desk\nDisallow: /no\nAllow: /no/but\nCrawl-delay: 3\n"


def robots_of(answer, *paths, **settings):
    """Return the outcome of each path (True: fetched), and the world, of a site with that robots.txt."""

    async def test(world):
        world.site.on("/robots.txt", answer)
        outcomes = []
        for path in paths:
            world.site.on(path, page("x"))
            try:
                await world.http.get(f"{SITE}{path}", robots=True)
                outcomes.append(True)
            except Permanent:
                outcomes.append(False)
            except Transient:
                outcomes.append(None)
        return outcomes, world

    return run(test, **settings)


def test_robots_are_obeyed_asked_once_and_set_the_pace():
    outcomes, world = robots_of(page(RULES, "text/plain"), "/yes", "/no", "/no/but", "/more")
    assert outcomes == [True, False, True, True]
    assert world.site.paths() == ["/robots.txt", "/yes", "/no/but", "/more"]
    assert world.clock.slept == [3, 3]


def test_robots_are_asked_again_after_their_time():
    async def test(world):
        world.site.on("/robots.txt", page(RULES, "text/plain")).on("/yes", page())
        for _ in range(2):
            await world.http.get(f"{SITE}/yes", robots=True)
            world.clock.at += dt.timedelta(hours=1)
        assert world.site.paths() == ["/robots.txt", "/yes"] * 2

    run(test)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (page(status=404), True), (page(status=403), True), (page(status=401), True), (page(status=500), None),
        (page(status=503), None), (page(status=429), None), (web_server.reset(), None), (redirect("/robots.txt"), True),
        (redirect("/elsewhere"), True), (page(b"\x00\xff\xfe binary", "image/png"), True),
        (page("\ufeffUser-agent: *\r\nDisallow: /"), False), (page("User-agent: *\nDisallow: /*x$"), False),
        (page("user-agent:*\ndisallow:/"), False), (page("User-agent: a\nUser-agent: mrd-desk\nDisallow: /"), False),
        (page("User-agent: mrd-desk\nUser-agent: a\n\nDisallow: /"), False), (page("Disallow: /"), True),
        (page("User-agent: *\nDisallow: /\n\nUser-agent: mrd-desk\nDisallow:"), True),
        (page("User-agent: *\n# x\nSitemap: y\nDisallow: / # z"), False),
        (page("#" * 600_000 + "\nUser-agent: *\nDisallow: /"), True),
        (page("User-agent: *\nDisallow: /\n" + "#" * 600_000), False),
        (web_server.gzip_bomb(64 * MEGABYTE), True),
    ],
)  # fmt: skip
def test_robots_as_the_standard_has_it(answer, outcome):
    """RFC 9309: 4xx allows, 5xx and no answer forbid for now, the most specific group counts, 500 KiB are read."""
    assert robots_of(answer, "/x")[0] == [outcome]


def test_a_robots_file_made_to_take_long_is_read_as_any_other():
    """Half a megabyte of user agents and rules, which Protego alone takes half a minute for."""
    agents = "".join(f"user-agent:a{n}\n" for n in range(20_000))
    rules = "".join(f"disallow:/{n}*\n" for n in range(12_000))
    assert robots_of(page(agents + "user-agent:*\n" + rules), "/x", "/77")[0] == [True, False]


def test_robots_of_another_host_are_asked_on_a_redirect():
    async def test(world):
        world.site.on("/", redirect(f"{OTHER}/x"))
        world.other.on("/robots.txt", page("User-agent: *\nDisallow: /x", "text/plain")).on("/x", page())
        with pytest.raises(Permanent, match=r"robots\.txt of other\.example"):
            await world.http.get(f"{SITE}/", robots=True)
        assert world.other.paths() == ["/robots.txt"]

    run(test)


def test_a_turn_far_away_is_said_at_once():
    """Who would wait longer than allowed is told when to come back, and takes no turn."""

    async def test(world):
        world.site.on("/", page(pause_s=0.05)).on("/robots.txt", page("User-agent: *\nCrawl-delay: 900", "text/plain"))
        world.clock.sleep = stand_still(world.clock)
        asked = [world.http.get(f"{SITE}/", robots=True) for _ in range(4)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        away = [error.retry_after_s for error in outcomes if isinstance(error, Transient)]
        assert away == [20.0, 20.0]
        assert world.clock.slept == [10.0]

    run(test, longest_wait_s=10.0)


def stand_still(clock):
    async def sleep(seconds):
        clock.slept.append(seconds)

    return sleep


def test_one_host_is_asked_little_at_once_and_another_meanwhile():
    async def test(world):
        for server in (world.site, world.other):
            server.on("/", page(pause_s=0.03))
        await asyncio.gather(*(world.http.get(f"{host}/") for host in (SITE, OTHER) for _ in range(6)))
        assert (world.site.most_at_once, world.other.most_at_once) == (2, 2)
        assert world.clock.slept == []  # without robots, no pause

    run(test)


def test_the_defaults_are_those_documented():
    settings = HttpSettings()
    assert (settings.total_s, settings.max_redirects, settings.per_host, settings.interval_s) == (30, 5, 2, 1)
    assert {80, 443, 8080, 8443} == PORTS == settings.ports
    assert settings.robots_name() == "MRD-Desk"
