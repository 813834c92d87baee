"""Answers of a fixed form: asked for by a schema, checked here, sent back once when they do not fit."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from research.engine.domain.errors import InvalidInput, Permanent
from research.engine.prompts.loader import Prompt

from . import blocks
from .asking import Answer, Asked, Asker
from .settings import Role

M = TypeVar("M", bound=BaseModel)
_FENCE = "```"
_QUOTED = 600
_FULL = "There is more to read than the model can hold: take documents or claims out, or split the task."


class Given(NamedTuple, Generic[M]):
    """An answer that fits, and the key of the call that brought it."""

    value: M
    call_key: str


async def ask(
    asker: Asker,
    *,
    role: Role,
    prompt: Prompt,
    ask: str,
    form: type[M],
    check: Callable[[M], None] | None = None,
) -> Given[M]:
    """Return the model's answer to `ask` as a `form`.

    check: raises `InvalidInput` for an answer that fits the form and is wrong all the same. A wrong answer is repaired
    once, told what is wrong. Raises `Permanent` when it is wrong again, or the model will not answer, and what
    `Asker.ask` raises.
    """
    messages: list[dict[str, Any]] = [{"role": "user", "content": [{"type": "text", "text": ask}]}]
    first = await _answer(asker, role, prompt, messages, messages, form, after="")
    value, wrong = _read(first.message, form, check)
    if value is not None:
        return Given(value, first.call_key)
    told = {"role": "user", "content": [{"type": "text", "text": f"That answer cannot be used: {wrong} Give it anew."}]}
    again = [*messages, {"role": "assistant", "content": blocks.sent_back(first.message)}, told]

    def right(message: Mapping[str, Any]) -> M:
        value, wrong = _read(message, form, check)
        if value is None:
            raise Permanent(f"The model's answer for the role '{role}' is wrong a second time: {wrong} Retry the step.")
        return value

    second = await _answer(asker, role, prompt, again, [told], form, after=first.call_key, accept=right)
    return Given(right(second.message), second.call_key)


async def _answer(
    asker: Asker,
    role: Role,
    prompt: Prompt,
    messages: list[dict[str, Any]],
    fresh: list[dict[str, Any]],
    form: type[BaseModel],
    *,
    after: str,
    accept: Callable[[Mapping[str, Any]], object] | None = None,
) -> Answer:
    """Return the answer; one that is declined is asked of the fallback model. accept: as `Asked` has it."""
    request: dict[str, Any] = {"system": system_of(prompt, caching=asker.settings.prompt_caching), "messages": messages}
    if asker.settings.structured_outputs:
        # The first schema loads the vendor's library, which takes as long as a call.
        schema = await asyncio.to_thread(schema_of, form)
        request["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    else:
        request["system"] = [*request["system"], {"type": "text", "text": _in_words(form)}]

    fallback = asker.who(role).fallback

    def usable(message: Mapping[str, Any], *, last: bool = True) -> None:
        """Raise for an answer that ends the step. Its call has failed then, so a retry of the step asks anew."""
        reason = blocks.stop_reason(message)
        if reason == "model_context_window_exceeded":
            raise Permanent(_FULL)
        if reason == "refusal" and last:
            raise Permanent(
                f"The model declined to answer for the role '{role}': change the prompt, or do this by hand."
            )
        if reason != "refusal" and accept is not None:
            accept(message)

    first = functools.partial(usable, last=not fallback)
    asked = Asked(role=role, prompt=prompt, request=request, fresh=fresh, after=after, accept=first)
    answer = await asker.ask(asked)
    if blocks.stop_reason(answer.message) == "refusal" and fallback and fallback != answer.model:
        answer = await asker.ask(asked._replace(accept=usable), model=fallback)
    usable(answer.message)
    return answer


def system_of(prompt: Prompt, *, caching: bool) -> list[dict[str, Any]]:
    """Return the prompt's fixed words as the system prompt, marked for the cache where that is wanted."""
    block: dict[str, Any] = {"type": "text", "text": prompt.system}
    return [block | {"cache_control": {"type": "ephemeral"}}] if caching else [block]


@functools.cache
def schema_of(form: type[BaseModel]) -> Mapping[str, Any]:
    """Return the form as a JSON schema of the kind the API takes: what it does not know of stands in descriptions."""
    from anthropic import transform_schema

    return dict(transform_schema(form))


def _in_words(form: type[BaseModel]) -> str:
    schema = json.dumps(form.model_json_schema(), ensure_ascii=False)
    return f"Answer with one JSON object and nothing else, of this schema:\n{schema}"


def _read(message: Mapping[str, Any], form: type[M], check: Callable[[M], None] | None) -> tuple[M | None, str]:
    """Return the answer as a form, or None and what is wrong with it in a sentence."""
    reason = blocks.stop_reason(message)
    if reason == "max_tokens":
        return None, "it was cut off at the longest length an answer may have, so be shorter."
    try:
        value = form.model_validate_json(_json_in(blocks.text_of(message)))
        if check is not None:
            check(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        return None, f"at '{where}': {first['msg']}."[:_QUOTED]
    except InvalidInput as error:
        return None, error.detail[:_QUOTED]
    return value, ""


def _json_in(text: str) -> str:
    """Return the JSON in an answer: some servers put it between words or fences."""
    stripped = text.strip()
    if stripped.startswith(_FENCE):
        stripped = stripped.strip("`").removeprefix("json").strip()
    start, end = stripped.find("{"), stripped.rfind("}")
    return stripped[start : end + 1] if 0 <= start < end else stripped
