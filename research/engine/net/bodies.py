"""Bodies read to a limit, as sent and decompressed: a bomb stops at the limit, not at the memory's end."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable, Iterator
from typing import Any, Protocol

from research.engine.domain.errors import Permanent, Transient

try:
    import brotli
except ImportError:  # it comes with another requirement; without it, brotli is not offered
    brotli = None
# Before 1.2 it had no limit to what one call gives.
_HAS_BROTLI = brotli is not None and hasattr(brotli.Decompressor, "can_accept_more_data")
# What servers are told they may use.
ACCEPTED = "gzip, deflate, br" if _HAS_BROTLI else "gzip, deflate"
_PIECE = 256 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
# A file packed in blocks of 64 KiB, as some tools do, has a few hundred; millions of empty ones only cost time.
_MOST_MEMBERS = 10_000


class TooLarge(Permanent):
    """The body is larger than the limit."""


class _Broken(Exception):
    """What was sent is not compressed as it is said to be."""


class _Decoder(Protocol):
    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` goes on with, in pieces of at most about 256 KiB."""
        ...

    def complete(self) -> bool:
        """Tell whether the compressed stream came to its end."""
        ...


class _Plain:
    def pieces(self, data: bytes) -> Iterator[bytes]:
        yield data

    def complete(self) -> bool:
        return True


class _Zlib:
    """gzip (RFC 1952, of one or more members) and deflate (RFC 1950, or raw as some servers send it)."""

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._inflater: Any = None
        self._members = 0
        self._held = b""
        self._ended = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        data, self._held = self._held + data, b""
        while data and not self._ended and self._begun(data):
            try:
                piece = self._inflater.decompress(data, _PIECE)
                while piece:
                    yield piece
                    piece = self._inflater.decompress(self._inflater.unconsumed_tail, _PIECE)
            except zlib.error as error:
                raise _Broken from error
            data = self._inflater.unused_data

    def _begun(self, data: bytes) -> bool:
        """Tell whether `data` is of a member, begun now where need be; what follows the last one is padding."""
        if self._inflater is not None and not self._inflater.eof:
            return True
        if self._members and not (self._gzip and data.startswith(_GZIP_MAGIC)):
            if self._gzip and data == _GZIP_MAGIC[:1]:
                self._held = data  # the next chunk tells
            else:
                self._ended = True
            return False
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise _Broken
        self._inflater = zlib.decompressobj(self._window(data))
        return True

    def _window(self, data: bytes) -> int:
        if self._gzip:
            return zlib.MAX_WBITS | 16
        # RFC 1950, 2.2: the low four bits of the first byte are 8; the first block of a raw stream seldom says so.
        return zlib.MAX_WBITS if data[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS

    def complete(self) -> bool:
        return self._inflater is None or bool(self._inflater.eof)


class _Brotli:
    def __init__(self) -> None:
        self._inflater: Any = brotli.Decompressor()
        self._begun = False

    def pieces(self, data: bytes) -> Iterator[bytes]:
        if self._inflater.is_finished():
            return
        self._begun = True
        try:
            piece = self._inflater.process(data, output_buffer_limit=_PIECE)
            while piece:
                yield piece
                piece = self._inflater.process(b"", output_buffer_limit=_PIECE)
        except brotli.error as error:
            raise _Broken from error

    def complete(self) -> bool:
        return not self._begun or bool(self._inflater.is_finished())


def _decoder(coding: str) -> _Decoder:
    coding = coding.strip().lower()
    if coding in {"", "identity"}:
        return _Plain()
    if coding in {"gzip", "x-gzip", "deflate"}:
        return _Zlib(gzip=coding != "deflate")
    if coding == "br" and _HAS_BROTLI:
        return _Brotli()
    # Several codings on top of one another are no page's, but a bomb's.
    raise Permanent("The answer is compressed in a way that is not read here: look for the page elsewhere.")


async def read(
    stream: AsyncIterable[bytes], *, coding: str, limit: int, announced: int | None = None, cut: bool = False
) -> bytes:
    """Return the body, decompressed by `coding` (a Content-Encoding), at most `limit` bytes of either form.

    announced: its Content-Length, None when not named. cut: return the first `limit` bytes of a larger one.
    Raises `TooLarge`, `Permanent` for a coding that is not read here or broken, `Transient` for a body that ends
    before its compression does.
    """
    decoder = _decoder(coding)
    if announced is not None and announced > limit and not cut:
        raise _too_large(limit)
    received, body = 0, bytearray()
    try:
        async for chunk in stream:
            received += len(chunk)
            for piece in decoder.pieces(chunk):
                body += piece
                if len(body) > limit:
                    break
            if max(received, len(body)) > limit:
                if cut:
                    return bytes(body[:limit])
                raise _too_large(limit)
    except _Broken as error:
        raise Permanent(
            "The answer is broken: it is not compressed as it says. Look for the page elsewhere."
        ) from error
    if not decoder.complete():
        raise Transient("The answer was cut: its compressed body has no end.")
    return bytes(body)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The answer is larger than {limit:,} bytes, which is as much as is read: ask for less.")
