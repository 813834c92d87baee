"""A body, its compression and its slowness never pass the limits."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib

import brotli
import pytest
from net_world import MEGABYTE, SITE, fails, run

from research.engine.domain.errors import Permanent, Transient
from research.engine.net import bodies
from tests.doubles import web_server
from tests.doubles.web_server import page

CODINGS = {
    "gzip": gzip.compress,
    "x-gzip": lambda data: gzip.compress(data[:5]) + gzip.compress(data[5:]),
    "deflate": zlib.compress,
    "br": brotli.compress,
}


@pytest.mark.parametrize("coding", CODINGS)
def test_a_compressed_body_is_given_decompressed(coding):
    data = b"0123456789" * 100_000

    async def test(world):
        world.site.on("/", page(CODINGS[coding](data), headers={"Content-Encoding": coding}))
        assert (await world.http.get(f"{SITE}/")).body == data

    run(test)


def test_a_raw_deflate_body_is_read_too():
    """Some servers leave the zlib frame out, as browsers know."""
    packer = zlib.compressobj(wbits=-15)

    async def test(world):
        world.site.on("/", page(packer.compress(b"plain") + packer.flush(), headers={"Content-Encoding": "deflate"}))
        assert (await world.http.get(f"{SITE}/")).body == b"plain"

    run(test)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_bomb_stops_at_the_limit(coding):
    """A few kilobytes that unpack to 64 MiB are given up at 1 MiB."""
    bomb = page(CODINGS[coding](bytes(64 * MEGABYTE)), headers={"Content-Encoding": coding})
    fails(Permanent, bomb, match="larger than 1,048,576 bytes", max_bytes=MEGABYTE)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_bomb_in_one_piece_takes_no_more_memory_than_the_limit(coding):
    """All of it comes at once and unpacks to 64 MiB; about the limit of 1 MiB is ever held."""
    bomb = CODINGS[coding](bytes(64 * MEGABYTE))

    async def whole():
        yield bomb

    tracemalloc.start()
    try:
        with pytest.raises(bodies.TooLarge):
            asyncio.run(bodies.read(whole(), coding=coding, limit=MEGABYTE))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MEGABYTE


def test_a_bomb_in_a_bomb_and_unknown_codings_are_refused():
    twice = gzip.compress(gzip.compress(bytes(MEGABYTE)))
    fails(Permanent, page(twice, headers={"Content-Encoding": "gzip, gzip"}), match="not read here")
    fails(Permanent, page(b"x", headers={"Content-Encoding": "compress"}), match="not read here")
    fails(Permanent, page(b"plain", headers={"Content-Encoding": "gzip"}), match="not compressed as it says")
    fails(Permanent, page(gzip.compress(b"") * 20_000, headers={"Content-Encoding": "gzip"}), match="as it says")


@pytest.mark.parametrize("coding", CODINGS)
def test_a_compressed_body_without_its_end_is_cut(coding):
    """The length is right, but what it holds is half: a page must not lose its second half in silence."""
    half = CODINGS[coding](bytes(range(256)) * 4)[:-7]
    fails(Transient, page(half, headers={"Content-Encoding": coding}), match="was cut")


def test_a_large_body_is_refused_by_its_length_or_by_what_comes():
    ok = b"HTTP/1.1 200 OK\r\n"
    fails(Permanent, page(bytes(2000)), match="larger than 1,000", how={"max_bytes": 1000})
    fails(Permanent, web_server.raw(ok + b"Content-Length: 9999999999\r\n\r\n"), match="larger")
    fails(Permanent, web_server.endless(ok + b"\r\n"), match="larger")
    fails(Permanent, page(bytes(2000)), match="larger than 1,000", how={"max_bytes": 5000}, max_bytes=1000)


def test_long_headers_are_refused():
    fails(Permanent, page(headers={"X": "y" * 70_000}), match="headers")
    fails(Transient, web_server.endless(b"HTTP/1.1 200 OK\r\nX: "), match="no HTTP")


def test_a_slow_drip_does_not_outlive_the_whole_time():
    fails(Transient, web_server.drip(every_s=0.02), match=r"in full within 0\.3 s", total_s=0.3)
    fails(Transient, page(pause_s=30), match=r"in full within 0\.3 s", total_s=0.3)


def test_the_caller_may_stop_waiting():
    """A cancelled request closes its connection; the next one is served."""

    async def test(world):
        world.site.on("/", page(pause_s=30)).on("/b", page())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(world.http.get(f"{SITE}/"), 0.1)
        assert (await world.http.get(f"{SITE}/b")).status == 200
        assert world.site.connections == 2

    run(test)
