"""Ask by message batches: half the price, an answer within a day; the step waits without a worker.

A batch of one request each: steps of a run become ready one by one, and a batch costs nothing of its own. Every look at
it is a ledger call; on resume the looks made already are replayed and one more is made.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from research.engine.domain.canonical import digest
from research.engine.domain.errors import Permanent, Transient, Waiting
from research.engine.domain.usage import Usage
from research.engine.ports import CallOutcome, CallRequest, EngineContext

from . import failures, pricing
from .client import MessagesClient
from .settings import AnthropicSettings
from .stream import Garbled, as_message

NAME = "anthropic/batches"
# A batch that expired or met an overloaded model is made once more.
ROUNDS = 2
_TIMEOUT_S = 120.0
# Looks become rarer, each twice as far away as the one before: a day of waiting is about thirty rows of the ledger.
_LONGEST_POLL_S = 3_600.0


async def through(
    client: MessagesClient,
    call: CallRequest,
    request: Mapping[str, Any],
    *,
    context: EngineContext,
    settings: AnthropicSettings,
) -> CallOutcome:
    """Return the answer to `request` by way of a batch.

    Raises `Waiting` while it is being worked on, `Permanent` when two batches in a row gave no answer, and what
    `ports.Calls.make` raises.
    """
    batch = _Batch(client, call, request, context, settings)
    reason = ""
    for number in range(1, ROUNDS + 1):
        try:
            return await batch.answer(number)
        except _NoAnswer as error:
            reason = error.detail
            context.observer.note("batch.again", number=number, reason=reason)
    raise Permanent(f"Two batches gave no answer ({reason}): retry the step, or run it without batches.")


class _NoAnswer(Transient):
    """A batch ended without the answer. No other `Transient` is: a batch nobody can look at now is still at work."""


class _Batch:
    def __init__(
        self,
        client: MessagesClient,
        call: CallRequest,
        request: Mapping[str, Any],
        context: EngineContext,
        settings: AnthropicSettings,
    ) -> None:
        self._client = client
        self._call = call
        self._request = dict(request)
        self._context = context
        self._settings = settings
        self._custom_id = digest(self._request)[:40]

    async def answer(self, number: int) -> CallOutcome:
        batch_id = await self._created(number)
        await self._ended(batch_id)
        return await self._result(batch_id, number)

    async def _created(self, number: int) -> str:
        async def perform(_key: str) -> CallOutcome:
            made = await self._client.create_batch([{"custom_id": self._custom_id, "params": self._request}])
            if not isinstance(made.get("id"), str):
                raise failures.broken("a batch without its number", call=self._told())
            return CallOutcome(payload={"id": made["id"]}, held=True)

        arguments = self._call.arguments | {"batch": "create", "number": number}
        asked = self._call.model_copy(update={"arguments": arguments})
        made = await self._context.calls.make(asked, perform, timeout_s=_TIMEOUT_S, provider=True)
        self._created_by = made.call_key
        return str(made.payload["id"])

    async def _ended(self, batch_id: str) -> None:
        """Look at the batch until it has ended: past looks are replayed, and one new one is made."""
        for look in itertools.count(1):
            new: list[bool] = []

            async def perform(_key: str, new: list[bool] = new) -> CallOutcome:
                seen = await self._client.get_batch(batch_id)
                new.append(True)
                return CallOutcome(payload={"status": seen.get("processing_status", "")})

            request = CallRequest(kind="model", name=NAME, arguments={"batch": batch_id, "look": look})
            seen = await self._context.calls.make(request, perform, timeout_s=_TIMEOUT_S, provider=True)
            if seen.payload["status"] == "ended":
                return
            if new:
                raise Waiting(
                    "Its model call is part of a batch, which takes up to a day and costs half.",
                    wait_s=min(self._settings.batch_poll_s * 2 ** (look - 1), _LONGEST_POLL_S),
                )

    async def _result(self, batch_id: str, number: int) -> CallOutcome:
        async def perform(_key: str) -> CallOutcome:
            rows = await self._client.batch_results(batch_id)
            result = next((row.get("result") for row in rows if row.get("custom_id") == self._custom_id), None)
            return self._read(result if isinstance(result, Mapping) else None)

        arguments = {"batch": batch_id, "results": self._custom_id, "number": number}
        # What the making of the batch has set aside pays for it; nothing is set aside twice.
        request = CallRequest(
            kind="model",
            name=self._call.name,
            arguments=arguments,
            estimate=Usage(),
            settles=self._created_by,
        )
        outcome = await self._context.calls.make(request, perform, timeout_s=_TIMEOUT_S, provider=True)
        # Told as an outcome, so that what was set aside for the batch is given back; then it fails all the same.
        failed = outcome.payload.get("failed")
        if not failed:
            return outcome
        kinds = {"gone": failures.ModelUnavailable, "final": Permanent}
        raise kinds.get(outcome.payload.get("kind", ""), _NoAnswer)(failed)

    def _read(self, result: Mapping[str, Any] | None) -> CallOutcome:
        kind = result.get("type") if result else "missing"
        if result and kind == "succeeded":
            given = result.get("message")
            told = given if isinstance(given, Mapping) else {}
            usage = pricing.usage_of(told, at=self._context.clock.now(), batch=True)
            try:
                message = as_message(given)
            except Garbled as damage:
                # It is paid for all the same.
                return CallOutcome(payload={"failed": f"The Messages API sent {damage} by a batch."}, usage=usage)
            return CallOutcome(payload={"message": message, "request_id": None}, usage=usage)
        if result and kind == "errored":
            error = failures.of_answer(
                status=200,
                headers={},
                body=result.get("error"),
                call=self._told(),
            )
            kind = "later" if isinstance(error, Transient) else "gone" if failures.fallback_worthy(error) else "final"
            return CallOutcome(payload={"failed": error.detail, "kind": kind})
        return CallOutcome(payload={"failed": f"The batch ended without an answer ({kind})."})

    def _told(self) -> failures.Call:
        model = str(self._request["model"])
        return failures.Call(model=model, key=self._settings.api_key, now=self._context.clock.now())
