"""Answers of a fixed form: read, checked, repaired once, and then left to a person."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel
from test_claude_asking import PROMPT, models

from research.engine.domain.errors import InvalidInput, Permanent
from research.engine.providers.anthropic import structured
from research.engine.providers.anthropic.settings import OPUS, SONNET
from tests.doubles import claude
from tests.doubles import messages_build as build


class Form(BaseModel):
    number: int


def give(desk, *, check=None):
    return asyncio.run(
        structured.ask(desk.asker(), role="extract", prompt=PROMPT, ask="Which?", form=Form, check=check)
    )


RIGHT = '{"number": 7}'


@pytest.mark.parametrize(
    "text", [RIGHT, f"```json\n{RIGHT}\n```", f"```\n{RIGHT}```", f"Here it is:\n{RIGHT}\nI hope it helps."]
)
def test_json_is_read_with_fences_and_words_around_it(text):
    desk = claude.Desk([build.message(build.text(text))])
    given = give(desk)
    assert given.value.number == 7
    assert given.call_key in desk.ledger.finished
    assert desk.requests[0]["output_config"]["format"]["type"] == "json_schema"


WRONG = [
    build.message(build.text("Seven.")), build.message(build.text('{"number": "many"}')), build.message(build.text("")),
    build.message(), build.message(build.text(RIGHT), stop_reason="max_tokens"),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_answer_is_repaired_once_and_told_what_is_wrong(wrong):
    desk = claude.Desk([wrong, build.message(build.text(RIGHT))])
    assert give(desk).value.number == 7
    _, said, told = desk.requests[1]["messages"]
    assert said["content"]
    assert all(block.get("text") != "" for block in said["content"])
    assert told["content"][0]["text"].startswith("That answer cannot be used: ")


@pytest.mark.parametrize("wrong", WRONG)
def test_a_second_wrong_answer_is_the_end(wrong):
    desk = claude.Desk([wrong, wrong])
    with pytest.raises(Permanent, match="wrong a second time"):
        give(desk)


def test_what_a_check_says_is_told_and_repaired():
    def odd(form):
        if form.number == 7:
            raise InvalidInput("Seven is taken.")

    desk = claude.Desk([build.message(build.text(RIGHT)), build.message(build.text('{"number": 8}'))])
    assert give(desk, check=odd).value.number == 8
    assert "Seven is taken." in desk.requests[1]["messages"][-1]["content"][0]["text"]


def test_what_a_model_declines_is_asked_of_the_other_and_then_of_a_person():
    declined = build.message(stop_reason="refusal")
    desk = claude.Desk([declined, build.message(build.text(RIGHT))])
    assert give(desk).value.number == 7
    assert models(desk) == [SONNET, OPUS]
    desk = claude.Desk([declined, declined])
    with pytest.raises(Permanent, match="declined"):
        give(desk)


def test_more_than_a_model_can_hold_is_for_a_person_to_cut():
    desk = claude.Desk([build.message(stop_reason="model_context_window_exceeded")])
    with pytest.raises(Permanent, match="more to read"):
        give(desk)
    assert len(desk.requests) == 1


def test_a_server_without_schemas_is_told_the_form_in_words():
    desk = claude.Desk([build.message(build.text(RIGHT))], structured_outputs=False, prompt_caching=False)
    give(desk)
    (request,) = desk.requests
    assert "format" not in request["output_config"]
    assert '"number"' in request["system"][1]["text"]
    assert "cache_control" not in request["system"][0]


def test_a_repair_can_be_put_together_from_the_ledger():
    desk = claude.Desk([build.message(build.text("Seven.")), build.message(build.text(RIGHT))])
    give(desk)
    assert [request for request, _ in claude.sent(desk.ledger)] == desk.requests
