"""Plain text: find the character set, never fail."""

from __future__ import annotations

import codecs

from .result import TEXT, Extraction, Limits, whole

_SAMPLE_BYTES = 65_536
_LAST_ASCII = 127
_MIN_WIDE_CHARS = 4  # under so few characters the place of NULs says nothing
# Share of control bytes above which bytes are not taken for text. Text has next to none; compressed data has
# about 10 % (27 of 256 values); a text with stray NULs stays under it.
_MAX_CONTROL_SHARE = 0.05
_CONTROLS = bytes([*range(9), 11, *range(14, 27), *range(28, 32), 127])

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def extract(data: bytes, *, limits: Limits) -> Extraction:  # noqa: ARG001 - every parser takes the limits
    """Return the text of `data` as it stands."""
    return whole(text=decode(data), media_type=TEXT)


def looks_like_text(data: bytes) -> bool:
    """Tell whether `data` is text in a character set `decode` knows."""
    if _wide_encoding(data) is not None:
        return True
    sample = data[:_SAMPLE_BYTES]
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls <= len(sample) * _MAX_CONTROL_SHARE


def decode(data: bytes, *, declared: str | None = None) -> str:
    """Return `data` as a string: by its BOM, as UTF-8, by the `declared` character set, else as Windows-1252.

    UTF-8 goes before what is declared: other text is hardly ever valid UTF-8, and declarations are often wrong.
    Never raises; what cannot be decoded becomes U+FFFD.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data[len(bom) :].decode(encoding, errors="replace")
    wide = _wide_encoding(data)
    if wide is not None:
        return data.decode(wide, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A multi-byte character cut off at the very end, or one bad byte in a long text, is still UTF-8.
        if error.start > len(data) - 4 or _mostly_utf8(data):
            return data.decode("utf-8", errors="replace")
    try:
        return data.decode(declared or "cp1252")
    except (LookupError, UnicodeError, ValueError):
        return data.decode("cp1252", errors="replace")


def _mostly_utf8(data: bytes) -> bool:
    high = sum(1 for byte in data[:_SAMPLE_BYTES] if byte > _LAST_ASCII)
    bad = data[:_SAMPLE_BYTES].decode("utf-8", errors="replace").count("\ufffd")
    return bad * 10 <= high


def _wide_encoding(data: bytes) -> str | None:
    """Return the UTF-16 or UTF-32 kind of `data` by its BOM or, without one, by where its NULs lie; else None."""
    for bom, encoding in _BOMS[1:]:
        if data.startswith(bom):
            return encoding
    sample = data[: _SAMPLE_BYTES - 1 if len(data) % 2 else _SAMPLE_BYTES]
    half = len(sample) // 2
    if half < _MIN_WIDE_CHARS:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    # Latin text in UTF-16 has a NUL in nearly every high byte and none in the low ones.
    if odd > half * 0.6 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.6 and odd < half * 0.05:
        return "utf-16-be"
    return None
