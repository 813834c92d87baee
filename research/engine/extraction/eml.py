"""Mail (.eml): subject, sender and date as lines, then the body; attachments are named, never opened."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from research.engine.domain.errors import Unreadable

from . import html
from .result import EML, Extraction, Limits, clean_text, clean_title, whole
from .text import decode

_SHOWN = ("Subject", "From", "To", "Cc", "Date")
_HEADER_CHARS = 2_000
# Deeper nesting than mail programs make; the parser itself sets no limit.
_MAX_PARTS = 500
_NAMED_ATTACHMENTS = 10


def extract(data: bytes, *, limits: Limits) -> Extraction:  # noqa: ARG001 - every parser takes the limits
    """Return a mail's headers that people read, and its body: the plain text, else the HTML's words.

    published_date is the day it was sent, as its Date header says. Attachments and mails within are named in `notes`.
    Raises `Unreadable` without a body.
    """
    message = email.message_from_bytes(data, policy=email.policy.default)
    if not isinstance(message, EmailMessage):
        raise Unreadable("The mail cannot be read: save it again as .eml.")
    plain: list[str] = []
    pages: list[str] = []
    attached: list[str] = []
    for number, part in enumerate(_leaves(message), 1):
        if number > _MAX_PARTS:
            raise Unreadable(f"The mail has more than {_MAX_PARTS} parts: save its text in a file of its own.")
        kind = part.get_content_type()
        name = _filename(part)
        if name or _header(part, "Content-Disposition").lower().startswith("attachment") or kind == "message/rfc822":
            attached.append(name or kind)
        elif kind == "text/plain":
            plain.append(_words(part))
        elif kind == "text/html":
            pages.append(html.all_text(_words(part)))
        else:
            attached.append(kind)
    body = "\n\n".join(text for text in (plain if any(t.strip() for t in plain) else pages) if text.strip())
    if not body.strip():
        raise Unreadable("The mail has no text of its own: save its attachments and add them instead.")
    heads = [f"{name}: {said}" for name in _SHOWN if (said := _header(message, name))]
    return whole(
        text="\n".join([*heads, "", body.strip("\n"), ""]),
        media_type=EML,
        title=clean_title(_header(message, "Subject")),
        published_date=_sent(_header(message, "Date")),
        notes=_said_attached(attached),
    )


def _leaves(message: EmailMessage) -> list[EmailMessage]:
    """Return the parts that hold something, in order; a mail within a mail is one part."""
    leaves: list[EmailMessage] = []
    stack = [message]
    while stack and len(leaves) <= _MAX_PARTS:
        part = stack.pop()
        parts = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(parts, list):
            stack.extend(each for each in reversed(parts) if isinstance(each, EmailMessage))
        else:
            leaves.append(part)
    return leaves


def _words(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    return clean_text(decode(payload, declared=part.get_content_charset())) if isinstance(payload, bytes) else ""


def _header(part: EmailMessage, name: str) -> str:
    """Return a header on one line, "" when there is none or it is malformed beyond reading."""
    raw = next((str(value) for key, value in part.raw_items() if key.lower() == name.lower()), "")
    try:
        # The header parser's time grows with the square of the length: a longer one is shown as it stands.
        said = str(part.get(name, "")) if len(raw) <= _HEADER_CHARS else raw
        return " ".join(clean_text(said).split())[:_HEADER_CHARS]
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):  # the header parser on crafted headers
        return ""


def _filename(part: EmailMessage) -> str:
    try:
        return clean_title(part.get_filename()) or ""
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):
        return ""


def _sent(said: str) -> dt.date | None:
    try:
        return parsedate_to_datetime(said).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _said_attached(names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    more = f" and {len(names) - _NAMED_ATTACHMENTS} more" if len(names) > _NAMED_ATTACHMENTS else ""
    listed = ", ".join(f"“{name}”" for name in names[:_NAMED_ATTACHMENTS])
    return (f"Attachments were not read: {listed}{more}; add them as files of their own.",)
