"""Choose documents before passages: whose they are, of which fiscal period, of which kind."""

from __future__ import annotations

import bisect
import datetime as dt
import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from research.engine.reading import periods
from research.engine.reading.names import squeezed
from research.engine.reading.periods import Kind, Period


class DocumentKind(StrEnum):
    ANNUAL = "annual"
    QUARTERLY = "quarterly"
    CURRENT = "current"  # 8-K: one event
    EARNINGS = "earnings"  # the release on a quarter's results
    OTHER = "other"


KIND_WORDS: Mapping[DocumentKind, re.Pattern[str]] = {
    DocumentKind.ANNUAL: re.compile(r"\b10-?K(?:405|/A)?\b|\b20-?F\b|\bannual report\b", re.IGNORECASE),
    DocumentKind.QUARTERLY: re.compile(r"\b10-?Q\b|\bquarterly report\b|\binterim report\b", re.IGNORECASE),
    DocumentKind.CURRENT: re.compile(r"\b8-?K\b|\b6-?K\b|\bcurrent report\b", re.IGNORECASE),
    DocumentKind.EARNINGS: re.compile(r"\bearnings\b(?! per)|\bresults release\b", re.IGNORECASE),
}
# How well a document of a later year serves a question on a year: filings print two or three years side by side.
_BY_YEARS_LATER = (1.0, 0.6, 0.35)
_EARLIER = 0.2
_OTHER_QUARTER = 0.3
_UNKNOWN = 0.5  # how well a document fits that does not say its period or kind
_GENERIC_LIST = """
annual quarterly current report reports form filing release results year fiscal the of and for inc corp company co plc
ltd dated earnings press us
"""
_GENERIC = frozenset(_GENERIC_LIST.split())
_NAME_WORDS = 5  # of a query's words in a row, at most, are tried as a name
_LONG = 5  # letters: a shorter start of a run-together name must be written in capitals
_SHORTEST = 2
_LONGEST_NAME = 6  # words
_TOKEN = re.compile(r"[A-Za-z0-9&]+(?:['’.][A-Za-z]+)*")
_OWNER = re.compile(r"['’]s$", re.IGNORECASE)
_SHORT_FORM = re.compile(r"[A-Z]{3,}|[A-Z](?:n|&|and)[A-Z]")
_WORDY = re.compile(r"[A-Za-z0-9&]+")


class Card(NamedTuple):
    """What a library's catalogue says of a document."""

    id: int
    title: str
    publisher: str = ""
    published: dt.date | None = None


class Profile(NamedTuple):
    """What a card tells: the names it goes by as word lists in lower case, its period if any, its kind."""

    names: tuple[tuple[str, ...], ...]
    period: Period | None
    kind: DocumentKind


class Wanted(NamedTuple):
    """What is asked of documents: the periods named, and how welcome (0…1) each kind is; none means any."""

    periods: tuple[Period, ...] = ()
    kinds: Mapping[DocumentKind, float] = {}


class Choice(NamedTuple):
    """The documents a query names, by id with how well each fits (0…1), and the words that named them."""

    scores: Mapping[int, float]
    names: frozenset[str] = frozenset()

    def among(self, ids: frozenset[int]) -> Choice:
        """Return the choice among these documents alone."""
        return Choice({key: fit for key, fit in self.scores.items() if key in ids}, self.names)


@functools.lru_cache(maxsize=20_000)
def profile(card: Card) -> Profile:
    """Return what `card` tells of its document."""
    title = re.sub(r"[_|]+", " ", card.title)
    kind = next((kind for kind, sign in KIND_WORDS.items() if sign.search(title)), DocumentKind.OTHER)
    found = periods.find(title)
    period = found[0].period if found else None
    for one in reversed(found):
        title = title[: one.start] + " " + title[one.end :]
    for sign in KIND_WORDS.values():
        title = sign.sub(" ", title)
    if period is None and card.published is not None:
        # A report on a year comes out early in the next.
        early = kind is DocumentKind.ANNUAL and card.published.month <= 6  # noqa: PLR2004 - half a year
        period = Period(Kind.YEAR, card.published.year - early)
    names = (_name_words(title), _name_words(card.publisher))
    return Profile(tuple(dict.fromkeys(name for name in names if name)), period, kind)


class Directory:
    """The names of a catalogue's documents, arranged for looking up: made once, asked for every query."""

    def __init__(self, cards: Iterable[Card]) -> None:
        self.cards = tuple(cards)
        self._of_name: dict[tuple[str, ...], list[Card]] = {}
        for card in self.cards:
            for name in profile(card).names:
                self._of_name.setdefault(name, []).append(card)
        self._whole: dict[str, list[tuple[str, ...]]] = {}
        self._begun: dict[str, list[tuple[str, ...]]] = {}
        for name in self._of_name:
            self._whole.setdefault("".join(name), []).append(name)
            for words in range(1, len(name)):
                self._begun.setdefault("".join(name[:words]), []).append(name)
        self._together = sorted(name[0] for name in self._of_name if len(name) == 1)

    def called(self, tokens: Sequence[str]) -> list[Card]:
        """Return the documents that `tokens` of a query call: by the whole name, its beginning or its short form.

        "General Mills" calls GENERALMILLS, "MGM" calls MGMRESORTS, "JnJ" Johnson Johnson, "AMEX" American Express.
        """
        together = squeezed("".join(tokens))
        if len(together) < _SHORTEST or tokens[0].casefold() in _GENERIC:
            return []
        names: list[tuple[str, ...]] = []
        proper, capitals = tokens[0][0].isupper(), tokens[0].isupper()
        if len(together) > _SHORTEST or capitals or any(char.isdigit() for char in together):
            names += self._whole.get(together, [])
        if proper and len(together) > _SHORTEST:
            names += self._begun.get(together, [])
            if len(together) >= _LONG or capitals:
                at = bisect.bisect_left(self._together, together)
                while at < len(self._together) and self._together[at].startswith(together):
                    names.append((self._together[at],))
                    at += 1
        if len(tokens) == 1 and proper and not names and _SHORT_FORM.fullmatch(tokens[0]):
            names += [name for name in self._of_name if _short_for(tokens[0], name)]
        return [card for name in dict.fromkeys(names) for card in self._of_name[name]]


def choose(query: str, directory: Directory, wanted: Wanted) -> Choice:
    """Return the documents whose name `query` calls, none when it calls no name of these.

    Where two names fit one stretch of the query the longer wins: "American Express" is not American Water.
    """
    tokens = [_OWNER.sub("", token) for token in _TOKEN.findall(query)]
    called: dict[tuple[int, int], list[Card]] = {}
    for i in range(len(tokens)):
        for j in range(i + 1, min(len(tokens), i + _NAME_WORDS) + 1):
            if cards := directory.called(tokens[i:j]):
                called[i, j] = cards
    kept: list[tuple[int, int]] = []
    for span in sorted(called, key=lambda s: (s[0] - s[1], s[0])):
        if all(span[1] <= other[0] or other[1] <= span[0] for other in kept):
            kept.append(span)
    chosen = {card for span in kept for card in called[span]}
    words = frozenset(word.casefold() for span in kept for word in tokens[span[0] : span[1]])
    return Choice({card.id: _fit(profile(card), wanted) for card in chosen}, words)


def _fit(document: Profile, wanted: Wanted) -> float:
    """Return how well a document of the right name fits (0.1…1): its period for two thirds, its kind for one."""
    unknown = document.kind is DocumentKind.OTHER or not wanted.kinds
    kind = _UNKNOWN if unknown else wanted.kinds.get(document.kind, 0.0)
    return 0.1 + 0.6 * period_fit(document, wanted.periods) + 0.3 * kind


def period_fit(document: Profile, asked: Sequence[Period]) -> float:
    """Return how well (0…1) the document's period serves the periods asked for; the latest of them decides."""
    if not asked or document.period is None:
        return _UNKNOWN
    latest = max(asked, key=lambda period: (period.year, periods.end_of(period)))
    own = document.period
    if own.end and any(own.end == period.end for period in asked):
        return 1.0
    later = own.year - latest.year
    if later < 0:
        return _EARLIER if any(own.year == period.year for period in asked) else 0.0
    fit = _BY_YEARS_LATER[later] if later < len(_BY_YEARS_LATER) else 0.0
    quarters = {_quarter(period) for period in asked} - {None}
    if quarters and own.kind is Kind.QUARTER and own.quarter not in quarters:
        return fit * _OTHER_QUARTER
    return fit


def _quarter(period: Period) -> int | None:
    return period.quarter or (period.months // 3 if period.months else None)


def _name_words(text: str) -> tuple[str, ...]:
    """Return the words of a name, () for none: words in small letters tell a sentence ("Vitamin D in bones")."""
    words = [word for word in _WORDY.findall(text) if word.casefold() not in _GENERIC]
    if len(words) > _LONGEST_NAME or any(word[0].islower() for word in words):
        return ()
    return tuple(word.casefold() for word in words)


def _short_for(token: str, name: tuple[str, ...]) -> bool:
    """Tell whether one word is a usual short form: initials ("JnJ", "J&J", "IGT") or two beginnings ("AMEX")."""
    pair = re.fullmatch(r"([A-Z])(?:n|&|and)([A-Z])", token)
    initials = "".join(word[0] for word in name)
    if pair:
        return initials.startswith("".join(pair.groups()).casefold()) and len(name) > 1
    low = token.casefold()
    if not token.isupper() or len(low) <= _SHORTEST:
        return False
    if len(name) > _SHORTEST and initials == low:
        return True
    cuts = range(2, len(low) - 1)
    if len(name) > 1:
        return any(name[0].startswith(low[:cut]) and name[1].startswith(low[cut:]) for cut in cuts)
    return any(name[0].startswith(low[:cut]) and low[cut:] in name[0][cut + 2 :] for cut in cuts)
