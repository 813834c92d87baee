"""Short ways to declare what follows from claims, and the rules every vertical shares.

A rule's words hold no figure: one comes into an item by `capture` alone, from the premise that has it.
"""

from __future__ import annotations

from typing import Literal

from research.engine.domain.vertical import Rule

Per = Literal["jurisdiction", "competitor"] | None


def requirement(
    key: str,
    text: str,
    *when: str,
    problem: str,
    acceptance: str,
    persona: str = "",
    scenario: str = "",
    segment: str = "",
    also: tuple[str, ...] = (),
    sections: tuple[str, ...] = (),
    per: Per = None,
    capture: str = "",
) -> Rule:
    """Declare a requirement; its id and priority follow from its premises."""
    attributes = {
        "persona": persona, "problem": problem, "scenario": scenario, "segment": segment, "acceptance": acceptance,
    }  # fmt: skip
    return Rule(
        key=key, task="requirements-synthesis", role="requirement", text=text, when=when, also=also,
        sections=sections, per=per, capture=capture, attributes=attributes,
    )  # fmt: skip


def left_out(key: str, text: str, *when: str, reason: str, also: tuple[str, ...] = (), per: Per = None) -> Rule:
    """Declare what the product leaves out."""
    return Rule(
        key=key, task="requirements-synthesis", role="out_of_scope", text=text, when=when, also=also, per=per,
        attributes={"reason": reason},
    )  # fmt: skip


def risk(
    key: str,
    text: str,
    *when: str,
    impact: str,
    mitigation: str,
    likelihood: str = "",
    also: tuple[str, ...] = (),
    sections: tuple[str, ...] = (),
    per: Per = None,
) -> Rule:
    """Declare a risk. likelihood: "" where nothing says how likely it is."""
    attributes = {"likelihood": likelihood, "impact": impact, "mitigation": mitigation}
    return Rule(
        key=key, task="risks-synthesis", role="risk", text=text, when=when, also=also, sections=sections, per=per,
        attributes=attributes,
    )  # fmt: skip


def persona(key: str, name: str, text: str, *when: str, segment: str = "", sections: tuple[str, ...] = ()) -> Rule:
    """Declare a persona that follows from what is said of customers."""
    return Rule(
        key=key, task="personas-synthesis", role="persona", text=text, when=when, sections=sections,
        attributes={"persona": name, "segment": segment},
    )  # fmt: skip


def assumption(
    key: str,
    text: str,
    *when: str,
    impact: str,
    test: str,
    owner: str,
    unless: tuple[str, ...] = (),
    sections: tuple[str, ...] = (),
    per: Per = None,
) -> Rule:
    """Declare what is taken for granted; with no `when`, unless a source speaks of it."""
    return Rule(
        key=key, task="assumptions-synthesis", role="assumption", kind="assumption", text=text, when=when,
        unless=unless, sections=sections, per=per, attributes={"impact": impact, "test": test, "owner": owner},
    )  # fmt: skip


SHARED: tuple[Rule, ...] = (
    risk(
        "law-under-way",
        "A change of law under way in {subject} may change what the product must do there, or what it pays.",
        "bill", "proposed", "would raise", "would require", "would ban", "under debate", "draft law", "draft rule",
        per="jurisdiction",
        impact="high",
        mitigation="Watch the change, and keep rates, limits and duties settings of each place rather than code.",
    ),
    risk(
        "breach",
        "A breach of security would cost the trust of customers and bring duties to report it.",
        "breach", "cyber attack", "cyberattacks", "cybersecurity", "vulnerabilities", "unauthorized access",
        impact="high",
        mitigation="Encrypt what is stored and sent, test the defences, and rehearse the report of a breach.",
    ),
    risk(
        "stronger-rivals",
        "Rivals with more money or customers can outspend the product on price and reach.",
        "new entrant", "new entrants", "greater financial", "more resources", "competition is intense",
        "highly competitive", "intense competition",
        impact="medium",
        mitigation="Serve first the segment the rivals' reviewers complain for, and measure wins and losses.",
    ),
    risk(
        "outside-channel",
        "The product depends on channels and suppliers that others own and may close or make dearer.",
        "app store", "app stores", "payment providers", "payment processors", "resellers", "third-party providers",
        impact="medium",
        mitigation="Keep a second supplier ready for each, and a way to customers that nobody else owns.",
    ),
    risk(
        "spending",
        "Customers cut spending of this kind when the economy turns.",
        "economic conditions", "discretionary spending", "recession", "slow renewals", "inflation",
        impact="medium",
        mitigation="Plan with the low case of the market size, and keep fixed costs below it.",
    ),
    left_out(
        "other-places",
        "Places and markets beyond those the plan names.",
        "license", "licence", "registration", "law", "laws", "act", "GDPR", "regulation", "rules",
        reason="Each place has law of its own, and nothing was researched for others.",
    ),
    assumption(
        "rates-hold",
        "Duties, rates and limits in {subject} stay as the sources state them until the product is on the market.",
        "tax", "fee", "duty", "limit", "law", "rule", "license", "licence",
        per="jurisdiction", impact="high", owner="Compliance",
        test="Read the law again at its primary source before each release plan, with the day it was read.",
    ),
    assumption(
        "prices-hold",
        "Customers of the new product pay prices of the kind the sources report for what they use today.",
        "price", "prices", "pricing", "fee", "fees", "per user", "per month", "entry fee", "subscription",
        sections=("pricing", "competitors"), impact="high", owner="Product",
        test="Sell to a small paying group at the planned price before the launch.",
    ),
    assumption(
        "cost-of-winning",
        "Winning a customer costs less than the customer brings, though the sources found do not state the cost.",
        unless=("acquisition cost", "cost of winning", "cost per player", "cost of acquiring", "cost to acquire"),
        impact="high", owner="Marketing",
        test="Run one channel for a month and divide its cost by the customers it brought.",
    ),
    assumption(
        "will-switch",
        "Customers who complain of what they have today will change when the complaint is met.",
        "complain", "complaints", "ask for", "frustrated", "dissatisfied", "unmet", "takes too long", "too slow",
        impact="medium", owner="Product",
        test="Interview those who complained, and count who signs up when offered the answer.",
    ),
    assumption(
        "trend-lasts",
        "The change the sources describe goes on through the plan's years.",
        "growth", "grew", "growing", "increased", "adoption", "rapidly",
        sections=("trends", "market_size"), impact="medium", owner="Strategy",
        test="Compare the next reported period with the trend and plan again where it breaks.",
    ),
)  # fmt: skip
