"""What a person says of a file: title, publisher, date, reliability. Checked before anything is added."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from pydantic import Field

from research.engine.domain.canonical import Frozen
from research.engine.domain.errors import InvalidInput

MANIFEST = "manifest.json"
MAX_TITLE, MAX_PUBLISHER = 500, 200
# Thousandths, where nobody says otherwise: the default of `Source.reliability`.
DEFAULT_RELIABILITY = 600

_MANIFEST_MAX_BYTES = 4 * 1024 * 1024
_THOUSAND = 1000
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class About(Frozen):
    """What is said of a file. None means not said; `reliability` in thousandths, 0…1000."""

    title: str | None = None
    publisher: str | None = None
    published_date: dt.date | None = None
    reliability: int | None = Field(default=None, ge=0, le=1000)

    def over(self, other: About) -> About:
        """Return this with what it leaves unsaid taken from `other`."""
        said = {name: value for name, value in self if value is not None}
        return other.model_copy(update=said)


NOTHING = About()


def about(*, title: Any = None, publisher: Any = None, published_date: Any = None, reliability: Any = None) -> About:
    """Return what was typed as `About`; None and blank text mean not said.

    published_date: `YYYY-MM-DD` or a date. reliability: 0…1, as a number or as text.
    Raises `InvalidInput` naming the field.
    """
    return About(
        title=_line(title, "title", MAX_TITLE),
        publisher=_line(publisher, "publisher", MAX_PUBLISHER),
        published_date=_date(published_date),
        reliability=_thousandths(reliability),
    )


def one_line(text: str) -> str:
    """Return `text` on one line, without control and direction characters."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def manifest(folder: Path) -> dict[str, About] | None:
    """Return what the folder's manifest.json says, by file name; empty without one, None when it is another's.

    Ours is a list of objects that each name a `file`; a reliability in it is 0…1, or a whole number of thousandths
    from 2 to 1000, as the library stores it. Raises `InvalidInput` when an entry of ours is wrong.
    """
    path = folder / MANIFEST
    try:
        if not path.is_file():
            return {}
        if path.stat().st_size > _MANIFEST_MAX_BYTES:
            return None
        entries = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(entries, list) or not all(
        isinstance(e, dict) and isinstance(e.get("file"), str) for e in entries
    ):
        return None
    said: dict[str, About] = {}
    for entry in entries:
        fields = {name: entry.get(name) for name in ("title", "publisher", "published_date", "reliability")}
        if type(fields["reliability"]) is int and 1 < fields["reliability"] <= _THOUSAND:
            fields["reliability"] = Decimal(fields["reliability"]) / _THOUSAND
        try:
            said[entry["file"]] = about(**fields)
        except InvalidInput as error:
            name = one_line(entry["file"])[:80]
            raise InvalidInput(f"{one_line(str(path))}, entry “{name}”: {error.detail}", field=error.field) from error
    return said


def _line(value: Any, field: str, limit: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidInput(f"The {field} must be text.", field=field)
    text = one_line(value)
    if len(text) > limit:
        raise InvalidInput(f"The {field} has {len(text)} characters; at most {limit} are kept.", field=field)
    return text or None


def _date(value: Any) -> dt.date | None:
    if value is None or value == "":
        return None
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    try:
        if _DATE.fullmatch(str(value).strip()):
            return dt.date.fromisoformat(str(value).strip())
    except ValueError:
        pass  # 31 April is written well and is no day
    said = one_line(str(value))[:40]
    raise InvalidInput(
        f"The published date must be a day as YYYY-MM-DD, such as 2024-03-31, not “{said}”.", field="published_date"
    )


def _thousandths(value: Any) -> int | None:
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        number = Decimal("NaN")
    # NaN and infinities fail `is_finite`; comparing a NaN would raise.
    if not number.is_finite() or not 0 <= number <= 1:
        said = one_line(str(value))[:40]
        raise InvalidInput(
            f"The reliability must be a number from 0 to 1, such as 0.8, not “{said}”.", field="reliability"
        )
    return int((number * _THOUSAND).to_integral_value())
