"""Find in stated claims the figures a market size rests on: market revenue, customers, what each spends, shares.

Careful rather than complete: a figure about a company, a rival or another place is no figure about the market. Where
a sentence does not say plainly what is counted, nothing is taken from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from research.engine.domain.claims import TypedValue
from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.market_rules import MarketRules
from research.engine.domain.quantities import singular
from research.engine.domain.vertical import Vertical
from research.engine.verification.numerals import Figure

from .sizing_clauses import Clause, clauses, without_places
from .words import content_stems, mentions

_FORECAST = re.compile(r"\b(?:expect|forecast|project|predict|estimat\w+ to|will reach|by 20\d\d)", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
# A figure that only might be, a threshold or a limit is no market.
_CONDITION = re.compile(
    r"\b(?:if|in the event|unless|whether|minimum|maximum|at least|less than|up to|reaches|threshold)\b", re.IGNORECASE
)
_PERCENT = "percent"
_LEAST_CUSTOMERS = 100

# A count of a whole market opens its clause; "our", "its" or a name before it make it the count of a company.
_COUNT_LEAD = re.compile(
    r"(?:in\s+[^,;]{2,40}?,?\s+)?(?:there\s+(?:are|were|is|was)\s+)?"
    r"(?:about|approximately|around|some|nearly|almost|more\s+than|over)?\s*\Z",
    re.IGNORECASE,
)
_ADJECTIVES = r"(?:(?!(?:with|of|for|in|by|from|to|and|or)\b)[a-z][a-z-]*\s+){0,3}?"
_TYPICAL = r"(?:the\s+)?(?:average|mean|median|typical|every|each|an?)\s+"
_PAYS = re.compile(r"\b(?:spends?|spent|pays?|paid)\b", re.IGNORECASE)
# Money that a customer does not pay for the product.
_OTHER_MONEY = re.compile(
    r"\b(?:acquir|winning|marketing|fine|penalt|tax|levy|licen[cs]e\s+fee|lost|loses?)", re.IGNORECASE
)
_EACH = re.compile(
    r"\s*(?:(?:per|for\s+each|a|an|each)\s+(?P<noun>(?!year|month|quarter|week|day)[a-z]+)\s*)?"
    r"(?:(?:per|a|each|every)\s+(?P<time>year|month|quarter)\b)?",
    re.IGNORECASE,
)
_HOLDS = re.compile(
    r"\b(?:accounts?\s+for|accounted\s+for|holds?|held|makes?\s+up|made\s+up|represents?|represented)\s*\Z"
)
_OF_MARKET = re.compile(
    r"\s+of\s+(?:all\s+|the\s+|this\s+|total\s+)*(?:it\b|market|spending|revenues?|sales|entry\s+fees|demand|wagers)"
)
_NEWCOMERS = re.compile(r"\b(?:entered|opened|launched|newcomers?|new\s+entrants?|entrants?)\b", re.IGNORECASE)
_MIDDLE = re.compile(r"\b(?:median|average|typical)\b", re.IGNORECASE)


class Found(NamedTuple):
    """A figure for the market size with the claim that states it.

    time: "year" … of a spend, "" when not per time. of: of a count or a share, the words for what it is of.
    said: the clause that gives the figure, "" where the whole sentence does.
    """

    claim: AcceptedClaim
    value: TypedValue
    time: str = ""
    of: str = ""
    said: str = ""


class Reader(NamedTuple):
    """What the figures are read for. places: those the prompt names, () for any. stems: of the prompt's words.

    asked: what the prompt tells its customers apart by ("mid-size law" of firms), as stems; () for nothing.
    """

    rules: MarketRules
    vertical: Vertical
    places: tuple[str, ...]
    stems: frozenset[str]
    asked: frozenset[str] = frozenset()

    def anchors(self, claims: Iterable[AcceptedClaim]) -> list[Found]:
        """Return what whole markets spend, best first: the prompt's places, the vertical's metrics, newest, surest."""
        order = [name.casefold() for name in self.rules.revenues]
        rows = []
        for claim in claims:
            value = claim.value
            if claim.kind != "stated" or value is None or value.currency is None or value.unit is not None:
                continue
            metric, place = (value.metric or "").casefold(), self._whose(value)
            if metric not in order or place is None or value.amount <= 0 or _CONDITION.search(claim.text):
                continue
            if self.places and place not in self.places:
                continue
            near = self.places.index(place) if self.places else 0
            forecast = _FORECAST.search(claim.text) is not None
            rank = (near, order.index(metric), forecast, -newest(value.period), *_trust(claim))
            rows.append((rank, Found(claim, value.model_copy(update={"geography": place}))))
        return [found for _, found in sorted(rows, key=lambda row: row[0])]

    def customers(self, claims: Iterable[AcceptedClaim], place: str | None) -> list[Found]:
        """Return counts of a whole market's customers in `place`, best first."""

        def read(claim: AcceptedClaim, clause: Clause) -> Iterator[Found]:
            if place is not None and clause.places != {place}:
                return
            for figure in clause.figures():
                before, after = clause.around(figure)
                unit, phrase = self._counted(after)
                if unit and _is_count(figure) and _COUNT_LEAD.fullmatch(before):
                    yield Found(claim, _value(figure, clause, unit=unit, metric=unit, place=place), of=phrase)

        return self._ranked(claims, read)

    def spends(
        self, claims: Iterable[AcceptedClaim], place: str | None, *, unit: str, currency: str | None
    ) -> list[Found]:
        """Return what one of the customers counted in `unit` spends, best first; in `currency` alone unless None."""
        payer = singular(unit)

        def read(claim: AcceptedClaim, clause: Clause) -> Iterator[Found]:
            if not clause.may_be_of(place) or _OTHER_MONEY.search(clause.text):
                return
            for figure in clause.figures():
                money = "USD" if figure.currency == "$" else figure.currency
                if money is None or figure.unit or currency not in (None, money):
                    continue
                before, after = clause.around(figure)
                each = _EACH.match(after)
                noun = (each["noun"] if each else None) or ""
                time = ((each["time"] if each else None) or "").casefold()
                payers = self._unit_of(noun) == unit if noun else self._is_payer(before, unit)
                if payers and (time or clause.year):
                    per = f"per {payer}" + (f" per {time}" if time else "")
                    value = _value(figure, clause, unit=per, metric=f"spend per {payer}", place=place, currency=money)
                    yield Found(claim, value.model_copy(update={"period": None}) if time else value, time)

        return self._ranked(claims, read)

    def segments(self, claims: Iterable[AcceptedClaim], place: str | None) -> list[Found]:
        """Return shares of the market that a part of it holds which the prompt names, best first."""

        def read(claim: AcceptedClaim, clause: Clause) -> Iterator[Found]:
            if not clause.may_be_of(place):
                return
            for figure in clause.figures():
                before, after = clause.around(figure)
                holds = _HOLDS.search(before)
                if figure.unit != _PERCENT or holds is None or not _OF_MARKET.match(after):
                    continue
                part = before[: holds.start()]
                if self._is_asked_for(part) and not self._names_someone(part):
                    value = _value(figure, clause, unit=_PERCENT, metric="served share", place=place)
                    yield Found(claim, value, of=part)

        return self._ranked(claims, read)

    def newcomers(self, claims: Iterable[AcceptedClaim], place: str | None) -> list[Found]:
        """Return the share that the middle one of earlier newcomers reached, best first."""

        def read(claim: AcceptedClaim, clause: Clause) -> Iterator[Found]:
            middle = _MIDDLE.search(clause.text)
            if middle is None or not _NEWCOMERS.search(claim.text) or not clause.may_be_of(place):
                return
            after = [f for f in clause.figures() if f.unit == _PERCENT and f.start > middle.start()]
            if after:
                yield Found(claim, _value(after[0], clause, unit=_PERCENT, metric="attainable share", place=place))

        return self._ranked(claims, read)

    def _ranked(
        self, claims: Iterable[AcceptedClaim], read: Callable[[AcceptedClaim, Clause], Iterator[Found]]
    ) -> list[Found]:
        rows = []
        for claim in claims:
            if claim.kind != "stated" or not claim.evidence:
                continue
            shared = len(self.stems & set(content_stems(claim.text)))
            for clause in clauses(claim, self.vertical):
                for found in read(claim, clause):
                    rank = (_FORECAST.search(claim.text) is not None, -shared, -newest(found.value.period))
                    rows.append(((*rank, *_trust(claim), clause.start), found._replace(said=clause.text)))
        return [found for _, found in sorted(rows, key=lambda row: row[0])]

    def is_one_part(self, count: Found, share: Found | None) -> bool:
        """Tell whether customers are counted in the very part of the market that is served.

        So they are when the share is of them ("mid-size"), or when they are told as the prompt tells its customers.
        """
        counted = set(content_stems(count.of))
        of_share = share is not None and bool(counted & set(content_stems(share.of)) - _nouns(self.rules))
        return of_share or bool(self.asked and self.asked <= counted)

    def _whose(self, value: TypedValue) -> str | None:
        if value.entity in self.vertical.jurisdictions:
            return value.entity
        return value.geography if value.entity is None and value.geography in self.vertical.jurisdictions else None

    def _counted(self, after: str) -> tuple[str, str]:
        """Return the unit of the customers that the words after a number count, and those words; ("", "") for none."""
        for unit, nouns in self.rules.customers.items():
            for noun in nouns:
                phrase = re.match(rf"\s+{_ADJECTIVES}{re.escape(noun)}\b", after)
                if phrase:
                    return unit, phrase.group().strip()
        return "", ""

    def _unit_of(self, noun: str) -> str:
        return next((u for u, nouns in self.rules.customers.items() if singular(noun) in map(singular, nouns)), "")

    def _is_payer(self, before: str, unit: str) -> bool:
        """Tell whether the words before a sum say that one of the customers pays it."""
        for noun in self.rules.customers[unit]:
            one = re.escape(singular(noun))
            if re.search(
                rf"\bcosts?\s+(?:such\s+)?(?:an?|each|every)\s+{_ADJECTIVES}{one}\s*\Z", before, re.IGNORECASE
            ):
                return True
            subject = re.match(rf"{_TYPICAL}{_ADJECTIVES}{one}\b(?!\s+of\s+[A-Z])", before.lstrip(), re.IGNORECASE)
            if subject and _PAYS.search(before):
                return True
        return False

    def _is_asked_for(self, part: str) -> bool:
        """Tell whether the prompt names a part of the market: its first word tells it apart ("card" of games)."""
        told = [each for each in content_stems(without_places(part, self.vertical)) if not each.isdigit()]
        return bool(told) and told[0] in self.stems

    def _names_someone(self, part: str) -> bool:
        """Tell whether a name stands in the words, the first one (a sentence's capital) and places aside."""
        part = without_places(part, self.vertical)
        rivals = any(mentions(part, forms) for forms in self.vertical.competitors.values())
        return rivals or any(word[:1].isupper() for word in part.split()[1:])


def asked_of(prompt: str, rules: MarketRules) -> frozenset[str]:
    """Return the stems by which the prompt tells the first customers it names apart, or none."""
    for nouns in rules.customers.values():
        for noun in nouns:
            phrase = re.search(rf"\b{_ADJECTIVES}{re.escape(noun)}\b", prompt, re.IGNORECASE)
            if phrase:
                return frozenset(content_stems(phrase.group())) - _nouns(rules)
    return frozenset()


def _nouns(rules: MarketRules) -> frozenset[str]:
    return frozenset(stem for nouns in rules.customers.values() for noun in nouns for stem in content_stems(noun))


def _is_count(figure: Figure) -> bool:
    return (
        figure.currency is None
        and figure.unit not in (_PERCENT, "percentage point", "basis point")
        and not figure.is_year
        and figure.label is None
        and figure.amount >= _LEAST_CUSTOMERS
    )


def _value(
    figure: Figure, clause: Clause, *, unit: str, metric: str, place: str | None, currency: str | None = None
) -> TypedValue:
    return TypedValue(
        number=Decimal(figure.amount),
        unit=unit,
        currency=currency,
        period=f"FY{clause.year}" if clause.year else None,
        metric=metric,
        geography=place,
    )


def newest(period: str | None) -> int:
    """Return the last year that a period names, 0 when it names none."""
    return max((int(year) for year in _YEAR.findall((period or "").replace("FY", ""))), default=0)


def reliability(claim: AcceptedClaim) -> int:
    """Return the reliability of a claim's best source, thousandths; 0 without evidence."""
    return max((item.source.reliability for item in claim.evidence), default=0)


def _trust(claim: AcceptedClaim) -> tuple[int, int]:
    return -reliability(claim), claim.revision_id
