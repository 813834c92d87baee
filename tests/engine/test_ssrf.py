"""Nothing a page, a model or a person writes makes the client connect into its own network.

Real sockets listen on loopback; each vector must be refused in a sentence, and none of them may see a connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from research.engine.domain.errors import Permanent
from research.engine.net.client import GuardedHttp
from research.engine.net.settings import PORTS, HttpSettings
from tests.doubles.engine import FakeClock
from tests.doubles.web_server import PUBLIC, Dialler, Names, WebServer, page, redirect


def has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as trial:
        trial.bind(("::1", 0))
        return True
    return False


# Written as an address. {port} is a port somebody listens at on 127.0.0.1, {port6} on ::1.
LITERALS = {
    "loopback": "http://127.0.0.1:{port}/",
    "another port": "http://127.0.0.1:{other}/",
    "another loopback": "http://127.9.9.9:{port}/",
    "https to loopback": "https://127.0.0.1:{port}/",
    "IPv6 loopback": "http://[::1]:{port6}/",
    "IPv6 loopback in full": "http://[0:0:0:0:0:0:0:1]:{port6}/",
    "unspecified": "http://0.0.0.0:{port}/",
    "IPv6 unspecified": "http://[::]:{port6}/",
    "decimal": "http://2130706433:{port}/",
    "octal": "http://0177.0.0.1:{port}/",
    "octal whole": "http://017700000001:{port}/",
    "hex whole": "http://0x7f000001:{port}/",
    "hex part": "http://0x7f.0.0.1:{port}/",
    "short, two parts": "http://127.1:{port}/",
    "short, three parts": "http://127.0.1:{port}/",
    "zero": "http://0:{port}/",
    "overflowing part": "http://127.0.0.257:{port}/",
    "padded": "http://127.000.000.001:{port}/",
    "trailing dot": "http://127.0.0.1.:{port}/",
    "fullwidth digits": "http://１２７.０.０.１:{port}/",
    "circled digits": "http://①②⑦.⓪.⓪.①:{port}/",
    "ideographic full stop": "http://127。0。0。1:{port}/",
    "percent-encoded host": "http://%31%32%37.0.0.1:{port}/",
    "mapped": "http://[::ffff:127.0.0.1]:{port}/",
    "mapped, hex": "http://[::ffff:7f00:1]:{port}/",
    "compatible": "http://[::127.0.0.1]:{port}/",
    "translated": "http://[::ffff:0:127.0.0.1]:{port}/",
    "NAT64": "http://[64:ff9b::127.0.0.1]:{port}/",
    "local NAT64": "http://[64:ff9b:1::7f00:1]:{port}/",
    "6to4": "http://[2002:7f00:1::]:{port}/",
    "Teredo": "http://[2001:0:7f00:1::80ff:fffe]:{port}/",
    "ISATAP": "http://[fe80::5efe:7f00:1]:{port}/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "metadata, decimal": "http://2852039166/",
    "metadata, mapped": "http://[::ffff:169.254.169.254]/",
    "metadata, IPv6": "http://[fd00:ec2::254]/",
    "Alibaba metadata": "http://100.100.100.200/",
    "Azure platform": "http://168.63.129.16/",
    "private 10": "http://10.0.0.1/",
    "private 172": "http://172.16.0.1/",
    "private 192": "http://192.168.0.1/",
    "carrier NAT": "http://100.64.0.1/",
    "multicast": "http://224.0.0.1/",
    "broadcast": "http://255.255.255.255/",
    "unique local": "http://[fc00::1]/",
    "link-local": "http://[fe80::1]/",
    "link-local, scoped": "http://[fe80::1%25lo]:{port6}/",
    "localhost": "http://localhost:{port}/",
    "localhost, capitals": "http://LOCALHOST:{port}/",
    "localhost, trailing dot": "http://localhost.:{port}/",
    "localhost, other letters": "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{port}/",
    "below localhost": "http://x.localhost:{port}/",
    ".internal": "http://metadata.google.internal/",
    ".local": "http://printer.local:{port}/",
    "dotless": "http://intranet:{port}/",
    "user before the host": "http://good.example@127.0.0.1:{port}/",
    "user and password": "http://u:p@127.0.0.1:{port}/",
    "backslash": "http://127.0.0.1:{port}\\@good.example/",
    "tab in the host": "http://127.0.0\t.1:{port}/",
    "line break": "http://good.example/\r\nHost: 127.0.0.1:{port}",
    "odd port": "http://good.example:22/",
    "file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:{port}/_GET",
    "ftp": "ftp://127.0.0.1:{port}/",
    "no scheme": "//127.0.0.1:{port}/",
}
# A name, and what it resolves to.
NAMES = {
    "to loopback": ["127.0.0.1"],
    "to IPv6 loopback": ["::1"],
    "to public and loopback": [PUBLIC, "127.0.0.1"],
    "to loopback and public": ["127.0.0.1", PUBLIC],
    "to public and IPv6 loopback": [PUBLIC, "::1"],
    "to mapped": ["::ffff:127.0.0.1"],
    "to NAT64": ["64:ff9b::7f00:1"],
    "to 6to4": ["2002:7f00:1::"],
    "to unspecified": ["0.0.0.0"],  # noqa: S104 - an answer, nothing listens there
    "to scoped link-local": ["fe80::1%lo"],
    "to metadata": ["169.254.169.254"],
    "to private": ["10.0.0.7"],
}
LOCATIONS = {
    **{name: LITERALS[name] for name in (
        "loopback", "IPv6 loopback", "decimal", "octal", "short, two parts", "mapped", "NAT64", "6to4", "metadata",
        "localhost", "fullwidth digits", "user before the host", "file", "gopher", "odd port")},
    "without scheme": "//127.0.0.1:{port}/",
    "a name": "http://bad.example:{port}/",
    "backslashes": "\\\\127.0.0.1:{port}\\",
}  # fmt: skip


class Net:
    """Three listeners that must see nothing, a public site at good.example, and a client."""

    def __init__(self, stack: contextlib.AsyncExitStack) -> None:
        self.stack = stack

    @classmethod
    async def up(cls, stack: contextlib.AsyncExitStack, answers=None, **more) -> Net:
        net = cls(stack)
        net.listeners = [await stack.enter_async_context(WebServer().on("/", page("secret"))) for _ in range(2)]
        if has_ipv6():
            net.listeners.append(await stack.enter_async_context(WebServer(host="::1").on("/", page("secret"))))
        net.site = await stack.enter_async_context(WebServer())
        net.ports = {"port": net.listeners[0].port, "other": net.listeners[1].port, "port6": net.listeners[-1].port}
        net.network = Dialler({PUBLIC: net.site})
        net.names = Names(good_example=[[PUBLIC]], **({"bad_example": [["127.0.0.1"]]} | (answers or {})))
        net.http = await stack.enter_async_context(
            GuardedHttp(
                HttpSettings(ports=PORTS | set(net.ports.values()), **more), FakeClock(), resolver=net.names,
                network=net.network,
            )
        )  # fmt: skip
        return net

    def assert_untouched(self) -> None:
        assert [server.connections for server in self.listeners] == [0] * len(self.listeners)

    async def refuse(self, url: str, **how) -> str:
        """Return the sentence of the refusal, after seeing that nobody was connected to."""
        with pytest.raises(Permanent) as refused:
            await self.http.get(url.format(**self.ports), **how)
        self.assert_untouched()
        assert refused.value.detail.endswith(".")
        return refused.value.detail


def run(test, answers=None, **more):
    async def inside():
        async with contextlib.AsyncExitStack() as stack:
            return await test(await Net.up(stack, answers, **more))

    return asyncio.run(inside())


@pytest.mark.parametrize("robots", [False, True], ids=["", "robots"])
@pytest.mark.parametrize("url", LITERALS.values(), ids=LITERALS.keys())
def test_an_address_written_as_such_is_refused_before_any_connection(url, robots):
    async def test(net):
        await net.refuse(url, robots=robots)
        assert (net.network.dialled, net.names.asked) == ([], [])

    run(test)


@pytest.mark.parametrize("robots", [False, True], ids=["", "robots"])
@pytest.mark.parametrize("answer", NAMES.values(), ids=NAMES.keys())
def test_a_name_is_refused_for_any_one_of_its_addresses(answer, robots):
    async def test(net):
        assert "bad.example leads to" in await net.refuse("http://bad.example:{port}/", robots=robots)
        assert net.network.dialled == []

    run(test, {"bad_example": [answer]})


@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS.keys())
@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_of_a_public_site_is_checked_like_the_first_address(location, status):
    async def test(net):
        net.site.on("/", redirect(location.format(**net.ports), status=status))
        await net.refuse("http://good.example/")
        assert net.network.dialled == [PUBLIC]

    run(test, {"bad_example": [["127.0.0.1"]]})


@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS.keys())
def test_a_trusted_origin_leads_nowhere_else(location):
    """Trust in one service is not trust in where it points to, be that on the same machine."""

    async def test(net):
        net.site.on("/", redirect(location.format(**net.ports)))
        net.http = net.http.trusting(net.site.origin)
        await net.refuse(f"{net.site.origin}/")
        assert net.site.connections == 1

    run(test)


def test_a_trusted_origin_leads_not_even_to_a_public_server():
    """What is asked of a service of one's own is not handed on to the world."""

    async def test(net):
        inside = await net.stack.enter_async_context(WebServer().on("/", redirect("http://good.example/?q=secret")))
        net.http = net.http.trusting(inside.origin)
        await net.refuse(f"{inside.origin}/")
        assert net.site.connections == 0

    run(test)


def test_a_public_site_reaches_no_trusted_origin_by_redirect():
    """What the deployment trusts is asked by tools that name it, never because a page says so."""

    async def test(net):
        net.site.on("/", redirect(f"{net.listeners[0].origin}/"))
        net.http = net.http.trusting(net.listeners[0].origin)
        await net.refuse("http://good.example/")

    run(test)


def test_trust_is_for_one_origin_and_one_client():
    """Neither another port nor the client that it was derived from is trusted."""

    async def test(net):
        derived = net.http.trusting(net.site.origin)
        net.site.on("/", page("inside"))
        assert (await derived.get(f"{net.site.origin}/")).body == b"inside"
        await net.refuse(f"{net.site.origin}/")
        net.http = derived
        await net.refuse("http://127.0.0.1:{port}/")

    run(test)


@pytest.mark.parametrize("closes", [True, False], ids=["new connection", "kept connection"])
def test_a_name_that_changes_its_answer_changes_nothing(closes):
    """The address that was checked is the one connected to: no second look-up, and a new one is checked anew."""

    async def test(net):
        net.site.on("/", page("public", headers={"Connection": "close"} if closes else {}))
        assert (await net.http.get("http://bad.example:{port}/".format(**net.ports))).body == b"public"
        assert net.names.asked == ["bad.example"]
        if closes:
            await net.refuse("http://bad.example:{port}/")
        else:
            await net.http.get("http://bad.example:{port}/".format(**net.ports))
        net.assert_untouched()
        assert net.network.dialled == [PUBLIC]

    run(test, {"bad_example": [[PUBLIC], ["127.0.0.1"]]})


def test_rebinding_between_robots_and_the_page_is_refused():
    async def test(net):
        net.site.on("/robots.txt", page("", "text/plain", headers={"Connection": "close"}))
        await net.refuse("http://bad.example:{port}/", robots=True)
        assert net.site.paths() == ["/robots.txt"]

    run(test, {"bad_example": [[PUBLIC], ["127.0.0.1"]]})


def test_robots_that_lead_inside_are_refused():
    async def test(net):
        net.site.on("/robots.txt", redirect("http://127.0.0.1:{port}/".format(**net.ports)))
        await net.refuse("http://good.example/", robots=True)
        assert net.site.paths() == ["/robots.txt"]

    run(test)


@pytest.mark.parametrize(
    "url", [LITERALS["loopback"], LITERALS["metadata"], LITERALS["decimal"], "http://bad.example/"]
)
def test_a_proxy_is_not_asked_for_a_forbidden_address(url):
    async def test(net):
        proxy = await net.stack.enter_async_context(WebServer())
        settings = HttpSettings(ports=PORTS | set(net.ports.values()), proxy=proxy.origin)
        net.http = await net.stack.enter_async_context(
            GuardedHttp(settings, FakeClock(), resolver=net.names, network=net.network)
        )
        await net.refuse(url)
        assert proxy.connections == 0

    run(test)


def test_there_are_vectors_enough():
    assert len(LITERALS) + len(NAMES) + 2 * len(LOCATIONS) >= 30
