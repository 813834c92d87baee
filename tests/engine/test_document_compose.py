"""Composing the MRD: every sentence led back to quotes, in a stable order, and refusals."""

import datetime as dt
import re

import document_sample as sample
import pytest
from pydantic import ValidationError

from research.engine.document import compose
from research.engine.domain.documents import Gap, SectionDraft, Sentence
from research.engine.domain.errors import InvalidInput, StaleDigest
from research.engine.domain.mrd import SectionApproval, SignatureBlock, SignedMrd


def one_section(*sentences, **more):
    draft = SectionDraft(key="market", title="Market", sentences=sentences)
    return sample.mrd(facts=sample.facts(approvals=()), sections=[draft], **more)


def test_every_claim_sentence_leads_to_a_citation_with_the_quote_of_its_claim():
    mrd = sample.mrd()
    by_number = {citation.number: citation for citation in mrd.citations}
    claims = {claim.revision_id: claim for claim in mrd.claims}
    quotes = {item.id: item.quote.exact for claim in sample.claims() for item in claim.evidence}
    for section in mrd.sections:
        for sentence in section.sentences:
            evidence = {number for claim in sentence.claims for number in claims[claim].evidence}
            cited = [by_number[number] for number in sentence.citations]
            assert {citation.evidence_id for citation in cited} == evidence
            assert all(citation.quote == quotes[citation.evidence_id] for citation in cited)


def test_citations_are_numbered_from_one_in_order_of_first_use():
    mrd = sample.mrd()
    used = [number for section in mrd.sections for sentence in section.sentences for number in sentence.citations]
    assert list(dict.fromkeys(used)) == [citation.number for citation in mrd.citations]
    assert [citation.number for citation in mrd.citations] == list(range(1, len(mrd.citations) + 1))


def test_a_citation_says_where_its_words_stand():
    citation = sample.mrd().citations[0]
    assert (citation.source_title, citation.page, citation.start) == (sample.BOARD.title, 12, 20_410)
    assert citation.end - citation.start == len(citation.quote)
    assert citation.snapshot_sha256 == sample.sha("bytes 2")
    assert citation.extracted_text_sha256 == sample.sha("text 2")
    assert citation.call_key == "call-0101"


def test_what_was_retrieved_says_when_in_utc_and_what_was_not_leaves_no_trace():
    """So a document composed before there was such a date keeps its digest."""
    whole = sample.mrd()
    dated = {citation.source_title: citation.retrieved_at for citation in whole.citations}
    assert dated[sample.BOARD.title] == dt.datetime(2026, 11, 3, 23, 30, tzinfo=dt.UTC)
    assert dated[sample.NOTES.title] is None
    written = {each["source_title"]: each for each in whole.model_dump(mode="json")["citations"]}
    assert written[sample.BOARD.title]["retrieved_at"] == "2026-11-03T23:30:00Z"
    assert "retrieved_at" not in written[sample.NOTES.title]


def test_the_same_words_at_the_same_place_have_one_number():
    first = sample.claim(1, "Players like it.", sample.evidence(9, "they like it", sample.PAPER))
    second = sample.claim(2, "Players love it.", sample.evidence(5, "they like it", sample.PAPER))
    elsewhere = sample.claim(3, "All like it.", sample.evidence(6, "they like it", sample.PAPER, start=900))
    claims = [first, second, elsewhere]
    mrd = one_section(*map(sample.said, claims), claims=claims, places=sample.places(claims))
    assert [sentence.citations for sentence in mrd.sections[1].sentences] == [(1,), (1,), (2,)]
    assert (mrd.citations[0].evidence_id, mrd.citations[0].also_evidence_ids) == (5, (9,))


def test_the_executive_summary_comes_first_and_holds_the_surest_claim_of_each_section():
    mrd = sample.mrd()
    summary = mrd.sections[0]
    assert summary.key == "executive_summary"
    assert [sentence.claims for sentence in summary.sentences] == [(11,), (13,), (14,), (16,)]
    texts = {claim.revision_id: claim.text for claim in sample.claims()}
    assert all(sentence.text == texts[sentence.claims[0]] for sentence in summary.sentences)


def test_the_summary_never_says_a_claim_twice_and_stops_after_the_leading_sections():
    claim = sample.claims()[2]
    drafts = [SectionDraft(key=f"s{n}", title="S", sentences=(sample.said(claim),)) for n in range(9)]
    mrd = sample.mrd(facts=sample.facts(approvals=()), sections=drafts)
    assert [sentence.claims for sentence in mrd.sections[0].sentences] == [(13,)]
    many = [
        sample.claim(n, f"Players like game {n}.", sample.evidence(n, "like it", sample.PAPER, start=n))
        for n in range(9)
    ]
    drafts = [SectionDraft(key=f"s{n}", title="S", sentences=(sample.said(one),)) for n, one in enumerate(many)]
    mrd = sample.mrd(facts=sample.facts(approvals=()), sections=drafts, claims=many, places=sample.places(many))
    assert len(mrd.sections[0].sentences) == compose.SUMMARY_SECTIONS


def test_a_document_without_claims_has_no_summary_and_keeps_its_gaps():
    gap = Sentence(text="Insufficient data: nothing was found.", kind="gap")
    mrd = one_section(gap, claims=[])
    assert [section.key for section in mrd.sections] == ["market"]
    assert mrd.gaps == tuple(sample.gaps())
    assert (mrd.claims, mrd.citations) == ((), ())


def test_only_claims_that_are_cited_appear():
    assert {claim.revision_id for claim in sample.mrd().claims} == {11, 12, 13, 14, 15, 16, 17}
    assert "Nobody cites this" not in sample.mrd().model_dump_json()


def test_the_other_side_of_a_contradiction_is_shown_though_no_sentence_cites_it():
    mrd = one_section(sample.said(sample.claims()[0]))
    assert [(pair.section, pair.first, pair.second) for pair in mrd.contradictions] == [("market", 11, 12)]
    by_id = {claim.revision_id: claim for claim in mrd.claims}
    assert by_id[12].citations
    assert (by_id[11].contradicts, by_id[12].contradicts) == ((12,), (11,))


def test_a_computed_claim_brings_its_premises_and_their_quotes():
    *_, last = sample.claims()
    total = sample.claim(20, "Together that is $800 million.", kind="computed", premises=("key-11", "key-12"))
    mrd = one_section(sample.said(total), claims=[*sample.claims(), total])
    assert {claim.revision_id for claim in mrd.claims} == {20, 11, 12}
    assert last.revision_id not in {claim.revision_id for claim in mrd.claims}
    assert mrd.sections[1].sentences[0].citations == (1, 2)


def test_a_claim_tells_who_accepted_it_without_naming_a_person():
    claims = {claim.revision_id: claim for claim in sample.mrd().claims}
    assert (claims[11].decided, claims[11].decision_ids) == ("by rule", ())
    assert (claims[14].decided, claims[14].decision_ids) == ("by person", ("d-31",))
    section = next(section for section in sample.mrd().sections if section.regulatory)
    assert [approval.actor for approval in section.approved_by] == ["actor-7f", "actor-c2"]


def test_the_digest_is_the_same_whatever_order_claims_places_gaps_and_approvals_come_in():
    facts = sample.facts()
    gap = Gap(task_key="a", question="What else is there?", section="market", outcome="estimated", reason="Thin.")
    gaps = [*sample.gaps(), gap]
    turned = sample.mrd(
        facts=facts.model_copy(update={"approvals": facts.approvals[::-1]}),
        claims=sample.claims()[::-1],
        places=dict(reversed(sample.places(sample.claims()).items())),
        gaps=gaps[::-1],
    )
    assert turned.digest() == sample.mrd(gaps=gaps).digest()


def test_the_digest_changes_with_the_order_of_sections_a_word_and_the_time_of_the_research():
    digest = sample.mrd().digest()
    assert re.fullmatch(r"[0-9a-f]{64}", digest)
    assert sample.mrd(sections=sample.sections()[::-1]).digest() != digest
    assert sample.mrd(facts=sample.facts(title="Another")).digest() != digest
    assert sample.mrd(facts=sample.facts(as_of=sample.AS_OF + dt.timedelta(seconds=1))).digest() != digest


def test_the_same_moment_in_another_zone_has_the_same_digest():
    toronto = sample.AS_OF.astimezone(dt.timezone(dt.timedelta(hours=-5)))
    assert sample.mrd(facts=sample.facts(as_of=toronto)).digest() == sample.mrd().digest()
    with pytest.raises(ValidationError):
        sample.facts(as_of=sample.AS_OF.replace(tzinfo=None))


def test_a_typed_value_is_written_in_plain_digits():
    value = next(claim.value for claim in sample.mrd().claims if claim.value)
    assert (value.number, value.scale) == ("1.31", "1000000000")


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        (Sentence(text="The market is large."), "cites no claim"),
        (Sentence(text="The market is large.", claims=(99,)), "claim 99, which is not accepted"),
        (Sentence(text="It took $413 million in 2022.", claims=(11,)), "'$413 million'"),
        (Sentence(text="It grew by 35% to $412 million.", claims=(11,)), "'35%'"),
        (Sentence(text="It took $388 million.", claims=(11,)), "'$388 million'"),
        (Sentence(text="It took $412 million [7].", claims=(11,)), "'7'"),
        (Sentence(text="The 9 rules", kind="heading"), "'9'"),
        (Sentence(text="x" * 121, kind="heading"), "at most 120"),
        (Sentence(text="Not found, but it is 12%.", kind="gap"), "'12%'"),
        (Sentence(text="Trust me.", kind="aside"), "kind 'aside'"),
    ],
)
def test_a_sentence_that_cannot_be_walked_back_is_refused(sentence, words):
    with pytest.raises(InvalidInput, match=re.escape(words)):
        one_section(sentence)


def test_a_gap_may_repeat_its_own_question_searches_and_their_number():
    gap = Gap(task_key="g", question="How large was it in 2019?", section="market", outcome="insufficient_data",
              reason="No hit.", searches=("market 2019", "market size 2018"))  # fmt: skip
    told = Sentence(text="How large was it in 2019? 2 searches (market 2019; market size 2018).", kind="gap")
    assert one_section(told, gaps=[gap]).sections[0].sentences[0].text == told.text
    with pytest.raises(InvalidInput, match="2019"):
        one_section(told, gaps=[gap.model_copy(update={"section": "users"})])


def test_a_claim_that_leads_to_no_evidence_is_refused_unless_it_is_an_assumption():
    bare = sample.claim(30, "Everybody knows it.")
    with pytest.raises(InvalidInput, match="leads to no evidence"):
        one_section(sample.said(bare), claims=[bare])
    assumed = bare.model_copy(update={"kind": "assumption"})
    assert one_section(sample.said(assumed), claims=[assumed]).claims[0].kind == "assumption"


def test_premises_that_are_not_accepted_or_go_in_a_circle_without_evidence_are_refused():
    lone = sample.claim(30, "It follows.", kind="computed", premises=("key-99",))
    with pytest.raises(InvalidInput, match="'key-99', which is not accepted"):
        one_section(sample.said(lone), claims=[lone])
    circle = [
        sample.claim(30, "It follows.", kind="computed", premises=("key-31",)),
        sample.claim(31, "It follows too.", kind="computed", premises=("key-30",)),
    ]
    with pytest.raises(InvalidInput, match="leads to no evidence"):
        one_section(sample.said(circle[0]), claims=circle)


def test_evidence_without_a_place_is_refused():
    places = sample.places(sample.claims())
    del places[101]
    with pytest.raises(InvalidInput, match="Evidence 101 has no known snapshot"):
        sample.mrd(places=places)


def test_doubled_and_reserved_sections_and_doubled_claims_are_refused():
    draft = SectionDraft(key="market", title="Market")
    facts = sample.facts(approvals=())
    with pytest.raises(InvalidInput, match="Two sections are called 'market'"):
        sample.mrd(facts=facts, sections=[draft, draft])
    with pytest.raises(InvalidInput, match="composed, not drafted"):
        sample.mrd(facts=facts, sections=[draft.model_copy(update={"key": "executive_summary"})])
    with pytest.raises(InvalidInput, match="same key"):
        sample.mrd(claims=[*sample.claims(), sample.claims()[0]])


def test_an_approval_given_for_another_draft_of_its_section_is_refused():
    stale = SectionApproval(section="regulation", digest="0" * 64, decision_id="d-9", actor="a", role="r")
    with pytest.raises(StaleDigest, match="changed after decision d-9"):
        sample.mrd(facts=sample.facts(approvals=(stale,)))
    unknown = stale.model_copy(update={"section": "nowhere"})
    with pytest.raises(StaleDigest):
        sample.mrd(facts=sample.facts(approvals=(unknown,)))


def test_a_signature_is_bound_to_the_digest_and_is_no_part_of_it():
    mrd = sample.mrd()
    signed, draft = sample.signed(mrd), SignedMrd.of(mrd=mrd)
    assert signed.digest == draft.digest == mrd.digest()
    assert (signed.status, draft.status) == ("signed", "draft")
    assert "Ada Okonkwo" not in mrd.model_dump_json()


def test_a_signature_over_another_document_is_refused():
    block = SignatureBlock(name="Ada", role="approver", meaning="I approve.", signed_at=sample.AS_OF, digest="0" * 64)
    with pytest.raises(StaleDigest, match="another revision"):
        SignedMrd.of(mrd=sample.mrd(), signatures=[block])


def test_a_tampered_export_is_refused_when_read_back():
    text = sample.signed().model_dump_json()
    assert SignedMrd.model_validate_json(text) == sample.signed()
    with pytest.raises(StaleDigest, match="not that of the document"):
        SignedMrd.model_validate_json(text.replace("$412 million", "$912 million"))
    with pytest.raises(InvalidInput, match="a draft when it has none"):
        SignedMrd.model_validate_json(text.replace('"status":"signed"', '"status":"draft"'))


def test_the_order_of_a_claims_evidence_changes_nothing():
    turned = [claim.model_copy(update={"evidence": claim.evidence[::-1]}) for claim in sample.claims()]
    assert sample.mrd(claims=turned).digest() == sample.mrd().digest()


def test_a_section_keeps_the_digest_its_regulatory_approvals_are_bound_to():
    drafted = {draft.key: draft.digest() for draft in sample.sections()}
    composed = {section.key: section.digest for section in sample.mrd().sections}
    assert {key: composed[key] for key in drafted} == drafted
