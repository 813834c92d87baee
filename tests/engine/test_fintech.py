"""The third vertical, one file: its plan is valid and a run of it over fictional texts gives claims in its sections."""

import asyncio
import datetime as dt

import pytest

from research.engine.domain.claims import ClaimDraft, ClaimInHand
from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.plans import PlanTask, check_plan
from research.engine.providers.extractive.model import ExtractiveModel
from research.engine.stages import extract, investigate
from research.engine.verification import assess
from research.engine.verticals import registry
from tests.doubles.engine import Document, FakeLibrary, MemoryEvidenceStore, brief, evidence_of, shelf_over

FINTECH = registry.get("fintech")
PROMPT = (
    "A payment app with instalments for small merchants in New York and Ireland, against Klarna and a wallet of banks"
)
SEARCHING = ("library_search", "library_scan")

# Fictional: every body, company and figure is invented.
TEXTS = {
    ("Transmission guide MT-3", "Hudson Department of Payment Services"): """
New York law requires a money transmitter license before a company holds or moves money for others.
The money transmitter license costs $48,000 and must be renewed every year.
The applicant shows capital of $2 million.
Licensees must maintain an anti-money laundering program and must report suspicious transactions within 30 days.
A payment app must verify the identity of every customer before a balance above $250 is held.
""",
    ("Guide to e-money and instalments", "Irish Forum for Payment Supervision"): """
An e-money institution license in Ireland requires capital of €350,000 and a head office in the country.
Customer funds must be safeguarded in a segregated account by the end of the next working day.
Strong customer authentication is required for every payment above €30 in Ireland.
Every consumer credit contract must include the annual percentage rate, and a borrower has 14 days to withdraw.
The creditworthiness of every borrower must be checked before an instalment plan is agreed.
An unauthorised payment must be refunded by the end of the following working day.
""",
    ("Small merchants and payments 2025", "Wharfside Payment Research"): """
In 2024, New York payment volume of small merchants was $61,400 million.
Merchants lack a single view of fees and payouts.
About 214,000 merchants in New York accept payments by app, and 38 percent of them offer instalments.
Merchants value payouts on the same day above all, and borrowers value a plan whose cost is stated in one line.
A trend towards instant payments continues: 44 percent of payouts were instant in 2024, compared to 29 percent in 2023.
The fee is 2.6 percent of a card payment on average, and losses on instalment loans were 3.1 percent in 2024.
One risk for a new entrant is the funding bank, which may end its partnership within 90 days.
""",
    ("Tallybird: fees", "Tallybird Pay"): """
Tallybird offers merchants a payment app with instalments over three months. The fee is 2.2 percent of each payment.
Tallybird had 41,000 active accounts at the end of 2024 and answers complaints within five days.
""",
}


@pytest.fixture(scope="module")
def library() -> FakeLibrary:
    day = dt.date(2025, 2, 3)
    return FakeLibrary([Document(title, [text], publisher=who, date=day) for (title, who), text in TEXTS.items()])


@pytest.fixture(scope="module")
def claims(library) -> dict[str, list[ClaimDraft]]:
    """Return the claims of a run, by section: plan, then investigate and extract task by task."""

    async def run() -> dict[str, list[ClaimDraft]]:
        model, told, store = ExtractiveModel(), brief(FINTECH, PROMPT), MemoryEvidenceStore(library)
        shelf = shelf_over(library)
        found: dict[str, list[ClaimDraft]] = {}
        for task in (await model.plan(told)).tasks:
            if task.queries:
                seen = await investigate.investigate(model, told, task, shelf, store)
                evidence = evidence_of(task, seen)
                said = await extract.extract(model, told, task, evidence)
                for claim in said:
                    hand = ClaimInHand(
                        key=claim.key(), draft=claim, question=task.question,
                        evidence=tuple(item for item in evidence if item.id in claim.evidence_ids),
                    )  # fmt: skip
                    assert assess.verify([hand]).assessments[0].confidence is not None
                found.setdefault(task.section, []).extend(said)
        return found

    return asyncio.run(run())


def test_the_plan_names_the_places_products_and_rivals_of_the_prompt():
    plan = asyncio.run(ExtractiveModel().plan(brief(FINTECH, PROMPT)))
    check_plan(plan, sections=FINTECH.section_keys(), tools=SEARCHING)
    asked = " ".join(task.question for task in plan.tasks)
    assert all(name in asked for name in ("New York", "Ireland", "Klarna"))


@pytest.mark.parametrize(
    "section",
    ["market_problem", "market_size", "trends", "personas", "pricing", "regulation", "consumer_protection", "risks"],
)
def test_sections_of_the_vertical_get_claims(claims, section):
    assert claims.get(section)


def test_law_and_figures_are_found_and_every_claim_is_a_sentence_of_a_source(claims, library):
    said = " ".join(claim.text for rows in claims.values() for claim in rows)
    for words in ("money transmitter license", "capital of €350,000", "14 days", "$61,400 million", "2.6 percent"):
        assert words in said
    texts = [" ".join(document.text.split()) for document in library.documents]
    assert all(any(claim.text in text for text in texts) for rows in claims.values() for claim in rows)


def test_another_trade_is_not_its_field():
    """Field terms tell a mixed library apart: none of them is common to another vertical's field."""
    for other in ("gambling", "saas"):
        assert not set(FINTECH.field) & set(registry.get(other).field)


def test_requirements_follow_from_law_by_the_verticals_rules_with_their_premise():
    text = "New York law requires a money transmitter license before a company moves money for others."
    said = {"jurisdiction": "New York", "topic": "licence"}
    law = AcceptedClaim(
        revision_id=1, key="k1", section="regulation", kind="stated", text=text, digest="d", confidence=800,
        task_key="licensing", role="regulation", attributes=said,
    )  # fmt: skip
    task = next(task for task in FINTECH.tasks if task.key == "requirements-synthesis")
    asked = PlanTask(
        key=task.key, question=task.question, section=task.section, tools=SEARCHING, layer="requirements",
        depends_on=("licensing",),
    )  # fmt: skip
    proposed = asyncio.run(ExtractiveModel().synthesise(brief(FINTECH, PROMPT), asked, [law]))
    (licence,) = (draft for draft in proposed if draft.role == "requirement" and "New York" in draft.text)
    assert (licence.kind, licence.premise_keys, licence.attributes["moscow"]) == ("inferred", ("k1",), "must")


def test_no_rule_holds_a_figure_of_its_own():
    words = " ".join(f"{rule.text} {' '.join(rule.attributes.values())}" for rule in FINTECH.rules)
    assert not any(char.isdigit() for char in words)


@pytest.mark.parametrize(
    "said",
    [
        "PayFleet charges merchants 0.9 percent of each payment and £5 a month.",
        "PayFleet takes 1.4 percent of each sale and nothing besides.",
        "PayFleet pays out every day and its commission is 0.8 percent for any shop.",
    ],
)
def test_what_a_rival_charges_is_found_on_its_own_page(said):
    told = brief(FINTECH, "A payment app for small merchants in New York, against PayFleet")
    page = (
        f"PayFleet is a payment app for small shops. {said} Its team is small and works by the river in the old town."
    )
    own = FakeLibrary([Document("PayFleet: our prices", [page], publisher="PayFleet Ltd")])

    async def run() -> list[str]:
        model = ExtractiveModel()
        (task,) = (task for task in (await model.plan(told)).tasks if task.subject == "PayFleet")
        seen = await investigate.investigate(model, told, task, shelf_over(own), MemoryEvidenceStore(own))
        return [claim.text for claim in await extract.extract(model, told, task, evidence_of(task, seen))]

    assert asyncio.run(run()) == [said]
