"""One check for each category of cases: does the engine do what the case says must hold?

A case is an object of `cases/<category>.json`; `says` is what it is about in words. Every check is a plain function of
the case that returns whether the property holds; it asks the engine alone, never how the engine got there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from research.engine.domain import formulas
from research.engine.domain.claims import ClaimDraft, ClaimInHand, Formula, TypedValue, passes
from research.engine.domain.errors import InvalidInput, QuoteNotFound
from research.engine.domain.evidence import Quote
from research.engine.domain.plans import PlanTask
from research.engine.extraction import parse
from research.engine.extraction.result import Limits
from research.engine.ports import CompanyEntry
from research.engine.providers.extractive import regulatory, sentences, values
from research.engine.providers.extractive.model import ExtractiveModel
from research.engine.reading import periods, sheet_columns, sheets, table_model, tables
from research.engine.stages import extract, investigate
from research.engine.verification import assess, companies, independence, quotes
from research.engine.verticals import registry
from tests.doubles.engine import FakeLibrary, MemoryEvidenceStore, brief, evidence_of, shelf_over
from tests.regression import checks_document
from tests.regression.build import AS_OF, Case, Check, in_hand, item


def quote_stands(case: Case) -> bool:
    """ok: whether the quote can be pinned in the text at its place, on its page."""
    text, exact = case["text"], case["exact"]
    start = case.get("at", text.find(exact)) + case.get("shift", 0)
    quote = Quote(extracted_text_id=1, page=case.get("page", 1), start=start, end=start + len(exact), exact=exact)
    try:
        pinned = quotes.pin(text, case.get("pages", [0]), quote)
    except QuoteNotFound:
        return not case["ok"]
    return bool(case["ok"]) and text[pinned.start : pinned.end] == exact


def follows(case: Case) -> bool:
    """ok: whether a claim with this one quote passes without a person."""
    verified = assess.verify([in_hand("c", case["claim"], [item(1, case["quote"])])])
    return passes(verified.assessments[0].confidence) == case["ok"]


def voices(case: Case) -> bool:
    """Count as many independent sources as `voices` says, in whatever order they come."""
    said = [item(n, text, publisher=who, domain=where) for n, (who, where, text) in enumerate(case["said"], 1)]
    return independence.count(said) == independence.count(said[::-1]) == case["voices"]


def contradicts(case: Case) -> bool:
    """Link as many pairs as `pairs` says, and let none of a linked pair pass by rule."""
    vertical = registry.get(case["vertical"])
    claims = [
        in_hand(
            f"c{n}",
            text,
            [item(n, text, publisher=f"Publisher {n}")],
            values.typed_value(text, vertical=vertical, publisher=None),
        )
        for n, text in enumerate(case["said"], 1)
    ]
    verified = assess.verify(claims)
    linked = {key for link in verified.contradictions for key in (link.first, link.second)}
    people = {each.key for each in verified.assessments if each.to_people}
    return len(verified.contradictions) == case["pairs"] and linked <= people


class Register:
    """A register of companies in memory: it knows the names it is given."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = {name.casefold(): name for name in names}

    def find(self, name: str) -> CompanyEntry | None:
        known = self._names.get(name.casefold())
        return CompanyEntry(name=known, identifier="R-1") if known else None


def company_is_known(case: Case) -> bool:
    """known: whether nobody need look whether the companies of a competitor claim exist."""
    publisher, text = case["own"]
    claim = in_hand("c", text, [item(1, text, publisher=publisher)])
    said = {"competitor": case["competitor"], "aspect": "offer", "cell_type": "official claim"}
    draft = claim.draft.model_copy(update={"role": "competitor", "attributes": said if case["competitor"] else {}})
    claim = claim.model_copy(update={"draft": draft})
    sources = [item(n, words, publisher=who) for n, (who, words) in enumerate(case["sources"], 2)]
    register = Register(case["register"]) if "register" in case else None
    return (companies.unknown(claim, sources, register) == ()) == case["known"]


def stale_are_told(case: Case) -> bool:
    """Tell people of the claims on law at `stale`, and of no others, that they are stale."""
    vertical = registry.get("gambling")
    claims = []
    for n, said in enumerate(case["said"]):
        evidence = [item(n + 1, said["text"], publisher="Authority of Play", date=said["date"])]
        draft = in_hand(
            str(n), said["text"], evidence, values.typed_value(said["text"], vertical=vertical, publisher=None)
        ).draft.model_copy(
            update={
                "role": "regulation",
                "attributes": regulatory.attributes_of(text=said["text"], evidence=evidence, vertical=vertical),
            }
        )
        claims.append(ClaimInHand(key=str(n), draft=draft, question=said["text"], evidence=tuple(evidence)))
    verified = assess.verify(claims, as_of=AS_OF)
    stale = sorted(int(each.key) for each in verified.assessments if any("stale" in why for why in each.to_people))
    return stale == case["stale"]


def periods_are_read(case: Case) -> bool:
    calendar = periods.FiscalCalendar(case["fiscal_ends"]) if "fiscal_ends" in case else periods.CALENDAR_YEAR
    return [found.period.name for found in periods.find(case["text"], fiscal=calendar)] == case["names"]


def formula_holds(case: Case) -> bool:
    """Give the amount, refuse, or say that a stored figure differs."""
    given = {name: _value(one) for name, one in case["values"].items()}
    try:
        formula = Formula(expression=case["expression"], names={name: f"key of {name}" for name in given})
        result = formulas.evaluate(formula, given)
    except InvalidInput:
        return bool(case.get("refused"))
    if case.get("refused"):
        return False
    if "stored" in case:
        return bool(formulas.difference(_value(case["stored"]), result)) == case["differs"]
    return result.amount == Decimal(case["gives"]) and result.currency == case["currency"]


def cell_is_read(case: Case) -> bool:
    """Read the cell at row and column with the amount `amount`; None: no table has such a row."""
    for table in tables.find_tables(case["text"]):
        for row in table.rows:
            if row.label != case["row"] or row.parent != case.get("parent", row.parent):
                continue
            at = next(n for n, column in enumerate(table.columns) if case["column"] in column.head)
            cell = row.cells[at]
            counted = table_model.measure(table, row, cell)
            amount = None if cell.value is None else cell.value * (counted.scale or 1)
            unit, currency = case.get("unit"), case.get("currency", counted.currency)
            wanted = None if case["amount"] is None else Decimal(case["amount"])
            return amount == wanted and (unit or counted.unit) == counted.unit and currency == counted.currency
    return case["amount"] is None


def rows_are_typed(case: Case) -> bool:
    read = parse.parse(case["file"].encode(), name="figures.csv", limits=Limits())
    (sheet,) = sheets.read(read.text, page_starts=read.page_starts)
    column = next(each for each in sheet.columns if each.name.startswith(case["column"].split(" (")[0]))
    row = sheet.rows[case["row"]]
    cell = row.cells[column.position] if column.position < len(row.cells) else ""
    got = sheet_columns.value(column, cell)
    same = (got is None) if case["value"] is None else str(got) == case["value"]
    meant = {name: case[name] for name in ("kind", "scale", "currency") if name in case}
    return same and all(getattr(column, name) == wanted for name, wanted in meant.items())


def attributes_are_read(case: Case) -> bool:
    source = item(1, case["text"], publisher=case["publisher"], title=case.get("title", "A text"))
    got = regulatory.attributes_of(text=case["text"], evidence=[source], vertical=registry.get(case["vertical"]))
    return (
        all(got.get(name) == wanted for name, wanted in case["has"].items())
        and all(name not in got for name in case.get("lacks", ()))
        and all(got.get(name) for name in case.get("nonempty", ()))
    )


def claims_of(text: str, *, queries: tuple[str, ...], section: str) -> tuple[ClaimDraft, ...]:
    """Return the claims a task makes of a document of this text alone, as a run would."""
    vertical = registry.get("gambling")
    library = FakeLibrary.of(text)
    task = PlanTask(
        key="t", question="What do the sources say of gaming in New Jersey?", section=section,
        tools=("library_search", "library_scan"), queries=queries,
    )  # fmt: skip
    told, model = brief(vertical, "An online casino for New Jersey"), ExtractiveModel()

    async def run() -> tuple[ClaimDraft, ...]:
        store = MemoryEvidenceStore(library)
        found = await investigate.investigate(model, told, task, shelf_over(library), store)
        return await extract.extract(model, told, task, evidence_of(task, found))

    return asyncio.run(run())


def hostile_has_no_effect(case: Case) -> bool:
    """Repeat no order of a document as a claim and keep the sentence beside it; keep the plan of the clean prompt."""
    if "prompt" in case:
        told, clean = (_tasks(prompt) for prompt in (case["prompt"], case["same_plan_as"]))
        return told == clean
    queries = ("New Jersey law requires gaming license", case["text"][:200])
    said = [claim.text for claim in claims_of(case["text"], queries=queries, section="regulation")]
    kept = "still" not in case or any(case["still"] in text for text in said)
    return kept and not any(case["never"] in text for text in said)


def boilerplate_is_no_claim(case: Case) -> bool:
    """offered: whether the reader offers a sentence of it as evidence; notice: whether as a claim it cannot pass."""
    text = case["text"]
    offered = any(sentences.can_stand_alone(each) for each in sentences.split(text))
    verified = assess.verify([in_hand("c", text, [item(1, text)])])
    return offered == case["offered"] and passes(verified.assessments[0].confidence) != case["notice"]


def _tasks(prompt: str) -> list[tuple[str, bool]]:
    plan = asyncio.run(ExtractiveModel().plan(brief(registry.get("gambling"), prompt)))
    return [(task.key, task.critical) for task in plan.tasks]


def _value(given: dict[str, str]) -> TypedValue:
    return TypedValue.model_validate(given)


CHECKS: dict[str, Check] = {
    "quote_at_its_place": quote_stands,
    "page_of_quote": quote_stands,
    "figure_present": follows,
    "figure_unit_scale_period": follows,
    "negation_kept": follows,
    "direction_kept": follows,
    "wrong_scale_flagged": follows,
    "copies_counted_once": voices,
    "independence": voices,
    "contradiction_found": contradicts,
    "stale_rate": stale_are_told,
    "company_exists": company_is_known,
    "numeral_in_document": checks_document.numerals_are_traced,
    "numeral_every_place": checks_document.no_numeral_is_loose,
    "period_reading": periods_are_read,
    "formula_recomputed": formula_holds,
    "table_cell": cell_is_read,
    "rows_typed": rows_are_typed,
    "regulation_attributes": attributes_are_read,
    "boilerplate_no_claim": boilerplate_is_no_claim,
    "hostile_no_effect": hostile_has_no_effect,
}
