"""The bundled sample library is labelled as fiction, complete, small, and holds what the checks should find."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

import research
from research.engine.domain.claims import ClaimDraft, ClaimInHand
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.extraction import parse
from research.engine.extraction.result import Limits
from research.engine.providers.extractive import sentences, values
from research.engine.verification import assess, figures, independence, quotes, relevance, support
from research.engine.verification.words import fold
from research.engine.verticals import registry

SAMPLES = Path(research.__file__).parent / "samples"
MAX_BYTES = 60_000


def entries(vertical: str) -> list[dict]:
    return json.loads((SAMPLES / vertical / "manifest.json").read_text(encoding="utf-8"))


def evidence_of(vertical: str) -> list[EvidenceItem]:
    """Return every sentence of the vertical's samples as pinned evidence."""
    found: list[EvidenceItem] = []
    for row, entry in enumerate(entries(vertical), 1):
        name = entry["file"]
        text = parse.parse((SAMPLES / vertical / name).read_bytes(), name=name, limits=Limits())
        said = {key: entry[key] for key in ("title", "publisher", "published_date", "reliability")}
        source = SourceRef(id=row, kind="upload", **said)
        for sentence in sentences.split(text.text):
            place = {
                "start": sentence.start,
                "end": sentence.end,
                "page": quotes.page_at(text.page_starts, sentence.start),
            }
            exact = text.text[sentence.start : sentence.end]
            quote = quotes.pin(text.text, text.page_starts, Quote(extracted_text_id=row, exact=exact, **place))
            found.append(EvidenceItem(id=len(found) + 1, quote=quote, source=source, task_key="t"))
    return found


def claim_of(item: EvidenceItem, vertical: str) -> ClaimInHand:
    text = fold(item.quote.exact)
    value = values.typed_value(text, vertical=registry.get(vertical), publisher=item.source.publisher)
    draft = ClaimDraft(task_key="t", section="s", text=text, value=value, evidence_ids=(item.id,))
    return ClaimInHand(key=f"c{item.id}", draft=draft, question="How large is the market?", evidence=(item,))


@pytest.fixture(scope="module", params=["gambling", "saas"])
def vertical(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def evidence(vertical) -> list[EvidenceItem]:
    return evidence_of(vertical)


def test_the_manifest_names_every_file_and_no_other(vertical):
    named = [entry["file"] for entry in entries(vertical)]
    there = sorted(path.name for path in (SAMPLES / vertical).iterdir() if path.name != "manifest.json")
    assert sorted(named) == there
    assert {Path(name).suffix for name in named} == {".md", ".html", ".txt", ".pdf", ".docx", ".csv", ".xlsx"}
    assert len(named) >= 24


def test_every_entry_says_who_when_and_how_reliable(vertical):
    for entry in entries(vertical):
        assert set(entry) - {"planted"} == {"file", "title", "publisher", "published_date", "reliability", "kind"}
        assert entry["title"]
        assert entry["publisher"]
        assert dt.date.fromisoformat(entry["published_date"]).year in {2022, 2024, 2025}
        assert 0 <= entry["reliability"] <= 1000
        assert entry["kind"]


def test_everything_planted_stands_in_its_document_and_says_what_must_hold(vertical):
    planted = {}
    for entry in entries(vertical):
        text = parse.parse((SAMPLES / vertical / entry["file"]).read_bytes(), name=entry["file"], limits=Limits()).text
        for each in entry.get("planted", ()):
            assert set(each) == {"what", "words", "holds"}
            assert each["words"] in fold(text), entry["file"]
            planted[each["what"]] = planted.get(each["what"], 0) + 1
    assert planted == {
        **dict.fromkeys(("stale rate", "wrong scale", "negation", "dropped negation"), 1),
        **dict.fromkeys(("hostile instruction", "boilerplate"), 1),
        "contradiction": 2,
        "syndicated": 3,
    }


def test_every_document_is_small_and_says_that_it_is_fiction(vertical):
    for entry in entries(vertical):
        data = (SAMPLES / vertical / entry["file"]).read_bytes()
        assert len(data) < MAX_BYTES
        text = parse.parse(data, name=entry["file"], limits=Limits()).text
        assert "Fictional sample document for MRD Desk" in fold(text)[:300], entry["file"]


def test_the_label_never_passes_as_an_answer(evidence):
    labels = [item for item in evidence if "invented" in item.quote.exact]
    assert labels
    assert all(relevance.is_boilerplate(item.quote.exact) for item in labels)


def test_every_sentence_passes_the_checks_against_itself(vertical, evidence):
    for item in evidence:
        draft = claim_of(item, vertical).draft
        assert figures.check(draft.text, draft.value, [item]).score == 1000, draft
        assert support.check(draft.text, [item]).score == 1000, draft.text


@pytest.mark.parametrize(("of", "amounts"), [("gambling", ("412", "365")), ("saas", ("1,900", "2,400"))])
def test_the_planted_contradiction_is_found_and_nothing_else(of, amounts):
    verification = assess.verify([claim_of(item, of) for item in evidence_of(of)])
    (link,) = verification.contradictions
    assert all(amount in link.reason for amount in amounts)


def test_the_release_and_its_two_copies_are_one_voice(vertical, evidence):
    rows = enumerate(entries(vertical), 1)
    said = {
        row: each["words"] for row, entry in rows for each in entry.get("planted", ()) if each["what"] == "syndicated"
    }
    release = [item for item in evidence if said.get(item.source.id, "no such words") in fold(item.quote.exact)]
    assert {item.source.publisher for item in release} == {entries(vertical)[row - 1]["publisher"] for row in said}
    assert len(said) == len(release) == 3
    assert independence.count(release) == 1
