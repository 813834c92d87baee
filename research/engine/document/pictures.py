"""Charts as PNG, for a format that holds no SVG."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from . import pdf, svg

# Pixels for each unit of a view box: 720 units across 165 mm make about 220 dots an inch.
_SCALE = 2.0
# PDF counts 72 points to the inch, CSS 96 pixels.
_PIXELS_A_POINT = 96 / 72


def pictures(charts: Sequence[svg.Chart]) -> tuple[bytes, ...]:
    """Return each chart as PNG on white, in order; the same bytes each time. Not thread-safe.

    Raises `InvalidInput` (field format) when the system's text libraries are missing.
    """
    if not charts:
        return ()
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf.set_pages(_sheets(charts), identifier=b"charts"))
    try:
        return tuple(_png(document[place]) for place in range(len(charts)))
    finally:
        document.close()


def _sheets(charts: Sequence[svg.Chart]) -> str:
    """Return a page of HTML that sets each chart on a sheet of its own size."""
    sizes = "".join(
        f"@page chart{place} {{ size: {svg.n(one.width)}px {svg.n(one.height)}px; margin: 0; }}"
        f".chart{place} {{ page: chart{place}; break-after: page; }}"
        for place, one in enumerate(charts)
    )
    style = f"body, div {{ margin: 0; }} svg {{ display: block; }} {sizes}"
    drawn = "".join(f'<div class="chart{place}">{one.svg}</div>' for place, one in enumerate(charts))
    return f'<html lang="en"><head><title>Charts</title><style>{style}</style></head><body>{drawn}</body></html>'


def _png(page: Any) -> bytes:
    out = io.BytesIO()
    image = page.render(scale=_SCALE * _PIXELS_A_POINT).to_pil()
    image.save(out, "PNG")
    return out.getvalue()
