"""How many independent voices stand behind a claim: domains, publishers and copies counted once each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import combinations

import tldextract

from research.engine.domain.claims import Part
from research.engine.domain.evidence import EvidenceItem, SourceRef

from .shingles import groups, near_duplicates
from .words import fold, lower_words

NAME = "independence"

# Thousandths for none, one, two and three or more independent sources. One known voice is enough to pass with all
# else good; one unknown voice is worth half of that. A second voice matters most (DESIGN §5 asks competitors for two).
SCORES = (0, 600, 850, 1000)
UNATTRIBUTED = 300
COPY_WORDS = 12
COPY_SHARE = 0.8  # difflib ratio over words: the share of common words in common order

# No list is fetched and none is cached on disk: the snapshot inside the package serves. Private suffixes
# (github.io, blogspot.com) count as suffixes: their customers are different voices.
_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)


def registrable_domain(url: str) -> str | None:
    """Return the registrable domain of a URL or host ("https://www.news.example.co.uk/x" → "example.co.uk").

    None where there is none: an address, a bare suffix, nothing. For adapters that fill `SourceRef.domain`.
    """
    return _extract(url.strip()).top_domain_under_public_suffix.casefold() or None


def voice(source: SourceRef) -> frozenset[str]:
    """Return the marks a source is known by; sources that share one are the same voice. None: it is unattributed."""
    marks = set()
    if source.domain:
        marks.add(f"domain {source.domain.casefold().strip('.').removeprefix('www.')}")
    if source.publisher and source.publisher.strip():
        marks.add(f"publisher {' '.join(source.publisher.casefold().split())}")
    return frozenset(marks)


def count(evidence: Sequence[EvidenceItem]) -> int:
    """Return the number of independent sources behind the evidence; all unattributed ones together are one."""
    marks = [voice(item.source) or frozenset({"unattributed"}) for item in evidence]
    joined = [
        (i, j)
        for i, j in combinations(range(len(evidence)), 2)
        if marks[i] & marks[j] or copied(evidence[i].quote.exact, evidence[j].quote.exact)
    ]
    return len(set(groups(len(evidence), joined)))


def copied(first: str, second: str) -> bool:
    """Tell whether one text is the other's copy, lightly edited ones too: a release as two papers print it.

    Short texts two people may well write alike; from `COPY_WORDS` words on, four in five in the same order are a copy.
    """
    if near_duplicates(first, second):
        return True
    one, other = lower_words(fold(first)), lower_words(fold(second))
    least = COPY_SHARE * (len(one) + len(other)) / 2
    if min(len(one), len(other)) < COPY_WORDS or sum((Counter(one) & Counter(other)).values()) < least:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= COPY_SHARE


def check(evidence: Sequence[EvidenceItem]) -> Part:
    """Score the number of independent sources, 0…1000 (see `SCORES`)."""
    number = count(evidence)
    sources = len({item.source.id for item in evidence})
    if number == 1 and not any(voice(item.source) for item in evidence):
        return Part(name=NAME, score=UNATTRIBUTED, reason=_unattributed(sources))
    score = SCORES[min(number, len(SCORES) - 1)]
    return Part(name=NAME, score=score, reason=_reason(number, sources))


def _unattributed(sources: int) -> str:
    return (
        "1 source, which does not say who publishes it"
        if sources == 1
        else f"{sources} sources, none says who publishes it"
    )


def _reason(number: int, sources: int) -> str:
    if sources <= 1:
        return "1 source" if sources else "no source"
    if number == sources:
        return f"{sources} sources, independent of one another"
    if number == 1:
        return f"{sources} sources, but they are one voice: the same publisher, site or words"
    return f"{sources} sources, {number} of them independent of one another"
