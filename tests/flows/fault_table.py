"""The table of faults: what goes wrong at the Messages API, and what the run does. Each row is played by a test.

docs/reference/faults.md is made from it: python -m tests.flows.fault_table > docs/reference/faults.md
"""

from __future__ import annotations

import datetime as dt
import email.utils
import enum
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from research.engine.providers.anthropic.settings import SONNET
from tests.doubles import messages_answers as answers
from tests.doubles import messages_build as build

# When the runs of the table are played.
NOW = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)

Make = Callable[[dict[str, Any]], Any]
BACKOFF = (2, 4, 8)
SEARCH_CODES = (
    "invalid_tool_input",
    "unavailable",
    "max_uses_exceeded",
    "too_many_requests",
    "query_too_long",
    "request_too_large",
)
FETCH_CODES = (
    "invalid_tool_input",
    "url_too_long",
    "url_not_allowed",
    "url_not_in_prior_context",
    "url_not_accessible",
    "unsupported_content_type",
    "too_many_requests",
    "max_uses_exceeded",
    "unavailable",
    "content_too_large",
    "a_code_of_tomorrow",
)


class End(enum.Enum):
    """What the run does in the end."""

    GOES_ON = "the run goes on"
    PAUSED = "the run is paused"
    FOR_A_PERSON = "the run is paused until a person resumes it"
    FAILED = "the step fails and the run with it; a person retries the step, and the run goes on where it was"
    INSUFFICIENT = "the task ends as `insufficient_data` with the reason, and the run goes on"


class Fault(NamedTuple):
    """One row. answers: to the first requests of `role`, the last for ever where `stuck`; made of the request.

    waits: seconds between tries of one call, without the jitter of up to a quarter. sent: requests of the role the
    server gets until the run rests. again_s: seconds until a paused run tries again by itself. says: what people read
    of it. note: for the page. options: settings of the engine.
    """

    name: str
    answers: tuple[Make, ...]
    end: End
    sent: int
    waits: tuple[int, ...] = ()
    stuck: bool = False
    again_s: int | None = None
    says: str = ""
    note: str = ""
    role: str = "investigate"
    options: Mapping[str, Any] = {}


_LIBRARY = build.tool_use("library_search", query="market problem", limit=8)


def _error(status: int, kind: str, words: str = "Something is wrong", **more: Any) -> Make:
    return lambda _: answers.error(status, kind, words, **more)


def _limited(after: str | None = None, **headers: str) -> Make:
    sent = ({"retry-after": after} if after is not None else {}) | {k.replace("_", "-"): v for k, v in headers.items()}
    return _error(429, "rate_limit_error", "Number of requests has exceeded your rate limit", headers=sent)


def _message(request: dict[str, Any], *blocks: Any, **more: Any) -> dict[str, Any]:
    return build.message(*blocks, **({"model": request["model"]} | more))


def _spoken(request: dict[str, Any]) -> dict[str, Any]:
    return _message(request, build.text("Here is what I found about the market, at some length."))


def _wrong_form(request: dict[str, Any]) -> dict[str, Any]:
    return _message(request, build.structured({"claims": "none of them a list"}))


def _stopped(reason: str, *blocks: Any) -> Make:
    return lambda request: _message(request, *blocks, stop_reason=reason)


def _failing(tool: str, code: str, **arguments: Any) -> Make:
    """Return a turn in which the server's tool fails; the model turns to the library."""

    def turn(request: dict[str, Any]) -> dict[str, Any]:
        return build.asking(build.failed(tool, code, **arguments), _LIBRARY, model=request["model"])

    return turn


def _look(request: dict[str, Any]) -> dict[str, Any]:
    return build.asking(_LIBRARY, model=request["model"])


def _only(model: str, make: Make) -> Make:
    return lambda request: make(request) if request["model"] == model else None


def _date(seconds: int) -> str:
    return email.utils.format_datetime(NOW + dt.timedelta(seconds=seconds), usegmt=True)


_OVERLOADED = _error(529, "overloaded_error", "Overloaded")
_CUT = _stopped("max_tokens", build.text("I was about to look"), _LIBRARY)
_FULL = _stopped("model_context_window_exceeded", build.text("So much"))

TRANSPORT = (
    *(
        Fault(f"{status} {kind}", (_error(status, kind),), End.GOES_ON, 4, waits=(2,))
        for status, kind in ((408, "timeout_error"), (409, "conflict_error"), (500, "api_error"))
    ),
    Fault(
        "500, three times",
        (_error(500, "api_error"),) * 3,
        End.GOES_ON,
        6,
        waits=BACKOFF,
        note="The third failure opens the breaker; the last try is made all the same, and shuts it.",
    ),
    Fault(
        "500, and it stays so",
        (_error(500, "api_error"),),
        End.PAUSED,
        4,
        waits=BACKOFF,
        stuck=True,
        again_s=60,
        says="had an error of its own",
    ),
    Fault("connection reset before the headers", (lambda _: answers.reset_before_headers(),), End.GOES_ON, 4, (2,)),
    Fault(
        "connection reset after the headers", (lambda r: answers.reset_after_headers(_spoken(r)),), End.GOES_ON, 4, (2,)
    ),
    Fault(
        "stream cut half way",
        (lambda r: answers.broken(_spoken(r), events=4, then="cut"),),
        End.GOES_ON,
        4,
        (2,),
        note="What was read and written until then is billed, and in the ledger.",
    ),
    Fault(
        "stream that ends early as if it were whole",
        (lambda r: answers.broken(_spoken(r), events=4, then="short"),),
        End.GOES_ON,
        4,
        (2,),
        note="Billed as far as it came.",
    ),
    Fault(
        "stream with an event that is no JSON",
        (lambda r: answers.broken(_spoken(r), events=4, then="garbage"),),
        End.GOES_ON,
        4,
        (2,),
        note="Billed as far as it came.",
    ),
    Fault(
        "`overloaded_error` within the stream",
        (lambda r: answers.error_midway(_spoken(r), events=4),),
        End.GOES_ON,
        4,
        (2,),
        note="Billed as far as it came.",
    ),
    Fault(
        "200 with an error body",
        (lambda _: answers.raw(b'{"type":"error","error":{"type":"api_error","message":"Internal"}}'),),
        End.GOES_ON,
        4,
        (2,),
    ),
    Fault("200 with a page of HTML", (lambda _: answers.html(),), End.GOES_ON, 4, (2,)),
    Fault(
        "answer that drips past the time limit",
        (lambda r: answers.drip(_spoken(r), drip_s=0.1, drip_bytes=40),),
        End.GOES_ON,
        4,
        (2,),
        options={"total_timeout_s": 1},
        note="Billed as far as it came. The limit is `total_timeout_s`.",
    ),
    Fault(
        "not a byte",
        (lambda _: answers.silent(),),
        End.GOES_ON,
        4,
        (2,),
        options={"timeout_s": 1},
        note="The limit is `timeout_s`.",
    ),
)

LIMITS = (
    Fault("429 without `retry-after`", (_limited(),), End.GOES_ON, 4, (2,)),
    Fault(
        "429 without `retry-after`, and it stays so",
        (_limited(),),
        End.PAUSED,
        4,
        BACKOFF,
        stuck=True,
        again_s=60,
        says="limits the rate",
        note="The breaker stays shut: the other side works.",
    ),
    Fault("429, `retry-after: 30`", (_limited("30"),), End.GOES_ON, 4, (30,)),
    Fault("429, `retry-after: 0`", (_limited("0"),), End.GOES_ON, 4, (2,)),
    Fault("429, `retry-after` a date 45 s ahead", (_limited(_date(45)),), End.GOES_ON, 4, (45,)),
    Fault(
        "429, `retry-after` a date, by the server's own clock",
        (_limited(_date(86_400 + 20), date=_date(86_400)),),
        End.GOES_ON,
        4,
        (20,),
    ),
    Fault(
        "429, `retry-after: 300`",
        (_limited("300"),),
        End.PAUSED,
        1,
        again_s=300,
        says="limits the rate",
        note="Waits of more than 60 s hold no worker.",
    ),
    Fault(
        "429, `retry-after` of eleven days",
        (_limited("1000000"),),
        End.PAUSED,
        1,
        again_s=86_400,
        says="limits the rate",
        note="Nobody waits longer than a day unasked.",
    ),
    Fault("429, `retry-after: soon`", (_limited("soon"),), End.GOES_ON, 4, (2,)),
    Fault(
        "429, spending limit",
        (_error(429, "rate_limit_error", "You have reached your monthly spend limit"),),
        End.FOR_A_PERSON,
        1,
        says="spending limit",
    ),
    Fault(
        "429, `enforced_spend_limit_reached`",
        (_error(429, "rate_limit_error", "No more", code="enforced_spend_limit_reached"),),
        End.FOR_A_PERSON,
        1,
        says="spending limit",
    ),
    Fault(
        "400, credit balance too low",
        (_error(400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API."),),
        End.FOR_A_PERSON,
        1,
        says="spending limit",
    ),
)

FALLBACKS = (
    Fault("529, once", (_OVERLOADED,), End.GOES_ON, 4, (2,)),
    Fault(
        "529, and it stays so; another model has room",
        (_only(SONNET, _OVERLOADED),),
        End.GOES_ON,
        7,
        BACKOFF,
        stuck=True,
        note="The role's fallback model answers, and stays for the rest of the step.",
    ),
    Fault(
        "529 of both models",
        (_OVERLOADED,),
        End.PAUSED,
        8,
        BACKOFF + BACKOFF,
        stuck=True,
        again_s=60,
        says="is overloaded",
    ),
    Fault(
        "404 for the model; there is a fallback",
        (_only(SONNET, _error(404, "not_found_error", "model: claude-sonnet-5-5")),),
        End.GOES_ON,
        4,
        stuck=True,
        note="The role's fallback model answers, and stays for the rest of the step.",
    ),
    Fault(
        "404 for the model; there is no fallback",
        (_error(404, "not_found_error", "model: claude-sonnet-5-5"),),
        End.FAILED,
        1,
        says="has no model 'claude-sonnet-5-5'",
        options={"roles": {role: {"model": SONNET} for role in ("plan", "investigate", "extract", "draft")}},
    ),
)

FINAL = tuple(
    Fault(f"{status} {kind}", (_error(status, kind),), End.FAILED, 1, says=says)
    for status, kind, says in (
        (400, "invalid_request_error", "refuses the request"),
        (401, "authentication_error", "MRD_ANTHROPIC_API_KEY"),
        (403, "permission_error", "MRD_ANTHROPIC_API_KEY"),
        (404, "not_found_error", "MRD_ANTHROPIC_BASE_URL"),
        (413, "request_too_large", "too large"),
    )
)

CONTENT = (
    Fault(
        "structured output that does not fit its form, once",
        (_wrong_form,),
        End.GOES_ON,
        2,
        role="extract",
        note="The model is told what is wrong, and mends it.",
    ),
    Fault(
        "structured output that does not fit its form, twice",
        (_wrong_form, _wrong_form),
        End.FAILED,
        2,
        role="extract",
        says="wrong a second time",
        note="The retry asks anew for the mended answer; the first is not bought again.",
    ),
    Fault("structured output that is no JSON, once", (_spoken,), End.GOES_ON, 2, role="extract"),
    Fault("empty answer where a form is wanted, once", (_message,), End.GOES_ON, 2, role="extract"),
    Fault(
        "form cut off at `max_tokens`, once",
        (_stopped("max_tokens", build.text('{"claims": [')),),
        End.GOES_ON,
        2,
        role="extract",
        note="The model is told to be shorter.",
    ),
    Fault(
        "form refused (`refusal`); the fallback answers",
        (_only(SONNET, _stopped("refusal", build.text("No."))),),
        End.GOES_ON,
        2,
        stuck=True,
        role="extract",
    ),
    Fault(
        "form refused by both models",
        (_stopped("refusal", build.text("No.")),),
        End.FAILED,
        2,
        stuck=True,
        role="extract",
        says="declined to answer",
    ),
    Fault(
        "form: `model_context_window_exceeded`",
        (_FULL,),
        End.FAILED,
        1,
        role="extract",
        says="more to read than the model can hold",
    ),
    Fault("empty answer within a search, once", (_message, _look), End.GOES_ON, 4, note="It is asked to go on."),
    Fault(
        "text block without a word, once",
        (lambda r: _message(r, build.text("")), _look),
        End.GOES_ON,
        4,
        note="It is asked to go on; the empty block, which the API refuses, is not sent back.",
    ),
    Fault(
        "empty answer within a search, twice",
        (_message,) * 2,
        End.INSUFFICIENT,
        2,
        says="stopped without a report",
    ),
    Fault(
        "`refusal` within a search",
        (_stopped("refusal", build.text("No.")),),
        End.INSUFFICIENT,
        1,
        says="declined",
        note="Quotes kept before it stand.",
    ),
    Fault(
        "`max_tokens` within a search, once",
        (_CUT, _look),
        End.GOES_ON,
        4,
        note="The tool it was about to use is not used; it is told to take smaller steps.",
    ),
    Fault(
        "`max_tokens` within a search, twice", (_CUT, _CUT), End.INSUFFICIENT, 2, says="cut off at their longest length"
    ),
    Fault(
        "`model_context_window_exceeded` within a search",
        (_FULL,),
        End.INSUFFICIENT,
        1,
        says="more to read than the model can hold",
        note="Stored bodies are dropped first, where there are any. Quotes kept before it stand.",
    ),
    Fault(
        "`pause_turn` without end",
        (_stopped("pause_turn", build.text("Still at it.")),),
        End.INSUFFICIENT,
        3,
        stuck=True,
        says="after its last turn",
        options={"max_continuations": 2},
        note="Continued as often as `max_continuations` says (here 2).",
    ),
)

TOOLS = (
    *(
        Fault(
            f"`web_search`: `{code}`",
            (_failing("web_search", code, query="market"),),
            End.GOES_ON,
            3,
            says=code.replace("_", " "),
            note="The model is told, and uses its other tools; the failure stands among the task's searches.",
        )
        for code in SEARCH_CODES
    ),
    *(
        Fault(
            f"`web_fetch`: `{code}`",
            (_failing("web_fetch", code, url="https://a.example.com/"),),
            End.GOES_ON,
            3,
            says=code.replace("_", " "),
            note="As above; no page is archived.",
        )
        for code in FETCH_CODES
    ),
    Fault(
        "`web_search`: `unavailable`, and nothing else is searched",
        (lambda r: _message(r, build.failed("web_search", "unavailable", query="market")),),
        End.INSUFFICIENT,
        2,
        says="Nothing could be searched",
        note="The reason tells that nothing could be searched, which is not the same as nothing found.",
    ),
)

GROUPS: dict[str, tuple[Fault, ...]] = {
    "The connection and the server": TRANSPORT,
    "Limits of rate and spending": LIMITS,
    "Models away, and their stand-ins": FALLBACKS,
    "What trying again does not mend": FINAL,
    "What the model says": CONTENT,
    "The server's own tools": TOOLS,
}
FAULTS = tuple(fault for group in GROUPS.values() for fault in group)

_HEAD = """\
# Faults, and what a run does

Generated from `tests/flows/fault_table.py`, every row of which is played over real sockets by
`tests/flows/test_fault_matrix.py`; a test fails when this page is old.
Write it anew with `python -m tests.flows.fault_table > docs/reference/faults.md`.

Each try of a call is a row of the ledger, with what it was billed, also when it failed. Waits get up to a quarter on
top, so that many runs do not come back in the same second. `requests` is what the server got of the step before the
run went on, rested or failed; without a fault a search of the analyst in these tests takes three, a form one.
A paused run tries again by itself at the time it shows, up to a minute later where no driver is at work. The breaker
of a model opens after three failures in a row (429 is none) and lets one call through a minute later; while it is open,
nothing is sent.
"""


def page() -> str:
    """Return docs/reference/faults.md."""
    parts = [_HEAD]
    for title, faults in GROUPS.items():
        parts += [f"## {title}\n", "| what happens | what the run does | requests |", "|---|---|---|"]
        parts += [f"| {fault.name} | {told(fault)} | {fault.sent} |" for fault in faults]
        parts.append("")
    return "\n".join(parts)


def told(fault: Fault) -> str:
    """Return in words what the run does, from what the test asserts."""
    waits = [f"{seconds}" for seconds in fault.waits]
    listed = waits[0] if len(waits) == 1 else f"{', '.join(waits[:-1])} and {waits[-1]}" if waits else ""
    first = f"Tried again after {listed} s; then " if listed else ""
    end = fault.end.value
    if fault.again_s is not None:
        end += f" and tries again by itself after {fault.again_s:,} s"
    sentence = f"{first}{end}."
    return f"{sentence[0].upper()}{sentence[1:]} {fault.note}".strip()


if __name__ == "__main__":
    sys.stdout.write(page())
