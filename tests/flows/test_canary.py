"""A planted key is found however it is packed, and is in nothing that leaves: exports, rows, logs, Sentry's events."""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import logging
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
import pytest
from django.conf import settings as django_settings
from PIL import Image, PngImagePlugin

from research.engine.document import pdf
from research.engine.domain.states import RunState
from research.models import Step
from research.services import exports
from tests.doubles import messages_answers as answers
from tests.doubles import rows
from tests.doubles.messages_server import MessagesServer

from . import canary
from .fault_play import KEY, Desk, Faulty

NOW = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
# A key as the vendor's are, and one of a server of one's own, which only the settings tell from a word.
KEYS = (KEY, "gateway.canary.0123456789")
ANOTHER = KEY.replace("canary", "parrot")


# ── what finds it ────────────────────────────────────────────────────────────────────────────────


def page(*, head: str = "", body: str = "") -> bytes:
    return pdf.set_pages(
        f'<html lang="en"><head><title>T</title>{head}</head><body>{body}</body></html>', identifier=b"1"
    )


def word(**properties: str) -> bytes:
    """Return a DOCX with these properties, the key set in two pieces when there are none."""
    document, out = docx.Document(), io.BytesIO()
    for name, value in properties.items():
        setattr(document.core_properties, name, value)
    if not properties:
        paragraph = document.add_paragraph(KEY[:9])
        paragraph.add_run(KEY[9:]).bold = True
    document.save(out)
    return out.getvalue()


def picture(*, comment: str, alt: str) -> str:
    """Return a PNG with a packed comment, as a page has it."""
    told, out = PngImagePlugin.PngInfo(), io.BytesIO()
    told.add_text("Comment", comment, zip=True)
    Image.new("RGB", (1, 1)).save(out, "PNG", pnginfo=told)
    return f'<img alt="{alt}" src="data:image/png;base64,{base64.b64encode(out.getvalue()).decode()}">'


def archive(content: bytes, *, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("part", content)
        packed.comment = comment
    return out.getvalue()


PACKED = {
    "words": f"The key is {KEY}.".encode,
    "markdown that escapes": lambda: KEY.replace("-", "\\-").encode(),
    "JSON that escapes": lambda: KEY.replace("-", "\\u002d").encode(),
    "HTML between tags": lambda: KEY.replace("-", "<wbr>&#45;").encode(),
    "an address": lambda: KEY.replace("-", "%2D").encode(),
    "UTF-16": lambda: KEY.encode("utf-16"),
    **{f"base64 after {n}": lambda n=n: base64.b64encode(b"user:xx"[:n] + KEY.encode()) for n in range(3, 6)},
    "a picture in a page": lambda: picture(comment=KEY, alt="A point").encode(),
    "lines of a PDF": lambda: page(body=f'<p style="width: 2cm; overflow-wrap: anywhere">{KEY}</p>'),
    "keywords of a PDF": lambda: page(head=f'<meta name="keywords" content="{KEY}">'),
    "keywords that are not ASCII": lambda: page(head=f'<meta name="keywords" content="{KEY} é">'),
    "a link of a PDF": lambda: page(body=f'<a href="https://example.org/{KEY}">here</a>'),
    "a picture's words in a PDF": lambda: page(body=picture(comment="A point", alt=f"{KEY} é")),
    "pieces of a DOCX": word,
    "comments of a DOCX": lambda: word(comments=KEY),
    "an archive in an archive": lambda: archive(archive(KEY.encode())),
    "an archive's comment": lambda: archive(b"", comment=KEY.encode()),
}


@pytest.mark.parametrize("make", PACKED.values(), ids=PACKED)
def test_the_key_is_found_however_it_is_packed(make) -> None:
    content = make()
    assert canary.found(KEY, content)
    assert not canary.found(ANOTHER, content)


@pytest.mark.django_db
@pytest.mark.parametrize("form", exports.MEDIA_TYPES)
def test_a_key_in_the_words_of_a_document_is_found_in_every_format_there_is(form, people) -> None:
    """A person wrote it there: a format in which it is not found is one that no test can vouch for."""
    run = rows.run_at(RunState.SIGN_OFF, people, prompt=f"Skill games for holders of {KEY}")
    content = exports.export(run=run, format=form, actor="auditor", now=NOW).content
    assert canary.found(KEY, content)
    assert not canary.found(ANOTHER, content)


# ── a run ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "kind"), [(401, "authentication_error"), (400, "invalid_request_error")])
def test_a_server_that_repeats_the_key_tells_it_to_nobody(status, kind, settings, caplog) -> None:
    """The run fails with the server's words but for the key, is taken up again and goes to its end."""
    said = answers.error(status, kind, f"This server knows no key\n{KEY}")
    script = Faulty("investigate", [lambda _request: said], stuck=True, web=False)
    with caplog.at_level(logging.DEBUG), MessagesServer(script) as server:
        desk = Desk(settings, server, options={}, more={})
        desk.to_research()
        desk.go_on()
        assert "This server knows no key" in Step.objects.get(run=desk.run, state="failed").error
        script.mended = True
        desk.retry_failed()
        desk.go_on()
        desk.to_its_end()
        canary.the_key_is_nowhere(desk, caplog.text)


# ── Sentry ───────────────────────────────────────────────────────────────────────────────────────

# Where the SDK puts what it is told, and where a key may stand when it comes to `before_send`.
PLACES = (
    "message", "logentry.formatted", "logentry.params", "extra.headers.x-api-key", "extra.headers.note", "extra.shown",
    "extra.bytes", "extra.sys.argv", "contexts.call", "contexts.call.note", "contexts.call.arguments.key", "tags.note",
    "user.id", "breadcrumbs.values.message", "breadcrumbs.values.data.note", "breadcrumbs.values.data.http.query",
    "exception.values.value", "exception.values.stacktrace.frames.vars.key", "request.url", "request.query_string",
    "request.headers.X-Note", "request.headers.Referer",
)  # fmt: skip


def places(key: str, value: Any, name: str = "") -> Iterator[str]:
    """Yield where in an event the key stands, as names between dots; a name that holds it is its owner's."""
    if isinstance(value, dict):
        for each, inner in value.items():
            if key in each:
                yield name
            yield from places(key, inner, f"{name}.{each}".lstrip("."))
    elif isinstance(value, list):
        for inner in value:
            yield from places(key, inner, name)
    elif isinstance(value, str) and key in value:
        yield name


@pytest.mark.parametrize("key", KEYS, ids=("the vendor's", "of a server of one's own"))
def test_no_event_of_sentry_and_no_line_of_the_log_holds_the_key(key, tmp_path) -> None:
    """The SDK makes the events, the settings set it up, and of all the places it is told the key in none is sent."""
    mine = {"MRD_ENV_FILE": "", "MRD_VAR_DIR": str(tmp_path), "MRD_SENTRY_DSN": "http://key@127.0.0.1:9/1"}
    mine |= {"MRD_LOG_JSON": "1", "MRD_ANTHROPIC_API_KEY": "" if key == KEY else key}
    done = subprocess.run(
        [sys.executable, "-m", "tests.flows.sentry_harness", key], cwd=django_settings.BASE_DIR, env=os.environ | mine,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    events = [json.loads(envelope.splitlines()[2]) for envelope in said["sent"][: len(said["before"])]]
    assert len(events) == len(said["before"]) == 4
    assert set(PLACES) - {place for event in said["before"] for place in places(key, event)} == set()
    for told in (*said["sent"], done.stderr):
        assert canary.found(key, told.encode()) == []
        assert "hushhush" not in told
    # What tells an operator where it went wrong is still there.
    assert [event["exception"]["values"][-1]["type"] for event in (events[1], events[3])] == ["ValueError"] * 2
    assert "break_down" in said["sent"][1]
    assert events[3]["request"]["headers"]["Content-Type"] == "application/json"
    assert "went wrong" in done.stderr
