"""Numerals in sentences: found, and traced to the claims that a sentence cites."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

from research.engine.domain.claims import TypedValue
from research.engine.domain.documents import AcceptedClaim
from research.engine.domain.items import ATTRIBUTES

from . import number_words


class Numeral(NamedTuple):
    """A number as it stands: its words, its full amount, its unit ("", "%", "pp", "bps", "$", "€", …)."""

    raw: str
    amount: Decimal
    unit: str = ""


_CURRENCY = {
    "$": "$",
    "€": "€",
    "£": "£",
    "¥": "¥",
    "₹": "₹",
    "eur": "€",
    "gbp": "£",
    "jpy": "¥",
    "inr": "₹",
    "chf": "chf",
}
_CURRENCY |= dict.fromkeys(("usd", "cad", "aud", "nzd", "dollar", "dollars"), "$")
_CURRENCY |= {"euro": "€", "euros": "€", "pound": "£", "pounds": "£"}
_CURRENCY_UNITS = frozenset(_CURRENCY.values())
_CODES = "usd|cad|aud|nzd|eur|gbp|jpy|inr|chf"
_SCALE = {"hundred": 2, "thousand": 3, "k": 3, "million": 6, "m": 6, "mn": 6, "mm": 6}
_SCALE |= {"billion": 9, "b": 9, "bn": 9, "trillion": 12, "t": 12, "tn": 12}

_NUMERAL = re.compile(
    rf"""
    (?: (?P<sign>[$€£¥₹]) \s? | \b(?P<code>{_CODES}) \s? )?
    (?P<number> \d{{1,3}}(?:,\d{{3}})+(?!\d)(?:\.\d+)? | \d+(?:\.\d+)? | (?<!\d)\.\d+ )
    (?: (?P<letter>(?:k|mm|mn?|bn?|tn?))\b | [\s-]?(?P<scale>hundred|thousand|million|billion|trillion)\b )?
    (?: \s?(?P<percent>%) | [\s-]?(?P<rate>per\s?cent(?!age)|pct|percentage[\s-]points?|pp|basis[\s-]points?|bps)\b
      | [\s-]?(?P<after>{_CODES}|dollars?|euros?|pounds?)\b | \s?(?P<trailing>[€£]) )?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MARKER = re.compile(r"\[\^?(\d{1,5}(?:\s*[,;–-]\s*\^?\d{1,5})*)\]")
_YEARS = range(1900, 2101)


def find_numerals(text: str, *, markers: Collection[int] = (), every: bool = True) -> tuple[Numeral, ...]:
    """Return the numerals of `text` in order. Signs are left out: direction is verification's to judge.

    markers: citation numbers; a bracketed marker ("[3]", "[^3]", "[1, 3]") of these numbers alone is no numeral.
    every: count numbers below ten written in words too (see `number_words`).
    """
    plain = unicodedata.normalize("NFKC", _spell_numeric(text))
    if markers:
        plain = _MARKER.sub(lambda match: " " if _all_in(match.group(1), markers) else match.group(), plain)
    return tuple(_numeral(match) for match in _NUMERAL.finditer(number_words.to_digits(plain, every=every)))


def of_claim(claim: AcceptedClaim) -> frozenset[tuple[Decimal, str]]:
    """Return amount and unit of every figure that citing `claim` allows.

    Those of its words, its attributes, its subject and its typed value, and, for saying where it comes from, the years
    in its sources' titles and their publication dates. Not those of its quotes: nobody accepted them as a claim.
    """
    # The number of an item's id and the days of a date are no figures that a sentence could take from it.
    dates = {attribute.name for attribute in ATTRIBUTES[claim.role] if attribute.kind == "date"} | {"id"}
    given = [value for name, value in claim.attributes.items() if name not in dates]
    said = (claim.text, claim.subject or "", *given)
    numerals = [numeral for words in said for numeral in find_numerals(words)]
    if claim.value is not None:
        numerals += _of_value(claim.value)
    for item in claim.evidence:
        title = find_numerals(f"{item.source.title} {item.source.publisher or ''}")
        numerals += [numeral for numeral in title if not numeral.unit and numeral.amount in _YEARS]
        if item.source.published_date is not None:
            numerals += find_numerals(item.source.published_date.strftime("%Y %m %d"))
    return frozenset((numeral.amount, numeral.unit) for numeral in numerals)


def untraced(text: str, *, allowed: Iterable[tuple[Decimal, str]], markers: Collection[int] = ()) -> tuple[str, ...]:
    """Return the numerals of `text`, as written, that none of `allowed` (amount, unit) bears out.

    A bare number may stand for an amount of money ("13.1 billion" for "$13.1 billion"); a percentage, a currency,
    a percentage point or a basis point must be the same unit.
    """
    known = frozenset(allowed)
    bare = {amount for amount, unit in known if not unit or unit in _CURRENCY_UNITS}
    return tuple(
        numeral.raw
        for numeral in find_numerals(text, markers=markers, every=False)
        if (numeral.amount, numeral.unit) not in known and (numeral.unit or numeral.amount not in bare)
    )


def _numeral(match: re.Match[str]) -> Numeral:
    found = {name: value.casefold() for name, value in match.groupdict().items() if value}
    power = _SCALE.get(found.get("letter") or found.get("scale") or "", 0)
    amount = Decimal(found["number"].replace(",", "")) * 10**power
    currency = next((found[name] for name in ("sign", "code", "after", "trailing") if name in found), "")
    return Numeral(match.group().strip(), amount, _rate(found) or _CURRENCY.get(currency, ""))


def _rate(found: dict[str, str]) -> str:
    rate = found.get("rate", "")
    if rate.startswith(("percentage", "pp")):
        return "pp"
    if rate.startswith("b"):
        return "bps"
    return "%" if rate or "percent" in found else ""


def _of_value(value: TypedValue) -> list[Numeral]:
    unit = (value.unit or "").casefold()
    if value.currency is not None:
        sign = _CURRENCY.get(value.currency.casefold(), value.currency.casefold())
    else:
        sign = "%" if unit in {"%", "percent", "per cent", "pct"} else {"bps": "bps", "pp": "pp"}.get(unit, "")
    named = (value.period, value.entity, value.metric, value.geography, value.as_of.isoformat() if value.as_of else "")
    words = " ".join(word for word in named if word)
    ends = [end for end in (value.number, value.low, value.high) if end is not None]
    return [*(Numeral(str(end), abs(end * value.scale), sign) for end in ends), *find_numerals(words)]


def _spell_numeric(text: str) -> str:
    # "½", "²" and "Ⅳ" are numbers to a reader but not digits to a regular expression.
    return "".join(
        f" {Decimal(str(unicodedata.numeric(char)))} " if unicodedata.category(char) in {"No", "Nl"} else char
        for char in text
    )


def _all_in(numbers: str, markers: Collection[int]) -> bool:
    return all(int(number) in markers for number in re.findall(r"\d+", numbers))
