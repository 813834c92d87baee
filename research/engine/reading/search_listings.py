"""Read the JSON of a SearXNG instance into listings: leads to pages, never evidence.

Fields as SearXNG documents them (docs.searxng.org: dev/search_api, dev/result_types): `results`, `answers`,
`infoboxes`, `suggestions`, `unresponsive_engines`; a result's `url`, `title`, `content`, `publishedDate`.
"""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from research.engine.ports import Listing

from .addresses import host_of, page_address

_TITLE_CHARS = 300
_EXCERPT_CHARS = 1_000
_WORD_CHARS = 80
_NAMED = 8  # engines and suggestions that a note names


class Listings(NamedTuple):
    """What an instance answered. silent: engines that did not, "name (reason)". dropped: results with no page to open.

    elsewhere: results outside the domains asked for. suggestions: other words to search by.
    """

    listings: tuple[Listing, ...]
    silent: tuple[str, ...]
    suggestions: tuple[str, ...]
    dropped: int
    elsewhere: int


def read(body: bytes, *, domains: Sequence[str] = ()) -> Listings:
    """Return the listings in the instance's order, each page once; pages that only answers and infoboxes name last.

    domains: the only ones wanted, with what is below them; () for all. Raises `ValueError` for what is no such JSON.
    """
    try:
        answer = json.loads(body)
    except (RecursionError, ValueError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise ValueError("it is no JSON that can be read") from error
    if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
        raise ValueError("it has no list of results")  # noqa: TRY004 - an answer, no argument of a wrong type
    found: dict[str, Listing] = {}
    dropped = elsewhere = 0
    for row in (*_rows(answer, "results"), *_beside(answer)):
        listing = _listing(row)
        if listing is None:
            dropped += 1
        elif domains and not _within(listing.url, domains):
            elsewhere += 1
        else:
            found.setdefault(listing.url, listing)
    return Listings(
        listings=tuple(found.values()),
        silent=tuple(dict.fromkeys(filter(None, map(_engine, _list(answer, "unresponsive_engines"))))),
        suggestions=tuple(dict.fromkeys(filter(None, (_line(s, _WORD_CHARS) for s in _list(answer, "suggestions"))))),
        dropped=dropped,
        elsewhere=elsewhere,
    )


def note(found: Listings, *, shown: int) -> str:
    """Return in words what stands beside the listings: what is missing, and why an empty answer may mean nothing."""
    parts = []
    if not found.listings and found.silent:
        parts.append("No result; engines are missing, so this does not say that there is nothing.")
    elif not found.listings:
        parts.append("No result.")
    elif shown < len(found.listings):
        parts.append(f"The first {shown} of {len(found.listings)} results.")
    if found.silent:
        parts.append(f"These engines did not answer: {_named(found.silent)}.")
    if found.elsewhere:
        parts.append(f"Outside the domains asked for, left out: {found.elsewhere}.")
    if found.dropped:
        parts.append(f"Without a page that can be opened, left out: {found.dropped}.")
    if found.suggestions:
        parts.append(f"Suggested searches: {_named(found.suggestions)}.")
    return " ".join(parts)


def _listing(row: dict[str, Any]) -> Listing | None:
    url = page_address(row.get("url"))
    if url is None:
        return None
    return Listing(
        url=url,
        title=_line(row.get("title"), _TITLE_CHARS),
        excerpt=_line(row.get("content"), _EXCERPT_CHARS),
        published_date=_day(row.get("publishedDate")),
    )


def _beside(answer: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Return the pages that answers and infoboxes name, in the shape of results. What names no page is no lead."""
    for row in _rows(answer, "answers"):
        if row.get("url"):
            yield {"url": row["url"], "title": "", "content": row.get("answer")}
    for row in _rows(answer, "infoboxes"):
        for link in _rows(row, "urls"):
            yield {"url": link.get("url"), "title": row.get("infobox") or link.get("title"), "content": ""}


def _list(value: dict[str, Any], name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _rows(value: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [row for row in _list(value, name) if isinstance(row, dict)]


def _engine(entry: Any) -> str:
    """Return "name (reason)" of a pair, or the name alone where that is all there is."""
    if isinstance(entry, list) and entry:
        name, *reasons = (_line(part, _WORD_CHARS) for part in entry)
        return f"{name} ({reasons[0]})" if name and reasons and reasons[0] else name
    return _line(entry, _WORD_CHARS)


def _day(value: Any) -> dt.date | None:
    try:
        return dt.datetime.fromisoformat(value).date() if isinstance(value, str) else None
    except ValueError:
        return None


def _within(url: str, domains: Sequence[str]) -> bool:
    host = host_of(url)
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


def _line(value: Any, most: int) -> str:
    """Return text from outside as one line of at most `most` characters, "" where it is no text."""
    if not isinstance(value, str):
        return ""
    seen = "".join(" " if unicodedata.category(sign) in {"Cc", "Cs", "Cf", "Zl", "Zp"} else sign for sign in value)
    return " ".join(seen.split())[:most].strip()


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
