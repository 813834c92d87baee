"""What a claim is in the document: its role, and the attributes each role has.

An item of the document (a requirement, a row of the regulation table, a cell of the competitor matrix) is a claim with
a role. So it has evidence, premises, revisions and decisions like every other, and no second mechanism.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from .canonical import readable
from .errors import InvalidInput

Role = Literal[
    "fact",
    "persona",
    "voice",
    "competitor",
    "regulation",
    "requirement",
    "out_of_scope",
    "assumption",
    "risk",
    "market_size",
]
ROLES: tuple[Role, ...] = get_args(Role)
MAX_ATTRIBUTE_CHARS = 400


class Attribute(NamedTuple):
    """One attribute of a role. choices: the only values it takes, () for free words. kind: text or date (ISO)."""

    name: str
    label: str
    required: bool = False
    choices: tuple[str, ...] = ()
    kind: Literal["text", "date"] = "text"


# How a cell of the competitor matrix is known.
CELL_TYPES = ("official claim", "measured", "user report", "inference")
MOSCOW = ("must", "should", "could", "won't")
LEVELS = ("low", "medium", "high")
REGULATION_TOPICS = (
    "licence",
    "tax",
    "AML/KYC",
    "player protection",
    "advertising",
    "technical standards",
    "data protection",
    "security",
    "other",
)
# top-down: from a larger market by shares; bottom-up: from customers and what each pays.
APPROACHES = ("top-down", "bottom-up")
NODES = ("input", "TAM", "SAM", "SOM")

ATTRIBUTES: dict[Role, tuple[Attribute, ...]] = {
    "fact": (),
    "persona": (Attribute("persona", "Persona", required=True), Attribute("segment", "Segment")),
    "voice": (Attribute("speaker", "Who says it"), Attribute("outcome", "Outcome", choices=("win", "loss", "voice"))),
    "competitor": (
        Attribute("competitor", "Competitor", required=True),
        Attribute("aspect", "Aspect", required=True),
        Attribute("cell_type", "Known by", required=True, choices=CELL_TYPES),
        Attribute("as_of", "As of", kind="date"),
    ),
    "regulation": (
        Attribute("jurisdiction", "Jurisdiction", required=True),
        Attribute("topic", "Topic", required=True, choices=REGULATION_TOPICS),
        Attribute("regulator", "Regulator"),
        Attribute("instrument", "Instrument"),
        Attribute("clause", "Clause"),
        Attribute("effective_from", "Effective from", kind="date"),
        Attribute("effective_to", "Effective to", kind="date"),
        Attribute("pending", "Pending change"),
        Attribute("primary", "Primary source", choices=("yes", "no")),
    ),
    "requirement": (
        Attribute("id", "Id", required=True),
        Attribute("moscow", "Priority", required=True, choices=MOSCOW),
        Attribute("persona", "Persona"),
        Attribute("problem", "Problem"),
        Attribute("scenario", "Scenario"),
        Attribute("segment", "Segment"),
        Attribute("acceptance", "Acceptance signal", required=True),
    ),
    "out_of_scope": (Attribute("reason", "Reason", required=True),),
    "assumption": (
        Attribute("impact", "Impact if wrong", required=True, choices=LEVELS),
        Attribute("test", "How to test it", required=True),
        Attribute("owner", "Owner"),
    ),
    "risk": (
        Attribute("likelihood", "Likelihood", choices=LEVELS),
        Attribute("impact", "Impact", choices=LEVELS),
        Attribute("mitigation", "Mitigation"),
    ),
    "market_size": (
        Attribute("node", "Node", required=True, choices=NODES),
        Attribute("approach", "Approach", required=True, choices=APPROACHES),
        Attribute("impact", "Impact if wrong", choices=LEVELS),
        Attribute("test", "How to test it"),
        Attribute("owner", "Owner"),
    ),
}


def check_attributes(role: str, given: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of `role` as stored: known names in their order, white space folded, empty ones left out.

    Raises `InvalidInput` (field `role` or `attributes`) for an unknown role or name, a missing one, a value that is
    not among the choices, no date, too long or unreadable.
    """
    known = ATTRIBUTES.get(role)  # type: ignore[call-overload]
    if known is None:
        raise InvalidInput(f"There is no role '{role[:40]}'; choose one of: {', '.join(ROLES)}.", field="role")
    names = [attribute.name for attribute in known]
    for name in given:
        if name not in names:
            there = ", ".join(names) if names else "none"
            raise InvalidInput(
                f"A claim of role '{role}' has no attribute '{name[:40]}'; it has: {there}.", field="attributes"
            )
    checked = {attribute.name: _checked(role, attribute, given.get(attribute.name) or "") for attribute in known}
    return {name: value for name, value in checked.items() if value}


def _checked(role: str, attribute: Attribute, given: str) -> str:
    value = " ".join(given.split())
    if not value:
        if attribute.required:
            raise InvalidInput(
                f"A claim of role '{role}' needs '{attribute.name}' ({attribute.label.lower()}): fill it in.",
                field="attributes",
            )
        return ""
    if attribute.choices and value not in attribute.choices:
        raise InvalidInput(
            f"'{attribute.name}' cannot be '{value[:40]}'; choose one of: {', '.join(attribute.choices)}.",
            field="attributes",
        )
    if len(value) > MAX_ATTRIBUTE_CHARS:
        raise InvalidInput(
            f"'{attribute.name}' has {len(value)} characters and the limit is {MAX_ATTRIBUTE_CHARS}: shorten it.",
            field="attributes",
        )
    try:
        if attribute.kind == "date":
            dt.date.fromisoformat(value)
        return readable(value)
    except ValueError as error:
        wanted = "a date such as 2026-01-31" if attribute.kind == "date" else "readable words"
        raise InvalidInput(f"'{attribute.name}' must be {wanted}: {error}.", field="attributes") from error
