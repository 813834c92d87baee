"""The front of the page: the cover and the sections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from research.engine.domain.documents import Gap
from research.engine.domain.mrd import Contradiction, MrdSection, MrdSentence

from . import html_tables, layout, text_control
from . import text as words
from .compose import SUMMARY_KEY
from .html_parts import Page, esc, tag


def cover(page: Page) -> Iterator[str]:
    """Yield title, standing, what was asked, and the facts of the run."""
    mrd, signed = page.mrd, page.signed
    badges = f'<span class="badge {signed.status}">{words.status(signed)}</span>'
    if mrd.is_demo:
        badges += '<span class="badge demo">demo decisions</span>'
    yield "<header>"
    yield f'<p class="eyebrow"><span>Market requirements document</span>{badges}</p>'
    yield f"<h1>{esc(mrd.title)}</h1>"
    if signed.status == "draft":
        yield f'<p class="notice">{words.DRAFT_NOTICE}</p>'
    if mrd.is_demo:
        yield f'<p class="notice demo">{words.DEMO_NOTICE}</p>'
    # A short prompt is the title already.
    if words.one_line(mrd.prompt) != words.one_line(mrd.title):
        yield f'<p class="prompt">{esc(mrd.prompt)}</p>'
    yield '<dl class="facts">'
    for name, value in _facts(page):
        if value:
            yield f"<div><dt>{name}</dt><dd>{esc(value)}</dd></div>"
    yield "</dl>"
    yield from _counts(page)
    yield "</header>"


def _facts(page: Page) -> tuple[tuple[str, str], ...]:
    mrd = page.mrd
    return (
        ("Products", ", ".join(mrd.products)),
        ("Jurisdictions", ", ".join(mrd.jurisdictions)),
        ("Competitors", ", ".join(mrd.competitors)),
        *text_control.control(page.signed),
    )


def _counts(page: Page) -> Iterator[str]:
    mrd = page.mrd
    counts = (
        (len(mrd.claims), "accepted claim", "accepted claims"),
        (len(mrd.citations), "quote cited", "quotes cited"),
        (len(words.sources(mrd)), "source", "sources"),
        (mrd.searches.made, "search", "searches"),
        (len(mrd.gaps), "question not answered", "questions not answered"),
    )
    yield '<ul class="counts">'
    yield from (f"<li><b>{count:,}</b>{one if count == 1 else many}</li>" for count, one, many in counts)
    yield "</ul>"


def sections(page: Page) -> Iterator[str]:
    """Yield every section, numbered."""
    for number, section in enumerate(page.mrd.sections, 1):
        yield from section_of(page, number, section)


def section_of(page: Page, number: int, section: MrdSection, *, more: str = "") -> Iterator[str]:
    """Yield one section: what is said, its market size and tables, what disagrees, what was not found.

    more: a further class of our own making.
    """
    css = "regulatory" if section.regulatory else ("summary" if section.key == SUMMARY_KEY else "body")
    badge = ' <span class="badge regulatory">Regulatory</span>' if section.regulatory else ""
    css = f"{css} {more}".strip()
    yield f'<section class="{css}" id="section-{number}" aria-labelledby="title-{number}">'
    yield f'<h2 id="title-{number}"><span class="h2n">{number}</span> {esc(section.title)}{badge}</h2>'
    if section.regulatory or section.approved_by:
        given = "; ".join(f"{a.role} {a.actor}, decision {a.decision_id}" for a in section.approved_by)
        yield tag("p", f"Approved by {esc(given)}" if given else "Not approved yet", css="approved")
    for block in layout.blocks(section):
        if block.gathers and len(block.sentences) > 1:
            top, *sides = block.sentences
            yield from _side_by_side(page, f"{esc(top.text)}{page.markers(top.citations)}", sides)
        else:
            yield from _sentence(page, section, block.sentences[0])
    yield from html_tables.tables(page, section)
    for pair in layout.contradictions_left(section, page.mrd):
        yield from _side_by_side(page, "The sources disagree", _sides(page, pair))
    yield from gaps(page, layout.gaps_left(section, page.mrd))
    yield "</section>"


def _sentence(page: Page, section: MrdSection, sentence: MrdSentence) -> Iterator[str]:
    if sentence.kind == "heading":
        yield tag("h3", f"{esc(sentence.text)}{page.markers(sentence.citations)}")
    elif sentence.kind == "gap":
        told = layout.told(sentence, section, page.mrd)
        yield f'<div class="gap"><p>{esc(told.text)}{_see(told)}{page.markers(sentence.citations)}</p>'
        yield from _searches(told.searches)
        yield "</div>"
    else:
        yield from page.sentence(sentence)


def _sides(page: Page, pair: Contradiction) -> tuple[MrdSentence, ...]:
    both = (page.claims[pair.first], page.claims[pair.second])
    return tuple(
        MrdSentence(text=claim.text, kind="claim", claims=(claim.revision_id,), citations=claim.citations)
        for claim in both
    )


def _side_by_side(page: Page, top: str, sides: Iterable[MrdSentence]) -> Iterator[str]:
    yield f'<div class="pair" role="group" aria-label="Statements that disagree"><p class="top">{top}</p>'
    yield '<div class="sides">'
    for side in sides:
        yield from page.sentence(side)
    yield "</div></div>"


def gaps(page: Page, found: Iterable[Gap]) -> Iterator[str]:
    """Yield what was looked for and not found, each with its searches."""
    for gap in found:
        yield f'<div class="gap"><span class="tag">{esc(gap.outcome.replace("_", " ").capitalize())}</span>'
        told = layout.reason_of(gap, page.mrd)
        yield f"<p><strong>{esc(gap.question)}</strong></p><p>{esc(told.text)}{_see(told)}</p>"
        yield from _searches(told.searches)
        yield "</div>"


def _searches(searches: Iterable[str]) -> Iterator[str]:
    found = "".join(f"<li>{esc(search)}</li>" for search in searches)
    if found:
        yield f'<p class="fine">Searched for:</p><ul class="fine">{found}</ul>'


def _see(told: layout.Told) -> str:
    return f' <a class="fine" href="#open">(see {layout.OPEN_TITLE})</a>' if told.noted else ""
