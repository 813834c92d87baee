"""Does a claim answer its task's question? Boilerplate does not."""

from __future__ import annotations

import re
from collections.abc import Sequence

from research.engine.domain.claims import Part
from research.engine.domain.evidence import EvidenceItem
from research.engine.reading.addressed import gives_orders

from .words import content_stems, fold, lower_words, stem, word_set

NAME = "relevance"

# Below this a claim does not answer its question (see `confidence`).
FLOOR = 350
BOILERPLATE = 50
# Thousandths for none, one, two, three or more of the question's terms in the claim.
OVERLAP = (100, 500, 700, 900)

# Words that questions are made of, whatever they ask.
_ASKING = frozenset(
    stem(word)
    for word in word_set(
        "large much many period apply demand name need each group value serve ground report source sources "
        "follow today give would look know market product products offer offered state states"
    )
)
_BOILERPLATE = re.compile(
    r"forward[- ]looking statements?|safe harbou?r|all rights reserved|©|copyright (?:\(c\)|\d{4})|"
    r"cookies? (?:policy|settings|consent)|accept (?:all )?cookies|terms (?:of use|and conditions apply)|"
    r"table of contents|click here|subscribe to our|sign up for our|skip to (?:main )?content|enable javascript|"
    r"page intentionally left blank|incorporated (?:herein )?by reference|see accompanying notes|undue reliance|"
    r"fictional sample|no obligation to update|exhibit \d+|part [iv]+,? item \d+",
    re.IGNORECASE,
)


def is_boilerplate(claim: str) -> bool:
    """Tell whether the claim is what pages say of themselves (notices, navigation) or an order to readers."""
    return _BOILERPLATE.search(fold(claim)) is not None or gives_orders(claim)


def check(claim: str, question: str, evidence: Sequence[EvidenceItem]) -> Part:
    """Score how well the claim answers the question, 0…1000.

    The terms it shares with the question, or the mean of that and what the investigation said of its best evidence,
    whichever is higher: the question may use other words for the same thing, which the investigation knew.
    """
    if is_boilerplate(claim):
        return Part(name=NAME, score=BOILERPLATE, reason="it is a notice, not an answer")
    terms = content_stems(fold(question)) - _ASKING
    shared = sorted(terms & content_stems(fold(claim)))
    overlap = OVERLAP[min(len(shared), len(OVERLAP) - 1)]
    found = max((item.relevance for item in evidence), default=0)
    score = max(overlap, (overlap + found) // 2)
    return Part(name=NAME, score=score, reason=_reason(claim, shared, lifted=score > overlap))


def _reason(claim: str, shared: Sequence[str], *, lifted: bool) -> str:
    """Return why the score is what it is, with the shared words as the claim writes them.

    lifted: whether the score comes from what the investigation said of the evidence, rather than from the words.
    """
    if not shared:
        return (
            "says it in other words than the question; its evidence was found to be to the point"
            if lifted
            else "shares no term with the question"
        )
    written = {stem(word): word for word in reversed(lower_words(fold(claim)))}
    said = f"shares with the question: {', '.join(written[one] for one in shared[:5])}"
    return f"{said}; its evidence was found to be to the point" if lifted else said
