"""The messages of one investigation, within a number of tokens: what is archived is taken out, quotes stay kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Block = dict[str, Any]
Message = dict[str, Any]

# Of the newest turns nothing is taken out: the model is at work on them.
KEPT_TURNS = 3
CHARS_A_TOKEN = 3.0
_DROPPED = "(taken out to save room; its documents are archived, quotes kept from them stay kept)"
_RESULTS = ("web_search_tool_result", "web_fetch_tool_result")


class Conversation:
    """Messages in the API's form. `fresh` are those that no call has recorded yet."""

    def __init__(self, first: str) -> None:
        self._messages: list[Message] = [_user([{"type": "text", "text": first}])]
        self._recorded = 0
        self.trimmed = 0

    @property
    def fresh(self) -> Sequence[Mapping[str, Any]]:
        return self._messages[self._recorded :]

    def request(self, *, caching: bool) -> list[Message]:
        """Return the messages as they are to be sent; the last is marked for the cache where that is wanted."""
        messages = list(self._messages)
        last = messages[-1]
        if caching and last["role"] == "user" and last["content"]:
            *before, end = last["content"]
            messages[-1] = {**last, "content": [*before, {**end, "cache_control": {"type": "ephemeral"}}]}
        return messages

    def heard(self, content: Sequence[Mapping[str, Any]]) -> None:
        """Add an answer, its blocks unchanged. All that went before it is recorded with its call."""
        # An empty turn is refused by the API: one that said nothing is said so.
        blocks = [dict(block) for block in content] or [{"type": "text", "text": "(no words)"}]
        self._messages.append({"role": "assistant", "content": blocks})
        self._recorded = len(self._messages)

    def say(self, content: list[Block]) -> None:
        """Add what the user's side says: results of tools first, as the API asks."""
        self._messages.append(_user(content))

    def tokens(self) -> int:
        """Return about how many tokens the messages have."""
        return int(len(json.dumps(self._messages, ensure_ascii=False)) / CHARS_A_TOKEN)

    def trim(self, *, limit: int) -> bool:
        """Take bodies out, the oldest first, until about `limit` tokens are left. Return whether anything went.

        Out go results of client tools, and a server's searches and fetches in pairs (a result without its call is
        refused); a text that cites one loses its citations, which would lead nowhere. The same messages are always
        trimmed the same way, so that a resumed conversation asks what was asked before.
        """
        before = self.trimmed
        for place in range(1, max(1, len(self._messages) - KEPT_TURNS)):
            if self.tokens() <= limit:
                break
            message = self._messages[place]
            lean = _without_results(message) if message["role"] == "user" else _without_server_pairs(message)
            if lean is not None:
                self._messages[place] = lean
                self.trimmed += 1
        return self.trimmed > before


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


def _without_server_pairs(message: Message) -> Message | None:
    """Return an answer without the server's finished searches and fetches, None when it has none."""
    done = {block.get("tool_use_id") for block in message["content"] if block.get("type") in _RESULTS}
    if not done:
        return None
    content: list[Block] = []
    for block in message["content"]:
        if block.get("type") in _RESULTS or (block.get("type") == "server_tool_use" and block.get("id") in done):
            continue
        lean = {name: value for name, value in block.items() if name != "citations"}
        content.append(lean if block.get("type") == "text" else block)
    return {**message, "content": content or [{"type": "text", "text": _DROPPED}]}
