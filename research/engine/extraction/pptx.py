"""PPTX by python-pptx: a page a slide; its shapes from top to bottom, tables as rows, then the speaker's notes."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from research.engine.domain.errors import Unreadable

from . import archive
from .result import PPTX, Extraction, Limits, clean_text, clean_title, current_extractor
from .rows import Lines, line

_KIND = "PowerPoint presentation"
_NAMED_SLIDES = 12


def extract(data: bytes, *, limits: Limits) -> Extraction:
    """Return the text of a presentation, a page a slide. Hidden slides are left out and named in `notes`.

    Charts and pictures give no text. published_date is None: a file's own date is when it was made.
    Raises `Unreadable`: damaged, a zip bomb, too many slides, or no text.
    """
    archive.guard(data, kind=_KIND, limits=limits)
    try:
        text, starts, hidden, title = _read(data, limits)
    except (MemoryError, RecursionError, Unreadable):
        raise
    except Exception as error:  # python-pptx raises KeyError, ValueError, lxml errors … on crafted packages
        raise archive.damaged(_KIND) from error
    if not text.strip():
        raise Unreadable("The PowerPoint presentation has no text: if it holds pictures, run text recognition first.")
    notes: tuple[str, ...] = ()
    if hidden:
        more = f" and {len(hidden) - _NAMED_SLIDES} more" if len(hidden) > _NAMED_SLIDES else ""
        notes = (f"Hidden slides were left out: {', '.join(map(str, hidden[:_NAMED_SLIDES]))}{more}.",)
    extractor, version = current_extractor(PPTX)
    return Extraction(text, starts, title, None, extractor, version, PPTX, notes)


def _read(data: bytes, limits: Limits) -> tuple[str, tuple[int, ...], list[int], str | None]:
    """Return the text, where each slide begins (hidden ones are empty pages), the hidden ones, and the title."""
    import pptx

    deck = pptx.Presentation(io.BytesIO(data))
    if len(deck.slides) > limits.max_pages:
        raise Unreadable(f"The PowerPoint presentation has more than {limits.max_pages:,} slides: split it.")
    lines = Lines(limits=limits)
    starts: list[int] = []
    hidden: list[int] = []
    for number, slide in enumerate(deck.slides, 1):
        starts.append(lines.length)
        if slide._element.get("show") in {"0", "false"}:  # noqa: SLF001 - python-pptx has no name for it
            hidden.append(number)
        else:
            lines.extend(_slide(slide))
        lines.add("\x01")  # a page is never empty, and no two begin at one place
    text = lines.text().replace("\x01", "")
    return text, tuple(start - number for number, start in enumerate(starts)), hidden, _title(deck)


def _slide(slide: Any) -> Iterator[str]:
    for shape in sorted(_leaves(slide.shapes), key=_place):
        if getattr(shape, "has_table", False):
            for row in shape.table.rows:
                yield line([cell.text_frame.text for cell in row.cells])
            yield ""
        elif shape.has_text_frame:
            for paragraph in shape.text_frame.paragraphs:
                yield " ".join(clean_text(paragraph.text).split())
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        words = clean_text(slide.notes_slide.notes_text_frame.text).strip()
        if words:
            yield ""
            yield from words.split("\n")


def _place(shape: Any) -> tuple[int, int]:
    """Return where a shape stands from the top and from the left; one without a place of its own comes first."""
    try:
        return shape.top or 0, shape.left or 0
    except (AttributeError, KeyError, ValueError):  # a placeholder whose layout is not there
        return 0, 0


def _leaves(shapes: Any) -> Iterator[Any]:
    """Give the shapes with groups opened; groups may nest, and a stack has no depth to run out of."""
    stack = list(shapes)
    while stack:
        shape = stack.pop()
        inner = getattr(shape, "shapes", None)
        if inner is not None:
            stack.extend(inner)
        else:
            yield shape


def _title(deck: Any) -> str | None:
    try:
        return clean_title(deck.core_properties.title)
    except Exception:  # noqa: BLE001 - properties are decoration: a broken part must not cost the slides
        return None
