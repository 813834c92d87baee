"""A claim that repeats a sentence almost word for word: what was changed in it must not change what it says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from research.engine.domain.claims import Part

from . import opposites
from .numerals import figures
from .words import fold, names, sentences

NAME = "alignment"
_TOKEN = re.compile(r"\d[\d.,]*|[^\W\d_]+(?:'[^\W\d_]+)?|%|[$€£¥]")
# From this share of common words in common order (difflib's ratio) the claim is a changed copy, not a restatement.
CHANGED_COPY = 0.75
_RUN = 2  # words in a row that show where in a sentence the claim was taken from


def check(claim: str, quotes: Sequence[str]) -> Part:
    """Score 0 when a changed copy of a sentence has another figure, name or negation, or an opposite word in its place.

    1000 when the claim is no changed copy (the other checks judge it), or the change touches none of these.
    """
    mine = tokens(claim)
    theirs, ratio = closest(mine, quotes)
    if ratio < CHANGED_COPY:
        return Part(name=NAME, score=1000, reason="not a copy of a sentence")
    named = names(fold(claim)) | frozenset().union(*(names(fold(quote)) for quote in quotes))
    for tag, i, j, k, m in SequenceMatcher(None, theirs, mine, autojunk=False).get_opcodes():
        gone, came = theirs[i:j], mine[k:m]
        if tag != "equal" and _matters(gone, came, named):
            was, is_now = " ".join(gone) or "nothing", " ".join(came) or "nothing"
            return Part(name=NAME, score=0, reason=f"the claim says “{is_now}” where the quote says “{was}”")
    return Part(name=NAME, score=1000, reason="changed only in wording")


def tokens(text: str) -> list[str]:
    """Return words, figures and signs of money and percent, in order and in lower case."""
    return [token.casefold().rstrip(".,") for token in _TOKEN.findall(fold(text))]


def closest(mine: list[str], quotes: Sequence[str], *, least: float = CHANGED_COPY) -> tuple[list[str], float]:
    """Return the stretch of a sentence most like the claim, as tokens, and how like it is (0…1).

    least: stretches that are less like it may be passed over.
    """
    best: tuple[list[str], float] = ([], 0.0)
    matcher = SequenceMatcher(None, autojunk=False)
    matcher.set_seq2(mine)
    for sentence in (sentence for quote in quotes for sentence in sentences(quote)):
        theirs = tokens(sentence)
        # 2·common / (stretch + claim) ≥ r and stretch ≥ common ask for common ≥ r/(2-r) of the claim: spare the rest.
        common = sum((Counter(mine) & Counter(theirs)).values())
        if common < len(mine) * least / (2 - least):
            continue
        matcher.set_seq1(theirs)
        blocks = [block for block in matcher.get_matching_blocks() if block.size >= _RUN]
        if not blocks:
            continue
        # What the sentence holds beyond the claim's two ends (a heading, another clause) is not compared.
        first, last = blocks[0], blocks[-1]
        end = last.a + len(mine) - last.b
        stretch = theirs[max(0, first.a - first.b) : end]
        ratio = SequenceMatcher(None, stretch, mine, autojunk=False).ratio()
        if ratio > best[1]:
            best = stretch, ratio
    return best


def _matters(gone: list[str], came: list[str], named: frozenset[str]) -> bool:
    """Tell whether putting `came` in the place of `gone` changes a figure, a name, a negation or a direction.

    Only what came in another's place counts for figures and names: a phrase may move, and the other checks see to
    what is new.
    """
    before, after = " ".join(gone), " ".join(came)
    if opposites.is_negated(before) != opposites.is_negated(after) or opposites.flipped(after, before):
        return True
    if opposites.strengthened(after, before) or opposites.unhedged(after, before, copy=True):
        return True
    quoted, said = figures(before), figures(after)
    # A hedged figure may be the quote's rounded; whether it is, the figures check knows.
    exact = quoted and said and not any(figure.hedged for figure in said)
    if exact and [(f.amount, f.label) for f in quoted] != [(f.amount, f.label) for f in said]:
        return True
    return bool(set(came) & named and set(gone) & named)
