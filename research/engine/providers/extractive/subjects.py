"""What a prompt, with the comments on rejected plans, is about: its products, places and competitors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from research.engine.domain.vertical import Vertical
from research.engine.ports import RunBrief

from .words import fold, form_pattern

_MAX_COMPETITORS = 8
_MAX_JURISDICTIONS = 10
_MAX_OFFER_WORDS = 8

_NAME = r"[A-Z0-9][\w&'’.-]*[\w](?:\s+(?:[A-Z][\w&'’.-]*[\w]|&))*"
_INTRODUCES = re.compile(
    r"\b(?:[Aa]gainst|[Vv]ersus|[Vv]s\.?|[Cc]ompetitors?(?:\s+(?:such as|like|including|are|is|:))?|"
    r"[Cc]ompet(?:e|es|ing) with|[Rr]ivals?(?:\s+(?:such as|like|including))?|[Aa]lternatives? to|"
    r"[Cc]ompared (?:to|with)|[Ll]ike|[Ss]uch as)\s*:?\s+"
    rf"({_NAME}(?:\s*(?:,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+){_NAME})*)"
)
_SEPARATOR = re.compile(r"\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+")
_DROP = re.compile(
    r"\b(?:drop|remove|omit|delete|skip|without|exclude|leave out|not (?:in scope|needed)|out of scope)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.;\n!?]+|,?\s+\b(?:but|and then)\b\s+")
_COMMON_OPENERS = frozenset({"The", "A", "An", "Our", "We", "It", "This", "These", "Other", "All", "Existing"})
# What is offered stands between an article and the first word that says for whom, where, by whom or against whom.
_OFFER_ENDS = (
    r"(?P<offer>[^.,;:()\n!?]+?)"
    r"(?=\s+(?:for|in|against|versus|vs|by|with|that|which|to|on|at|from|like|who|where|of|aimed|called|named)\b|"
    r"[.,;:()\n!?]|\s*$)"
)
# At the beginning first: the articles after it may stand before those whom it is for.
_OFFERS = (
    re.compile(rf"\A\s*(?:(?:an?|the|our|my)\s+)?{_OFFER_ENDS}", re.IGNORECASE),
    re.compile(rf"\b(?:an?|the|our|my|new)\s+{_OFFER_ENDS}", re.IGNORECASE),
)
_NO_OFFER_LIST = "mrd document market requirements report study analysis plan research run prompt team company"
_NO_OFFER = frozenset(_NO_OFFER_LIST.split())
_NO_OPENING_LIST = """
what how who which where why is are do does can we i please build write create make research find plan we're
"""
_NO_OPENING = frozenset(_NO_OPENING_LIST.split())
# What follows a company's own name and is often left out.
_CORPORATE_LIST = """
Inc Corp Corporation Co Company Ltd Limited LLC PLC plc GmbH AG SA AB NV BV Group Holdings Games Gaming Game Arcade
Entertainment Interactive Studios Studio Sports Casino Casinos Resorts Software Technologies Technology Tech Systems
Solutions Labs Cloud Networks Digital Media Online International AI Legal Data Health Analytics
"""
_CORPORATE = frozenset(_CORPORATE_LIST.split())
_SHORT_NAME = 5


class Subjects(NamedTuple):
    """What the prompt names, each list in the order of first mention."""

    products: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    competitors: tuple[str, ...]


def of(brief: RunBrief) -> Subjects:
    """Return what the brief names, as its rejections leave it. The same brief always gives the same.

    When no product of the vertical's lexicon is named, the prompt's own words for what is offered stand for it.
    """
    vertical = brief.vertical
    wanted = list(clauses(brief.rejections))
    products = _chosen(brief.prompt, wanted, vertical.products) or offered(brief.prompt, vertical)
    known = _chosen(brief.prompt, wanted, vertical.competitors)
    adding = "\n".join((brief.prompt, *(clause for clause, drop in wanted if not drop)))
    dropped = "\n".join(clause for clause, drop in wanted if drop)
    unknown = tuple(n for n in unknown_competitors(adding, vertical) if not form_pattern(n).search(dropped))
    return Subjects(
        products=products,
        jurisdictions=_chosen(brief.prompt, wanted, vertical.jurisdictions)[:_MAX_JURISDICTIONS],
        competitors=(*known, *unknown)[:_MAX_COMPETITORS],
    )


def named(text: str, lexicon: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the canonical names of `lexicon` that `text` mentions, in order of first mention.

    Whole words only; a longer form hides a shorter one inside it ("West Virginia" is not "Virginia").
    """
    forms = [(form, name) for name, written in lexicon.items() for form in {name, *written}]
    taken: list[tuple[int, int, str]] = []
    for form, name in sorted(forms, key=lambda pair: (-len(pair[0]), pair[0])):
        for match in form_pattern(form).finditer(text):
            if all(match.end() <= start or match.start() >= end for start, end, _ in taken):
                taken.append((match.start(), match.end(), name))
    return tuple(dict.fromkeys(name for _, _, name in sorted(taken)))


def unknown_competitors(text: str, vertical: Vertical) -> tuple[str, ...]:
    """Return capitalised names after "against", "like", "competitors such as" … that no lexicon knows."""
    found: list[str] = []
    for match in _INTRODUCES.finditer(text):
        for name in _SEPARATOR.split(match.group(1)):
            bare = name.strip(" .'’")
            known = any(
                named(bare, lexicon) for lexicon in (vertical.competitors, vertical.jurisdictions, vertical.products)
            )
            if bare and not known and not bare.isdigit() and bare not in _COMMON_OPENERS:
                found.append(bare)
    return tuple(dict.fromkeys(found))


def offered(prompt: str, vertical: Vertical) -> tuple[str, ...]:
    """Return the prompt's own words for what is offered ("card and puzzle league"), as a tuple of one, or ().

    They are the words between the beginning or an article and the first "for", "in", "against" …, at most eight of
    them; words that only name a document ("a market study of …") or a place are none.
    """
    for match in (match for pattern in _OFFERS for match in pattern.finditer(prompt)):
        offer = fold(match["offer"])
        words = offer.casefold().split()
        if (
            len(words) > _MAX_OFFER_WORDS
            or words[0] in _NO_OPENING
            or words[-1] in _NO_OFFER
            or named(offer, vertical.jurisdictions)
        ):
            continue
        return (offer,)
    return ()


def forms_of(name: str, vertical: Vertical) -> tuple[str, ...]:
    """Return how `name` is written: its forms in the vertical's lexicons, or itself.

    A name no lexicon knows is also written without what companies add ("Acme Games Inc" is "Acme").
    """
    for lexicon in (vertical.jurisdictions, vertical.competitors, vertical.products):
        if name in lexicon:
            return (name, *lexicon[name])
    first, _, rest = name.partition(" ")
    in_short = len(first) >= _SHORT_NAME and rest and all(word.strip(".,") in _CORPORATE for word in rest.split())
    return (name, first) if in_short else (name,)


def clauses(comments: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Yield each clause of the comments, oldest first, and whether it takes something out."""
    for comment in comments:
        for clause in _CLAUSE.split(comment):
            if clause.strip():
                yield clause, bool(_DROP.search(clause))


def _chosen(prompt: str, wanted: list[tuple[str, bool]], lexicon: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    chosen = dict.fromkeys(named(prompt, lexicon))
    for clause, drop in wanted:
        for name in named(clause, lexicon):
            if drop:
                chosen.pop(name, None)
            else:
                chosen[name] = None
    return tuple(chosen)
