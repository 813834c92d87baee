"""What is planted in the sample library is held by the engine: each fault is met, and the true statement beside it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import NamedTuple

import pytest

import research
from research.engine.domain.claims import ClaimDraft, ClaimInHand, passes
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.extraction import parse
from research.engine.extraction.result import Limits
from research.engine.providers.extractive import regulatory, sentences, values
from research.engine.reading import sheets, tables
from research.engine.verification import assess, relevance
from research.engine.verification.words import fold
from research.engine.verticals import registry

SAMPLES = Path(research.__file__).parent / "samples"
AS_OF = dt.date(2025, 4, 15)
BOTH = ("gambling", "saas")


class Planted(NamedTuple):
    """A planted thing: its words, the text of its document, and its manifest entry."""

    words: str
    text: str
    entry: dict


def read(vertical: str, name: str) -> parse.Extraction:
    return parse.parse((SAMPLES / vertical / name).read_bytes(), name=name, limits=Limits())


def planted(vertical: str, what: str) -> Planted:
    entries = json.loads((SAMPLES / vertical / "manifest.json").read_text(encoding="utf-8"))
    entry = next(e for e in entries if any(p["what"] == what for p in e.get("planted", ())))
    words = next(p["words"] for p in entry["planted"] if p["what"] == what)
    return Planted(words, read(vertical, entry["file"]).text, entry)


def whole(thing: Planted) -> str:
    """Return the sentence that holds the planted words."""
    return next(s.text for s in sentences.split(thing.text) if fold(thing.words) in fold(s.text))


def claim(text: str, *, quote: str, vertical: str, entry: dict, number: int = 1, law: bool = False) -> ClaimInHand:
    """Return a claim over one quote of the entry's document. law: as a regulatory section would hold it."""
    said = {name: entry[name] for name in ("title", "publisher", "published_date", "reliability")}
    pinned = Quote(extracted_text_id=number, page=1, start=0, end=len(quote), exact=quote)
    source = SourceRef(id=number, kind="upload", **said)
    item = EvidenceItem(id=number, quote=pinned, source=source, task_key="t", relevance=900)
    named = registry.get(vertical)
    draft = ClaimDraft(
        task_key="t",
        section="s",
        text=fold(text),
        value=values.typed_value(fold(text), vertical=named, publisher=entry["publisher"]),
        evidence_ids=(number,),
        role="regulation" if law else "fact",
        attributes=regulatory.attributes_of(text=text, evidence=[item], vertical=named) if law else {},
    )
    return ClaimInHand(key=f"c{number}", draft=draft, question=text, evidence=(item,), regulatory=law)


@pytest.mark.parametrize("vertical", BOTH)
def test_the_regulators_not_is_kept_and_the_column_that_drops_it_does_not_follow(vertical):
    rule, column = planted(vertical, "negation"), planted(vertical, "dropped negation")
    kept = claim(rule.words + ".", quote=rule.words + ".", vertical=vertical, entry=rule.entry)
    dropped = claim(column.words + ".", quote=whole(rule), vertical=vertical, entry=rule.entry)
    assert passes(assess.verify([kept]).assessments[0].confidence)
    assert not passes(assess.verify([dropped]).assessments[0].confidence)


@pytest.mark.parametrize("vertical", BOTH)
def test_the_column_is_too_unreliable_to_pass_by_itself_on_law(vertical):
    column = planted(vertical, "dropped negation")
    alone = claim(whole(column), quote=whole(column), vertical=vertical, entry=column.entry, law=True)
    assert assess.verify([alone]).assessments[0].to_people


def test_the_old_tax_notice_is_stale_and_the_new_one_is_not():
    old = planted("gambling", "stale rate")
    entry = {**old.entry, "published_date": "2025-02-10", "title": "Tax notice T-2025-02"}
    new = next(
        s.text
        for s in sentences.split(read("gambling", "nj-tax-notice-2025.html").text)
        if "is 15 percent of gross gaming revenue" in s.text
    )
    both = [
        claim(whole(old), quote=whole(old), vertical="gambling", entry=old.entry, law=True),
        claim(new, quote=new, vertical="gambling", entry=entry, number=2, law=True),
    ]
    first, second = assess.verify(both, as_of=AS_OF).assessments
    assert any("stale" in why for why in first.to_people)
    assert first.key == "c1"
    assert not any("stale" in why for why in second.to_people)


@pytest.mark.parametrize(
    ("vertical", "right", "wrong"),
    [("gambling", "$64.3 million", "$64,310 million"), ("saas", "$38.6 million", "$38,610 million")],
)
def test_the_wrong_scale_of_the_table_disagrees_with_the_text_and_is_not_accepted(vertical, right, wrong):
    document = planted(vertical, "wrong scale")
    said = next(s.text for s in sentences.split(document.text) if right in s.text)
    of_table = said.replace(right, wrong)
    honest = claim(said, quote=said, vertical=vertical, entry=document.entry)
    copied = claim(of_table, quote=of_table, vertical=vertical, entry=document.entry, number=2)
    assert assess.verify([honest]).assessments[0].to_people == ()
    verified = assess.verify([honest, copied])
    assert len(verified.contradictions) == 1
    assert all(each.to_people for each in verified.assessments)
    against_text = claim(of_table, quote=said, vertical=vertical, entry=document.entry)
    assert not passes(assess.verify([against_text]).assessments[0].confidence)


@pytest.mark.parametrize("vertical", BOTH)
def test_the_table_of_the_wrong_scale_is_read_as_it_stands(vertical):
    (table,) = tables.find_tables(planted(vertical, "wrong scale").text)
    assert table.scale == 10**6
    assert table.rows[0].cells[0].value in {64310, 38610}


@pytest.mark.parametrize("vertical", BOTH)
@pytest.mark.parametrize("what", ["hostile instruction", "boilerplate"])
def test_hostile_and_boilerplate_sentences_are_no_evidence_and_no_claims(vertical, what):
    thing = planted(vertical, what)
    around = [s for s in sentences.split(thing.text) if fold(thing.words) in fold(s.text)]
    assert around
    assert not any(sentences.can_stand_alone(s) for s in around)
    assert relevance.is_boilerplate(thing.words)


@pytest.mark.parametrize("vertical", BOTH)
def test_honest_posts_beside_the_hostile_one_are_still_read(vertical):
    thing = planted(vertical, "hostile instruction")
    assert sum(sentences.can_stand_alone(s) for s in sentences.split(thing.text)) >= 3


@pytest.mark.parametrize(
    ("vertical", "name", "sheet", "kinds"),
    [
        ("gambling", "market-figures-by-year.csv", 0, "text integer integer text integer integer integer date"),
        ("gambling", "operators-by-year.xlsx", 0, "text text integer currency integer percent date"),
        ("gambling", "operators-by-year.xlsx", 1, "text text integer decimal integer"),
        ("saas", "seats-and-prices-by-year.csv", 0, "text integer integer integer decimal text date"),
        ("saas", "vendors-by-year.xlsx", 0, "text text integer integer text integer percent date"),
    ],
)
def test_the_tables_of_figures_have_typed_columns_under_their_heads(vertical, name, sheet, kinds):
    got = read(vertical, name)
    columns = sheets.read(got.text, page_starts=got.page_starts)[sheet].columns
    assert [column.kind for column in columns] == kinds.split()
