"""Claude's side of the flow tests: an analyst with a plan of chosen tasks, which counts and compares what it is asked.

Nothing of Django here: the crash harness starts the server before Django is set up.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from research.engine.domain.canonical import digest
from tests.doubles import messages_build as build
from tests.doubles.analyst import Analyst, role_of
from tests.doubles.messages_server import BATCHES, MESSAGES, MessagesServer, Seen

PROMPT = "A market for research desks that prove what they say"
VERTICAL = "saas"
# Of the template of VERTICAL: nine to research, two to conclude from them (one searches too), one of requirements.
TWELVE = (
    "problem",
    "product",
    "market-revenue",
    "trends",
    "customers",
    "competition",
    "pricing",
    "privacy-law",
    "voices",
    "value-synthesis",
    "personas-synthesis",
    "requirements-synthesis",
)
SEARCHING = 10
FOUR = ("customers", "pricing", "privacy-law", "value-synthesis")


class Desk(Analyst):
    """An analyst that plans these tasks alone, and checks that a conversation comes back as it was sent."""

    def __init__(self, tasks: Sequence[str], **more: Any) -> None:
        super().__init__(**more)
        self._keys = tasks
        # What was answered to the messages with this digest, each time they were sent.
        self._said: dict[str, list[Any]] = {}
        self.continued = 0

    def answer(self, request: dict[str, Any], number: int) -> dict[str, Any]:
        self._check_what_comes_back(request)
        made = super().answer(request, number)
        self._said.setdefault(_talk(request["messages"]), []).append(made["content"])
        return made

    def _check_what_comes_back(self, request: dict[str, Any]) -> None:
        messages = request["messages"]
        for place, message in enumerate(messages):
            if message["role"] == "assistant":
                said = self._said.get(_talk(messages[:place]), [])
                assert message["content"] in said, f"turn {place} of a conversation is not what was sent for it"
        if messages[-1]["role"] == "assistant":
            assert messages[-1]["content"][-1]["type"] == "server_tool_use", "nothing was paused here"
            self.continued += 1

    def _plan(self, request: dict[str, Any]) -> dict[str, Any]:
        plan = json.loads(super()._plan(request)["content"][0]["text"])
        tasks = [task for task in plan["tasks"] if task["key"] in self._keys]
        kept = [{**task, "depends_on": [key for key in task["depends_on"] if key in self._keys]} for task in tasks]
        return build.message(build.structured({**plan, "tasks": kept}))


def _talk(messages: Sequence[dict[str, Any]]) -> str:
    """Return the digest of messages without the marks for the cache, which move on with the last turn."""

    def unmarked(message: dict[str, Any]) -> dict[str, Any]:
        blocks = message["content"]
        bare = [{name: value for name, value in block.items() if name != "cache_control"} for block in blocks]
        return {**message, "content": bare}

    return digest([unmarked(message) for message in messages])


def bought(requests: Iterable[Seen]) -> Iterator[tuple[str, str]]:
    """Yield digest and role of every message's request the server got, alone or in a batch."""
    for seen in requests:
        if seen.method != "POST":
            continue
        if seen.path == MESSAGES:
            yield _named({name: value for name, value in seen.body.items() if name != "stream"})
        elif seen.path == BATCHES:
            for item in seen.body["requests"]:
                yield _named(item["params"])


def _named(request: dict[str, Any]) -> tuple[str, str]:
    return digest(request), role_of(request)


def times(server: MessagesServer) -> Counter[str]:
    """Return how often the server was asked for each message, by the digest of its request."""
    return Counter(name for name, _ in bought(list(server.requests)))
