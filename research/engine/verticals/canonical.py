"""The canonical document: its sections in order, and the tasks every vertical has alike.

Control, the executive summary, open questions and the evidence appendix are composed, so they are no sections here.
"""

from __future__ import annotations

from research.engine.domain.vertical import SectionSpec, TaskTemplate

from .base import section, task

# key, title, purpose. None: the place of the vertical's own regulatory sections.
_ORDER: tuple[tuple[str, str, str] | None, ...] = (
    ("market_problem", "Market problem and timing", "What customers lack today, who feels it, and why now."),
    ("definition", "Definition and segments", "What the product is, what it is not, and how its market divides."),
    ("market_size", "Market size", "How large the market is, with figures, periods and their sources."),
    ("trends", "Trends and drivers", "What changes in the market: law, technology, channels, demand."),
    ("personas", "Customers and personas", "Who buys and who uses, how they differ, and what each group values."),
    ("competitors", "Competitors", "Who else serves these customers, with what, and how well."),
    ("pricing", "Pricing and business model", "What is charged for, how, and what is earned with it."),
    None,
    (
        "voice_of_customer",
        "Win/loss and voice of customer",
        "What customers say in their own words, and why they choose or leave.",
    ),
    (
        "requirements",
        "Market requirements",
        "What the product must do, derived from the sections above, and what it leaves out.",
    ),
    ("go_to_market", "Go to market", "How customers are won and kept: channels, partners, trials, access."),
    ("success_metrics", "Success metrics", "The measures this trade is steered by, and the values sources report."),
    ("assumptions", "Assumptions", "What is taken for granted, how bad it is when wrong, and how it is tested."),
    ("risks", "Risks", "What could make this fail, and how likely the sources think it is."),
)


def sections(*regulatory: SectionSpec, **own: tuple[str, str]) -> tuple[SectionSpec, ...]:
    """Return the canonical sections in order, `regulatory` ones at their place.

    own: for a section's key, the title and the purpose in the words of the trade. Raises `ValueError` for a key that
    is no canonical section.
    """
    known = {entry[0] for entry in _ORDER if entry}
    if not known.issuperset(own):
        raise ValueError(f"no canonical section: {', '.join(sorted(set(own) - known))}")
    found: list[SectionSpec] = []
    for entry in _ORDER:
        if entry is None:
            found.extend(regulatory)
            continue
        key, title, purpose = entry
        found.append(section(key, *own.get(key, (title, purpose)), competitor=key == "competitors"))
    return tuple(found)


def synthesis(
    *, market: tuple[str, ...], people: tuple[str, ...], law: tuple[str, ...], product: tuple[str, ...]
) -> tuple[TaskTemplate, ...]:
    """Return the tasks that search nothing: what they propose follows from the claims of the tasks named.

    market, people, law, product: keys of the tasks on figures and rivals, on customers, on what law demands, and on
    the product, its price and its dangers. What each proposes is written in the vertical's rules and, for `sizing`,
    in the rules of market size.
    """
    return (
        task(
            "sizing",
            "market_size",
            "How large are the whole, the reachable and the obtainable market, top-down and bottom-up?",
            layer="synthesis",
            depends_on=market,
        ),
        task(
            "personas-synthesis",
            "personas",
            "Which personas follow from what the sources say of customers?",
            layer="synthesis",
            depends_on=people,
        ),
        task(
            "risks-synthesis",
            "risks",
            "Which risks follow from law, rivals and customers, and what lessens them?",
            layer="synthesis",
            depends_on=(*law, *product, *market, *people),
        ),
        task(
            "requirements-synthesis",
            "requirements",
            "What must the product do, for whom, how is it seen to be done, and what is out of scope?",
            layer="requirements",
            depends_on=(*law, *people, *product),
        ),
        task(
            "assumptions-synthesis",
            "assumptions",
            "What is assumed where the sources do not say, how bad is it when wrong, and how is it tested?",
            layer="requirements",
            depends_on=(*market, *people, *law, *product),
        ),
    )
