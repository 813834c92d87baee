"""Does a claim follow from its quotes? One function a check, each gives a Part; `check` is as good as the worst.

Every check compares the claim with the segment of a quote that is nearest to it, so that what another sentence
says does not count. A claim that repeats whole sentences of a quote follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from research.engine.domain.claims import Part
from research.engine.domain.evidence import EvidenceItem

from . import alignment, entail, opposites, replaced, tabular
from .numerals import figures
from .words import (
    STOPWORDS,
    content_stems,
    excerpt,
    fold,
    lower_words,
    names,
    segments,
    sentences,
    stem,
    word_set,
    words,
)

NAME = "support"
# What a claim puts before or beside what its source says.
_ATTRIBUTION = re.compile(
    r"(?:(?:according to|as reported by) [^,]{2,60}, |[^,.]{2,60}? (?:said|says|stated|states|reported|reports) that )"
    r"(?P<said>.+)",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_SAYS = re.compile(r"\b(?:reported|minus|negative|thousands?|millions?|billions?|percent)\b", re.IGNORECASE)

# "May" is left out: it is a verb too often.
_MONTHS = word_set("january february march april june july august september october november december")
_QUARTERS = {"first": "q1", "second": "q2", "third": "q3", "fourth": "q4"}
_QUARTER = re.compile(r"\b(first|second|third|fourth) quarter\b|\b(q[1-4])\b", re.IGNORECASE)


def verbatim(claim: str, quotes: Sequence[str]) -> bool:
    """Tell whether the claim is one or more whole sentences of a quote, white space folded."""
    wanted = fold(claim)
    return any(wanted == fold(quote) or _whole_sentences(wanted, sentences(quote)) for quote in quotes)


def coverage(claim: str, quotes: Sequence[str]) -> Part:
    """Score the share of the claim's content words that its quotes hold, in thousandths.

    A claim without content words has nothing to follow from: 0.
    """
    wanted = content_stems(fold(claim))
    if not wanted:
        return Part(name="coverage", score=0, reason="the claim has no content words")
    held = frozenset().union(*(content_stems(fold(quote)) for quote in quotes))
    missing = sorted(wanted - held)
    score = 1000 * (len(wanted) - len(missing)) // len(wanted)
    reason = "every content word is in the quotes" if not missing else f"not in the quotes: {', '.join(missing[:6])}"
    return Part(name="coverage", score=score, reason=reason)


def negation(claim: str, quotes: Sequence[str]) -> Part:
    """Score 0 when the claim dropped or added a negation beside the segment nearest to it, else 1000."""
    near = nearest(claim, quotes)
    mine, theirs = opposites.is_negated(claim), opposites.is_negated(near)
    if mine == theirs:
        return Part(name="negation", score=1000, reason="negation as in the quote")
    what = "adds a negation to" if mine else "drops the negation of"
    return Part(name="negation", score=0, reason=f"the claim {what} “{excerpt(near)}”")


def direction(claim: str, quotes: Sequence[str]) -> Part:
    """Score 0 when the claim says the opposite of the segment nearest to it (increased, decreased …), else 1000."""
    flip = opposites.flipped(claim, nearest(claim, quotes))
    if flip is not None:
        reason = f"the claim says “{flip.said}…”, the quote “{flip.quoted}…”"
        return Part(name="direction", score=0, reason=reason)
    return Part(name="direction", score=1000, reason="direction as in the quote")


def entity(claim: str, quotes: Sequence[str], beside: str = "") -> Part:
    """Score 0 when the claim names who or what the quotes do not, else 1000.

    beside: text around the quotes that may name them too (context, title and publisher of the source).
    """
    everything = " ".join([*quotes, beside])
    known = {word.removesuffix("'s") for word in lower_words(fold(everything))}
    known_stems = {stem(word) for word in known}
    unknown = sorted(n for n in names(fold(claim)) - known if stem(n) not in known_stems)
    unknown = [name for name in unknown if name not in _MONTHS]
    opener = _replaced_opener(claim, nearest(claim, quotes), known_stems)
    if opener:
        unknown.append(opener)
    if unknown:
        return Part(name="entity", score=0, reason=f"not named in the quotes: {', '.join(unknown[:4])}")
    return Part(name="entity", score=1000, reason="everyone named is named in the quotes")


def period(claim: str, quotes: Sequence[str], beside: str = "") -> Part:
    """Score 0 when the claim names a year, quarter or month that stands neither in the quotes nor beside them."""
    there = " ".join([*quotes, beside])
    # In heads of tables a year stands before "% Change" and is no percentage.
    missing = sorted(periods_named(claim) - periods_named(there) - frozenset(_YEAR.findall(there)))
    if missing:
        return Part(name="period", score=0, reason=f"the period {', '.join(missing)} is not in the quotes")
    return Part(name="period", score=1000, reason="periods as in the quotes")


def check(claim: str, evidence: Sequence[EvidenceItem]) -> Part:
    """Score whether the claim follows from its quotes, 0…1000: the lowest of the checks, with its reason.

    1000 for a claim repeated word for word; 0 without evidence or when one check is against it.
    """
    if not evidence:
        return Part(name=NAME, score=0, reason="no quote stands behind the claim")
    quotes = [item.quote.exact for item in evidence]
    if verbatim(claim, quotes):
        return Part(name=NAME, score=1000, reason="word for word in its quote")
    named = " . ".join(dict.fromkeys(f"{i.source.title} . {i.source.publisher or ''}" for i in evidence))
    beside = " ".join((*(f"{i.quote.prefix} . {i.quote.suffix}" for i in evidence), named))
    told = attributed(claim)
    if told != claim and verbatim(told, quotes) and entity(claim, quotes, beside).score:
        return Part(name=NAME, score=1000, reason="word for word in its quote, said to be its source's")
    cell = tabular.check(claim, evidence)
    parts = (
        negation(claim, quotes),
        direction(told, quotes),
        alignment.check(told, quotes),
        replaced.check(told, quotes),
        quantity(told, quotes),
        hedge(told, quotes),
        entity(claim, quotes, beside),
        period(claim, quotes),
        *((_cell_words(claim, quotes, named),) if cell else (follows(claim, quotes, named),)),
    )
    worst = min(parts, key=lambda part: part.score)
    return Part(name=NAME, score=worst.score, reason=worst.reason)


def attributed(claim: str) -> str:
    """Return what a claim says that its source says ("According to Example plc, sales fell." → "Sales fell.")."""
    found = _ATTRIBUTION.match(fold(claim))
    # Who "never reported that" said nothing.
    if not found or opposites.is_negated(claim[: found.start("said")]):
        return claim
    return found["said"][:1].upper() + found["said"][1:]


def quantity(claim: str, quotes: Sequence[str]) -> Part:
    """Score 0 when the claim says more than the segment nearest to it (adds "only", "all", drops "some"), else 1000."""
    near = nearest(claim, quotes)
    word = opposites.strengthened(claim, near)
    if word and near:
        return Part(name="quantity", score=0, reason=f"“{word}” stands on one side only of claim and “{excerpt(near)}”")
    return Part(name="quantity", score=1000, reason="quantities as in the quote")


def hedge(claim: str, quotes: Sequence[str]) -> Part:
    """Score 0 when the claim states as fact what the segment nearest to it expects or holds possible, else 1000."""
    near = nearest(claim, quotes)
    word = opposites.unhedged(claim, near)
    if word:
        return Part(name="hedge", score=0, reason=f"the claim states as fact what the quote says with “{word}”")
    return Part(name="hedge", score=1000, reason="hedged as in the quote")


def follows(claim: str, quotes: Sequence[str], named: str = "") -> Part:
    """Score how well the claim follows from its quotes by `entail.judge`, or by plain coverage where that is higher.

    named: title and publisher of the sources, which may name who the quotes call "we".
    """
    plain = coverage(claim, quotes)
    judged = entail.judge(claim, [*quotes, named] if named else quotes)
    if plain.score >= judged.score or not judged.supported:
        return plain
    return Part(name="follows", score=judged.score, reason="; ".join(judged.reasons))


def _cell_words(claim: str, quotes: Sequence[str], named: str) -> Part:
    """Score the share of a cell's words in its quotes; who reports it may stand in the source's name."""
    return coverage(_SAYS.sub(" ", claim), [*quotes, named])


def nearest(claim: str, quotes: Sequence[str]) -> str:
    """Return the quote, sentence or clause whose words are most like the claim's, "" when none shares any.

    By the Dice coefficient of content words and figures; of equals the first.
    """
    return _nearest(fold(claim), tuple(quotes))


@lru_cache(maxsize=4096)
def _nearest(claim: str, quotes: tuple[str, ...]) -> str:
    wanted = content_stems(claim) | {f.text for f in figures(claim)}

    def likeness(segment: str) -> float:
        held = content_stems(segment) | {f.text for f in figures(segment)}
        return 2 * len(wanted & held) / (len(wanted) + len(held)) if wanted or held else 0.0

    best = max((s for quote in quotes for s in segments(quote)), key=likeness, default="")
    return best if likeness(best) > 0 else ""


def _whole_sentences(wanted: str, row: Sequence[str]) -> bool:
    for first, sentence in enumerate(row):
        if not wanted.startswith(sentence):
            continue
        for last in range(first + 1, len(row) + 1):
            if " ".join(row[first:last]) == wanted:
                return True
    return False


def periods_named(text: str) -> frozenset[str]:
    """Return the years, quarters ("q2") and months that a text names, in lower case."""
    low = fold(text)
    found = {str(int(f.amount)) for f in figures(low) if f.is_year}
    found |= {_QUARTERS.get((m[1] or "").casefold(), (m[2] or "").casefold()) for m in _QUARTER.finditer(low)}
    return frozenset(found | {w for w in lower_words(low) if w in _MONTHS})


def _replaced_opener(claim: str, near: str, known_stems: set[str]) -> str:
    """Return the claim's first word when it took the place of a name that opens the quote's segment, else ""."""
    row, theirs = words(fold(claim)), words(near)
    if not row or not theirs or row[0].casefold() in STOPWORDS or stem(row[0]) in known_stems:
        return ""
    opens_otherwise = theirs[0][0].isupper() and theirs[0].casefold() not in STOPWORDS
    follows_alike = row[1:3] == theirs[1:3]
    gone = stem(theirs[0]) not in {stem(word) for word in row}
    return row[0].casefold() if opens_otherwise and gone and follows_alike else ""
