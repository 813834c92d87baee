"""Errors to Sentry, where a DSN is set: without secrets, without people, without the words of a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from . import __version__, scrubbing

if TYPE_CHECKING:  # the package takes a second to import; it is needed where a DSN is set
    from sentry_sdk.types import Event, Hint

# What people write and what sources say stays here. Names as they stand in local variables, request data and extras.
WORDS = frozenset(
    {"prompt", "text", "exact", "prefix", "suffix", "quote", "comment", "payload", "arguments", "messages", "content"}
)
# Of the SDK's own making: versions, and what it has cut.
_OF_THE_SDK = frozenset({"_meta", "modules", "sdk"})


def before_send(event: Event, hint: Hint) -> Event:
    """Return the event as it may leave: no request body, cookies, user, local variables; secrets hidden."""
    fields = cast("dict[str, Any]", event)
    request = fields.get("request", {})
    for part in ("data", "cookies", "env", "query_string"):
        request.pop(part, None)
    fields.pop("user", None)
    for value in (fields.get("exception") or {}).get("values") or []:
        for frame in value.get("stacktrace", {}).get("frames", []):
            frame.pop("vars", None)
    for part in fields.keys() - _OF_THE_SDK:
        # Stack frames nest deeper than log events; 12 levels hold them.
        fields[part] = scrubbing.scrub(fields[part], names=WORDS, depth=scrubbing.DEEPEST - 12)
    return event


def set_up(*, dsn: str, environment: str, release: str) -> bool:
    """Start reporting. dsn "": report nothing. release "": the project's version. Return whether it reports."""
    if not dsn:
        return False
    import sentry_sdk

    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        release=release or f"mrd-desk@{__version__}",
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        before_send=before_send,
    )
    return True
