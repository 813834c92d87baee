"""Asking: who answers, what is reserved, what the ledger keeps, and how an answer of a fixed form comes to be right."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from research.engine.domain.errors import BudgetExceeded, Permanent, ProviderDown, Transient
from research.engine.prompts import loader
from research.engine.prompts.loader import Prompt
from research.engine.providers.anthropic import build as engine
from research.engine.providers.anthropic import problem, structured, tools
from research.engine.providers.anthropic.asking import TOKENS_A_SERVER_USE, Asked, Connection
from research.engine.providers.anthropic.failures import ModelUnavailable, Overloaded
from research.engine.providers.anthropic.settings import OPUS, SONNET, AnthropicSettings
from tests.doubles import claude
from tests.doubles import messages_answers as answers
from tests.doubles import messages_build as build
from tests.doubles.engine import MemoryBreakers, MemoryLedger
from tests.doubles.messages_server import MessagesServer

PROMPT = Prompt("judge", "1", "d" * 64, "You judge.", "{claims}")
MESSAGES = [{"role": "user", "content": [{"type": "text", "text": "Well?"}]}]
YES = build.message(build.text("Yes."))


def ask(desk, role="extract", **more):
    return asyncio.run(desk.asker().ask(asked(role, **more)))


def asked(role="extract", **more) -> Asked:
    return Asked(role, PROMPT, {"system": [{"type": "text", "text": "S"}], "messages": MESSAGES}, MESSAGES, **more)


def models(desk):
    return [request["model"] for request in desk.requests]


# ── who answers ──────────────────────────────────────────────────────────────────────────────────


def test_the_roles_model_answers_with_its_effort_and_its_longest_answer():
    desk = claude.Desk([YES])
    answer = ask(desk)
    assert answer.message["content"] == YES["content"]
    assert answer.call_key in desk.ledger.finished
    assert models(desk) == [SONNET] == [answer.model]
    assert (desk.requests[0]["output_config"], desk.requests[0]["max_tokens"]) == ({"effort": "low"}, 16_000)


@pytest.mark.parametrize("error", [ModelUnavailable("no such model"), Overloaded("full", retry_after_s=3600)])
def test_another_model_answers_where_the_first_is_not_there_or_has_no_room(error):
    desk = claude.Desk([error, YES])
    assert ask(desk).model == OPUS
    assert models(desk) == [SONNET, OPUS]
    assert [event for event, _ in desk.observer.notes] == ["model.fallback"]


def test_one_that_has_no_room_for_a_moment_is_tried_again_first():
    desk = claude.Desk([Overloaded("full"), Overloaded("full"), YES])
    assert ask(desk).model == SONNET


def test_one_that_rests_after_failures_is_stood_in_for():
    desk = claude.Desk([YES], breakers=MemoryBreakers(open_names=[f"anthropic/{SONNET}"]))
    assert ask(desk).model == OPUS


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (Permanent("the key is wrong"), Permanent),
        (Transient("the network is away", retry_after_s=3600), ProviderDown),
        (BudgetExceeded("no more"), BudgetExceeded),
    ],
)
def test_what_another_model_would_meet_as_well_goes_up_at_once(error, raised):
    desk = claude.Desk([error])
    with pytest.raises(raised):
        ask(desk)
    assert models(desk) == [SONNET]


def test_a_budget_of_our_own_that_ends_is_no_reason_to_ask_another():
    desk = claude.Desk([YES], ledger=MemoryLedger(limit=0))
    with pytest.raises(BudgetExceeded):
        ask(desk)
    assert models(desk) == []


def test_when_the_last_one_has_no_room_either_the_provider_is_down():
    desk = claude.Desk([Overloaded("full", retry_after_s=90)] * 2)
    with pytest.raises(ProviderDown) as down:
        ask(desk)
    assert (models(desk), down.value.retry_after_s) == ([SONNET, OPUS], 90)


def test_a_role_nobody_does_is_refused_in_a_sentence():
    with pytest.raises(Permanent, match="No model is set for the role 'judge'"):
        ask(claude.Desk([YES]), role="judge")


def test_over_a_socket_a_404_is_answered_by_the_fallback_and_the_connection_is_closed():
    missing = answers.error(404, "not_found_error", f"model: {SONNET}")
    with MessagesServer([missing, YES]) as server:
        desk = claude.Desk([], base_url=server.url, api_key="k")

        async def go():
            connection = Connection(desk.context(), desk.settings)
            desk.client = connection
            answer = await desk.asker().ask(asked())
            await connection.aclose()
            await connection.aclose()
            return answer

        assert asyncio.run(go()).model == OPUS
    assert [seen.body["model"] for seen in server.requests] == [SONNET, OPUS]


def test_who_stood_in_is_replayed_and_stays_although_the_first_has_room_by_now():
    desk = claude.Desk([Overloaded("full", retry_after_s=3600), YES, build.message(build.text("Another."))])
    first = ask(desk)
    again = desk.asker()
    assert asyncio.run(again.ask(asked())) == first
    assert models(desk) == [SONNET, OPUS]
    more = Asked("extract", PROMPT, {"messages": [*MESSAGES, *MESSAGES]}, MESSAGES, after=first.call_key)
    assert asyncio.run(again.ask(more)).model == OPUS


# ── what is reserved and kept ────────────────────────────────────────────────────────────────────


def test_what_a_call_may_use_is_reserved_and_what_it_used_is_kept():
    desk = claude.Desk([build.message(build.text("Yes."), input_tokens=1_000, output_tokens=100)])
    answer = ask(desk, server_uses=3, searches=2)
    ((request, _),) = desk.ledger.rows
    assert request.estimate.tokens >= 3 * TOKENS_A_SERVER_USE + 16_000
    assert request.estimate.searches == 2
    assert request.estimate.cost_usd > Decimal("0.2")
    used = desk.ledger.finished[answer.call_key].usage
    assert used.tokens == 1_100
    assert used.cost_usd == Decimal("0.003")


def test_the_ledger_names_the_prompt_and_holds_no_message_twice():
    desk = claude.Desk([YES, YES])
    first = ask(desk)
    again = [
        *MESSAGES,
        {"role": "assistant", "content": YES["content"]},
        {"role": "user", "content": [build.text("?")]},
    ]
    more = Asked("extract", PROMPT, {"system": "S", "messages": again}, again[-1:], after=first.call_key)
    asyncio.run(desk.asker().ask(more))
    one, two = (request.arguments for request, _ in desk.ledger.rows)
    assert one["prompt"] == {"id": "judge", "version": "1", "digest": "d" * 64}
    assert one["messages"] == MESSAGES
    assert (two["messages"], two["after"]) == (again[-1:], first.call_key)
    assert not {"system", "tools"} & set(two)


# ── the engine as a deployment meets it ──────────────────────────────────────────────────────────


def test_the_engine_says_what_it_needs_and_what_it_brings():
    assert "MRD_ANTHROPIC_API_KEY" in problem(AnthropicSettings())
    assert problem(AnthropicSettings(api_key="k")) == problem(AnthropicSettings(base_url="http://127.0.0.1:1")) == ""
    assert set(tools(AnthropicSettings())) == {"web_search", "web_fetch"}
    assert tools(AnthropicSettings(server_tools=False)) == {}
    assert engine(claude.Desk([]).context()).name == "anthropic"


def test_every_form_is_a_schema_the_api_takes():
    """An object that takes more fields, or one that is not demanded, is refused by the API's schemas."""
    from research.engine.providers.anthropic import forms

    for form in (forms.PlanForm, forms.ClaimsForm, forms.ItemsForm, forms.OpinionsForm, forms.SentencesForm):
        schema = structured.schema_of(form)
        for part in (schema, *schema.get("$defs", {}).values()):
            assert part["additionalProperties"] is False
            assert sorted(part["required"]) == sorted(part["properties"])


def test_every_role_has_its_prompt():
    assert set(loader.names()) >= {
        "plan",
        "investigate",
        "extract",
        "synthesise",
        "require",
        "judge",
        "draft",
        "redraft",
    }
