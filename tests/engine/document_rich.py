"""The sample MRD with what a whole one has: tables, a market size, many claims. `python document_rich.py FOLDER`."""

from __future__ import annotations

import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

import document_sample as sample

from research.engine.domain.documents import MarketModel, ModelNode, Swing
from research.engine.domain.mrd import Mrd, MrdCell, MrdClaim, MrdFormula, MrdSentence, MrdTable, SignedMrd

LATEST = dt.date(2023, 2, 24)


def cell(
    text: str = "",
    *,
    claims: tuple[int, ...] = (),
    citations: tuple[int, ...] = (),
    kind: str = "",
    dated: bool = False,
) -> MrdCell:
    return MrdCell(text=text, claims=claims, citations=citations, kind=kind, as_of=LATEST if dated else None)


def competitors() -> MrdTable:
    """Four columns: a grid upright."""
    told = {"claims": (13,), "citations": (4,), "dated": True}
    rows = (
        (cell("Maple Resorts"), cell("USD 1.31 billion of revenue in fiscal 2022", kind="official claim", **told),
         cell("Paid out within two days in nine of ten tries", kind="measured", **told),
         cell("Support answers late at weekends", kind="user report", **told)),
        (cell("Oakline Arcade"), cell(), cell("Same-day payment above a fee", kind="inference", **told), cell()),
    )  # fmt: skip
    return MrdTable(
        key="competitors",
        caption="Competitors by aspect",
        columns=("Competitor", "Size", "Payment", "Service"),
        rows=rows,
    )


def regulation() -> MrdTable:
    """Seven short columns: a grid across."""
    told = {"claims": (14,), "citations": (6,)}
    heads = ("Jurisdiction", "Topic", "Regulator", "Instrument", "What it demands", "In force", "Primary source")
    rows = (
        (cell("New Jersey"), cell("licence"), cell("State Gaming Board"), cell("Skill Games Act, section 7"),
         cell("A permit for each game of skill for money", **told), cell("from 1 July 2021"), cell("yes")),
        (cell("Ontario"), cell("player protection"), cell("State Gaming Board"), cell("Rule 14"),
         cell("Two-factor authentication of each account", **told), cell("from 1 March 2022"), cell("yes")),
    )  # fmt: skip
    rows = (*rows, *rows, *rows)
    return MrdTable(key="regulation", caption="Regulation by jurisdiction", columns=heads, rows=rows)


def requirements() -> MrdTable:
    """Nine columns: rows stacked as records."""
    heads = ("Id", "Requirement", "Priority", "Persona", "Problem", "Scenario", "Segment", "Evidence", "Accepted when")
    told = {"claims": (16,), "citations": (8,), "kind": "inferred"}
    row = (
        cell("R-1"), cell("Winnings are paid out on the day they are asked for.", **told), cell("must"),
        cell("Weekend player"), cell("Waits for days and does not know why"),
        cell("Wins on a Saturday night, wants the money on Sunday"), cell("Casual players"),
        cell("Interview notes"), cell("Nineteen of twenty payments arrive within a day"),
    )  # fmt: skip
    other = (
        cell("R-2"),
        cell("Each account asks for a second factor.", **told),
        cell("should"),
        *(cell() for _ in range(6)),
    )
    return MrdTable(key="requirements", caption="Requirements", columns=heads, rows=(row, other))


def node(
    number: int,
    label: str,
    base: str,
    unit: str,
    *,
    kind: str = "stated",
    size: str = "input",
    by: str = "top-down",
    expression: str | None = None,
    inputs: tuple[int, ...] = (),
) -> ModelNode:
    low, high = Decimal(base) * Decimal("0.8"), Decimal(base) * Decimal("1.25")
    return ModelNode(
        claim=number, label=label, kind=kind, node=size, approach=by, unit=unit, low=f"{low.normalize():f}", base=base,
        high=f"{high.normalize():f}", expression=expression, inputs=inputs,
    )  # fmt: skip


def market() -> MarketModel:
    nodes = (
        node(31, "Gross revenue from online skill games in both jurisdictions", "412000000", "USD"),
        node(32, "Share of revenue from games that may be played for money", "62", "percent", kind="assumption"),
        node(33, "Share the product can win within three years", "4", "percent", kind="assumption"),
        node(34, "Adults who played a skill game last year", "1900000", "users", by="bottom-up"),
        node(35, "Yearly stake fee paid by a player", "120", "USD per user", kind="assumption", by="bottom-up"),
        node(36, "All revenue from online skill games", "412000000", "USD", kind="computed", size="TAM",
             expression="gross", inputs=(31,)),
        node(37, "Revenue from games played for money", "255440000", "USD", kind="computed", size="SAM",
             expression="tam * share", inputs=(36, 32)),
        node(38, "What the product can win", "10217600", "USD", kind="computed", size="SOM",
             expression="sam * won", inputs=(37, 33)),
        node(39, "Players times what each pays", "228000000", "USD", kind="computed", size="SAM", by="bottom-up",
             expression="players * fee", inputs=(34, 35)),
    )  # fmt: skip
    swings = (
        Swing(node=38, input=32, down="5108800", up="15326400"),
        Swing(node=38, input=33, down="5308800", up="14526400"),
    )
    said = (
        "Top-down gives a SAM of USD 255 million, bottom-up USD 228 million: they differ by 11 percent of the larger."
    )
    return MarketModel(nodes=nodes, swings=swings, reconciliation=said)


def mrd(*, repeat: int = 1, **more: object) -> Mrd:
    """Return the sample with tables and a market size; repeat: how often each section's claims stand in it."""
    plain = sample.mrd(**more)
    tables = {"competitors": (competitors(),), "regulation": (regulation(),), "users": (requirements(),)}
    sections = tuple(
        section.model_copy(
            update={
                "tables": tables.get(section.key, ()),
                "model": market() if section.key == "market" else None,
                "sentences": section.sentences * repeat,
            }
        )
        for section in plain.sections
    )
    return plain.model_copy(update={"sections": sections, "claims": (*plain.claims, *map(_claim_of, market().nodes))})


def large(*, citations: int, claims: int) -> Mrd:
    """Return a document of as many citations and claims, each of its own words, over the sample's sections."""
    small = mrd()
    first, known = small.citations[0], small.claims[0]
    quotes = tuple(
        first.model_copy(update={"number": number, "quote": f"{first.quote} Line {number}.", "page": number % 90 + 1})
        for number in range(1, citations + 1)
    )
    many = tuple(
        known.model_copy(
            update={
                "revision_id": 1000 + place, "text": f"{known.text} Statement {place}.", "contradicts": (),
                "citations": (place % citations + 1,),
            }
        )
        for place in range(claims)
    )  # fmt: skip
    said = [
        MrdSentence(text=claim.text, kind="claim", claims=(claim.revision_id,), citations=claim.citations)
        for claim in many
    ]
    share = len(said) // len(small.sections) + 1
    sections = tuple(
        section.model_copy(
            update={"sentences": (*section.sentences, *said[place * share : (place + 1) * share]),
                    "tables": tuple(t.model_copy(update={"rows": t.rows * 12}) for t in section.tables)}
        )
        for place, section in enumerate(small.sections)
    )  # fmt: skip
    return small.model_copy(update={"citations": quotes, "claims": (*small.claims, *many), "sections": sections})


def signed(document: Mrd | None = None) -> SignedMrd:
    return sample.signed(document or mrd())


def _claim_of(one: ModelNode) -> MrdClaim:
    names = {
        word: number for word, number in zip((one.expression or "").split(" * "), one.inputs, strict=False) if word
    }
    formula = MrdFormula(expression=one.expression, names=names) if one.expression else None
    return MrdClaim(
        revision_id=one.claim,
        key=f"key-{one.claim}",
        section="market",
        kind=one.kind,
        text=f"{one.label}.",
        confidence=None,
        digest=sample.sha(one.label),
        decided="by person",
        decision_ids=("d-90",),
        role="market_size",
        formula=formula,
        citations=(1,) if one.kind == "stated" else (),
        premises=one.inputs,
    )


if __name__ == "__main__":
    from research.engine.document import html, markdown, pdf, word

    folder = Path(sys.argv[1])
    for name, one in (("signed", signed()), ("draft", SignedMrd.of(mrd=mrd()))):
        (folder / f"{name}.html").write_text(html.to_html(one))
        (folder / f"{name}.md").write_text(markdown.to_markdown(one))
        (folder / f"{name}.pdf").write_bytes(pdf.to_pdf(one))
        (folder / f"{name}.docx").write_bytes(word.to_docx(one))
