"""Every way a call to the Messages API fails, as one of the project's errors with one clear sentence.

CallError
├── Transient                 408 409 429 5xx, network, time, a cut or garbled stream; `used` where it was billed
│   └── Overloaded            529, overloaded_error: another model may have room
├── Permanent                 400 401 403 404 413 422, `x-should-retry: false`, an unknown certificate
│   └── ModelUnavailable      404 for the model: another may serve
BudgetExceeded
└── SpendLimitReached         402, the account's limit or credit: final, a person must act
"""

from __future__ import annotations

import datetime as dt
import email.utils
import math
import re
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

from pydantic import SecretStr

from research.engine.domain.errors import MrdError, Permanent, SpendLimitReached, Transient
from research.engine.domain.usage import Usage

# Characters of the API's own message that an error quotes.
QUOTED_CHARS = 300
KEY_SETTING, BASE_URL_SETTING = "MRD_ANTHROPIC_API_KEY", "MRD_ANTHROPIC_BASE_URL"
PROXY_SETTING, CA_SETTING = "MRD_HTTP_PROXY", "MRD_CA_BUNDLE"

_API = "The Messages API"
_CHECK_CA, _CHECK_PROXY = f"check {CA_SETTING}.", f"check {PROXY_SETTING}."
_CHECK_BOTH = f"check {BASE_URL_SETTING} and {KEY_SETTING}."
_REFUSED = re.compile(r"\b40[137]\b")  # what a proxy says no with; another try changes nothing

# `error.details.error_code` of the limits on spending (anthropic/types/shared/*_spend_limit_reached_error.py).
# `ramp_limit_exceeded` is none of them: "Retry after the time in the `retry-after` header" (its own docstring).
_SPEND_CODES = frozenset(
    {"enforced_spend_limit_reached", "contract_spend_limit_reached", "linked_organization_spend_limit_reached"}
)
# Wordings of limits that come without a code: 429 "monthly spend limit" (reconstructed from reports), 400 "credit
# balance is too low" and "reached your specified API usage limits" (the API's own answers to accounts out of money).
_SPEND_WORDS = re.compile(
    r"\bspend(?:ing)? limit|\bcredit balance is too low|\breached your specified (?:\w+ )?API usage limits",
    re.IGNORECASE,
)
_SPEND_STATUS = frozenset({200, 400, 402, 403, 429})

_OVERLOADED = 529  # the API's own status, in no standard
# `error.type` where no status says it: in a stream, or in a body under 200 (anthropic/types/shared/error_type.py).
_TYPE_STATUS = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "not_found_error": 404,
    "conflict_error": 409,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": _OVERLOADED,
}

_PERMANENT = {
    401: f"The Messages API refuses the key; check {KEY_SETTING}.",
    403: f"The key may not do this; check the rights of {KEY_SETTING} and its workspace.",
    413: "The request is too large for the Messages API; send less at a time.",
    422: "The Messages API cannot process the request.",
}
_TRANSIENT = {
    408: "The Messages API gave up waiting for the request.",
    409: "The Messages API is busy with something that conflicts with the request.",
    429: "The Messages API limits the rate of requests.",
    500: "The Messages API had an error of its own.",
    504: "The Messages API ran out of time.",
    _OVERLOADED: "The Messages API is overloaded.",
}


class ModelUnavailable(Permanent):
    """The server has no such model, or not for this key."""


class Overloaded(Transient):
    """The model has no room now."""


class Call(NamedTuple):
    """What a failure is told with. model: that was asked, "" for none. key: struck out of whatever is quoted.

    now: for dates in `retry-after`. used: what the call was billed before it failed, None for nothing.
    proxied: whether it went by a proxy.
    """

    model: str
    key: SecretStr
    now: dt.datetime
    used: Usage | None = None
    proxied: bool = False


def fallback_worthy(error: MrdError) -> bool:
    """Say whether another model may serve where this one failed (for good, or after the retries)."""
    return isinstance(error, ModelUnavailable | Overloaded)


def of_answer(*, status: int, headers: Mapping[str, str], body: object, call: Call) -> MrdError:
    """Return the error of an answer that failed, or of an error told under 200. body: its JSON, or its text.

    headers: any case-insensitive mapping, or one with lower-case names.
    """
    told = body.get("error", body) if isinstance(body, Mapping) else body
    error: Mapping[str, object] = told if isinstance(told, Mapping) else {"message": told}
    kind, details = error.get("type"), error.get("details")
    code = details.get("error_code") if isinstance(details, Mapping) else None
    message = _quote(error.get("message"), key=call.key)
    if (isinstance(code, str) and code in _SPEND_CODES) or (status in _SPEND_STATUS and _SPEND_WORDS.search(message)):
        limit = "The Anthropic account has reached a spending limit; a person must raise it there."
        return SpendLimitReached(f"{limit} {_says(message)}".strip())
    if status == HTTPStatus.PAYMENT_REQUIRED or kind == "billing_error":
        pay = "The Messages API asks for payment; a person must settle the account's billing there."
        return SpendLimitReached(f"{pay} {_says(message)}".strip())
    if status < HTTPStatus.MULTIPLE_CHOICES:
        # An error told in a stream or body of status 200: its type tells what the status does not, and the headers are
        # those of an answer that had begun well (`retry-after` stands on such, too).
        status, headers = _TYPE_STATUS.get(str(kind), 0), {}
    should_retry = headers.get("x-should-retry")
    passing = status == 0 or status in _TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    if passing or should_retry == "true":
        return _passing(status, message, final=should_retry == "false", headers=headers, call=call)
    return _lasting(status, message, kind=kind, call=call)


def _passing(status: int, message: str, *, final: bool, headers: Mapping[str, str], call: Call) -> MrdError:
    nameless = f"The Messages API answered {status}." if status else "The Messages API answered with an unknown error."
    sentence = f"{_TRANSIENT.get(status, nameless)} {_says(message)}".strip()
    if final:
        return Permanent(f"{sentence} It says that trying again is of no use.", used=call.used)
    wait_s = retry_after_s(headers, now=call.now)
    kind = Overloaded if status == _OVERLOADED else Transient
    # Too many calls: the other side works, and its breaker must not take this for an outage.
    limited = status == HTTPStatus.TOO_MANY_REQUESTS
    return kind(sentence, retry_after_s=wait_s, used=call.used, limited=limited)


def _lasting(status: int, message: str, *, kind: object, call: Call) -> MrdError:
    if status == HTTPStatus.NOT_FOUND and kind == "not_found_error" and message.lower().startswith("model"):
        return ModelUnavailable(
            f"The Messages API has no model {call.model!r} for this key; set another for the role.", used=call.used
        )
    if status == HTTPStatus.NOT_FOUND or status < HTTPStatus.BAD_REQUEST:
        sentence = f"The Messages API has nothing at this address (status {status}); check {BASE_URL_SETTING}."
    elif status in _PERMANENT:
        sentence = _PERMANENT[status]
    else:
        sentence = f"The Messages API refuses the request (status {status})."
    return Permanent(f"{sentence} {_says(message)}".strip(), used=call.used)


def of_exception(error: BaseException, *, call: Call) -> MrdError:
    """Return the error of an exception that the SDK, its HTTP library or the clock of the call raised.

    Nothing of the exception is quoted but an API's own message: the rest may hold the key or the proxy's password.
    """
    import anthropic
    import httpx2

    if isinstance(error, anthropic.APIStatusError):
        return of_answer(status=error.status_code, headers=error.response.headers, body=error.body, call=call)
    causes = _causes(error)
    refused = any(isinstance(cause, httpx2.ProxyError) and _REFUSED.search(str(cause)) for cause in causes)
    # A proxy that cannot be connected to is told by the same error as an API that cannot.
    reach = f"{BASE_URL_SETTING} and {PROXY_SETTING}" if call.proxied else f"the network and {BASE_URL_SETTING}"
    # The first that fits one of the causes.
    told: tuple[tuple[tuple[type[BaseException], ...], type[Transient | Permanent], str], ...] = (
        ((ssl.SSLCertVerificationError,), Permanent, f"Nobody known here signed the server's certificate; {_CHECK_CA}"),
        (
            (httpx2.ProxyError,),
            Permanent if refused else Transient,
            f"The proxy does not pass the call on; {_CHECK_PROXY}",
        ),
        ((httpx2.UnsupportedProtocol, httpx2.LocalProtocolError), Permanent, f"The call cannot be sent; {_CHECK_BOTH}"),
        ((UnicodeEncodeError,), Permanent, "The request holds half a character; take it out of the text."),
        (
            (TimeoutError, httpx2.TimeoutException, anthropic.APITimeoutError),
            Transient,
            f"{_API} took too long to answer.",
        ),
        ((httpx2.ConnectError,), Transient, f"{_API} cannot be reached; check {reach}."),
    )
    for kinds, failure, sentence in told:
        if any(isinstance(cause, kinds) for cause in causes):
            return failure(sentence, used=call.used)
    return Transient(f"The connection to {_API[0].lower()}{_API[1:]} broke.", used=call.used)


def broken(what: str, *, call: Call) -> Transient:
    """Return the error of an answer that is damaged. what: completes "The Messages API sent …"."""
    return Transient(f"The Messages API sent {what}.", used=call.used)


def retry_after_s(headers: Mapping[str, str], *, now: dt.datetime) -> float | None:
    """Return the seconds a failed answer asks to wait, however many; None when it does not say or says nonsense.

    `retry-after` holds seconds or an HTTP date (RFC 9110 §10.2.3), taken from the answer's own `date` where it has
    one, from `now` otherwise; a date that has passed is 0. `retry-after-ms` goes first (SDK, `_parse_retry_after`).
    """
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        seconds = _number(headers.get(name))
        if seconds is not None:
            return seconds * unit_s if seconds >= 0 else None
    when = _date(headers.get("retry-after"))
    if when is None:
        return None
    return max(0.0, (when - (_date(headers.get("date")) or now)).total_seconds())


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _date(text: str | None) -> dt.datetime | None:
    try:
        when = email.utils.parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=dt.UTC)


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found


def _quote(said: object, *, key: SecretStr) -> str:
    """Return the start of an API's message on one line; "" for none or for a page of HTML."""
    if not isinstance(said, str) or said.lstrip().startswith("<"):
        return ""
    secret = key.get_secret_value()
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())
    text = text.replace(secret, "…") if secret else text
    return text if len(text) <= QUOTED_CHARS else text[: QUOTED_CHARS - 1] + "…"


def _says(message: str) -> str:
    return f"It says: {message}" if message else ""
