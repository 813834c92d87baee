"""The messages of one investigation, within a number of tokens: what is archived is taken out, quotes stay kept."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from . import blocks

Block = dict[str, Any]
Message = dict[str, Any]

# Of the newest turns nothing is taken out: the model is at work on them.
KEPT_TURNS = 3
CHARS_A_TOKEN = 3.0
_DROPPED = "(taken out to save room; its documents are archived, quotes kept from them stay kept)"
_RESULTS = ("web_search_tool_result", "web_fetch_tool_result")


class Conversation:
    """Messages in the API's form. `fresh` are those that no call has recorded yet.

    changed: recorded ones that read otherwise since, by their place: with what the calls recorded, the conversation can
    be put together again from the ledger alone.
    """

    def __init__(self, first: str) -> None:
        self._messages: list[Message] = [_user([{"type": "text", "text": first}])]
        self._recorded = 0
        self._changed: dict[int, Message] = {}

    @property
    def fresh(self) -> Sequence[Mapping[str, Any]]:
        return self._messages[self._recorded :]

    @property
    def changed(self) -> Mapping[str, Mapping[str, Any]]:
        return {str(place): message for place, message in sorted(self._changed.items())}

    def request(self, *, caching: bool) -> list[Message]:
        """Return the messages as they are to be sent; the last is marked for the cache where that is wanted."""
        messages = list(self._messages)
        last = messages[-1]
        if caching and last["role"] == "user" and last["content"]:
            *before, end = last["content"]
            messages[-1] = {**last, "content": [*before, {**end, "cache_control": {"type": "ephemeral"}}]}
        return messages

    def heard(self, content: Sequence[Mapping[str, Any]], *, kept: Sequence[Mapping[str, Any]] | None = None) -> None:
        """Add an answer, its blocks unchanged. All that went before it is recorded with its call.

        kept: those of its blocks that are sent back, None for all.
        """
        said = blocks.sent_back({"content": list(content if kept is None else kept)})
        self._changed.clear()
        if said != list(content):
            self._changed[len(self._messages)] = {"role": "assistant", "content": said}
        self._messages.append({"role": "assistant", "content": said})
        self._recorded = len(self._messages)

    def say(self, content: list[Block]) -> None:
        """Add what the user's side says: results of tools first, as the API asks."""
        self._messages.append(_user(content))

    def tokens(self) -> int:
        """Return about how many tokens the messages have."""
        return int(len(json.dumps(self._messages, ensure_ascii=False)) / CHARS_A_TOKEN)

    def trim(self, *, limit: int) -> bool:
        """Take bodies out, the oldest first, until about `limit` tokens are left. Return whether anything went.

        Out go results of client tools, and a server's searches and fetches in pairs (a call without its result is
        refused, and the other way round); texts from there on lose their citations, which would lead nowhere. The same
        messages are always trimmed the same way, so that a resumed conversation asks what was asked before.
        """
        gone = False
        last = self._trimmable()
        for place in range(1, last):
            if self.tokens() <= limit:
                break
            lean = self._without_pairs(place, last) if _is_answer(self._messages[place]) else self._bare(place)
            gone = gone or bool(lean)
            for number, message in lean.items():
                self._messages[number] = message
                if number < self._recorded:
                    self._changed[number] = message
        return gone

    def _trimmable(self) -> int:
        """Return the place from which on nothing is taken out: a turn that was paused is sent back as it is."""
        last = len(self._messages)
        while _is_answer(self._messages[last - 1]):
            last -= 1
        return min(last, len(self._messages) - KEPT_TURNS)

    def _bare(self, place: int) -> dict[int, Message]:
        lean = _without_results(self._messages[place])
        return {} if lean is None else {place: lean}

    def _without_pairs(self, place: int, last: int) -> dict[int, Message]:
        """Return what changes without the results in the message at `place`; {} where it has none.

        Their calls may stand in an earlier message (after a pause), and texts up to `last` may cite them.
        """
        # A list: an id that is no text (and then no key of a set) is compared all the same.
        done = [block.get("tool_use_id") for block in self._messages[place]["content"] if block.get("type") in _RESULTS]
        if not done:
            return {}
        lean = {
            number: _without(self._messages[number], done, citations=number < place)
            for number in range(1, last)
            if _is_answer(self._messages[number])
        }
        return {number: message for number, message in lean.items() if message != self._messages[number]}


def _user(content: list[Block]) -> Message:
    return {"role": "user", "content": content}


def _without_results(message: Message) -> Message | None:
    """Return a user's message with the bodies of tool results taken out, None when it has none."""
    found = False
    content = []
    for block in message["content"]:
        if (
            block.get("type") == "tool_result"
            and block.get("content") != _DROPPED
            and len(str(block["content"])) > len(_DROPPED)
        ):
            content.append({**block, "content": _DROPPED})
            found = True
        else:
            content.append(block)
    return {**message, "content": content} if found else None


def _without(message: Message, done: Collection[Any], *, citations: bool) -> Message:
    """Return an answer without the server's calls `done` and their results. citations: of its texts are kept."""
    content: list[Block] = []
    for block in message["content"]:
        if block.get("type") in _RESULTS and block.get("tool_use_id") in done:
            continue
        if block.get("type") == "server_tool_use" and block.get("id") in done:
            continue
        lean = {name: value for name, value in block.items() if citations or name != "citations"}
        content.append(lean if block.get("type") == "text" else block)
    return {**message, "content": content or [{"type": "text", "text": _DROPPED}]}


def _is_answer(message: Message) -> bool:
    return bool(message["role"] == "assistant")
