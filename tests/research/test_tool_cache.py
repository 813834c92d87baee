"""What tools brought is found again in the process, then in the shared cache, until its time is over."""

from __future__ import annotations

import asyncio

import pytest
from django.core.cache import caches

from research.adapters import tool_cache
from research.adapters.tool_cache import NAME, TwoLevelCache

VALUE = {"payload": {"note": "found"}, "call_key": "k1"}


@pytest.fixture(autouse=True)
def _empty(settings):
    settings.CACHES = {**settings.CACHES, NAME: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    caches[NAME].clear()


def get(cache, key="a"):
    return asyncio.run(cache.get(key))


def put(cache, key="a", value=VALUE, *, ttl_s=60.0):
    asyncio.run(cache.put(key, value, ttl_s=ttl_s))


def test_what_was_put_is_found_and_nothing_else():
    cache = TwoLevelCache()
    put(cache)
    assert get(cache) == VALUE
    assert get(cache, "b") is None


def test_another_process_finds_it_in_the_shared_cache_and_then_near():
    put(TwoLevelCache())
    other = TwoLevelCache()
    assert get(other) == VALUE
    caches[NAME].clear()
    assert get(other) == VALUE
    assert get(TwoLevelCache()) is None


def test_what_is_over_is_not_found_near_or_shared():
    cache = TwoLevelCache()
    put(cache, ttl_s=-1)
    assert get(cache) is None
    caches[NAME].set(tool_cache._PREFIX + "a", {"value": VALUE, "until": 0.0}, timeout=60)
    assert get(cache) is None


def test_the_process_keeps_so_many_and_forgets_what_was_not_asked_for_longest():
    cache = TwoLevelCache()
    for number in range(tool_cache._MOST):
        put(cache, str(number))
    assert get(cache, "0") == VALUE
    put(cache, "one more")
    caches[NAME].clear()
    assert get(cache, "1") is None
    assert get(cache, "0") == VALUE


class Away:
    """A shared cache that does not answer."""

    def __init__(self, *_args) -> None: ...

    def get(self, _key):
        raise ConnectionError("away")

    def set(self, *_args, **_more):
        raise ConnectionError("away")

    def close(self) -> None: ...

    clear = close


def test_a_shared_cache_that_is_away_is_a_miss_and_never_an_error(settings, caplog):
    settings.CACHES = {**settings.CACHES, NAME: {"BACKEND": f"{__name__}.Away"}}
    cache = TwoLevelCache()
    assert get(cache) is None
    put(cache)
    assert get(cache) == VALUE
    assert "did not answer" in caplog.text
    assert "took nothing" in caplog.text


def test_what_somebody_else_put_there_is_a_miss():
    caches[NAME].set(tool_cache._PREFIX + "a", "no answer of ours", timeout=60)
    assert get(TwoLevelCache()) is None
