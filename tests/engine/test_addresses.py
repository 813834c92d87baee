"""Addresses that others wrote: read or passed over, and nothing raised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.engine.reading import addresses

# Texts that `urllib.parse` raises for, or whose host or port it cannot read.
BAD = [
    "http://[::1",
    "http://[::1#x",
    "https://[zz/x",
    "http://[2001:db8::1/law#2",
    "http://a.b:x/",
    "http://a.b:99999/",
]
SIGNS = st.text(alphabet="htps:/[]#?@.a1%℀\x00 ", max_size=30)


@pytest.mark.parametrize("bad", BAD)
def test_what_is_no_address_is_none_and_raises_nothing(bad):
    assert not addresses.is_web(bad)
    assert addresses.page_address(bad) is None
    assert addresses.host_of(bad) == ""


@pytest.mark.parametrize("bad", BAD[:4])
def test_what_is_no_address_keeps_its_fragment(bad):
    assert addresses.defragged(bad) == bad


def test_an_address_is_read():
    assert addresses.defragged("https://a.example/b?c=1#d") == "https://a.example/b?c=1"
    assert addresses.host_of("https://A.Example:8443/b") == "a.example"
    assert addresses.is_web("HTTP://a.example")
    assert addresses.is_web("http://[::1]/law#2")
    assert not any(map(addresses.is_web, ("", "a.example", "ftp://a.example/", "https:///b", "file:///etc/passwd")))


@given(SIGNS, SIGNS)
def test_nothing_raises(start, end):
    for url in (start, f"http://{start}", f"http://[{start}#{end}", f"https://a.b:{start}/{end}"):
        assert isinstance(addresses.defragged(url), str)
        assert isinstance(addresses.host_of(url), str)
        assert addresses.page_address(url) is None or addresses.is_web(url.strip())
