"""The checks of what stands in a document: every numeral leads to a claim, wherever it stands."""

from __future__ import annotations

import datetime as dt
import hashlib

from research.engine.document import checks, compose, numerals
from research.engine.domain.documents import AcceptedClaim, Cell, SectionDraft, Sentence, Table
from research.engine.domain.errors import InvalidInput
from research.engine.domain.mrd import EvidencePlace, MrdFacts
from tests.regression.build import AS_OF, Case, item

CLAIM = "Revenue of Maple was $412 million in 2024."


def numerals_are_traced(case: Case) -> bool:
    """Find the numerals of `loose`, and no others, untraced to the claims."""
    claims = [
        AcceptedClaim(
            revision_id=n, key=f"k{n}", section="s", kind="stated", text=text, digest="d", confidence=800,
            evidence=(item(n, text),),
        )
        for n, text in enumerate(case["claims"], 1)
    ]  # fmt: skip
    allowed = [each for claim in claims for each in numerals.of_claim(claim)]
    return list(numerals.untraced(case["text"], allowed=allowed)) == case["loose"]


def no_numeral_is_loose(case: Case) -> bool:
    """ok: whether a document with the text at its place can be composed and stands its last check."""
    place, text = case["place"], case["text"]
    at = {"sentence": CLAIM, "title": "Market size", "cell": "$412 million", "caption": "Figures", "column": "Revenue",
          "row": "Maple", "attribute": "Nevada", "heading": "Figures"} | {place: text}  # fmt: skip
    claim = AcceptedClaim(
        revision_id=1, key="k1", section="market_size", kind="stated", text=CLAIM, digest=_sha(CLAIM), confidence=800,
        evidence=(item(1, CLAIM),), role="competitor",
        attributes={"competitor": "Maple", "aspect": at["attribute"], "cell_type": "official claim"},
    )  # fmt: skip
    cells = (Cell(text=at["row"]), Cell(text=at["cell"], claims=(1,), kind="official claim"))
    table = Table(key="t", caption=at["caption"], columns=("Company", at["column"]), rows=(cells,))
    sentences = (Sentence(text=at["heading"], kind="heading"), Sentence(text=at["sentence"], claims=(1,)))
    draft = SectionDraft(key="market_size", title=at["title"], sentences=sentences, tables=(table,))
    facts = MrdFacts(
        run_id="r", title="A document", prompt="A prompt", vertical="gambling", engine="extractive",
        plan_digest=_sha("plan"), as_of=dt.datetime.combine(AS_OF, dt.time(), dt.UTC),
    )  # fmt: skip
    where = EvidencePlace(snapshot_sha256=_sha("bytes"), extracted_text_sha256=_sha("text"))
    try:
        mrd = compose.compose(facts=facts, sections=[draft], claims=[claim], places={1: where}, gaps=[])
        checks.check_document(mrd)
    except InvalidInput:
        return not case["ok"]
    return bool(case["ok"])


def _sha(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()
