"""What a vertical declares: sections, the plan template, words of the trade. Data only, no behaviour."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .canonical import Frozen, added
from .items import Role
from .market_rules import MarketRules
from .plans import Layer


class SectionSpec(Frozen):
    """A section of the vertical's MRD. `regulatory` sections always pass the regulatory gate (two people).

    `competitor` sections hold claims that need two independent sources.
    """

    key: str
    title: str
    purpose: str
    regulatory: bool = False
    competitor: bool = False


class TaskTemplate(Frozen):
    """A task of the plan template.

    question and queries may hold {products}, {jurisdictions}, {competitors} and, with `per`, {subject}.
    per: None for one task, or one task for each jurisdiction or competitor named in the prompt.
    """

    key: str
    question: str
    section: str
    tools: tuple[str, ...] = ("library_search", "library_scan")
    critical: bool = False
    depends_on: tuple[str, ...] = ()
    layer: Layer = "research"
    queries: tuple[str, ...] = ()
    per: Literal["jurisdiction", "competitor"] | None = None


class Rule(Frozen):
    """What follows when premises say something: an item people decide on, in words fixed here.

    key: unique in the vertical. task: the task without searches that proposes it; its section is the item's.
    when: a premise must hold one of these, whole words; with `also`, one of those too. sections: where the premise
    stands, () for any. kind "inferred" needs a premise; kind "assumption" with `when` () is proposed unless a claim
    of `unless` words is there: it is what sources leave open.
    per: one item for each place or company its premises name, told in the text as {subject}.
    capture: a pattern whose named groups fill the text; figures come into an item in no other way.
    text and attributes may hold {products}, {subject} and the groups' names. `moscow` and `id` of a requirement are
    not written here: they follow from the premises and their order.
    """

    key: str = Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$")
    task: str
    role: Role
    text: str
    kind: Literal["inferred", "assumption"] = "inferred"
    when: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    per: Literal["jurisdiction", "competitor"] | None = None
    capture: str = ""
    attributes: dict[str, str] = {}


class Vertical(Frozen):
    """A swappable research domain.

    lexicons map the canonical name to the forms it is written in ("New Jersey": ("New Jersey", "NJ")).
    glossary maps a term to the terms that mean the same in this trade.
    field holds terms of the trade that seldom stand in documents about anything else; a term of several words is
    met where all of them stand. By them a mixed library is told apart; empty means that every document counts.
    metrics maps a metric's canonical name to the words that name it in a sentence.
    personas maps a persona's name to the words it is met in; instruments a law's name to the place whose law it is.
    rules say what items follow from which claims; sizing by which words a market size is found, None for none.
    allowed_domains: the only ones a search of the web may look in, () for any; else blocked_domains: those it may not.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    sections: tuple[SectionSpec, ...]
    tasks: tuple[TaskTemplate, ...]
    products: dict[str, tuple[str, ...]] = {}
    jurisdictions: dict[str, tuple[str, ...]] = {}
    competitors: dict[str, tuple[str, ...]] = {}
    glossary: dict[str, tuple[str, ...]] = {}
    field: tuple[str, ...] = ()
    metrics: dict[str, tuple[str, ...]] = {}
    personas: dict[str, tuple[str, ...]] = {}
    instruments: dict[str, str] = {}
    rules: tuple[Rule, ...] = ()
    sizing: MarketRules | None = None
    allowed_domains: tuple[str, ...] = added(())
    blocked_domains: tuple[str, ...] = added(())

    def may_read(self, host: str) -> bool:
        """Tell whether pages of `host` may be read: by the lists of domains, which hold for their subdomains too."""

        def lies_in(domains: tuple[str, ...]) -> bool:
            return any(host == domain or host.endswith(f".{domain}") for domain in domains)

        return lies_in(self.allowed_domains) if self.allowed_domains else not lies_in(self.blocked_domains)

    def section(self, key: str) -> SectionSpec:
        """Return the section called `key`. Raises `KeyError`."""
        return {section.key: section for section in self.sections}[key]

    def section_keys(self) -> tuple[str, ...]:
        return tuple(s.key for s in self.sections)
