"""Let everything go wrong with the key in it, in a process that reports to a double of Sentry; print what was sent.

    MRD_SENTRY_DSN=… python -m tests.flows.sentry_harness KEY

The settings set Sentry up, as they do for the site; its SDK makes the events of what happens, and only what would go
over the wire is kept. Prints one JSON object. before: the events as the SDK hands them to `before_send`; sent: the
bytes of the envelopes.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import sys
from typing import Any
from urllib.parse import urlencode

os.environ["DJANGO_SETTINGS_MODULE"] = "mrd_project.settings"

import django

django.setup()

import sentry_sdk
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from mrd_project import sentry

log = logging.getLogger("research.harness")
# What people write and what pages say. Not as a word of its own: an event shows the lines of source around.
WORDS = "hush" * 2


class Kept(Transport):
    """A transport that sends nothing and keeps the bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.envelopes: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.envelopes.append(envelope.serialize().decode())


class Refused(Exception):
    """The other side said no, in words of its own."""


@csrf_exempt
def break_down(_request: HttpRequest, key: str) -> None:
    """Raise from an error that holds the request's headers, with the key in local variables too."""
    read = WORDS
    refused = Refused(f"401 for {key}", {"x-api-key": key}, f"said:\n{key}")
    raise ValueError(f"no answer with {key} for {len(read)} letters") from refused


urlpatterns = [path("<str:key>/", break_down)]


def environ(key: str) -> dict[str, Any]:
    """Return a request that bears the key wherever a caller can put one."""
    body = json.dumps({"api_key": key, "prompt": WORDS}).encode()
    return {
        "REQUEST_METHOD": "POST",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json",
        "PATH_INFO": f"/{key}/",
        "QUERY_STRING": urlencode({"api_key": key, "next": f"/?key={key}"}),
        "HTTP_X_API_KEY": key,
        "HTTP_AUTHORIZATION": f"Bearer {key}",
        "HTTP_COOKIE": f"note={key}",
        "HTTP_REFERER": f"http://localhost/?next=%3Fkey%3D{key}",
        "HTTP_X_NOTE": f"the key is {key}",
    }


def go_wrong(key: str) -> None:
    """Have an event made in each of the ways there are, with the key in every place that an event has."""
    scope = sentry_sdk.get_isolation_scope()
    scope.set_tag("note", f"with {key}")
    scope.set_user({"id": key, "username": WORDS})
    scope.set_context("call", {"arguments": {"key": key}, "note": f"with {key}", key: "as a name"})
    scope.set_extra("prompt", WORDS)
    scope.set_extra("headers", {"x-api-key": key, "note": [f"Basic {base64.b64encode(key.encode()).decode()}", key]})
    scope.set_extra("shown", repr(f"a line\n{key}"))
    scope.set_extra("bytes", key.encode())
    scope.add_breadcrumb(message=f"POST with {key}", data={"http.query": f"auth_token={key}", "note": key})
    log.warning("refused %s", key)
    log.error("refused %s", key, extra={"note": key})
    try:
        break_down(HttpRequest(), key)
    except ValueError:
        log.exception("went wrong")
    sentry_sdk.capture_message(f"told {key}")
    get_wsgi_application()(environ(key), lambda *_: None)


def main() -> None:
    client = sentry_sdk.get_client()
    client.transport = kept = Kept()
    assert client.options["before_send"] is sentry.before_send
    assert client.options["include_local_variables"] is False
    # As if a newer SDK took no notice of that: what leaves is then up to the project alone.
    client.options["include_local_variables"] = True
    client.options["data_collection"]["stack_frame_variables"] = True
    before: list[str] = []

    def watched(event: Any, hint: Any) -> Any:
        before.append(json.dumps(event, default=str))
        return sentry.before_send(event, hint)

    client.options["before_send"] = watched
    settings.ROOT_URLCONF = __name__
    go_wrong(sys.argv[1])
    client.flush()
    print(json.dumps({"before": [json.loads(event) for event in before], "sent": kept.envelopes}))


if __name__ == "__main__":
    main()
