"""How text becomes words, the same for the search index, for paragraphs ranked in memory, and for queries."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterable

import tantivy

ANALYSER = "mrd_en_stem_1"
# No honest question has more; the cost of a search grows with each.
MAX_QUERY_WORDS = 64
_MAX_QUERY_CHARS = 4_000
_MAX_WORD_BYTES = 64

# A decimal stays one word ("13.4"); everything else splits where letters and digits end.
_WORD_PATTERN = r"\d+(?:\.\d+)+|[\p{L}\p{N}]+"
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")

# Words found in nearly every passage: they cost most of a search's time and tell nothing. Queries leave them out,
# unless they hold no others; passages keep them.
_STOP_WORDS = frozenset(
    (
        *("a", "about", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "could"),
        *("did", "do", "does", "for", "from", "had", "has", "have", "how", "if", "in", "into", "is", "it"),
        *("its", "may", "of", "on", "or", "our", "s", "such", "than", "that", "the", "their", "these", "they"),
        *("this", "those", "to", "was", "we", "were", "what", "when", "where", "which", "who", "will", "with", "would"),
        *("you", "your"),
    )
)


def analyser() -> tantivy.TextAnalyzer:
    """Return the analyser: numbers whole, lower case, no accents, English stems."""
    return _folder().filter(tantivy.Filter.stemmer("english")).build()


def prepare(text: str) -> str:
    """Return `text` as it is given to the analyser: 2,000,000 and 2000000 become one word."""
    return _THOUSANDS.sub("", text)


def query_words(query: str, *, most: int | None = MAX_QUERY_WORDS) -> list[str]:
    """Return the stemmed words of `query`, each once, in order, at most `most`. Never fails, whatever the characters.

    most: None for as many as its first 4,000 characters hold.
    """
    # A lone surrogate is no text that UTF-8, and so tantivy, can carry.
    text = prepare(query[:_MAX_QUERY_CHARS]).encode("utf-8", errors="ignore").decode("utf-8")
    plain = _plain().analyze(text)
    telling = [word for word in plain if word not in _STOP_WORDS] or plain
    stemmed = _stemming().analyze(" ".join(telling))
    return list(dict.fromkeys(stemmed))[:most]


def all_words(text: str) -> list[str]:
    """Return the stemmed words of `text` as the index holds them: in order, stop words and repeats among them.

    Never fails, whatever the characters.
    """
    return _stemming().analyze(prepare(text).encode("utf-8", errors="ignore").decode("utf-8"))


def pairs(stems: Iterable[str]) -> list[tuple[str, str]]:
    """Return the words of `all_words` that stand side by side once stop words are left out."""
    return list(itertools.pairwise(stem for stem in stems if stem not in _stop_stems()))


def _folder() -> tantivy.TextAnalyzerBuilder:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_WORD_PATTERN))
    kept = builder.filter(tantivy.Filter.remove_long(_MAX_WORD_BYTES))
    return kept.filter(tantivy.Filter.lowercase()).filter(tantivy.Filter.ascii_fold())


@functools.cache
def _plain() -> tantivy.TextAnalyzer:
    return _folder().build()


@functools.cache
def _stemming() -> tantivy.TextAnalyzer:
    return analyser()


@functools.cache
def _stop_stems() -> frozenset[str]:
    return frozenset(all_words(" ".join(sorted(_STOP_WORDS))))
