"""The two tools that only take notes: what does not fit their form is told to the model, which goes on."""

from __future__ import annotations

import pytest
from test_claude_investigate import KEEP, LOOK, REPORT, look

from research.engine.verticals import registry
from tests.doubles import messages_build as build


@pytest.mark.parametrize(
    ("use", "told"),
    [
        (build.tool_use("keep_quote", document="1"), "Not taken: 'quote': Field required."),
        (build.tool_use("keep_quote", document="1", quote="x", relevance="very"), "Not taken: 'relevance':"),
        (build.tool_use("report", outcome="perhaps", reason="So."), "Not taken: 'outcome':"),
        (build.tool_use("report"), "Not taken: 'outcome':"),
    ],
)
def test_a_note_that_does_not_fit_its_form_is_told_and_the_investigation_goes_on(use, told):
    found, table = look([LOOK, build.asking(use), build.asking(KEEP), REPORT])
    (result,) = table.requests[2]["messages"][-1]["content"]
    assert result["is_error"]
    assert result["content"].startswith(told)
    assert found.outcome == "found"


def test_notes_of_a_turn_are_taken_after_its_searches_and_in_order():
    """What a turn looks up and quotes at once is there when the quote is looked for."""
    found, table = look([build.asking(KEEP, *LOOK["content"], *REPORT["content"])])
    assert len(found.findings) == 1
    assert found.reason == "It is said."
    assert len(table.requests) == 1


def test_the_same_quote_twice_is_kept_once():
    found, _ = look([LOOK, build.asking(KEEP, {**KEEP, "id": "toolu_2"}), REPORT])
    assert len(found.findings) == 1


@pytest.mark.parametrize(
    ("lists", "host", "may"),
    [
        ({}, "news.example.com", True),
        ({"blocked_domains": ("quora.com",)}, "quora.com", False),
        ({"blocked_domains": ("quora.com",)}, "www.quora.com", False),
        ({"blocked_domains": ("quora.com",)}, "notquora.com", True),
        ({"allowed_domains": ("gov.example",)}, "law.gov.example", True),
        ({"allowed_domains": ("gov.example",), "blocked_domains": ("x.org",)}, "news.example.com", False),
    ],
)
def test_a_verticals_lists_of_domains_say_which_hosts_are_read(lists, host, may):
    assert registry.get("saas").model_copy(update={"blocked_domains": (), **lists}).may_read(host) is may
