"""The head of an answer: its headers, kind, length, and where it redirects to."""

from __future__ import annotations

import codecs
import email.message
import fnmatch
from collections.abc import Sequence
from typing import NamedTuple

import httpcore2

from research.engine.domain.errors import Permanent

# RFC 9110, 15.4: those that send a GET elsewhere. 300 leaves the choice to a person, 304 is an answer.
_REDIRECTS = frozenset((301, 302, 303, 307, 308))


class Kind(NamedTuple):
    """What a body is. media_type: lower case, "" when not named. charset: None when not named, or no known one."""

    media_type: str
    charset: str | None


def headers(answer: httpcore2.Response, *, limit: int, shown: str) -> dict[str, str]:
    """Return the headers by lower-case name, those of one name joined. Raises `Permanent` when they are too long."""
    if sum(len(name) + len(value) + 4 for name, value in answer.headers) > limit:
        raise Permanent(f"The headers of {shown} are longer than {limit:,} bytes: look for the page elsewhere.")
    found: dict[str, list[str]] = {}
    for name, value in answer.headers:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return {name: ", ".join(values) for name, values in found.items()}


def location(answer: httpcore2.Response, *, shown: str) -> str | None:
    """Return where a redirect leads, or None for an answer that is none.

    Raises `Permanent` for a redirect to nowhere, or to several places.
    """
    if answer.status not in _REDIRECTS:
        return None
    places = {value for name, value in answer.headers if name.lower() == b"location"}
    if len(places) != 1:
        raise Permanent(f"{shown} redirects without saying where to: look for the page elsewhere.")
    return places.pop().decode("utf-8", errors="replace")


def media_type(content_type: str) -> Kind:
    """Return what a Content-Type names. Of two, as some servers send, the first counts."""
    message = email.message.Message()
    message["Content-Type"] = content_type.partition(",")[0]
    named = message.get_content_type() if "/" in content_type else ""
    charset = message.get_content_charset()
    try:
        codecs.lookup(charset or "")
    except (LookupError, ValueError):
        charset = None
    return Kind(named, charset)


def require_wanted(named: str, wanted: Sequence[str], *, shown: str) -> None:
    """Refuse a body of another kind than those wanted; () for any. Raises `Permanent`."""
    if wanted and not any(fnmatch.fnmatchcase(named, each.lower()) for each in wanted):
        kind = f"of the kind {named}" if named else "of no named kind"
        raise Permanent(f"{shown} is {kind}, which is not read here: look for the page elsewhere.")


def length(found: dict[str, str]) -> int | None:
    """Return the Content-Length, or None when it is not named (h11 has refused one that is no number)."""
    text = found.get("content-length", "")
    return int(text) if text.isdecimal() else None
