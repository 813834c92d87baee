"""The back of the page: signatures, the register of claims, citations, sources, the record."""

from __future__ import annotations

from collections.abc import Iterator

from research.engine.domain.mrd import Citation, Mrd, MrdClaim

from . import charts_evidence, html_body, html_tables, layout
from . import text as words
from .html_parts import Page, bar, esc, link, tag


def parts(mrd: Mrd) -> tuple[tuple[str, str], ...]:
    """Return anchor and title of each part after the sections."""
    found = [("open", layout.OPEN_TITLE)] if layout.gaps_elsewhere(mrd) or layout.gap_notes(mrd) else []
    found.append(("signatures", "Signatures"))
    if mrd.claims:
        found.append(("claims", "Claims"))
    if mrd.citations:
        found += [("citations", "Citations"), ("sources", "Sources")]
    return (*found, ("record", "Method and record"))


def back(page: Page) -> Iterator[str]:
    """Yield everything behind the sections."""
    yield from _open(page)
    yield from _signatures(page)
    if page.mrd.claims:
        yield from _claims(page)
    if page.mrd.citations:
        # The citations come last to be written that are led to, so each knows all ways back to it.
        yield from _citations(page)
        yield from _sources(page)
    yield from _record(page)


def _open(page: Page) -> Iterator[str]:
    rest, notes = layout.gaps_elsewhere(page.mrd), layout.gap_notes(page.mrd)
    if rest or notes:
        title = tag("h2", layout.OPEN_TITLE, ident="open-title")
        yield f'<section id="open" aria-labelledby="open-title">{title}'
        yield from html_body.gaps(page, rest)
        yield from (tag("p", esc(note)) for note in notes)
        yield "</section>"


def _signatures(page: Page) -> Iterator[str]:
    yield '<section id="signatures" aria-labelledby="signatures-title"><h2 id="signatures-title">Signatures</h2>'
    if not page.signed.signatures:
        yield f'<p class="notice">{words.DRAFT_NOTICE}</p>'
    yield '<div class="signatures">'
    for block in page.signed.signatures:
        yield f'<div class="signature"><p class="name">{esc(block.name)}</p><dl>'
        yield f"<dt>Role</dt><dd>{esc(block.role)}</dd><dt>Meaning</dt><dd>{esc(block.meaning)}</dd>"
        yield f"<dt>Signed</dt><dd>{words.moment(block.signed_at)}</dd>"
        yield f'<dt>Over document digest</dt><dd class="mono">{esc(block.digest)}</dd></dl></div>'
    yield "</div></section>"


def _claims(page: Page) -> Iterator[str]:
    yield '<section id="claims" aria-labelledby="claims-title"><h2 id="claims-title">Claims</h2>'
    yield '<div class="scroll"><table class="claims">'
    yield "<caption>Every claim this document rests on, and how it was accepted.</caption>"
    yield _columns("Claim revision", "Statement", "Confidence", "Accepted", "Cited")
    for claim in page.mrd.claims:
        yield from _claim(page, claim)
    yield "</tbody></table></div></section>"


def _columns(*names: str) -> str:
    cells = "".join(f'<th scope="col">{name}</th>' for name in names)
    return f"<thead><tr>{cells}</tr></thead><tbody>"


def _claim(page: Page, claim: MrdClaim) -> Iterator[str]:
    number = link(page.claim_link(claim) if page.claim_link else None, str(claim.revision_id))
    figure = words.figure(claim.value)
    others = "".join(
        f'<span class="figure">{label} {_claim_links(numbers)}</span>'
        for label, numbers in (("Disagrees with", claim.contradicts), ("Rests on", claim.premises))
        if numbers
    )
    detail = (f'<span class="figure">{esc(figure)}</span>' if figure else "") + others
    kind = "" if claim.kind == "stated" else f' <span class="badge kind">{esc(claim.kind)}</span>'
    decided = claim.decided + (f" ({', '.join(claim.decision_ids)})" if claim.decision_ids else "")
    yield f'<tr id="claim-{claim.revision_id}"><th scope="row" class="num">{number}</th>'
    yield f'<td>{esc(claim.text)}{kind}{detail}</td><td class="conf">{bar(claim.confidence)}</td>'
    yield f'<td class="by">{esc(decided)}</td><td>{page.markers(claim.citations)}</td></tr>'


def _claim_links(numbers: tuple[int, ...]) -> str:
    return ", ".join(f'<a href="#claim-{number}">claim revision {number}</a>' for number in numbers)


def _citations(page: Page) -> Iterator[str]:
    yield '<section id="citations" role="doc-endnotes" aria-labelledby="citations-title">'
    yield '<h2 id="citations-title">Citations</h2><ol class="notes">'
    for citation in page.mrd.citations:
        yield from _citation(page, citation)
    yield "</ol></section>"


def _citation(page: Page, citation: Citation) -> Iterator[str]:
    number = citation.number
    title = link(citation.url, tag("b", esc(citation.source_title)))
    yield f'<li id="citation-{number}"><span class="no">{number}</span><div>'
    yield f'<p class="who">{title}<br><span class="fine">{esc(words.origin(citation))}</span></p>'
    yield (
        f'<blockquote><span class="ctx">{context(citation.prefix, before=True)}</span><mark>{esc(citation.quote)}'
        f'</mark><span class="ctx">{context(citation.suffix, before=False)}</span></blockquote>'
    )
    yield f'<dl class="place"><dt>Place</dt><dd>{esc(words.place(citation))}</dd>'
    for name, value in (
        ("Snapshot", citation.snapshot_sha256),
        ("Text", citation.extracted_text_sha256),
        ("Call", citation.call_key),
    ):
        if value:
            yield f'<dt>{name}</dt><dd class="mono">{esc(value)}</dd>'
    yield "</dl>"
    seen = page.evidence_link(citation) if page.evidence_link else None
    ways = "".join(
        f'<a href="#use-{number}-{use}" role="doc-backlink" aria-label="Back to use {use}">↑ {use}</a>'
        for use in range(1, page.uses.get(number, 0) + 1)
    )
    yield f'<p class="back">{ways}{link(seen, "See it in its source") if seen else ""}</p></div></li>'


def context(words_around: str, *, before: bool) -> str:
    """Return the words on one side of a quote, with the spaces that part them from it, as HTML."""
    if not words_around.strip():
        return ""
    shown = esc(words_around)
    if before:
        return f"…{shown}{' ' if words_around[-1:].isspace() else ''}"
    return f"{' ' if words_around[:1].isspace() else ''}{shown}…"


def _sources(page: Page) -> Iterator[str]:
    yield '<section id="sources" aria-labelledby="sources-title"><h2 id="sources-title">Sources</h2>'
    yield '<div class="scroll"><table class="sources">'
    yield "<caption>Where the cited words were archived from, in order of first citation.</caption>"
    yield _columns("Source", "Snapshot (SHA-256)", "Citations")
    for citation, numbers in words.sources(page.mrd):
        cited = ", ".join(f'<a href="#citation-{number}">{number}</a>' for number in numbers)
        title = link(citation.url, esc(citation.source_title))
        yield f'<tr><td>{title}<span class="figure">{esc(words.origin(citation))}</span></td>'
        yield f'<td class="mono">{esc(citation.snapshot_sha256)}</td><td class="num">{cited}</td></tr>'
    yield "</tbody></table></div></section>"


def _record(page: Page) -> Iterator[str]:
    mrd = page.mrd
    searches, costs = mrd.searches, mrd.costs
    yield '<section id="record" aria-labelledby="record-title"><h2 id="record-title">Method and record</h2>'
    yield from html_tables.figures(charts_evidence.evidence_charts(mrd))
    yield '<dl class="facts">'
    for name, value in (
        ("Run", mrd.run_id),
        ("Searches", f"{searches.made:,} made, {searches.without_hits:,} found nothing, {searches.failed:,} failed"),
        ("Calls", f"{costs.calls:,} calls, {costs.searches:,} charged as searches"),
        ("Cost", words.money(costs.cost_usd)),
    ):
        yield f"<div><dt>{name}</dt><dd>{esc(value)}</dd></div>"
    yield "</dl>"
    yield f'<dl class="place"><dt>Document digest</dt><dd class="mono">{esc(page.signed.digest)}</dd>'
    yield f'<dt>Approved plan digest</dt><dd class="mono">{esc(mrd.plan_digest)}</dd></dl></section>'
