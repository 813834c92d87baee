"""Read an answer of Sensor Tower's API into sentences; what is not documented is refused and named.

Every figure keeps its very value: cents become dollars by exact decimal arithmetic, nothing is rounded, added up or
filled in. A row is of an app, a place and a period that were asked for, or it is left out.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from . import app_sentences
from .app_fields import ENVELOPES, FIELDS, Field, Operation, Os
from .app_sentences import Granularity

_SCOPE: dict[Operation, tuple[str, ...]] = {
    "app": (),
    "estimates": (
        "The figures below are estimates by Sensor Tower, not counts of the store.",
        "Estimated revenue is net of taxes and of the store's fees, in US dollars.",
    ),
    "active_users": (
        "The figures below are estimates by Sensor Tower, not counts of the store.",
        "An active user has at least one session in the period of the estimate.",
    ),
}
_NAME_CHARS = 120
_NAMED = 12  # refused fields that the note names


class Selection(NamedTuple):
    """What was asked: rows of anything else are left out. `app`: one country, and no granularity or dates."""

    operation: Operation
    os: Os
    app_ids: tuple[str, ...]
    countries: tuple[str, ...]
    granularity: Granularity = "month"
    start_date: dt.date = dt.date.min
    end_date: dt.date = dt.date.max


class Reading(NamedTuple):
    """What an answer says. found: ids of the apps it says something of. names: of apps by id, from `app` alone.

    refused: undocumented fields with their counts. unread: documented ones without a readable value, with theirs.
    others: rows that were not asked for.
    """

    lines: tuple[str, ...]
    found: frozenset[str]
    names: dict[str, str]
    refused: Counter[str]
    unread: Counter[str]
    others: int


def read(body: bytes, selection: Selection, names: Mapping[str, str]) -> Reading:
    """Return the sentences of an answer. names: of apps by id, for `estimates` and `active_users`.

    Raises `ValueError` for what is no JSON of the documented shape.
    """
    rows, around = _rows(body, selection.operation)
    known = {field.name: field for field in FIELDS[selection.operation, selection.os]}
    lines: list[str] = []
    found: dict[str, str] = {}
    refused, unread, others = Counter(around), Counter[str](), 0
    for row in rows:
        refused.update(name for name in row if name not in known)
        app, told, odd = _row(row, known, selection, names)
        others += app is None
        lines += told
        unread.update(odd)
        if app is not None and told:
            found[app] = app_sentences.line(row.get("name"), _NAME_CHARS)
    said = [*_SCOPE[selection.operation], *dict.fromkeys(lines)] if lines else []
    called = {app: name for app, name in found.items() if name} if selection.operation == "app" else {}
    return Reading(tuple(said), frozenset(found), called, refused, unread, others)


def note(reading: Reading) -> str:
    """Return in words what was left out, "" for nothing. Names of fields come from outside: cut and counted."""
    parts = []
    if reading.refused:
        parts.append(f"Refused, as the public documentation does not name them: {_counted(reading.refused)}.")
    if reading.unread:
        parts.append(f"Left out, as their values cannot be read: {_counted(reading.unread)}.")
    if reading.others:
        parts.append(f"Rows of an app, place or period that was not asked for, left out: {reading.others:,}.")
    return " ".join(parts)


def _rows(body: bytes, operation: Operation) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows of an answer, and the undocumented names round them. Raises `ValueError`, as `read`."""
    try:
        answer = json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (RecursionError, ValueError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise ValueError("it is no JSON that can be read") from error
    envelope = ENVELOPES[operation]
    around: list[str] = []
    if envelope:
        if not isinstance(answer, dict) or envelope not in answer:
            raise ValueError(f"it has no “{envelope}”")
        around = [name for name in answer if name != envelope]
        answer = answer[envelope]
    if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
        raise ValueError("its rows are no list of objects")
    return answer, around


def _no_number(text: str) -> Any:
    raise ValueError(text)  # NaN and Infinity, which JSON does not have


def _row(
    row: dict[str, Any], known: Mapping[str, Field], selection: Selection, names: Mapping[str, str]
) -> tuple[str | None, list[str], list[str]]:
    """Return a row's app (None for a row that was not asked for), its sentences, and its fields without a value."""
    keys = [field.name for field in known.values() if field.kind == "key"]
    app = str(row.get(keys[0], ""))
    if app not in selection.app_ids:
        return None, [], []
    if selection.operation == "app":
        name = app_sentences.line(row.get("name"), _NAME_CHARS)
        country, when = selection.countries[0], ""
    else:
        name, country = names.get(app, ""), str(row.get(keys[1], ""))
        start, end = selection.start_date, selection.end_date
        period = app_sentences.period(row.get(keys[2]), granularity=selection.granularity, start=start, end=end)
        if country not in selection.countries or period is None:
            return None, [], []
        when = period
    whom = app_sentences.whom(app, name, selection.os)
    told, odd = [], []
    for field in known.values():
        value = row.get(field.name)
        if field.kind in {"key", "silent"} or value is None or value in ("", []):
            continue
        if field.kind == "fact":
            said = app_sentences.fact(field.name, value, whom=whom, os=selection.os, country=country)
        else:
            said = app_sentences.estimate(
                field, value, whom=whom, when=when, country=country, granularity=selection.granularity
            )
        if said is None:
            odd.append(field.name)
        else:
            told.append(said)
    return app, told, odd


def _counted(counts: Mapping[str, int]) -> str:
    names = sorted(counts)
    shown = [f"{app_sentences.line(name, 40) or '?'} ({counts[name]:,})" for name in names[:_NAMED]]
    return ", ".join(shown) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
