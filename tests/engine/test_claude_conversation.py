"""A long conversation loses stored bodies, oldest first, always the same ones, and never half of a server's pair."""

from __future__ import annotations

import copy
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from research.engine.providers.anthropic.conversation import KEPT_TURNS, Conversation
from tests.doubles import messages_build as build

BODY = "words of a page that fill a window " * 40
URL = "https://example.com/a"
# Long conversations take their time on a busy machine; nothing here is about that.
UNHURRIED = settings(max_examples=200, deadline=None)
# What a model's turn may be. "pause" leaves a fetch for the next turn to end.
TURNS = st.lists(st.sampled_from(["client", "server", "both", "pause", "talk"]), max_size=14)


def told(talk: Conversation):
    return talk.request(caching=False)


def result_of(use: dict) -> dict:
    return {"type": "tool_result", "tool_use_id": use["id"], "content": BODY, "is_error": False}


def played(kinds: list[str]) -> Conversation:
    """Return the conversation of these turns; ids are the same each time."""
    numbers = itertools.count()
    talk = Conversation("The question.")
    pending = None
    for kind in kinds:
        content = []
        if pending is not None:
            content.append(build.result("web_fetch", pending["id"], build.page(URL, BODY)))
            content.append(build.text("It says so.", build.cites_text("words of a page", start=0)))
        pending = None
        if kind in ("server", "both", "pause"):
            search = build.server_tool("web_search", query="q") | {"id": f"srv{next(numbers)}"}
            found = build.result("web_search", search["id"], build.found(*[(f"{URL}{n}", BODY) for n in range(9)]))
            content += [search, found]
        if kind in ("client", "both"):
            content.append(build.tool_use("library_search", query="q") | {"id": f"use{next(numbers)}"})
        if kind == "pause":
            pending = build.server_tool("web_fetch", url=URL) | {"id": f"srv{next(numbers)}"}
            content.append(pending)
        talk.heard(content)
        if kind == "pause":
            continue
        uses = [block for block in content if block["type"] == "tool_use"]
        talk.say([result_of(use) for use in uses] or [{"type": "text", "text": "Go on."}])
    return talk


def pairs(messages) -> tuple[set[str], set[str]]:
    """Return the ids of the server's calls, and those that results name."""
    blocks = [block for message in messages for block in message["content"]]
    calls = {block["id"] for block in blocks if block["type"] == "server_tool_use"}
    return calls, {block["tool_use_id"] for block in blocks if block["type"].startswith("web_")}


@UNHURRIED
@given(TURNS, st.integers(0, 60_000))
def test_no_call_of_the_server_is_ever_left_without_its_result_nor_a_result_without_its_call(kinds, limit):
    talk = played(kinds)
    open_before = set.difference(*pairs(told(talk)))
    talk.trim(limit=limit)
    calls, results = pairs(told(talk))
    assert results <= calls
    assert calls - results == open_before
    assert all(message["content"] for message in told(talk))


@UNHURRIED
@given(TURNS, st.integers(0, 60_000))
def test_client_results_stay_in_their_places_and_the_last_turns_stay_whole(kinds, limit):
    talk, whole = played(kinds), told(played(kinds))
    talk.trim(limit=limit)
    after = told(talk)
    assert after[-KEPT_TURNS:] == whole[-KEPT_TURNS:]
    assert after[0] == whole[0]
    for before, now in zip(whole, after, strict=True):
        assert now["role"] == before["role"]
        if before["role"] == "user":
            ids = [[block.get("tool_use_id") for block in message["content"]] for message in (before, now)]
            assert ids[0] == ids[1]


@UNHURRIED
@given(TURNS, st.integers(0, 60_000))
def test_a_turn_that_waits_for_the_server_is_not_touched(kinds, limit):
    talk, whole = played([*kinds, "pause", "pause", "pause", "pause"]), None
    whole = copy.deepcopy(told(talk))
    talk.trim(limit=limit)
    last = max(place for place, message in enumerate(whole) if message["role"] == "user")
    assert told(talk)[last + 1 :] == whole[last + 1 :]


@UNHURRIED
@given(TURNS, st.integers(0, 60_000))
def test_the_same_conversation_is_trimmed_the_same_way_and_twice_is_as_once(kinds, limit):
    talk, other = played(kinds), played(kinds)
    talk.trim(limit=limit)
    other.trim(limit=limit)
    assert told(talk) == told(other)
    if talk.tokens() <= limit:
        assert not talk.trim(limit=limit)


def test_under_its_limit_nothing_is_taken_out():
    talk = played(["client", "server", "client", "client"])
    before = copy.deepcopy(told(talk))
    assert not talk.trim(limit=10**6)
    assert told(talk) == before


def test_the_oldest_go_first_and_no_more_than_need_to():
    talk = played(["client"] * 6)
    assert talk.trim(limit=talk.tokens() - 10)
    bodies = [message["content"][0]["content"] for message in told(talk)[2::2]]
    assert [body == BODY for body in bodies] == [False, True, True, True, True, True]


def test_texts_after_a_page_that_went_cite_nothing_any_more():
    talk = played(["pause", "client", "client", "client", "client"])
    assert talk.trim(limit=10)
    texts = [block for message in told(talk) for block in message["content"] if block.get("text") == "It says so."]
    assert texts == [{"type": "text", "text": "It says so."}]


def test_only_the_last_message_is_marked_for_the_cache_and_only_for_what_goes_out():
    talk = played(["client", "client"])
    marked = talk.request(caching=True)
    assert ["cache_control" in message["content"][-1] for message in marked] == [False] * 4 + [True]
    assert "cache_control" not in told(talk)[-1]["content"][-1]
    paused = played(["pause"])
    assert paused.request(caching=True) == told(paused)


def test_a_turn_without_a_word_is_said_to_be_so_and_the_ledger_is_told():
    talk = Conversation("The question.")
    talk.heard([])
    assert told(talk)[1]["content"] == [{"type": "text", "text": "(no words)"}]
    assert dict(talk.changed) == {"1": told(talk)[1]}


def test_fresh_are_the_messages_no_call_has_recorded_and_changed_those_that_read_otherwise_since():
    talk = played(["client"] * 5)
    assert [message["role"] for message in talk.fresh] == ["user"]
    talk.trim(limit=10)
    assert list(talk.changed) == ["2", "4", "6"]
    talk.heard([build.text("I see.")])
    assert (list(talk.fresh), dict(talk.changed)) == ([], {})
