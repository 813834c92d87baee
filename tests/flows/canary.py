"""Find a planted key in all that a run says, however it is packed and spelt. The words of a picture are not read."""

from __future__ import annotations

import base64
import contextlib
import html
import io
import json
import re
import urllib.parse
import zipfile
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import pypdfium2
from django.apps import apps

from research.services import exports

from .fault_play import KEY, Desk

# Bytes that are unpacked of one part, at the most.
_MOST = 64 * 1024 * 1024


class Layer(NamedTuple):
    """A file, or something that is packed in one. name: the way to it."""

    name: str
    content: bytes


def the_key_is_nowhere(desk: Desk, logs: str) -> None:
    """Assert that no line, row, request's body or export in any format there is holds the key of the run's engine."""
    assert KEY not in logs
    for model in apps.get_models():
        for row in model._base_manager.values():
            assert KEY not in repr(row), model
    for form in exports.MEDIA_TYPES:
        made = exports.export(run=desk.run, format=form, actor="auditor", now=desk.clock.at)
        assert found(KEY, made.content) == [], form
    for seen in desk.server.requests:
        assert KEY not in json.dumps(seen.body)
        assert KEY not in seen.path
        assert {name for name, value in seen.headers.items() if KEY in value} <= {"x-api-key", "authorization"}


def found(key: str, content: bytes) -> list[str]:
    """Return the names of all layers of a file that hold the key, [] when none does."""
    spelt = _spelt(key)
    return [layer.name for layer in layers(content) if any(word in _worn(layer.content) for word in spelt)]


def layers(content: bytes, name: str = "file") -> Iterator[Layer]:
    """Yield a file as it stands, without its tags, and everything in it that is an archive, packed or a page."""
    yield Layer(name, content)
    yield Layer(f"{name}, without tags", re.sub(rb"<[^>]*>", b"", content))
    for place, packed in enumerate(_inflated(content)):
        yield Layer(f"{name}, packed part {place}", packed)
        yield Layer(f"{name}, strings of packed part {place}", _unhexed(packed))
    for place, coded in enumerate(re.findall(rb"base64,([\w+/=]+)", content)):
        yield from layers(base64.b64decode(coded), f"{name}, data address {place}")
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.namelist():
                yield from layers(archive.read(member), f"{name}/{member}")
    if content.startswith(b"%PDF"):
        yield Layer(f"{name}, strings", _unhexed(content))
        yield Layer(f"{name}, as read", _read(content))


def _read(content: bytes) -> bytes:
    """Return what a reader of a PDF is shown: its pages, bookmarks and properties."""
    document = pypdfium2.PdfDocument(content)
    try:
        told = [page.get_textpage().get_text_range() for page in document]
        told += [mark.get_title() for mark in document.get_toc()]
        return "\n".join([*told, *document.get_metadata_dict().values()]).encode()
    finally:
        document.close()


def _inflated(content: bytes) -> Iterator[bytes]:
    """Yield all that zlib can unpack: streams and objects of a PDF, chunks of a PNG."""
    for head in re.finditer(rb"x[\x01\x5e\x9c\xda]", content):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(content[head.start() :], _MOST)


def _unhexed(content: bytes) -> bytes:
    """Return the strings that a PDF writes as <feff0073…>, which it does with any that is not ASCII."""
    return b"\n".join(bytes.fromhex(word.decode()) for word in re.findall(rb"<((?:[0-9A-Fa-f]{2}){8,})>", content))


def _spelt(key: str) -> tuple[str, ...]:
    """Return the key as `_worn` leaves it, and as base64 has it, which depends on how many bytes stand before it."""
    coded = (base64.b64encode(b"." * before + key.encode())[4 if before else 0 : -4] for before in range(3))
    return _worn(key.encode()), *(_worn(word) for word in coded)


def _worn(content: bytes) -> str:
    """Return the letters and digits alone: no escape, entity, line break, hyphenation or UTF-16 hides a word there."""
    text = urllib.parse.unquote(html.unescape(content.decode("latin-1")))
    text = re.sub(r"\\u00([0-9A-Fa-f]{2})", lambda code: chr(int(code[1], 16)), text)
    return re.sub(r"[^A-Za-z0-9]", "", text)
