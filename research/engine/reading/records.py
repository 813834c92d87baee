"""Read the JSON records of data providers, whose fields may be missing, null or of another kind than they say."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from research.engine.domain.errors import Permanent

from .fiscal import MONTHS

# No figure of an economy or a company has more digits; beyond, "1e999999" would write a book.
_MAX_DIGITS = 30
_MAX_CHARS = 400


def load(body: bytes, *, of: str) -> Any:
    """Return the JSON value of `body`, its numbers exact (`Decimal`).

    of: what was asked for, for the error. Raises `Permanent` for what is no JSON, NaN and infinity among it.
    """
    try:
        return json.loads(body, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number)
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Permanent(f"What came for {of} is no JSON that can be read: ask again later.") from error


def words(value: Any) -> str:
    """Return a text field on one line, cut after 400 characters; "" when it is missing or no text."""
    return " ".join(value.split())[:_MAX_CHARS].strip() if isinstance(value, str) else ""


def day(value: Any) -> dt.date | None:
    """Return the day of an ISO date or time ("2025-01-31", "2025-01-31T16:00:00.000Z"), or None."""
    if not isinstance(value, str):
        return None
    try:
        return dt.date.fromisoformat(value.strip()[: len("2025-01-31")])
    except ValueError:
        return None


def number(value: Any) -> Decimal | None:
    """Return a figure exactly as the record writes it, or None when it is missing, no number, or absurdly long."""
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    _, digits, exponent = value.as_tuple()
    return value if isinstance(exponent, int) and len(digits) + abs(exponent) <= _MAX_DIGITS else None


def whole(value: Any) -> int | None:
    """Return a whole number, which some records write as text ("0000320193"), or None."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS:
        return int(value)
    found = number(value)
    return int(found) if found is not None and found == found.to_integral_value() else None


def fields(value: Any) -> Mapping[str, Any]:
    """Return a JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[Any]:
    """Return a JSON list, an empty one for anything else."""
    return value if isinstance(value, list) else []


def grouped(value: Decimal) -> str:
    """Return a figure with all its digits and commas between the thousands ("3,626,396,000", "53,431.19")."""
    return f"{value:,f}"


def signed(value: Decimal, *, before: str = "", after: str = "") -> str:
    """Return a figure with its unit, "minus" written out so that no sign is lost ("minus $1.5 per share")."""
    return f"{'minus ' if value < 0 else ''}{before}{grouped(abs(value))}{after}"


def long_day(when: dt.date) -> str:
    """Return a day in words ("January 31, 2025")."""
    return f"{MONTHS[when.month - 1]} {when.day}, {when.year}"


def _no_number(written: str) -> Any:
    raise ValueError(f"{written} is no number of JSON")
