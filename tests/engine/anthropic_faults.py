"""The ways a call to the Messages API fails, by name: what the server does."""

from __future__ import annotations

import json

from messages_call import BEGINNING, WHOLE

from research.engine.providers.anthropic import failures
from tests.doubles import messages_answers as answers


def limited(**headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return answers.error(429, "rate_limit_error", "Slow down", headers=named)


def coded(status, kind, code):
    return answers.error(status, kind, "It is over", code=code, headers={"retry-after": "277403"})


# By name: the answer, and the seconds it asks to wait.
PASSING = {
    "408": (answers.error(408, "timeout_error", "x"), None),
    "409": (answers.error(409, "conflict_error", "x"), None),
    "429": (limited(), None),
    "429 in 16 seconds": (limited(retry_after="16"), 16.0),
    "429 in 1.5 seconds": (limited(retry_after="1.5"), 1.5),
    "429 in milliseconds": (limited(retry_after_ms="250", retry_after="9"), 0.25),
    "429 at a time": (limited(retry_after="Fri, 20 Nov 2026 12:01:00 GMT"), 60.0),
    "429 at a time by its own clock": (
        limited(retry_after="Fri, 20 Nov 2026 13:00:30 GMT", date="Fri, 20 Nov 2026 13:00:00 GMT"),
        30.0,
    ),
    "429 at a time gone by": (limited(retry_after="Fri, 20 Nov 2020 12:01:00 GMT"), 0.0),
    "429 in three days": (limited(retry_after="277403"), 277403.0),
    "429 before now": (limited(retry_after="-5"), None),
    "429 never": (limited(retry_after="inf"), None),
    "429 at nonsense": (limited(retry_after="soon"), None),
    "429 on a ramp": (coded(429, "rate_limit_error", "ramp_limit_exceeded"), 277403.0),
    "500": (answers.error(500, "api_error", "Internal server error"), None),
    "502 of a gateway": (answers.html(status=502), None),
    "503": (answers.error(503, "api_error", "x", headers={"retry-after": "3"}), 3.0),
    "504": (answers.error(504, "timeout_error", "x"), None),
    "529": (answers.error(529, "overloaded_error", "Overloaded"), None),
    "400 that says to try again": (
        answers.error(400, "invalid_request_error", "x", headers={"x-should-retry": "true"}),
        None,
    ),
    "reset before headers": (answers.reset_before_headers(), None),
    "reset after headers": (answers.reset_after_headers(WHOLE), None),
    "200 with an error body": (answers.raw(json.dumps(answers.error_body("overloaded_error", "x")).encode()), None),
    "200 with an error body, retry-after": (
        answers.error(200, "rate_limit_error", "x", headers={"retry-after": "9"}),
        None,
    ),
    "200 HTML": (answers.html(), None),
    "200 with nothing": (answers.raw(b""), None),
    "200 with another JSON": (answers.raw(b'{"data": []}'), None),
    "200 with a JSON list": (answers.raw(b"[]"), None),
    "200 HTML that calls itself a stream": (answers.raw(b"<html></html>", content_type="text/event-stream"), None),
    "an empty stream": (answers.broken(WHOLE, events=0, then="short"), None),
    "a stream of one ping": (answers.raw(b"event: ping\ndata: {}\n\n", content_type="text/event-stream"), None),
}

BROKEN = {
    "cut": answers.broken(WHOLE, events=BEGINNING, then="cut"),
    "cut where an answer may end": answers.broken(WHOLE, events=BEGINNING, then="short"),
    "reset": answers.broken(WHOLE, events=BEGINNING, then="reset"),
    "garbage": answers.broken(WHOLE, events=BEGINNING, then="garbage"),
    "overloaded midway": answers.error_midway(WHOLE, events=BEGINNING),
    "an error of its own midway": answers.error_midway(WHOLE, events=BEGINNING, kind="api_error"),
    "a limit of rate midway": answers.error_midway(WHOLE, events=BEGINNING, kind="rate_limit_error"),
    "out of time midway": answers.error_midway(WHOLE, events=BEGINNING, kind="timeout_error"),
    "an unknown error midway": answers.error_midway(WHOLE, events=BEGINNING, kind="later_error"),
}

# By name: the answer, and what the sentence about it must say.
LASTING = {
    "400": (answers.error(400, "invalid_request_error", "temperature: range 0..1"), "temperature: range 0..1"),
    "400 in many words": (answers.error(400, "invalid_request_error", "word " * 200), "word…"),
    "401": (answers.error(401, "authentication_error", "API key is invalid."), failures.KEY_SETTING),
    "403": (answers.error(403, "permission_error", "No"), "rights"),
    "404 for the model": (answers.error(404, "not_found_error", "model: claude-opus-5-5"), "'claude-opus-5-5'"),
    "404 for the address": (answers.html(status=404), failures.BASE_URL_SETTING),
    "413": (answers.error(413, "request_too_large", "Too much"), "too large"),
    "422": (answers.error(422, "invalid_request_error", "No"), "cannot process"),
    "301": (answers.html(status=301), failures.BASE_URL_SETTING),
    "500 that says not to try again": (
        answers.error(500, "api_error", "x", headers={"x-should-retry": "false"}),
        "of no use",
    ),
    "429 that says not to try again": (limited(x_should_retry="false"), "of no use"),
    "an error that is one string": (answers.raw(b'{"error": "no such model"}', status=400), "no such model"),
    "400 under 200": (answers.error(200, "invalid_request_error", "Too many tools"), "Too many tools"),
}

SPENT = {
    "enforced": coded(429, "rate_limit_error", "enforced_spend_limit_reached"),
    "contract": coded(429, "rate_limit_error", "contract_spend_limit_reached"),
    "billing": answers.error(402, "billing_error", "Pay first"),
    "linked": coded(402, "billing_error", "linked_organization_spend_limit_reached"),
    "by its words": answers.error(
        429, "rate_limit_error", "This request would exceed your account's monthly spend limit. Please try again later."
    ),
    "credit": answers.error(400, "invalid_request_error", "Your credit balance is too low to access the API."),
    "usage": answers.error(400, "invalid_request_error", "You have reached your specified API usage limits."),
    "midway": answers.Answer(
        message=WHOLE,
        events=BEGINNING,
        then="error",
        error=answers.error_body("rate_limit_error", "no", code="enforced_spend_limit_reached"),
    ),
}
