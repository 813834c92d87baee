"""On real filings the extractive engine fills most sections with exact, readable sentences."""

import asyncio
import itertools
import os
import pathlib
from typing import NamedTuple

import pytest

from research.engine.domain.claims import ClaimDraft
from research.engine.domain.evidence import EvidenceItem
from research.engine.extraction import pdf
from research.engine.extraction.result import Limits
from research.engine.providers.extractive.model import ExtractiveModel
from research.engine.stages import extract, investigate, plan
from research.engine.verticals import registry
from tests.doubles.engine import (
    Document,
    FakeLibrary,
    MemoryEvidenceStore,
    MemoryLedger,
    brief,
    evidence_of,
    shelf_over,
)

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(os.environ.get("MRD_DATA_DIR", ROOT.parent / "shared" / "data")) / "financebench" / "pdfs"
RUNS = {
    "gambling": (
        "An online casino and sports betting app for New Jersey and Macau, against BetMGM and DraftKings",
        {"MGMRESORTS_2018_10K": "MGM Resorts International", "MGMRESORTS_2022_10K": "MGM Resorts International"},
    ),
    "saas": (
        "A document management SaaS with AI for small businesses in the European Union, against Adobe and Microsoft",
        {"MICROSOFT_2023_10K": "Microsoft", "ADOBE_2022_10K": "Adobe"},
    ),
}

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.is_dir(), reason="needs ../shared/data (or MRD_DATA_DIR) with the financebench PDFs"),
]


class Researched(NamedTuple):
    library: FakeLibrary
    evidence: list[EvidenceItem]
    claims: list[ClaimDraft]
    calls: int


async def research(name: str) -> Researched:
    prompt, files = RUNS[name]
    documents = []
    for stem, publisher in files.items():
        read = pdf.extract((DATA / f"{stem}.pdf").read_bytes(), limits=Limits())
        bounds = [*read.page_starts, len(read.text)]
        pages = [read.text[a : b - 1] for a, b in itertools.pairwise(bounds)]
        documents.append(Document(stem, pages, publisher=publisher))
    library, model, ledger = FakeLibrary(documents), ExtractiveModel(), MemoryLedger()
    given = brief(registry.get(name), prompt)
    store, evidence, claims = MemoryEvidenceStore(library), [], []
    approved = await plan.plan(model, given, tools={"library_search", "library_scan"})
    for task in approved.tasks:
        found = await investigate.investigate(model, given, task, shelf_over(library, ledger=ledger), store)
        items = evidence_of(task, found)
        evidence += items
        claims += await extract.extract(model, given, task, items)
    return Researched(library, evidence, claims, len(ledger.rows))


@pytest.fixture(scope="module", params=sorted(RUNS))
def researched(request) -> Researched:
    return asyncio.run(research(request.param))


def test_at_least_eight_sections_get_claims(researched):
    assert len({claim.section for claim in researched.claims}) >= 8


def test_every_quote_is_found_again_at_its_offsets(researched):
    for item in researched.evidence:
        text = researched.library.documents[item.quote.extracted_text_id - 1].text
        assert text[item.quote.start : item.quote.end] == item.quote.exact


def test_every_claim_reads_as_one_whole_sentence(researched):
    for claim in researched.claims:
        assert 40 <= len(claim.text) <= 400
        assert claim.text[0].isupper() or claim.text[0].isdigit() or claim.text[0] in "“$"
        assert claim.text.rstrip('”)"’').endswith((".", "!", "?"))
        assert "  " not in claim.text


def test_people_are_not_drowned_and_the_searches_stay_far_below_the_limit(researched):
    assert len(researched.claims) <= 120
    assert researched.calls <= 200
