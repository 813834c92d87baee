"""What went wrong, as the engine's errors: worth another try, or never."""

from __future__ import annotations

import datetime as dt
import email.utils
import re
import ssl
from collections.abc import Iterator

import httpcore2

from research.engine.domain.errors import CallError, Permanent, Transient

# The engine's contract (ports.Http): these, and 5xx, may be otherwise in a while.
_TOO_MANY = 429
_TRANSIENT = frozenset((408, 425, _TOO_MANY))
_SERVER_ERROR = 500
_PROXY_LOGIN = 407
# A server that names a longer wait is looked at again after a day all the same.
LONGEST_RETRY_AFTER_S = 86_400.0
_MAY_PASS: tuple[tuple[type[Exception], str], ...] = (
    (httpcore2.ProxyError, "The proxy gave no way to {}."),
    (httpcore2.TimeoutException, "{} did not answer in time."),
    (httpcore2.ConnectError, "{} could not be connected to."),
)
_SECONDS = re.compile(r"^[0-9]{1,12}$")


def of_status(status: int, *, shown: str, retry_after: str | None, now: dt.datetime) -> CallError:
    """Return the error that a status of 400 or more is."""
    if status in _TRANSIENT or status >= _SERVER_ERROR:
        wait_s = retry_after_s(retry_after, now=now)
        return Transient(f"{shown} answered {status}.", retry_after_s=wait_s, limited=status == _TOO_MANY)
    if status == _PROXY_LOGIN:
        return _proxy_login()
    return Permanent(f"{shown} answered {status}: look for the page elsewhere.")


def retry_after_s(header: str | None, *, now: dt.datetime) -> float | None:
    """Return the seconds a Retry-After header names (RFC 9110, 10.2.3: seconds or a date), 0…86,400.

    None where it is absent or says neither. A date in the past is 0.
    """
    if header is None:
        return None
    text = header.strip()
    if _SECONDS.match(text):
        return min(float(text), LONGEST_RETRY_AFTER_S)
    try:
        at = email.utils.parsedate_to_datetime(text)
        at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
        wait_s = (at - now).total_seconds()
    except (ValueError, OverflowError):
        return None
    return min(max(wait_s, 0.0), LONGEST_RETRY_AFTER_S)


def of_network(error: Exception, *, shown: str) -> CallError:
    """Return what an error of httpcore2 means. Its own words are left out: they may repeat what must not be shown."""
    if any(isinstance(each, ssl.SSLCertVerificationError) for each in _causes(error)):
        return Permanent(
            f"The certificate of {shown} is not to be trusted, so nothing was asked. If the server is your own, name "
            "its authority in the CA bundle."
        )
    if isinstance(error, httpcore2.ProxyError) and str(error).startswith(str(_PROXY_LOGIN)):
        return _proxy_login()
    if isinstance(error, (httpcore2.LocalProtocolError, httpcore2.UnsupportedProtocol)):
        return Permanent(f"The request to {shown} could not be put in words: check its headers.")
    for kind, says in _MAY_PASS:
        if isinstance(error, kind):
            return Transient(says.format(shown))
    return Transient(f"The answer of {shown} broke off or was no HTTP.")


def _proxy_login() -> Permanent:
    return Permanent("The proxy asks for a user and password: set them in its address.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all it came from. httpcore2's pool cuts `__cause__`; `__context__` and the arguments stay."""
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        further = [each.__cause__, each.__context__, *each.args]
        waiting += [one for one in further if isinstance(one, BaseException)]
