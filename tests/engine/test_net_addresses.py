"""Every kind of address that is not a public server's is refused with its name; public ones are not."""

from __future__ import annotations

import ipaddress

import pytest

from research.engine.domain.errors import Permanent
from research.engine.net import addresses, urls

PUBLIC = ["93.184.215.14", "8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "100.63.0.1", "100.128.0.1",
          "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "2a00:1450:4001:81b::200e", "64:ff9b::808:808"]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not_refused(address):
    assert addresses.why_refused(ipaddress.ip_address(address)) is None


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("0.0.0.0", "unspecified"),  # noqa: S104 - nothing is bound to it
        ("0.1.2.3", "this network"), ("10.1.2.3", "private"), ("172.16.0.1", "private"),
        ("172.31.255.255", "private"), ("192.168.1.1", "private"), ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"), ("169.254.1.1", "link-local"), ("169.254.169.254", "metadata"),
        ("169.254.170.2", "metadata"), ("100.100.100.200", "metadata"), ("168.63.129.16", "metadata"),
        ("192.0.0.192", "metadata"), ("100.64.0.1", "carrier"), ("100.127.255.255", "carrier"),
        ("224.0.0.1", "multicast"), ("239.255.255.255", "multicast"), ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"), ("198.18.0.1", "benchmarks"), ("198.19.255.255", "benchmarks"),
        ("192.0.2.1", "documentation"), ("198.51.100.1", "documentation"), ("203.0.113.1", "documentation"),
        ("192.0.0.1", "reserved"), ("192.88.99.1", "6to4"),
        ("::", "unspecified"), ("::1", "loopback"), ("::ffff:127.0.0.1", "mapped"), ("::ffff:8.8.8.8", "mapped"),
        ("::127.0.0.1", "compatible"), ("::ffff:0:127.0.0.1", "translated"), ("64:ff9b::7f00:1", "a NAT64 form"),
        ("64:ff9b::a9fe:a9fe", "metadata"), ("64:ff9b:1::808:808", "local NAT64"), ("2002:7f00:1::", "6to4"),
        ("2002:808:808::1", "6to4"), ("2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"),
        ("2001:db8::1", "documentation"),
        ("3fff::1", "documentation"), ("2001:2::1", "benchmarks"), ("2001:10::1", "reserved"), ("100::1", "discarded"),
        ("fc00::1", "private"), ("fd00:ec2::254", "metadata"), ("fd20:ce::254", "metadata"), ("fe80::1", "link-local"),
        ("fec0::1", "site-local"), ("ff02::1", "multicast"), ("4000::1", "no public"), ("5f00::1", "no public"),
        ("2606:4700::5efe:7f00:1", "ISATAP"), ("2606:4700::200:5efe:a00:1", "ISATAP"),
    ],
)  # fmt: skip
def test_an_address_that_is_no_public_servers_is_refused_by_its_kind(address, why):
    found = addresses.why_refused(ipaddress.ip_address(address))
    assert found is not None
    assert why in found


def test_one_forbidden_address_among_public_ones_refuses_the_name():
    """A name is as bad as its worst address, which the sentence names."""
    with pytest.raises(addresses.ForbiddenAddress, match=r"mixed\.example leads to 10\.0\.0\.1, a private address"):
        addresses.vetted("mixed.example", ["8.8.8.8", "10.0.0.1"])
    assert [str(each) for each in addresses.vetted("good.example", ["8.8.8.8", "8.8.8.8", "1.1.1.1"])] == [
        "8.8.8.8",
        "1.1.1.1",
    ]


@pytest.mark.parametrize(
    ("url", "whole"),
    [
        ("HTTP://Ex.com", "http://ex.com/"),
        ("https://ex.com:443/a?b=c#d", "https://ex.com/a?b=c"),
        ("http://bücher.example/ü?q=a b&x=100%", "http://xn--bcher-kva.example/%C3%BC?q=a%20b&x=100%25"),
        ("http://ex.com?x", "http://ex.com/?x"),
        ("http://[2606:4700::0001]:8080/", "http://[2606:4700::1]:8080/"),
        (" http://ex.com/a%2Fb ", "http://ex.com/a%2Fb"),
    ],
)
def test_a_plain_address_is_read_as_browsers_read_it(url, whole):
    assert urls.parse(url, longest=2000).url == whole


def test_parameters_are_added_to_the_query_that_is_there():
    assert urls.parse("http://ex.com/a?b=c", longest=200, params={"q": "a b&c"}).path == "/a?b=c&q=a+b%26c"


@pytest.mark.parametrize(
    "url",
    [
        "", "ex.com", "ftp://ex.com/", "file:///etc/passwd", "http:/ex.com", "http:///x", "http://ex.com:0/",
        "http://ex.com:99999/", "http://ex.com:8o/", "http://user:hunter2@ex.com/", "http://ex.com\\@evil.com/",
        "http://ex.com/\r\nHost: evil", "http://ex.com/\x00", "http://ex .com/", "http://%65x.com/", "http://-ex.com/",
        "http://[::1", "http://[fe80::1%25eth0]/", "http://[1.2.3.4]/", "http://ex..com/",
        "http://" + "a" * 64 + ".com",
        "http://ex.com/" + "a" * 2000, "http://ex.com/" + "ü" * 400, "http://\udcff.com/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_two_readers_could_read_differently_is_no_address(url):
    """The refusal is one sentence, which repeats no password."""
    with pytest.raises(Permanent, match=r"^The address .*\.$") as refused:
        urls.parse(url, longest=2000)
    assert "hunter2" not in refused.value.detail


def test_a_query_is_never_shown():
    assert urls.parse("http://ex.com/a?api_key=hunter2", longest=200).shown == "http://ex.com/a"
