"""A small MRD built by hand: real shapes, made-up companies. Run as a script to write it as files to look at."""

from __future__ import annotations

import datetime as dt
import hashlib
import sys
from decimal import Decimal
from pathlib import Path

from research.engine.document import compose, html, json_export, markdown
from research.engine.domain.claims import TypedValue
from research.engine.domain.documents import AcceptedClaim, Gap, SectionDraft, Sentence
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.domain.mrd import (
    CostsSummary,
    EvidencePlace,
    Mrd,
    MrdFacts,
    SearchesSummary,
    SectionApproval,
    SignatureBlock,
    SignedMrd,
)

AS_OF = dt.datetime(2026, 11, 5, 14, 30, tzinfo=dt.UTC)
# Half past one in the morning of the 4th where it was retrieved.
RETRIEVED = dt.datetime(2026, 11, 4, 1, 30, tzinfo=dt.timezone(dt.timedelta(hours=2)))


def sha(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


def source(number: int, title: str, publisher: str | None = None, domain: str | None = None) -> SourceRef:
    published = dt.date(2023, 2, 24) if publisher else None
    kind = "web_page" if domain else "upload"
    return SourceRef(
        id=number, kind=kind, title=title, publisher=publisher, domain=domain, published_date=published, reliability=800
    )


def evidence(number: int, quote: str, where: SourceRef, *, page: int = 1, start: int = 100) -> EvidenceItem:
    return EvidenceItem(
        id=number,
        quote=Quote(
            extracted_text_id=where.id,
            page=page,
            start=start,
            end=start + len(quote),
            exact=quote,
            prefix="as the table on the page before shows. ",
            suffix=" The figures are those of the audited accounts",
        ),
        source=where,
        task_key=f"task-{number}",
    )


def claim(number: int, text: str, *items: EvidenceItem, section: str = "market", **more: object) -> AcceptedClaim:
    fields = {"kind": "stated", "confidence": 780, "task_key": f"task-{number}"} | more
    return AcceptedClaim(
        revision_id=number, key=f"key-{number}", section=section, text=text, digest=sha(text), evidence=items, **fields
    )


def said(*claims: AcceptedClaim, text: str | None = None) -> Sentence:
    return Sentence(text=text or claims[0].text, claims=tuple(c.revision_id for c in claims))


def places(claims: list[AcceptedClaim]) -> dict[int, EvidencePlace]:
    return {
        item.id: EvidencePlace(
            snapshot_sha256=sha(f"bytes {item.source.id}"),
            extracted_text_sha256=sha(f"text {item.source.id}"),
            url=f"https://{item.source.domain}/filing?id={item.source.id}&part=1" if item.source.domain else None,
            call_key=f"call-{item.id:04d}",
            retrieved_at=RETRIEVED if item.source.domain else None,
        )
        for one in claims
        for item in one.evidence
    }


MAPLE = source(1, "Maple Resorts Form 10-K 2022", "Maple Resorts", "mapleresorts.example")
BOARD = source(2, "Annual report of the Gaming Board 2022", "State Gaming Board", "gaming.example.gov")
PAPER = source(3, "Skill games: the market in 2022", "The Ledger", "ledger.example")
NOTES = source(4, "interview-notes.docx")


def claims() -> list[AcceptedClaim]:
    revenue = TypedValue(
        number=Decimal("1.31"), scale=Decimal("1E+9"), currency="USD", period="FY2022", entity="Maple Resorts",
        metric="revenue",
    )  # fmt: skip
    gross = "Gross revenue from online skill games was $412 million in 2022, an increase of 35% over 2021."
    lower = "Operators together took $388 million from online skill games in 2022."
    licence = "A person who offers a game of skill for money to residents shall hold a permit under section 7."
    two_factor = "Two-factor authentication is required of each player account at least every 14 days."
    return [
        claim(11, "Gross revenue from online skill games was $412 million in 2022.",
              evidence(101, gross, BOARD, page=12, start=20_410), contradicts=("key-12",), confidence=720),
        claim(12, lower, evidence(102, lower, PAPER, page=2, start=1_204), confidence=610),
        claim(13, "Maple Resorts reported revenue of $1.31 billion for fiscal 2022.",
              evidence(103, "Revenue for the year ended December 31, 2022 was $1.31 billion", MAPLE,
                       page=47, start=161_022),
              evidence(104, "Maple Resorts, with revenue of $1.31 billion in 2022, leads the market", PAPER,
                       page=3, start=2_600),
              section="competitors", value=revenue, confidence=905),
        claim(14, licence, evidence(105, licence, BOARD, page=31, start=61_980), section="regulation", confidence=660),
        claim(15, two_factor, evidence(106, two_factor, BOARD, page=33, start=66_020),
              section="regulation", confidence=None),
        claim(16, "Players expect to be paid out on the same day.",
              evidence(107, "people just want their winnings the same day", NOTES, page=2, start=804),
              section="users", confidence=415, kind="inferred"),
        claim(17, "The product will charge players a fee of 10% of each stake.", section="users", confidence=None,
              kind="assumption"),
        claim(18, "Nobody cites this.", evidence(108, "Nobody cites this", NOTES, page=9, start=4_000)),
    ]  # fmt: skip


def gaps() -> list[Gap]:
    return [
        Gap(task_key="cac", question="What does it cost to win a player in Ontario?", section="users",
            outcome="insufficient_data", reason="No document in the library answers it.",
            searches=("customer acquisition cost Ontario", "marketing spend per new depositing player")),
    ]  # fmt: skip


def sections() -> list[SectionDraft]:
    by = {one.revision_id: one for one in claims()}
    return [
        SectionDraft(key="market", title="Market size and growth", sentences=(
            Sentence(text="The sources disagree on this; both statements are given.", claims=(11, 12), kind="heading"),
            said(by[11]), said(by[12]))),
        SectionDraft(key="competitors", title="Competitors", sentences=(
            said(by[13]),
            said(by[13], by[11], text="Maple Resorts, with revenue of $1.31 billion, is larger than the whole market "
                                      "for online skill games, at $412 million."))),
        SectionDraft(key="regulation", title="Licensing and player protection", regulatory=True, sentences=(
            Sentence(text="Who needs a permit", kind="heading"), said(by[14]),
            Sentence(text="What the product must do", kind="heading"), said(by[15]))),
        SectionDraft(key="users", title="Players and their needs", sentences=(said(by[16]), said(by[17]))),
    ]  # fmt: skip


def facts(**more: object) -> MrdFacts:
    regulation = next(draft for draft in sections() if draft.key == "regulation")
    approvals = tuple(
        SectionApproval(section="regulation", digest=regulation.digest(), decision_id=f"d-{n}", actor=actor, role=role)
        for n, (actor, role) in enumerate(
            (("actor-7f", "regulatory reviewer"), ("actor-c2", "regulatory reviewer")), 40
        )
    )
    fields = {
        "run_id": "0b8f7c1e-4c39-4a2e-9a57-7f0b2f3b6f10",
        "title": "Real-money skill games for New Jersey and Ontario",
        "prompt": "A real-money skill-gaming app for New Jersey and Ontario, against Maple Resorts",
        "vertical": "gambling",
        "engine": "extractive",
        "jurisdictions": ("New Jersey", "Ontario"),
        "products": ("skill games",),
        "competitors": ("Maple Resorts",),
        "plan_digest": sha("plan"),
        "as_of": AS_OF,
        "searches": SearchesSummary(made=38, without_hits=4, failed=1),
        "costs": CostsSummary(calls=52, searches=38, cost_usd="0.00"),
        "approvals": approvals,
        "claim_decisions": {14: ("d-31",), 15: ("d-32",), 16: ("d-33",), 17: ("d-34",)},
    }
    return MrdFacts(**(fields | more))


def mrd(**more: object) -> Mrd:
    """Compose the sample; `more` replaces arguments of `compose`."""
    given = {
        "facts": facts(),
        "sections": sections(),
        "claims": claims(),
        "places": places(claims()),
        "gaps": gaps(),
    } | more
    return compose.compose(**given)


def signed(document: Mrd | None = None) -> SignedMrd:
    document = document or mrd()
    block = SignatureBlock(
        name="Ada Okonkwo",
        role="approver",
        meaning="I approve this document for release to the board.",
        signed_at=AS_OF + dt.timedelta(hours=3),
        digest=document.digest(),
    )
    return SignedMrd.of(mrd=document, signatures=(block,))


def write(folder: Path) -> None:
    for name, one in (("signed", signed()), ("draft", SignedMrd.of(mrd=mrd(facts=facts(is_demo=True))))):
        (folder / f"{name}.html").write_text(html.to_html(one))
        (folder / f"{name}.md").write_text(markdown.to_markdown(one))
        (folder / f"{name}.json").write_bytes(json_export.to_json(one))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
