"""Keep secrets out of logs and of what is sent to Sentry."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any

HIDDEN = "[hidden]"
DEEPEST = 6
# A name is looked at without its punctuation: "X-Api-Key", "apiKey" and "api_key" are one.
_SECRET_NAMES = re.compile(
    r"authorization|apikey|password|passwd|secret|dsn|cookie|sessionid|csrf|credential|privatekey|databaseurl"
    r"|token(?!s)"  # a count of tokens is no secret
)
# Secrets inside a text: the password of a URL, what follows "Bearer", keys of the vendors this project knows.
_SECRET_TEXTS = (
    (re.compile(r"(\b[a-z][a-z0-9+.-]{0,30}://[^/\s:@]*:)[^/\s@]+@", re.IGNORECASE), rf"\g<1>{HIDDEN}@"),
    (re.compile(r"\b(bearer|basic|token)\s+[\w.~+/=-]{8,}", re.IGNORECASE), rf"\g<1> {HIDDEN}"),
    # Not within a word ("task-…"); but a line break is "\n" within a repr, and a "=" is "%3D" within a URL.
    (re.compile(r"(?:(?<![A-Za-z])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2}))sk-[\w-]{8,}"), HIDDEN),
    (re.compile(r"((?:^|[?&])[\w-]*(?:api_?key|token|password|secret)=)[^&\s]+", re.IGNORECASE), rf"\g<1>{HIDDEN}"),
)
# Secrets of this deployment, as they are: a key for a server of one's own may look like anything.
_OWN: list[str] = []
_SHORTEST = 8


def hide(secrets: Iterable[str]) -> None:
    """Hide these in every text from now on. One of fewer than eight characters may be a word, and is not hidden."""
    long = [secret for secret in secrets if len(secret) >= _SHORTEST]
    # As they are, within JSON and within a URL. The longest first: one may be the beginning of another.
    spelt = {form for one in long for form in (one, json.dumps(one)[1:-1], urllib.parse.quote(one, safe=""))}
    _OWN[:] = sorted(spelt.union(_OWN), key=len, reverse=True)


def is_secret_name(name: str) -> bool:
    """Tell whether what stands under this name must not be shown."""
    return bool(_SECRET_NAMES.search(re.sub(r"[^a-z]", "", name.lower())))


def text(value: str) -> str:
    """Return the text with the secrets in it hidden."""
    for secret in _OWN:
        value = value.replace(secret, HIDDEN)
    for pattern, instead in _SECRET_TEXTS:
        value = pattern.sub(instead, value)
    return value


def scrub(value: Any, *, names: frozenset[str] = frozenset(), depth: int = 0) -> Any:
    """Return a copy of JSON-like data with secrets hidden, by name and in texts.

    names: further names to hide whole. Anything nested deeper than `DEEPEST` is hidden too.
    """
    if isinstance(value, str):
        return text(value)
    if not isinstance(value, (Mapping, list, tuple)):
        return value
    if depth >= DEEPEST:
        return HIDDEN
    if isinstance(value, Mapping):
        return {
            text(key) if isinstance(key, str) else key: _under(str(key), inner, names, depth)
            for key, inner in value.items()
        }
    return [scrub(inner, names=names, depth=depth + 1) for inner in value]


def _under(name: str, value: Any, names: frozenset[str], depth: int) -> Any:
    # Numbers are kept: fencing tokens, counts of tokens. A secret is a text or holds one.
    secret = is_secret_name(name) and not isinstance(value, (bool, int, float, type(None)))
    return HIDDEN if secret or name in names else scrub(value, names=names, depth=depth + 1)
