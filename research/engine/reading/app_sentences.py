"""Put what Sensor Tower says of an app in words: one sentence a fact, its very figure, and that it is an estimate."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from . import store_countries
from .app_fields import Field, Os
from .fiscal import MONTHS

Granularity = Literal["day", "week", "month", "quarter"]
STORES: dict[Os, str] = {"ios": "the App Store", "android": "Google Play"}
_USERS = {"day": "daily", "week": "weekly", "month": "monthly"}
_ORDINALS = ("first", "second", "third", "fourth")
_FACT_CHARS = 200
# More digits than any count of people or cents has; fewer than decimal arithmetic keeps exactly.
_MOST_DIGITS = 18
_CENTS = 2  # decimal places of dollars
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_DATES = {"release_date": "was released", "updated_date": "was last updated"}
_COUNTS = {"rating": "rating", "rating_count": "rating count", "global_rating_count": "global rating count"}
# The text stands within its sentence, not at its end: “Example, Inc.” would end it.
_TEXTS = {
    "name": "it is called “{}” there",
    "publisher_name": "“{}” publishes it",
    "version": "“{}” is its version",
    "content_rating": "“{}” is its content rating",
}


def whom(app: str, name: str, os: Os) -> str:
    """Return how a sentence calls an app: “Example App” (com.example), or by its id alone when `name` is ""."""
    known = f"App Store id {app}" if os == "ios" else app
    return f"“{name}” ({known})" if name else f"the app {known}"


def estimate(field: Field, value: Any, *, whom: str, when: str, country: str, granularity: Granularity) -> str | None:
    """Return the sentence of an estimate, None when `value` is no count or amount. when: words of its period."""
    number = number_of(value)
    if number is None:
        return None
    where = f"on {field.device}" if field.device else "on Android" if field.kind == "users" else "on Google Play"
    tail = f"{whom} {where} {store_countries.place(country)} {when}."
    if field.kind == "revenue":
        return f"Sensor Tower estimates {_dollars(number * field.scale)} of net revenue for {tail}"
    if field.kind == "downloads":
        return f"Sensor Tower estimates {_plain(number * field.scale)} downloads of {tail}"
    return f"Sensor Tower estimates {_plain(number * field.scale)} {_USERS[granularity]} active users of {tail}"


def fact(field: str, value: Any, *, whom: str, os: Os, country: str) -> str | None:
    """Return the sentence of a field of an app's record, None when its value cannot be read."""
    told = _told(field, value)
    if told is None:
        return None
    return f"Sensor Tower's record of {whom} for {STORES[os]} {store_countries.place(country)} says that {told}."


def _told(field: str, value: Any) -> str | None:
    told: str | None = None
    if field == "in_app_purchases" and isinstance(value, bool):
        told = "the app offers in-app purchases" if value else "the app offers no in-app purchases"
    elif field in _DATES and (day := day_of(value)):
        told = f"the app {_DATES[field]} on {_written(day)}"
    elif field in _COUNTS and (number := number_of(value)) is not None:
        told = f"its {_COUNTS[field]} is {_plain(number)}"
    elif field == "supported_languages" and isinstance(value, list) and all(map(_is_language, value)):
        told = f"the app supports the languages {', '.join(value)}"
    elif field == "publisher_country" and (text := line(value, _FACT_CHARS)):
        told = f"its publisher's country is {store_countries.place(text).removeprefix('in ')}"
    elif field in _TEXTS and (text := line(value, _FACT_CHARS)):
        told = _TEXTS[field].format(text)
    return told


def period(value: Any, *, granularity: Granularity, start: dt.date, end: dt.date) -> str | None:
    """Return the words of the period that begins at `value`, None when it begins none between `start` and `end`."""
    day = day_of(value)
    if day is None or not start <= day <= end or not begins(day, granularity):
        return None
    if granularity == "month":
        return f"in {MONTHS[day.month - 1]} {day.year}"
    if granularity == "quarter":
        return f"in the {_ORDINALS[day.month // 3]} quarter of {day.year}"
    return f"on {_written(day)}" if granularity == "day" else f"in the week that began on {_written(day)}"


def begins(day: dt.date, granularity: Granularity) -> bool:
    """Tell whether a period begins on `day`. Weeks begin on Monday (documentation of active users)."""
    if granularity == "week":
        return day.weekday() == 0
    if granularity == "month":
        return day.day == 1
    return granularity == "day" or (day.day == 1 and day.month % 3 == 1)


def day_of(value: Any) -> dt.date | None:
    """Return the day of a documented time ("2021-07-15T00:00:00Z"), or None."""
    try:
        return dt.datetime.fromisoformat(value).date() if isinstance(value, str) else None
    except ValueError:
        return None


def number_of(value: Any) -> Decimal | None:
    """Return a count or amount that is not negative, exactly, or None.

    The documentation types some of them as text and shows them as numbers: both are read.
    """
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        return None
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite() or number < 0:
        return None
    digits, exponent = len(number.as_tuple().digits), abs(int(number.as_tuple().exponent))
    return number if digits <= _MOST_DIGITS and exponent <= _MOST_DIGITS else None


def line(value: Any, most: int) -> str:
    """Return text from outside as one line of at most `most` characters, "" where there is none to read.

    Curly quotation marks become straight ones: it is set between curly ones, and must not end them.
    """
    if not isinstance(value, str):
        return ""
    seen = "".join(" " if unicodedata.category(sign) in {"Cc", "Cs", "Cf", "Zl", "Zp"} else sign for sign in value)
    return " ".join(re.sub("[“”]", "'", seen).split())[:most].strip()


def _is_language(value: Any) -> bool:
    return isinstance(value, str) and _LANGUAGE.fullmatch(value) is not None


def _written(day: dt.date) -> str:
    return f"{MONTHS[day.month - 1]} {day.day}, {day.year}"


def _dollars(amount: Decimal) -> str:
    """Return exact dollars: $2,004.38, and $0.055 where half a cent was said."""
    places = -int(amount.as_tuple().exponent)
    return f"${amount:,.2f}" if places <= _CENTS else f"${_plain(amount)}"


def _plain(amount: Decimal) -> str:
    text = f"{amount:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
