"""The document as one self-contained HTML page: no script, nothing fetched, all words escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib import resources
from typing import Protocol

from research.engine.domain.mrd import Citation, MrdClaim, SignedMrd

from . import html_back, html_body
from .html_parts import Page, esc, tag


class LinkBuilder(Protocol):
    """Where a reader who may look further is led. An address is http(s) or begins with one `/`; None: no link."""

    def evidence(self, citation: Citation) -> str | None: ...

    def claim(self, claim: MrdClaim) -> str | None: ...


def to_html(signed: SignedMrd, *, links: LinkBuilder | None = None) -> str:
    """Return the document as a page that stands alone, on a screen in light and dark and on paper.

    links: leads from citations and claims back into the site, or None for a page that goes out of the house.
    An unsigned document bears DRAFT in its title, its head, across every page and in place of the signatures.
    """
    page = Page.of(
        signed,
        evidence_link=None if links is None else links.evidence,
        claim_link=None if links is None else links.claim,
    )
    style = resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            *_head(signed, style),
            "<body>",
            '<a class="skip" href="#document">Skip to the document</a>',
            '<div class="page">',
            '<main class="sheet" id="document">',
            *html_body.cover(page),
            *_contents(signed),
            *html_body.sections(page),
            *html_back.back(page),
            "</main>",
            "</div>",
            *_watermark(signed),
            "</body>",
            "</html>\n",
        )
    )


def _head(signed: SignedMrd, style: str) -> Iterator[str]:
    draft = "DRAFT: " if signed.status == "draft" else ""
    # Should anything ever slip through the escaping, the page still runs nothing and fetches nothing.
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield '<meta name="referrer" content="no-referrer">'
    yield f'<meta name="mrd-digest" content="{esc(signed.digest)}">'
    yield tag("title", esc(f"{draft}{signed.mrd.title}"))
    yield f"<style>{style}</style>"
    yield "</head>"


def _contents(signed: SignedMrd) -> Iterator[str]:
    yield '<nav class="contents" role="doc-toc" aria-label="Contents">'
    yield "<h2>Contents</h2>"
    yield "<ol>"
    for number, section in enumerate(signed.mrd.sections, 1):
        title = f'<span class="n">{number}</span><span>{esc(section.title)}</span>'
        yield f'<li><a href="#section-{number}">{title}</a></li>'
    yield "</ol>"
    yield "<ul>"
    for name, title in html_back.parts(signed.mrd):
        yield f'<li><a href="#{name}">{title}</a></li>'
    yield "</ul>"
    yield "</nav>"


def _watermark(signed: SignedMrd) -> Iterator[str]:
    if signed.status == "draft":
        yield '<div class="watermark" aria-hidden="true"><span>DRAFT</span></div>'
