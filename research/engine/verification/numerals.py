"""Read the figures of a text: value, scale, unit, currency. Every digit of a text belongs to exactly one figure."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from .words import word_set

NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 1
    )
}
SCALES = {
    "thousand": 10**3, "k": 10**3, "million": 10**6, "m": 10**6, "mm": 10**6, "mn": 10**6, "billion": 10**9,
    "b": 10**9, "bn": 10**9, "trillion": 10**12, "tn": 10**12,
}  # fmt: skip
_SIGNS = {
    "$": "$",
    "us$": "USD",
    "c$": "CAD",
    "ca$": "CAD",
    "a$": "AUD",
    "hk$": "HKD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
}
_NAMES = {
    "dollar": "$", "dollars": "$", "euro": "EUR", "euros": "EUR", "pounds sterling": "GBP", "usd": "USD",
    "cad": "CAD", "aud": "AUD", "eur": "EUR", "gbp": "GBP", "jpy": "JPY", "chf": "CHF", "hkd": "HKD", "mop": "MOP",
}  # fmt: skip
_UNITS = {"%": "percent", "percent": "percent", "per cent": "percent", "pct": "percent", "bps": "basis point"}
# Nouns that say what is counted. A figure found with another of them is another figure ("12 days", "12 months").
_COUNTED = word_set(
    "second minute hour day week month quarter year user customer subscriber player employee lawyer attorney firm "
    "company operator licensee license licence state province country city store office share point contract "
    "document page seat hotel room casino property table slot game session deposit account respondent ton mile"
)

_CODES = "USD|CAD|AUD|EUR|GBP|JPY|CHF|HKD|MOP"
_WORD_SCALE = "thousand|million|billion|trillion"
_FIGURE = re.compile(
    rf"""
    (?P<label>(?<!\w)(?!(?:{_CODES})\d)[^\W\d_]+\d[\w]*)        # FY2022, Q2, H1
  | (?P<sign>(?:(?<!\w)(?:US|CA|HK|C|A))?\$|[€£¥]|(?<!\w)(?:{_CODES})\s?)?\s?
    (?P<minus>(?:(?<=[\s($€£])|^)[-−])?
    (?:
      (?P<number>\d{{1,3}}(?:,\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|(?<![\w)])\.\d+)
      (?:
         (?P<tight>(?:bn|mn|mm|tn|[kmb])(?![^\W_]))
       | (?P<stuck>[^\W\d_]\w*)                                                       # 1st, 10K2, 3D
      )?
    | (?P<word>(?<![\w-])(?:{"|".join(NUMBER_WORDS)})(?!\w)(?!-time)(?!\s+(?:of|another)\b))
    )
    (?:[\s-]?(?P<scale>{_WORD_SCALE}|bn|mn)(?!\w))?
    (?:\s?(?P<percent>%)|[\s-](?P<unit>percent(?!age)|per\ cent|pct|bps)(?!\w)
       |\s(?P<points>(?:percentage|basis)\ points?)(?!\w)
       |\s(?P<money>dollars?|euros?|{_CODES})(?!\w))?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NEXT_WORD = re.compile(r"[\s-]+([^\W\d_]+)")
_RANGE = re.compile(r"\s*(?:to|–|—|-)\s*\Z", re.IGNORECASE)
_HEDGE = re.compile(
    r"(?:about|approximately|approx\.?|around|roughly|nearly|almost|some|circa|ca\.)\s*\Z", re.IGNORECASE
)
_YEAR_LABEL = re.compile(r"(?:fy|cy)((?:19|20)\d\d)\Z", re.IGNORECASE)
_YEARS = range(1900, 2101)
_HEADER = re.compile(rf"\bin\s+({_WORD_SCALE})s\b", re.IGNORECASE)


class Figure(NamedTuple):
    """One figure of a text.

    text: as written. amount: number × scale (labels: 0). quantum: what one step of its last written place is worth.
    unit: percent, basis point, a counted noun, or None. currency: ISO 4217 code, "$" for the bare sign, or None.
    label: a mixed token ("q2", "1st") in lower case, or None. scaled: a scale word is written.
    bare: nothing but the number is written. hedged: "about" or the like stands before it. start: where it begins.
    """

    text: str
    amount: Decimal
    quantum: Decimal
    unit: str | None
    currency: str | None
    label: str | None
    scaled: bool
    bare: bool
    hedged: bool
    start: int

    @property
    def is_year(self) -> bool:
        plain = self.currency is None and self.quantum == 1 and "," not in self.text
        return self.label is None and plain and self.unit is None and self.amount in _YEARS


@lru_cache(maxsize=8192)
def figures(text: str) -> tuple[Figure, ...]:
    """Return the figures of `text` in order. "5 to 7 million" gives both the million; "FY2022" is the year 2022."""
    matches = [m for m in _FIGURE.finditer(text) if not _is_no_one(text, m)]
    found: list[Figure] = []
    follower: tuple[re.Match[str], Figure] | None = None
    for match in reversed(matches):
        figure = _figure(text, match)
        if follower is not None and _RANGE.match(text[match.end() : follower[0].start()]):
            figure = _share_range(figure, match, *follower)
        found.append(figure)
        follower = (match, figure)
    return tuple(reversed(found))


def header_scales(text: str) -> tuple[Decimal, ...]:
    """Return the scales a table's heading names ("in millions" gives 1000000)."""
    return tuple(Decimal(SCALES[m.group(1).casefold()]) for m in _HEADER.finditer(text))


def same_currency(first: str | None, second: str | None) -> bool:
    """Tell whether two currencies may be the same; the bare "$" is taken for US dollars and for itself."""
    return first == second or {first, second} == {"$", "USD"}


def _is_no_one(text: str, match: re.Match[str]) -> bool:
    is_one = (match["word"] or "").casefold() == "one"
    return is_one and text[: match.start("word")].rstrip().casefold().endswith(("no", "any", "every", "this", "which"))


def _figure(text: str, match: re.Match[str]) -> Figure:
    label = match["label"] or (match["number"] + match["stuck"] if match["stuck"] else None)
    hedged = _HEDGE.search(text[max(0, match.start() - 16) : match.start()]) is not None
    raw = match.group().strip()
    if label is not None:
        year = _YEAR_LABEL.match(label)
        if year:
            return Figure(raw, Decimal(year[1]), Decimal(1), None, None, None, False, True, hedged, match.start())
        return Figure(raw, Decimal(0), Decimal(1), None, None, label.casefold(), False, False, hedged, match.start())
    number = Decimal(NUMBER_WORDS[match["word"].casefold()] if match["word"] else match["number"].replace(",", ""))
    scale_word = match["tight"] or match["scale"]
    scale = Decimal(SCALES[scale_word.casefold()]) if scale_word else Decimal(1)
    exponent = number.as_tuple().exponent
    quantum = Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0) * scale
    unit, currency = _unit(text, match), _currency(match)
    amount = -number * scale if match["minus"] else number * scale
    bare = scale_word is None and unit is None and currency is None
    return Figure(raw, amount, quantum, unit, currency, None, scale_word is not None, bare, hedged, match.start())


def _unit(text: str, match: re.Match[str]) -> str | None:
    written = match["percent"] or match["unit"]
    if written:
        return _UNITS[written.casefold()]
    if match["points"]:
        return match["points"].casefold().removesuffix("s")
    following = _NEXT_WORD.match(text, match.end())
    if following is None:
        return None
    word = following[1].casefold()
    for singular in (word, word.removesuffix("s"), word.removesuffix("es"), word.removesuffix("ies") + "y"):
        if singular in _COUNTED:
            return singular.replace("licence", "license")
    return None


def _currency(match: re.Match[str]) -> str | None:
    if match["sign"]:
        sign = match["sign"].strip().casefold()
        return _SIGNS.get(sign) or _NAMES[sign]
    return _NAMES[match["money"].casefold()] if match["money"] else None


def _share_range(left: Figure, match: re.Match[str], right_match: re.Match[str], right: Figure) -> Figure:
    """Give the left end of "5 to 7 million euros" the scale, unit and currency written once at the right end."""
    # "increased 22% to $111 billion" is no range: the left end has a unit of its own.
    if left.label or left.is_year or right.label or left.unit or not (right.currency or right.unit or right.scaled):
        return left
    if left.currency and not same_currency(left.currency, right.currency or left.currency):
        return left
    word = right_match["tight"] or right_match["scale"]
    own = match["tight"] or match["scale"]
    scale = Decimal(SCALES[word.casefold()]) if word and not own else Decimal(1)
    return left._replace(
        amount=left.amount * scale,
        quantum=left.quantum * scale,
        unit=left.unit or right.unit,
        currency=left.currency or right.currency,
        scaled=left.scaled or right.scaled,
        bare=False,
    )
