"""What a vertical declares: sections, the plan template, words of the trade. Data only, no behaviour."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from .canonical import Frozen
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


class Vertical(Frozen):
    """A swappable research domain.

    lexicons map the canonical name to the forms it is written in ("New Jersey": ("New Jersey", "NJ")).
    glossary maps a term to the terms that mean the same in this trade.
    field holds terms of the trade that seldom stand in documents about anything else; a term of several words is
    met where all of them stand. By them a mixed library is told apart; empty means that every document counts.
    metrics maps a metric's canonical name to the words that name it in a sentence.
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

    def section(self, key: str) -> SectionSpec:
        """Return the section called `key`. Raises `KeyError`."""
        return {section.key: section for section in self.sections}[key]

    def section_keys(self) -> tuple[str, ...]:
        return tuple(s.key for s in self.sections)
