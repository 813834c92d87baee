"""Competitors must exist: a company a claim names is known from the run's sources or a register, or people look."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from research.engine.domain.claims import ClaimInHand
from research.engine.domain.evidence import EvidenceItem
from research.engine.ports import CompanyRegister
from research.engine.reading import names as reading_names

from . import independence
from .words import fold

# Two voices that know nothing of one another do not make up the same company.
INDEPENDENT = 2
_FORM = r"(?:Inc|Incorporated|Corp|Corporation|LLC|Ltd|Limited|plc|PLC|GmbH|AG|SE|S\.A|N\.V|B\.V|Holdings?|Group)"
_WITH_FORM = re.compile(rf"((?:[A-Z][\w&.'’-]*,?\s+){{1,4}}{_FORM})\b\.?")
_LEGAL = re.compile(rf"[,\s]+{_FORM}\.?\s*\Z")


class Known(NamedTuple):
    """Whether a company is known. by: "publisher", "sources", "register", or "" when it is not; reason in words."""

    name: str
    by: str
    reason: str


def named_in(claim: ClaimInHand) -> tuple[str, ...]:
    """Return the companies a competitor claim names: its competitor, then names written with their legal form.

    Empty for claims that are not about competitors.
    """
    draft = claim.draft
    if not claim.competitor and draft.role != "competitor":
        return ()
    found = [draft.attributes.get("competitor", "")]
    found += [match[1] for match in _WITH_FORM.finditer(fold(draft.text))]
    by_short = {short_name(name).casefold(): name for name in reversed(found) if short_name(name)}
    return tuple(reversed(by_short.values()))


def check(
    names: Sequence[str],
    sources: Sequence[EvidenceItem],
    register: CompanyRegister | None = None,
    *,
    own: Sequence[EvidenceItem] = (),
) -> tuple[Known, ...]:
    """Return for each of `names` whether the company is known.

    sources: all evidence of the run. own: the evidence of the claim: who publishes it speaks of itself. register: where
    companies are listed, None where there is none. Nothing is asked of the network.
    """
    return tuple(_known(name, sources, register, own) for name in names)


def unknown(
    claim: ClaimInHand, sources: Sequence[EvidenceItem], register: CompanyRegister | None = None
) -> tuple[str, ...]:
    """Return why people must look at the companies a competitor claim names; empty when all are known."""
    found = check(named_in(claim), sources, register, own=claim.evidence)
    return tuple(each.reason for each in found if not each.by)


def short_name(name: str) -> str:
    """Return a company's name without its legal form ("Example Gaming, Inc." → "Example Gaming")."""
    return _LEGAL.sub("", fold(name).strip(" ,.")).strip(" ,.")


def _known(
    name: str, sources: Sequence[EvidenceItem], register: CompanyRegister | None, own: Sequence[EvidenceItem]
) -> Known:
    short = short_name(name)
    for item in own:
        if reading_names.is_named([item.source.publisher or item.source.title], [short]):
            return Known(name, "publisher", f"“{short}” publishes the claim's source")
    entry = register.find(short) if register is not None else None
    if entry is not None:
        return Known(name, "register", f"“{short}” is in the register as {entry.name} ({entry.identifier})")
    # Run together ("ACMECORP_2022") names stand on documents alone; in prose "Oakline" is not "Oaklinen".
    naming = [
        item
        for item in sources
        if reading_names.is_named([item.source.title], [short]) or reading_names.mentions(item.quote.exact, (short,))
    ]
    voices = independence.count(naming)
    if voices >= INDEPENDENT:
        return Known(name, "sources", f"“{short}” is named by {voices} independent sources")
    where = "no source" if not voices else "one independent source alone"
    beside = "" if register is None else " and stands in no register"
    return Known(name, "", f"the company “{short}” is not known: it is named by {where}{beside}")
