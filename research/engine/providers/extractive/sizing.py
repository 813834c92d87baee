"""Propose a market size from claims: TAM, SAM and SOM, top-down and bottom-up, each a formula over its premises.

Taken from sources where they state it; what they do not state is an assumption, labelled so, with a range, a test and
an owner. Without an anchor (a stated market revenue, or stated customers with a stated spend) nothing is proposed.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from research.engine.domain import formulas, items, size_words
from research.engine.domain.claims import ClaimDraft, Formula, TypedValue
from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.plans import PlanTask
from research.engine.ports import RunBrief

from . import sizing_anchor, sizing_words, subjects
from .sizing_read import Found, Reader, asked_of
from .words import content_stems, fold

# The tasks of the plan that a market size is proposed for.
TASKS = "sizing"
# What an input is of.
MARKET, CUSTOMERS, SPEND = "Market", "Customers", "Spend"
TOP_DOWN, BOTTOM_UP = items.APPROACHES
# Percent: low, base, high. No source stands behind them, so they are wide, and people decide on them; a served share
# says no more than "about half, perhaps a quarter, perhaps three quarters".
SERVED = (Decimal(25), Decimal(50), Decimal(75))
ATTAINABLE = (Decimal("0.5"), Decimal(1), Decimal(2))
# How far a product may fall short of, or go beyond, what earlier newcomers reached.
HALF, TWICE = Decimal("0.5"), Decimal(2)
# What turns a spend per time into one of a year.
_A_YEAR = {"": "", "year": " * year", "quarter": " * 4 * quarter", "month": " * 12 * month"}


class _Inputs(NamedTuple):
    """What the sizes rest on. market, customers and spend are None where the sources do not state them.

    expression: customers times spend in a year. in_part: the customers are already those of the part served.
    """

    market: ClaimDraft | None
    customers: ClaimDraft | None
    spend: ClaimDraft | None
    expression: str
    in_part: bool
    served: ClaimDraft
    attainable: ClaimDraft


class _Bottom(NamedTuple):
    """Customers and what each of them spends."""

    number: Found
    spend: Found


def propose(*, brief: RunBrief, task: PlanTask, claims: Sequence[AcceptedClaim]) -> tuple[ClaimDraft, ...]:
    """Return inputs, assumptions and computed sizes for one place, or () without an anchor or for another task.

    The place is the first of the prompt's with an anchor; the result does not depend on the order of `claims`.
    """
    rules = brief.vertical.sizing
    if rules is None or not task.key.startswith(TASKS):
        return ()
    about = subjects.of(brief)
    stems = frozenset(content_stems(brief.prompt))
    reader = Reader(rules, brief.vertical, about.jurisdictions, stems, asked_of(brief.prompt, rules))
    writer = _Writer(task, rules.owner)
    inputs = _inputs(writer, reader, claims)
    return () if inputs is None else _sizes(writer, inputs)


class _Writer(NamedTuple):
    """Write the drafts of one task."""

    task: PlanTask
    owner: str

    def stated(self, found: Found, label: str, *, used: Sequence[ClaimDraft | None] = ()) -> ClaimDraft:
        """Return an input with the source's own sentence; a second input from one sentence, its own clause."""
        text = fold(found.claim.text)
        taken = {draft.text for draft in used if draft is not None}
        if text in taken:
            source = found.claim.evidence[0].source
            ways = sizing_words.apart(text, clause=found.said, source=source.publisher or source.title)
            text = next(way for way in ways if way not in taken)
        evidence = [item.id for item in found.claim.evidence]
        approach = BOTTOM_UP if label in (CUSTOMERS, SPEND) else TOP_DOWN
        return self._draft("stated", text, found.value, approach, evidence=evidence)

    def assumed(
        self, template: str, value: TypedValue, *, impact: str, test: str, basis: Found | None = None
    ) -> ClaimDraft:
        evidence = [item.id for item in basis.claim.evidence] if basis else []
        return self._draft(
            "assumption",
            sizing_words.assumption(template, value),
            value,
            TOP_DOWN,
            evidence=evidence,
            more={"impact": impact, "test": test, "owner": self.owner},
        )

    def computed(self, node: str, approach: str, expression: str, premises: dict[str, ClaimDraft]) -> ClaimDraft:
        formula = Formula(expression=expression, names={name: draft.key() for name, draft in premises.items()})
        values = {name: draft.value for name, draft in premises.items() if draft.value is not None}
        value = formulas.evaluate(formula, values).model_copy(update={"metric": f"{node}, {approach}"})
        text = size_words.size(node=node, approach=approach, value=value)
        return self._draft("computed", text, value, approach, node=node, formula=formula)

    def _draft(
        self,
        kind: str,
        text: str,
        value: TypedValue,
        approach: str,
        *,
        node: str = "input",
        evidence: Sequence[int] = (),
        more: dict[str, str] | None = None,
        formula: Formula | None = None,
    ) -> ClaimDraft:
        attributes = items.check_attributes("market_size", {"node": node, "approach": approach, **(more or {})})
        return ClaimDraft.model_validate(
            {
                "task_key": self.task.key,
                "section": self.task.section,
                "kind": kind,
                "text": text,
                "value": value,
                "evidence_ids": tuple(dict.fromkeys(evidence)),
                "premise_keys": tuple(formula.names.values()) if formula else (),
                "role": "market_size",
                "attributes": attributes,
                "formula": formula,
            }
        )


def _inputs(writer: _Writer, reader: Reader, claims: Sequence[AcceptedClaim]) -> _Inputs | None:
    anchors = reader.anchors(claims)
    places = [anchors[0].value.geography] if anchors else [*(reader.places or (None,))]
    for place in places:
        market = _market(writer, anchors)
        bottom = _bottom(reader, claims, place, market.value.currency if market and market.value else None)
        if not market and not bottom:
            continue
        customers = writer.stated(bottom.number, CUSTOMERS, used=(market,)) if bottom else None
        spend = writer.stated(bottom.spend, SPEND, used=(market, customers)) if bottom else None
        share = next(iter(reader.segments(claims, place)), None)
        return _Inputs(
            market=market,
            customers=customers,
            spend=spend,
            expression=f"customers * spend{_A_YEAR[bottom.spend.time]}" if bottom else "",
            in_part=bottom is not None and reader.is_one_part(bottom.number, share),
            served=_served(writer, share, place, used=(market, customers, spend)),
            attainable=_attainable(writer, next(iter(reader.newcomers(claims, place)), None), place),
        )
    return None


def _market(writer: _Writer, anchors: Sequence[Found]) -> ClaimDraft | None:
    """Return the anchor to take with its range; its evidence is what gives the same amount, and no other figure."""
    if not anchors:
        return None
    best, same = sizing_anchor.chosen(anchors)
    draft = writer.stated(best, MARKET)
    evidence = [item.id for found in same for item in found.claim.evidence]
    return draft.model_copy(update={"evidence_ids": tuple(dict.fromkeys((*draft.evidence_ids, *evidence)))})


def _bottom(reader: Reader, claims: Sequence[AcceptedClaim], place: str | None, currency: str | None) -> _Bottom | None:
    """Return the best count of customers for which sources state what one spends, with that; else None."""
    for count in reader.customers(claims, place):
        spends = reader.spends(claims, place, unit=count.value.unit or "", currency=currency)
        if spends:
            return _Bottom(count, spends[0])
    return None


def _served(
    writer: _Writer, found: Found | None, place: str | None, *, used: Sequence[ClaimDraft | None]
) -> ClaimDraft:
    if found is not None:
        return writer.stated(found, "Served share", used=used)
    low, base, high = SERVED
    value = TypedValue(number=base, unit="percent", low=low, high=high, metric="served share", geography=place)
    return writer.assumed(sizing_words.SERVED, value, impact="medium", test=sizing_words.TEST_SERVED)


def _attainable(writer: _Writer, found: Found | None, place: str | None) -> ClaimDraft:
    """Return the share to be reached: always an assumption, since it lies ahead; its base is what newcomers reached."""
    low, base, high = ATTAINABLE
    if found:
        base = found.value.number
        low, high = (base * HALF).normalize(), min(base * TWICE, Decimal(100)).normalize()
    value = TypedValue(number=base, unit="percent", low=low, high=high, metric="attainable share", geography=place)
    if found is None:
        return writer.assumed(sizing_words.ATTAINABLE, value, impact="high", test=sizing_words.TEST_ATTAINABLE)
    return writer.assumed(
        sizing_words.LIKE_NEWCOMERS, value, impact="high", test=sizing_words.TEST_NEWCOMERS, basis=found
    )


def _sizes(writer: _Writer, inputs: _Inputs) -> tuple[ClaimDraft, ...]:
    """Return the inputs used, then each approach's sizes. Customers counted in the part served give its SAM at once."""
    given = (inputs.market, inputs.customers, inputs.spend, inputs.served, inputs.attainable)
    found: list[ClaimDraft] = []
    if inputs.market:
        tam = writer.computed("TAM", TOP_DOWN, "market", {"market": inputs.market})
        found += [tam, *_below(writer, inputs, TOP_DOWN, tam)]
    if inputs.customers and inputs.spend:
        premises = {"customers": inputs.customers, "spend": inputs.spend}
        first = writer.computed("SAM" if inputs.in_part else "TAM", BOTTOM_UP, inputs.expression, premises)
        found += [first, *_below(writer, inputs, BOTTOM_UP, first)]
    used = {key for draft in found for key in draft.premise_keys}
    return (*(draft for draft in given if draft is not None and draft.key() in used), *found)


def _below(writer: _Writer, inputs: _Inputs, approach: str, first: ClaimDraft) -> list[ClaimDraft]:
    sam = first
    if first.attributes["node"] == "TAM":
        sam = writer.computed("SAM", approach, "tam * served_share", {"tam": first, "served_share": inputs.served})
    premises = {"sam": sam, "attainable_share": inputs.attainable}
    som = writer.computed("SOM", approach, "sam * attainable_share", premises)
    return [som] if sam is first else [sam, som]
