"""A SearXNG instance gives leads: clean addresses, folded words, and what did not answer, named."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from pydantic import ValidationError
from tool_replies import Replies, context

from research.engine.domain.errors import Permanent, Transient
from research.engine.domain.usage import Usage
from research.engine.ports import ToolResult
from research.engine.tools import searxng

BASE = "http://searxng.lan:8080/find"


def row(url: str, **more) -> dict:
    return {"url": url, "title": "A page", "content": "Some words.", "engine": "bing", "engines": ["bing"],
            "score": 1.0, "category": "general", "publishedDate": None, **more}  # fmt: skip


def answer(*rows: dict, **more) -> dict:
    return {"query": "q", "number_of_results": 0, "results": list(rows), "answers": [], "corrections": [],
            "infoboxes": [], "suggestions": [], "unresponsive_engines": [], **more}  # fmt: skip


def ask(reply, /, base: str = BASE, **arguments) -> tuple[ToolResult, Replies]:
    http = Replies({"/find/search": reply, "/search": reply})
    tool = searxng.build(context(http, base_url=base))
    return asyncio.run(tool.run(tool.arguments.model_validate({"query": "skill games", **arguments}))), http


def urls(result: ToolResult) -> list[str]:
    return [listing.url for listing in result.listings]


def test_a_result_becomes_a_listing_with_folded_words_and_its_day():
    found = row(
        "https://www.nj.gov/oag/ge/news?id=1#top", title="  Skill\n games\u202e ", content="a\t\x07b  c" + "x" * 5_000,
        publishedDate="2026-03-05T10:00:00",
    )  # fmt: skip
    result, _ = ask(answer(found))
    (listing,) = result.listings
    assert listing.url == "https://www.nj.gov/oag/ge/news?id=1"
    assert listing.title == "Skill games"
    assert listing.excerpt.startswith("a b cx")
    assert len(listing.excerpt) == 1_000
    assert listing.published_date == dt.date(2026, 3, 5)
    assert (result.hits, result.documents, result.note) == ((), (), "")
    assert result.usage == Usage(calls=1, searches=1)


def test_only_the_documented_parameters_go_out_and_empty_ones_do_not():
    _, http = ask(
        answer(), page=2, language="fr-CA", time_range="year", categories=["news"], domains=["nj.gov", "x.org"]
    )
    assert http.sent == [
        (
            "http://searxng.lan:8080/find/search",
            {"q": "skill games site:nj.gov OR site:x.org", "format": "json", "pageno": "2", "language": "fr-CA",
             "time_range": "year", "categories": "news"},
            {},
        )
    ]  # fmt: skip
    _, http = ask(answer(), base="https://search.example.org/")
    assert http.sent == [
        ("https://search.example.org/search", {"q": "skill games", "format": "json", "pageno": "1"}, {})
    ]


@pytest.mark.parametrize(
    "url",
    ["ftp://a.org/x", "javascript:alert(1)", "magnet:?xt=1", "//a.org/x", "/x", "", None, 7, "https://", "https://a.org:x/",
     "https://user:secret@a.org/", "https://a.org/a b", "https://a.org/" + "x" * 2_000, "https://a.org/\u202e", "http://[::1"],
)  # fmt: skip
def test_an_address_that_cannot_be_opened_is_left_out_and_counted(url):
    result, _ = ask(answer(row(url), row("https://b.org/")))
    assert urls(result) == ["https://b.org/"]
    assert result.note == "Without a page that can be opened, left out: 1."


def test_a_page_is_listed_once_whatever_its_fragment_and_the_first_wins():
    result, _ = ask(
        answer(row("https://a.org/x#one", title="First"), row("https://A.org/x"), row("https://a.org/x?y"), row("http://a.org"))
    )  # fmt: skip
    assert urls(result) == ["https://a.org/x", "https://a.org/x?y", "http://a.org/"]
    assert result.listings[0].title == "First"


def test_no_more_than_asked_for_are_given_and_the_note_says_how_many_there_were():
    result, _ = ask(answer(*(row(f"https://a.org/{n}") for n in range(30))), limit=3)
    assert urls(result) == [f"https://a.org/{n}" for n in range(3)]
    assert result.note == "The first 3 of 30 results."


def test_engines_that_did_not_answer_are_named_beside_what_the_others_found():
    silent = [["brave", "Suspended: too many requests"], ["duckduckgo", "CAPTCHA"], ["odd"], [], 7, ["brave", "again"]]
    result, _ = ask(answer(row("https://a.org/"), unresponsive_engines=silent, suggestions=["skill gaming law"]))
    assert urls(result) == ["https://a.org/"]
    assert (
        "did not answer: brave (Suspended: too many requests), duckduckgo (CAPTCHA), odd, brave (again)." in result.note
    )
    assert "Suggested searches: skill gaming law." in result.note


def test_nothing_found_while_engines_are_missing_does_not_read_as_nothing_there():
    blind, _ = ask(answer(unresponsive_engines=[["brave", "timeout"]]))
    assert blind.listings == ()
    assert blind.note.startswith("No result; engines are missing, so this does not say that there is nothing.")
    assert ask(answer())[0].note == "No result."


def test_pages_outside_the_domains_are_left_out_though_an_engine_ignores_the_filter():
    rows = [row(f"https://{host}/") for host in ("nj.gov", "www.nj.gov", "evilnj.gov", "nj.gov.evil.org")]
    result, _ = ask(answer(*rows), domains=["nj.gov"])
    assert urls(result) == ["https://nj.gov/", "https://www.nj.gov/"]
    assert result.note == "Outside the domains asked for, left out: 2."


def test_pages_of_answers_and_infoboxes_are_leads_too_and_an_answer_without_a_page_is_none():
    more = {
        "answers": ["42", {"answer": "Forty-two.", "url": "https://a.org/42"}, {"answer": "No page.", "url": None}],
        "infoboxes": [{"infobox": "Skill game", "content": "…", "urls": [{"title": "Wiki", "url": "https://w.org/s"}]}],
    }
    result, _ = ask(answer(row("https://r.org/"), **more))
    assert urls(result) == ["https://r.org/", "https://a.org/42", "https://w.org/s"]
    assert [listing.title for listing in result.listings] == ["A page", "", "Skill game"]


def test_without_an_instance_the_setting_is_named_and_nothing_is_sent():
    with pytest.raises(Permanent, match="MRD_SEARXNG_URL"):
        ask(answer(), base=" ")


@pytest.mark.parametrize(
    "base", ["searxng.lan", "ftp://searxng.lan", "http://me:canary@searxng.lan", "http://s.lan?x=1"]
)
def test_a_wrong_address_is_refused_without_being_told(base):
    with pytest.raises(Permanent, match="MRD_SEARXNG_URL") as refused:
        ask(answer(), base=base)
    assert "canary" not in str(refused.value)


def test_a_refused_format_says_what_to_add_to_the_settings_of_the_instance():
    with pytest.raises(Permanent, match=r"settings\.yml .* json under search\.formats"):
        ask(Permanent("http://searxng.lan:8080/find/search?q=x answered 403 Forbidden."))
    other = Permanent("http://searxng.lan:8080/find/search?q=error+403 answered 404 Not Found.")
    with pytest.raises(Permanent) as refused:
        ask(other)
    assert refused.value is other
    with pytest.raises(Transient):
        ask(Transient("Too many requests (429).", retry_after_s=7))


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", b'{"results": {}}', b'{"query": "x"}', b"\xff", b"[" * 100_000]
)
def test_another_answer_is_refused_in_a_sentence(body):
    with pytest.raises(Permanent, match="did not answer as documented"):
        ask(body)


@pytest.mark.parametrize(
    "wrong",
    [{"query": ""}, {"limit": 0}, {"limit": 21}, {"page": 6}, {"time_range": "week"}, {"language": "english"},
     {"categories": ["a,b"]}, {"domains": ["https://a.org"]}, {"domains": ["a.org OR x"]}, {"engines": "x"}],
)  # fmt: skip
def test_arguments_that_could_smuggle_another_parameter_or_ask_too_much_are_refused(wrong):
    with pytest.raises(ValidationError):
        searxng.Arguments.model_validate({"query": "x", **wrong})


def test_the_card_describes_every_argument_for_a_model():
    tool = searxng.build(context(Replies({})))
    assert (tool.name, tool.capability, tool.timeout_s, tool.ttl_s) == ("searxng", "search_web", 30, 3600)
    assert all(each.get("description") for each in tool.arguments.model_json_schema()["properties"].values())
