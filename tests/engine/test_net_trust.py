"""Who is believed: certificates, trusted origins, proxies; and no secret is told."""

from __future__ import annotations

import logging
import shutil
import ssl
import subprocess

import pytest
from net_world import OTHER, SITE, run
from pydantic import ValidationError

from research.engine.domain.errors import Permanent, Transient
from research.engine.net.settings import HttpSettings
from tests.doubles.web_server import WebServer, page, redirect

# ── TLS ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return a self-signed certificate for good.example with its key, made by the openssl program."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl program to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=good.example",
         "-addext", "subjectAltName=DNS:good.example"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder


@pytest.fixture
def tls(certificate):
    """Return a server's context that remembers the names it was asked for in `asked`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    context.sni_callback = lambda _socket, name, _context: NAMES_ASKED.append(name)
    NAMES_ASKED.clear()
    return context


NAMES_ASKED: list[str] = []


def test_a_certificate_nobody_vouches_for_is_refused(tls, monkeypatch, certificate):
    """Not even where the environment names it: only the setting counts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))

    async def test(world):
        with pytest.raises(Permanent, match="certificate"):
            await world.http.get("https://good.example/")
        assert world.site.requests == []

    run(test, tls)


def test_an_authority_of_ones_own_is_believed_for_the_name_in_the_address(tls, certificate):
    """The name asked for by SNI and checked is the host's, though the connection goes to its address."""

    async def test(world):
        world.site.on("/", page("safe"))
        assert (await world.http.get("https://good.example/")).body == b"safe"
        assert NAMES_ASKED == ["good.example"]
        with pytest.raises(Permanent, match="certificate"):
            await world.http.get("https://bad.example/")

    run(test, tls, ca_bundle=certificate / "cert.pem")


def test_a_redirect_to_plain_http_is_refused(tls, certificate):
    async def test(world):
        world.site.on("/", redirect(f"{OTHER}/"))
        with pytest.raises(Permanent, match="from https to http"):
            await world.http.get("https://good.example/")
        assert world.other.connections == 0

    run(test, tls, ca_bundle=certificate / "cert.pem")


def test_a_server_without_tls_is_transient():
    async def test(world):
        with pytest.raises(Transient):
            await world.http.get("https://good.example/")

    run(test, connect_s=0.2)


# ── trusted origins, proxies, secrets ─────────────────────────────────────────────────────────────────────────────────


def test_a_trusted_origin_is_asked_whatever_its_address():
    async def test(world):
        world.site.on("/", redirect("/b")).on("/b", page("inside"))
        http = await world.client(trusted_origins=(world.site.origin.upper().replace("HTTP", "http"),))
        assert (await http.get(f"{world.site.origin}/")).body == b"inside"
        named = world.http.trusting(f"http://searxng:{world.site.port}")
        world.names._answers["searxng"] = [["127.0.0.1"]]
        assert (await named.get(f"http://searxng:{world.site.port}/b")).body == b"inside"

    run(test)


@pytest.mark.parametrize(
    "wrong", ["searxng:8080", "http://a.b/path", "http://u:hunter2@a.b", "ftp://a.b", "http://a.b?x"]
)
def test_what_is_no_origin_is_not_trusted(wrong):
    with pytest.raises(ValidationError) as refused:
        HttpSettings(trusted_origins=(wrong,))
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "wrong", ["socks5://u:hunter2@p:1", "http://u:hunter2@p:99999", "u:hunter2@p", "http://u:hunter2@"]
)
def test_a_wrong_proxy_is_refused_without_its_password(wrong):
    with pytest.raises(ValidationError, match="proxy") as refused:
        HttpSettings(proxy=wrong)
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(HttpSettings(proxy="http://u:hunter2@p:1"))


def test_a_proxy_is_told_whole_addresses_and_its_password_and_no_origin_is():
    async def test(world):
        proxy = await world.stack.enter_async_context(WebServer())
        proxy.on(f"{SITE}/a", page("by proxy"))
        http = await world.client(proxy=f"http://user:hunter2@127.0.0.1:{proxy.port}")
        assert (await http.get(f"{SITE}/a?b")).body == b"by proxy"
        assert proxy.requests[0].headers["proxy-authorization"] == "Basic dXNlcjpodW50ZXIy"
        assert world.site.connections == 0
        inside = http.trusting(world.site.origin)
        world.site.on("/", page("direct"))
        assert (await inside.get(f"{world.site.origin}/")).body == b"direct"
        assert "proxy-authorization" not in world.site.requests[0].headers

    run(test)


@pytest.mark.parametrize("url", ["http://nowhere.example/a", "https://nowhere.example/a"])
def test_a_proxy_that_says_no_is_named_without_its_password(url):
    """A name that cannot be looked up here is the proxy's to look up."""

    async def test(world):
        proxy = await world.stack.enter_async_context(WebServer())
        for path in ("http://nowhere.example/a", "nowhere.example:443"):
            proxy.on(path, page(status=407))
        http = await world.client(proxy=f"http://user:hunter2@127.0.0.1:{proxy.port}")
        with pytest.raises(Permanent, match="The proxy asks for a user") as refused:
            await http.get(url)
        assert "hunter2" not in f"{refused.value} {refused.value.__cause__}"

    run(test)


def test_secrets_of_addresses_and_headers_are_in_no_log_and_no_error(caplog):
    """Queries, redirects' queries, cookies and keys are not written down at any level."""
    caplog.set_level(logging.DEBUG)

    async def test(world):
        world.site.on("/", redirect("/b?token=hunter2-b")).on(
            "/b", page(status=404, headers={"Set-Cookie": "s=hunter2-c"})
        )
        with pytest.raises(Permanent) as refused:
            await world.http.get(f"{SITE}/?key=hunter2-a", headers={"Authorization": "hunter2-d"})
        assert "hunter2" not in refused.value.detail

    run(test)
    assert "hunter2" not in caplog.text
