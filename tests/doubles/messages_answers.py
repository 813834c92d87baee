"""What the double of the Messages API does with one request: an answer, or one of the ways an answer goes wrong."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any, Literal

# end: as it should. cut: the connection closes within the body. short: the body ends as if it were whole. reset: the
# connection is reset. error: an error event, then the end. garbage: an event that is no JSON, then the end. hang:
# nothing more until the client goes.
Then = Literal["end", "cut", "short", "reset", "error", "garbage", "hang"]

REQUEST_ID = "req_000000000000000000000001"


@dataclasses.dataclass(frozen=True)
class Answer:
    """One answer. message: streamed or sent whole, as the request asks. body: bytes sent as they are, instead.

    events: how many events of the stream are sent before `then` happens; None for all of them. before_headers: `then`
    happens before anything is sent. delay_s: seconds before anything is sent; drip_s: between pieces of `drip_bytes`.
    plain: send the message whole even where a stream is asked for.
    """

    status: int = 200
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)
    message: dict[str, Any] | None = None
    body: bytes | None = None
    events: int | None = None
    then: Then = "end"
    before_headers: bool = False
    error: dict[str, Any] | None = None
    delay_s: float = 0.0
    drip_s: float = 0.0
    drip_bytes: int = 64
    plain: bool = False


def error_body(kind: str, message: str, *, code: str | None = None) -> dict[str, Any]:
    """Return the JSON of an error. code: `details.error_code`, which names the cause."""
    error: dict[str, Any] = {"type": kind, "message": message}
    if code:
        error["details"] = {"error_code": code}
    return {"type": "error", "error": error, "request_id": REQUEST_ID}


def error(
    status: int, kind: str, message: str, *, headers: Mapping[str, str] | None = None, code: str | None = None
) -> Answer:
    body = json.dumps(error_body(kind, message, code=code)).encode()
    own = {"content-type": "application/json", "request-id": REQUEST_ID}
    return Answer(status=status, headers=own | dict(headers or {}), body=body)


def html(*, status: int = 200, words: str = "<html><body><h1>Please log in</h1></body></html>") -> Answer:
    return Answer(status=status, headers={"content-type": "text/html"}, body=words.encode())


def raw(body: bytes, *, content_type: str = "application/json", status: int = 200) -> Answer:
    return Answer(status=status, headers={"content-type": content_type}, body=body)


def reset_before_headers() -> Answer:
    return Answer(then="reset", before_headers=True)


def silent() -> Answer:
    """Say nothing at all until the client goes."""
    return Answer(then="hang", before_headers=True)


def reset_after_headers(message: dict[str, Any]) -> Answer:
    return Answer(message=message, events=0, then="reset")


def broken(message: dict[str, Any], *, events: int, then: Then) -> Answer:
    """Return a stream that goes wrong after so many of its events."""
    return Answer(message=message, events=events, then=then)


def error_midway(message: dict[str, Any], *, events: int, kind: str = "overloaded_error") -> Answer:
    return Answer(message=message, events=events, then="error", error=error_body(kind, "Overloaded"))


def drip(message: dict[str, Any], *, drip_s: float, drip_bytes: int = 64) -> Answer:
    return Answer(message=message, drip_s=drip_s, drip_bytes=drip_bytes)


def recorded(row: Mapping[str, Any]) -> Answer:
    """Return a recorded or reconstructed exchange (rows of `../shared/data/anthropic`) as it was answered."""
    # These tell of the connection it was recorded on, not of the answer.
    own = {"content-length", "transfer-encoding", "content-encoding", "connection"}
    headers = {name.lower(): str(value) for name, value in row["headers"].items() if name.lower() not in own}
    body = row.get("body", row.get("sse"))
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Answer(status=int(row["status"]), headers=headers, body=data)
