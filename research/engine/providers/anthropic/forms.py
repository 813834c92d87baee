"""The forms of the models' answers. Every field is demanded, as schemas with many optional ones are refused (r0058).

"" and [] say that there is nothing. What stands in an answer is checked again where it is used: a form only says shape.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from research.engine.domain.items import Role
from research.engine.domain.plans import Layer

MAX_CLAIMS = 12
MAX_ITEMS = 12


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TaskForm(_Form):
    key: str = Field(description="lower-case words joined by -, unique in the plan")
    question: str
    section: str = Field(description="key of a section")
    tools: list[str] = Field(description="names of tools, the preferred first")
    critical: bool
    depends_on: list[str] = Field(description="keys of tasks that must be done first; [] for a research task")
    layer: Layer
    queries: list[str] = Field(description="searches, the narrowest first; [] for tasks that only conclude")
    subject: str = Field(description='the company or place the task is about, or ""')


class PlanForm(_Form):
    products: list[str] = Field(description="the prompt's own products")
    jurisdictions: list[str] = Field(description="places the prompt names")
    competitors: list[str] = Field(description="competitors the prompt names")
    tasks: list[TaskForm]


class QuotedForm(_Form):
    number: int = Field(description="the number of the quote")
    words: str = Field(description="the words of that quote the claim follows from, letter by letter")


class AttributeForm(_Form):
    name: str
    value: str


class ClaimForm(_Form):
    text: str
    quotes: list[QuotedForm]
    role: Role
    attributes: list[AttributeForm]


class ClaimsForm(_Form):
    claims: list[ClaimForm]


class ItemForm(_Form):
    text: str
    premises: list[int] = Field(description="numbers of the claims it rests on")
    role: Role
    attributes: list[AttributeForm]


class ItemsForm(_Form):
    items: list[ItemForm]


class OpinionForm(_Form):
    number: int = Field(description="the number of the claim")
    verdict: Literal["supported", "partly", "unsupported", "contradicted"]
    reason: str


class OpinionsForm(_Form):
    opinions: list[OpinionForm]


class SentenceForm(_Form):
    text: str
    claims: list[int] = Field(description="numbers of the claims it follows from")


class SentencesForm(_Form):
    sentences: list[SentenceForm]
