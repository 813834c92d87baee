"""What a person says an item is in the document, held to its words and sources: the same that rules read from them."""

from __future__ import annotations

from collections.abc import Sequence

from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.errors import InvalidInput
from research.engine.reading import officials

_NAMED = {"regulator": "regulator", "instrument": "instrument", "clause": "clause"}
_UNSTATED = ("assumption", "inferred")


def held(claim: AcceptedClaim, premises: Sequence[AcceptedClaim]) -> dict[str, str]:
    """Return the attributes of a claim as they may be stored.

    Whether a claim on law has a primary source follows from who publishes its evidence, whatever was typed. Raises
    `InvalidInput` (field `attributes`) for a regulator, instrument or clause that stands neither in the claim nor in
    its evidence or premises, and for a competitor's cell that is assumed or inferred and said to be known otherwise.
    """
    attributes = dict(claim.attributes)
    if claim.role == "regulation":
        if claim.kind != "assumption":
            _check_named(claim, premises)
        attributes["primary"] = officials.primary([item.source for item in claim.evidence])
    elif claim.role == "competitor" and claim.kind in _UNSTATED and attributes["cell_type"] != "inference":
        what = "assumed" if claim.kind == "assumption" else claim.kind
        raise InvalidInput(f"No source says what is {what}: such a cell is known by 'inference'.", field="attributes")
    return {name: value for name, value in attributes.items() if value}


def _check_named(claim: AcceptedClaim, premises: Sequence[AcceptedClaim]) -> None:
    grounds = [claim, *premises]
    words = [one.text for one in grounds]
    for quote, source in ((item.quote, item.source) for one in grounds for item in one.evidence):
        words += [quote.prefix, quote.exact, quote.suffix, source.title, source.publisher or ""]
    said = " ".join(" ".join(words).casefold().split())
    for name, label in _NAMED.items():
        parts = [part.strip() for part in claim.attributes.get(name, "").casefold().split(";")]
        missing = next((part for part in parts if part and part not in said), None)
        if missing is not None:
            raise InvalidInput(
                f"The {label} “{missing}” stands neither in the claim nor in its evidence: quote a source that names "
                "it, or leave it out.",
                field="attributes",
            )
