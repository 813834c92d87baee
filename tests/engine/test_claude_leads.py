"""What a search engine prints of a page is a lead: evidence when the page is read here and holds it, else marked so."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from test_claude_investigate import PAGE, TAX, Reader

from research.engine.domain.errors import BudgetExceeded, Permanent, Transient
from research.engine.domain.evidence import EvidenceItem
from research.engine.domain.plans import PlanTask
from research.engine.providers.anthropic import leads
from research.engine.providers.anthropic.findings import LEAD_RELEVANCE, Findings, Lead
from research.engine.verification import confidence
from tests.doubles.engine import FakeLibrary, MemoryArchive, MemoryLedger, shelf_over

NOW = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
QUESTION = "Which gaming taxes apply?"
TASK = PlanTask(key="taxes", question=QUESTION, section="regulation", tools=("fetch_page",))
WORDS = TAX[:60] + "…"


def follow(*noted: Lead, pages=None, read=None, ledger=None):
    """Follow the leads and return what is found, the pages that were asked for, and what was archived as a lead."""
    found, archive, reader = Findings(TASK), MemoryArchive(), Reader(pages=pages or {})
    found.leads += noted
    for reply, url in read or ():
        found.saw(reply, call_key="earlier", url=url)
    shelf = shelf_over(FakeLibrary.of(TAX), tools=[reader] if pages is not None else [], ledger=ledger)
    asyncio.run(leads.follow(found, shelf=shelf, archive=archive, now=NOW, question=QUESTION))
    return found, reader.asked, archive.kept


def lead(url=PAGE, words=WORDS) -> Lead:
    return Lead(url=url, title="Tax", words=words, call_key="k1")


def test_a_lead_becomes_the_whole_sentence_of_the_page_that_was_read():
    found, asked, kept = follow(lead(), pages={PAGE: f"Intro.\n{TAX} More."})
    (finding,) = found.quotes
    assert (finding.quote.exact, finding.source.kind, asked, kept) == (TAX, "web_page", [PAGE], [])
    assert finding.call_key == found.searches[0].call_key != "k1"


@pytest.mark.parametrize(
    "pages",
    [None, {PAGE: Permanent("robots")}, {PAGE: Transient("away")}, {PAGE: "It says something else."}, {PAGE: " "}],
)
def test_a_page_that_cannot_be_read_or_says_otherwise_leaves_the_lead_as_one(pages):
    found, _, kept = follow(lead(), pages=pages)
    (finding,) = found.quotes
    ((document, call_key),) = kept
    assert (document.kind, document.uri, document.renderer, call_key) == ("lead", f"lead:{PAGE}", "lead/1", "k1")
    assert (finding.source.kind, finding.quote.exact, finding.relevance) == ("lead", TAX[:60], LEAD_RELEVANCE)


def test_a_budget_that_ends_there_stops_the_step_and_is_no_reason_for_a_lead():
    with pytest.raises(BudgetExceeded):
        follow(lead(), pages={PAGE: TAX}, ledger=MemoryLedger(limit=0))


def test_no_more_pages_are_read_than_a_task_may():
    urls = [f"https://example.com/{n}" for n in range(leads.MOST + 3)]
    found, asked, _ = follow(*map(lead, urls), pages=dict.fromkeys(urls, TAX))
    assert asked == urls[: leads.MOST]
    assert len(found.quotes) == leads.MOST


def test_pages_that_were_read_already_are_not_read_again_and_do_not_count():
    urls = [f"https://example.com/{n}" for n in range(leads.MOST)]
    hits = asyncio.run(FakeLibrary.of(TAX).search("gaming tax", limit=1))
    found, asked, _ = follow(lead(), *map(lead, urls), pages=dict.fromkeys(urls, TAX), read=[(hits, PAGE)])
    assert asked == urls
    assert found.quotes[0].call_key == "earlier"


def test_two_leads_of_one_page_read_it_once_and_words_too_short_are_left():
    found, asked, _ = follow(lead(), lead(words=TAX[10:70]), lead(words="a tax…"), pages={PAGE: TAX})
    assert asked == [PAGE]
    assert len(found.quotes) == 1


def item(number: int, kind: str) -> EvidenceItem:
    found, _, _ = follow(lead(), pages={PAGE: TAX} if kind == "web_page" else None)
    (finding,) = found.quotes
    source = finding.source.model_copy(update={"id": number, "domain": f"d{number}.example"})
    return EvidenceItem(id=number, quote=finding.quote, source=source, task_key="t", relevance=900)


def test_leads_alone_are_unread_and_beside_a_page_that_was_read_no_voice_of_their_own():
    only, mixed = [item(1, "lead"), item(2, "lead")], [item(1, "lead"), item(2, "web_page")]
    assert confidence.unread(only)
    assert not confidence.unread(mixed)
    assert not confidence.unread([])
    assert [each.id for each in confidence.read(mixed)] == [2]
    assert [each.id for each in confidence.read(only)] == [1, 2]
