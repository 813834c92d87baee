"""Write a spreadsheet's numbers as its cells show them: decimals, percent, currency, thousands, scaled display.

What a person sees in the cell is what a quote of it must say. Number formats are those of ECMA-376 part 1, 18.8.31;
formats with conditions, fractions or exponents are shown as plain numbers.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

# A spreadsheet keeps 15 significant digits; what comes after is noise of the binary number.
_PLAIN_DIGITS = 15
_TOKEN = re.compile(
    r"""
      "(?P<quoted>[^"]*)" | \\(?P<escaped>.) | \[\$(?P<currency>[^\]-]*)(?:-[^\]]*)?\] | (?P<bracket>\[[^\]]*\])
    | _(?P<space>.) | \*(?P<fill>.) | (?P<number>[#0?][#0?,]*(?:\.[#0?]*)?,*|\.[#0?]+,*) | (?P<percent>%)
    | (?P<plain>[-+$€£¥() ]) | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class _Shape(NamedTuple):
    """One section of a number format. decimals: shown. divisor: 1000 for each trailing comma. per: 100 for a %."""

    before: str
    after: str
    decimals: int
    thousands: bool
    divisor: int
    per: int


def shown(value: Any, number_format: str) -> str:
    """Return a cell's value as text: a number in its format, a date as YYYY-MM-DD, true and false as TRUE and FALSE."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return _number(value, number_format)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str(value)


def _number(value: float, number_format: str) -> str:
    sections = _sections(number_format)
    at = 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0  # noqa: PLR2004
    shape = sections[at] if sections else None
    if shape is None or value != value or value in {float("inf"), float("-inf")}:  # noqa: PLR0124 - NaN
        return _plain(value)
    if shape.decimals < 0:  # words alone, such as "-" for zero
        return shape.before.strip()
    exact = Decimal(_plain_digits(value)) * shape.per / shape.divisor
    rounded = abs(exact).quantize(Decimal(1).scaleb(-shape.decimals), rounding=ROUND_HALF_UP)
    digits = f"{rounded:,f}" if shape.thousands else f"{rounded:f}"
    # A section of its own for negatives says by itself how they look.
    sign = "-" if exact < 0 and at != 1 and rounded else ""
    return f"{sign}{shape.before}{digits}{shape.after}".strip()


def _plain(value: float) -> str:
    text = _plain_digits(value)
    if "e" in text and abs(Decimal(text)) >= Decimal("1e-7"):
        text = f"{Decimal(text):f}"
    return text


def _plain_digits(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.{_PLAIN_DIGITS}g}"


@functools.lru_cache(maxsize=1_024)
def _sections(number_format: str) -> tuple[_Shape | None, ...]:
    """Return the sections: positive, negative, zero. None for one that is shown plainly; empty for "General"."""
    if number_format in {"General", "@", ""} or len(number_format) > 255:  # noqa: PLR2004 - the format's own limit
        return ()
    return tuple(_shape(part) for part in _split(number_format)[:3])


def _split(number_format: str) -> list[str]:
    """Split at semicolons that stand in no quotes or brackets."""
    return re.findall(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;])+|(?<=;)(?=;|$)', number_format)


def _shape(section: str) -> _Shape | None:
    before: list[str] = []
    after: list[str] = []
    number = ""
    per = 1
    for token in _TOKEN.finditer(section):
        kind = token.lastgroup
        words = token[kind] if kind else ""
        out = after if number else before
        if kind == "number":
            if number:
                return None  # fractions, telephone numbers
            number = words
        elif kind == "percent":
            per *= 100
            out.append("%")
        elif kind in {"quoted", "escaped", "currency", "plain"}:
            out.append(words)
        elif kind == "other" or (kind == "bracket" and any(sign in words for sign in "<>=")):
            return None
    if not number:
        return _Shape("".join(before), "", -1, thousands=False, divisor=1, per=1)
    digits = number.rstrip(",")
    whole, _, fraction = digits.partition(".")
    return _Shape(
        before="".join(before),
        after="".join(after),
        decimals=min(len(fraction), 30),
        thousands="," in whole,
        divisor=1000 ** (len(number) - len(digits)),
        per=per,
    )
