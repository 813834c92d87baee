"""Competitors exist: known from the claim's own publisher, a register or two independent sources; else people look."""

from __future__ import annotations

import pytest

from research.engine.domain.claims import ClaimDraft, ClaimInHand
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.ports import CompanyEntry
from research.engine.verification import assess, companies

TEXT = "Oakline Gaming runs a skill-game lobby in two states."


class Register:
    """A register of one company."""

    def find(self, name: str) -> CompanyEntry | None:
        return CompanyEntry(name="OAKLINE GAMING INC", identifier="CIK 1") if name == "Oakline Gaming" else None


def item(number: int, text: str = TEXT, *, publisher: str | None = None) -> EvidenceItem:
    source = SourceRef(id=number, kind="web_page", title=f"Page {number}", publisher=publisher)
    quote = Quote(extracted_text_id=number, page=1, start=0, end=len(text), exact=text)
    return EvidenceItem(id=number, quote=quote, source=source, task_key="t", relevance=900)


def claim(*evidence: EvidenceItem, competitor: bool = True, name: str = "Oakline Gaming, Inc.") -> ClaimInHand:
    attributes = {"competitor": name, "aspect": "footprint", "cell_type": "official claim"}
    draft = ClaimDraft(
        task_key="t", section="competitors", text=TEXT, role="competitor" if competitor else "fact",
        attributes=attributes if competitor else {}, evidence_ids=tuple(one.id for one in evidence),
    )  # fmt: skip
    return ClaimInHand(
        key="k", draft=draft, question="Which competitors?", evidence=tuple(evidence), competitor=competitor
    )


def test_a_company_of_which_one_source_alone_speaks_goes_to_people_with_the_reason():
    one = claim(item(1, publisher="Daily Ledger"))
    assert companies.unknown(one, one.evidence) == (
        "the company “Oakline Gaming” is not known: it is named by one independent source alone",
    )
    assert any("is not known" in reason for reason in assess.verify([one]).assessments[0].to_people)


def test_a_company_no_source_names_is_not_known_and_the_register_is_said_to_lack_it():
    one = claim(item(1, publisher="Daily Ledger"), name="Birchway Play Ltd")
    (reason,) = companies.unknown(one, one.evidence, Register())
    assert "“Birchway Play” is not known: it is named by no source and stands in no register" in reason


def test_two_independent_sources_make_a_company_known_and_two_copies_do_not():
    other = item(2, "A report counts Oakline Gaming among the operators licensed last year.", publisher="Trade Post")
    one = claim(item(1, publisher="Daily Ledger"))
    assert companies.unknown(one, [*one.evidence, other]) == ()
    copy = item(3, TEXT, publisher="Wire Copies")
    assert companies.unknown(one, [*one.evidence, copy]) != ()


@pytest.mark.parametrize("publisher", ["Oakline Gaming", "OAKLINEGAMING"])
def test_a_company_that_publishes_the_claims_source_is_known(publisher: str):
    one = claim(item(1, publisher=publisher))
    assert companies.unknown(one, one.evidence) == ()


def test_a_company_in_the_register_is_known():
    one = claim(item(1, publisher="Daily Ledger"))
    assert companies.unknown(one, one.evidence, Register()) == ()
    (known,) = companies.check(companies.named_in(one), one.evidence, Register(), own=one.evidence)
    assert (known.by, known.reason) == ("register", "“Oakline Gaming” is in the register as OAKLINE GAMING INC (CIK 1)")


def test_claims_of_other_sections_name_no_competitors():
    assert companies.named_in(claim(item(1), competitor=False)) == ()


def test_names_with_a_legal_form_in_a_competitor_claims_words_are_looked_up_too():
    one = claim(item(1))
    text = "Oakline Gaming bought Birchway Play Ltd. in spring."
    named = companies.named_in(one.model_copy(update={"draft": one.draft.model_copy(update={"text": text})}))
    assert [companies.short_name(name) for name in named] == ["Oakline Gaming", "Birchway Play"]
