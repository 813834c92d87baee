"""Which documents a run may quote: those that speak of its field, told by how much of each does.

A library may hold filings, guides and notes of several trades. A search by words alone finds "customers" and
"licence" in all of them, so documents are chosen before passages. The rule, the same for every task of a run:

1. The terms are the vertical's `field` and the word pairs of the prompt ("contract review", "law firms").
2. A passage speaks of the field when two different terms stand in its text, heading or title.
3. A document counts in when at least a tenth of its passages do, at least two of them, and at least half of them in
   a document of up to four passages. A document whose title or publisher is a company named in the prompt always
   counts in.
4. When a title among what counts in holds a word pair of the prompt, the library has documents on just this product:
   searches then name it, and passages that hold a pair of it go before those that do not.
5. A document that the survey does not know (a web page, or while the index is away) is judged passage by passage.

Measured with the shares of filings and short notes on both trades: casino filings lie at 0.16 to 0.27 and software
makers' at 0.34 to 0.42, others' mostly below 0.08; short documents on the field at 0.67 to 1, others at 0 to 0.33.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from research.engine.domain.errors import CallError, InvalidInput
from research.engine.domain.evidence import Hit, SearchRecord, SourceRef, SourceShare
from research.engine.domain.plans import PlanTask
from research.engine.ports import RunBrief, Shelf
from research.engine.reading import names

from . import subjects
from .words import STOP, content_stems, fold, form_pattern

TOOL = "library_search"
MIN_SHARE = 0.1
LEAST_TERMS = 2
LEAST_PASSAGES = 2
MAX_TERMS = 80
_SHOWN = 3
_PAIRS_ADDED = 2
# Words of any prompt: a pair that holds one tells no field.
_GENERIC_LIST = """
app apps product products service services tool tools platform company companies business businesses market markets
new small medium large mid size sized big real online mobile digital global first next own team teams user users
customer customers
"""
_GENERIC = frozenset(_GENERIC_LIST.split())
_PIECE = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*|[^\w\s'’-]")


class Scope(NamedTuple):
    """What counts in. `sources` are the ids of the documents that do, or None when no survey could be made."""

    terms: tuple[frozenset[str], ...]
    companies: tuple[str, ...]
    sources: frozenset[int] | None = None
    left_out: tuple[str, ...] = ()
    prompt_terms: tuple[frozenset[str], ...] = ()
    prompt_pairs: tuple[str, ...] = ()
    record: SearchRecord | None = None

    def admits(self, hit: Hit) -> bool:
        """Tell whether a passage may be quoted: its document counts in, or it speaks of the field itself."""
        if not self.terms:
            return True
        if self.sources is not None and hit.source.kind == "upload":
            return hit.source.id in self.sources
        return is_by(hit.source, self.companies) or _speaks(
            f"{hit.source.title}\n{hit.heading}\n{hit.text}", self.terms
        )

    def is_near(self, hit: Hit) -> bool:
        """Tell whether a passage is near the prompt, not only its field: it holds a word pair of the prompt.

        True when the prompt has none to go by, and for the documents of a company it names.
        """
        if not self.prompt_terms or is_by(hit.source, self.companies):
            return True
        there = _stems_in(f"{hit.source.title}\n{hit.heading}\n{hit.text}")
        return any(term <= there for term in self.prompt_terms)

    def nearer(self, query: str) -> str:
        """Return `query` with the first word pairs of the prompt added.

        So a small note on just this product is not drowned by large filings on the field.
        """
        there = set(query.casefold().replace("+", "").split())
        added = dict.fromkeys(word for pair in self.prompt_pairs[:_PAIRS_ADDED] for word in pair.split())
        return " ".join((query, *(word for word in added if word not in there)))

    def records(self) -> tuple[SearchRecord, ...]:
        """Return the survey as a search that was made, when it changed what is searched."""
        return (self.record,) if self.record and self.left_out else ()

    def said(self) -> str:
        """Return a sentence on what was left out, beginning with a space, or ""."""
        if not self.left_out:
            return ""
        more = len(self.left_out) - _SHOWN
        names = "; ".join(self.left_out[:_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        count = len(self.left_out)
        what = "1 document was" if count == 1 else f"{count} documents were"
        return f" {what} left out as not about this field or prompt: {names}."


async def scope_of(*, brief: RunBrief, task: PlanTask, shelf: Shelf) -> Scope:
    """Survey the library once and return what counts in for `brief`. Never fails for a survey that cannot be made.

    Raises what the shelf raises beyond `CallError` (budget, lease).
    """
    terms = terms_of(brief)
    companies = _companies(brief, task)
    if not brief.vertical.field:
        return Scope(terms=(), companies=companies)
    scope = Scope(terms=tuple(frozenset(content_stems(term)) for term in terms), companies=companies)
    if TOOL not in task.tools or TOOL not in shelf.names():
        return scope
    query = f"which documents are about {brief.vertical.title.lower()} or the prompt"
    try:
        reply = await shelf.use(TOOL, {"query": query, "terms": terms})
    except (CallError, InvalidInput):
        return scope  # passage by passage, then; the searches that follow say what is wrong with the tool
    within = [share for share in reply.shares if counts_in(share) or is_by(share.source, companies)]
    ids = frozenset(share.source.id for share in within)
    pairs = pairs_of(brief)
    products = (form for name in subjects.of(brief).products for form in subjects.forms_of(name, brief.vertical))
    stems = (frozenset(content_stems(term)) for term in (*pairs, *products))
    about_prompt = tuple(dict.fromkeys(term for term in stems if len(term) > 1))
    if any(term <= _stems_in(share.source.title) for share in within for term in about_prompt):
        scope = scope._replace(prompt_terms=about_prompt, prompt_pairs=pairs)
    return scope._replace(
        sources=ids,
        left_out=tuple(share.source.title for share in reply.shares if share.source.id not in ids),
        record=SearchRecord(tool=TOOL, query=query, hits=len(within), call_key=reply.call_key),
    )


def counts_in(share: SourceShare) -> bool:
    """Tell whether enough of a document speaks of the field (rule 3 above)."""
    least = min(LEAST_PASSAGES, math.ceil(share.passages / 2))
    return share.speaking >= max(least, MIN_SHARE * share.passages)


def terms_of(brief: RunBrief) -> tuple[str, ...]:
    """Return the terms of the run's field: the vertical's, then the prompt's own pairs; at most 80, each once."""
    return tuple(dict.fromkeys((*brief.vertical.field, *pairs_of(brief))))[:MAX_TERMS]


def pairs_of(brief: RunBrief) -> tuple[str, ...]:
    """Return neighbouring words of the prompt that tell its field, without places, companies and everyday words."""
    named = subjects.of(brief)
    text = brief.prompt
    for name in (*named.jurisdictions, *named.competitors):
        for form in sorted(subjects.forms_of(name, brief.vertical), key=len, reverse=True):
            text = form_pattern(form).sub(" | ", text)
    found: list[str] = []
    before = ""
    for piece in _PIECE.findall(fold(text)):
        parts = piece.split("-")
        found += (" ".join(pair) for pair in itertools.pairwise(parts) if all(map(_telling, pair)))
        if before and _telling(before) and len(parts) == 1 and _telling(piece):
            found.append(f"{before} {piece}")
        before = piece if len(parts) == 1 else ""
    return tuple(dict.fromkeys(pair.casefold() for pair in found))


def _telling(word: str) -> bool:
    return word.isalpha() and len(word) > 1 and word.casefold() not in STOP | _GENERIC


def is_by(source: SourceRef, companies: Sequence[str]) -> bool:
    """Tell whether a company's name is in the title or publisher of a source, also run together ("ACMECORP_2022")."""
    return names.is_named((source.title, source.publisher or ""), companies)


def _companies(brief: RunBrief, task: PlanTask) -> tuple[str, ...]:
    names = [*subjects.of(brief).competitors]
    if task.subject and task.subject not in brief.vertical.jurisdictions:
        names.append(task.subject)
    return tuple(dict.fromkeys(form for name in names for form in subjects.forms_of(name, brief.vertical)))


@functools.lru_cache(maxsize=4_000)
def _stems_in(text: str) -> frozenset[str]:
    return frozenset(content_stems(text))


def _speaks(text: str, terms: tuple[frozenset[str], ...]) -> bool:
    there = _stems_in(text)
    return sum(1 for term in terms if term <= there) >= LEAST_TERMS
