"""The document as HTML for paper: cover, control block, contents with page numbers, footnotes, appendices, signatures.

It is what the PDF is printed from. No script, nothing fetched; all words escaped.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources

from research.engine.domain.mrd import Citation, MrdSentence, SignedMrd

from . import html_body, paper_back, text_control
from . import text as words
from .compose import SUMMARY_KEY
from .html_parts import Page, esc, tag

_WATERMARK = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 595 842"><text x="297" y="450" font-size="170" '
    'font-family="Liberation Sans, DejaVu Sans, sans-serif" font-weight="bold" text-anchor="middle" fill="#9c2730" '
    'fill-opacity="0.08" transform="rotate(-52 297 421)">DRAFT</text></svg>'
)


@dataclass(frozen=True, kw_only=True)
class PaperPage(Page):
    """A page whose citations are footnotes: the first in words, the later ones by number alone."""

    cited: dict[int, Citation] = field(default_factory=dict)
    noted: set[int] = field(default_factory=set)

    def marker(self, number: int) -> str:
        # A word joiner keeps the number on the line of the word it belongs to.
        mark = f'\u2060<sup><a href="#citation-{number}">{number}</a></sup>'
        citation = self.cited.get(number)
        if citation is None or number in self.noted:
            return mark
        self.noted.add(number)
        # The number is that of the evidence in the appendix, wherever it is cited.
        return f'{mark}<span class="footnote" data-number="{number}">{esc(text_control.source(citation))}</span>'

    def sentence(self, sentence: MrdSentence) -> Iterator[str]:
        claims = [self.claims[number] for number in sentence.claims]
        labels = "".join(f' <span class="tag">{esc(label)}</span>' for label in words.labels(claims))
        yield f'<p class="s">{esc(sentence.text)}{self.markers(sentence.citations)}{labels}</p>'


def paper(signed: SignedMrd) -> str:
    """Return the document as HTML with print styles. An unsigned one bears DRAFT across every page."""
    claims = {claim.revision_id: claim for claim in signed.mrd.claims}
    page = PaperPage(signed=signed, claims=claims, cited={one.number: one for one in signed.mrd.citations})
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en">',
            *_head(signed),
            "<body>",
            *_cover(page),
            '<main id="document">',
            *_contents(signed),
            *_sections(page),
            *paper_back.back(page),
            "</main>",
            "</body>",
            "</html>",
        )
    )


def _head(signed: SignedMrd) -> Iterator[str]:
    mrd = signed.mrd
    style = resources.files(__package__).joinpath("paper.css").read_text(encoding="utf-8")
    if signed.status == "draft":
        drawn = base64.b64encode(_WATERMARK.encode()).decode()
        # Behind the words, so that they stay readable; an image of the sheet is no part of what is read aloud.
        style += f'@page {{ background: url("data:image/svg+xml;base64,{drawn}") center / 100% 100% no-repeat; }}\n'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield tag("title", esc(text_control.file_title(signed)))
    for name, value in (
        ("author", "; ".join(block.name for block in signed.signatures) or "MRD Desk"),
        ("generator", "MRD Desk"),
        ("description", f"Market requirements document, revision {mrd.revision}, digest {signed.digest}"),
        ("dcterms.created", mrd.as_of.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ("dcterms.modified", text_control.last_moment(signed).strftime("%Y-%m-%dT%H:%M:%SZ")),
    ):
        yield f'<meta name="{name}" content="{esc(value)}">'
    yield f"<style>{style}</style>"
    yield "</head>"


def _cover(page: PaperPage) -> Iterator[str]:
    mrd, signed = page.mrd, page.signed
    yield '<header class="cover">'
    yield '<p class="eyebrow">Market requirements document</p>'
    yield f'<h1 data-running="{esc(text_control.shortened(mrd.title, 84))}">{esc(mrd.title)}</h1>'
    if words.one_line(mrd.prompt) != words.one_line(mrd.title):
        yield f'<p class="prompt">{esc(mrd.prompt)}</p>'
    standing = words.status(signed)
    yield f'<p class="standing {signed.status}" data-running="{standing}, revision {mrd.revision}">{standing}</p>'
    if signed.status == "draft":
        yield f'<p class="notice">{words.DRAFT_NOTICE}</p>'
    if mrd.is_demo:
        yield f'<p class="notice">{words.DEMO_NOTICE}</p>'
    yield f'<table class="control" data-running="{esc(signed.digest[:16])}"><caption>Document control</caption><tbody>'
    for name, value in text_control.cover_facts(signed):
        css = ' class="mono"' if name.endswith("digest") else ""
        yield f'<tr><th scope="row">{name}</th><td{css}>{esc(value)}</td></tr>'
    yield "</tbody></table></header>"


def _contents(signed: SignedMrd) -> Iterator[str]:
    yield '<section class="contents" role="doc-toc" aria-labelledby="contents-title">'
    yield '<h2 id="contents-title">Contents</h2><ol>'
    for number, section in enumerate(signed.mrd.sections, 1):
        yield f'<li><a href="#section-{number}"><span class="n">{number}</span>{esc(section.title)}</a></li>'
    for name, title in paper_back.parts(signed):
        yield f'<li><a href="#{name}"><span class="n"></span>{title}</a></li>'
    yield "</ol></section>"


def _sections(page: PaperPage) -> Iterator[str]:
    for number, section in enumerate(page.mrd.sections, 1):
        # The summary has pages of its own, with its own footnotes; the first section after it begins another page.
        opens = number == 1 or page.mrd.sections[number - 2].key == SUMMARY_KEY
        if opens:
            page.noted.clear()
        yield from html_body.section_of(page, number, section, more="opening" if opens else "")
    # Behind the sections the evidence itself follows: numbers are enough.
    page.noted.update(page.cited)
