"""The back of the document on paper: what is open, evidence, claims, method, signatures."""

from __future__ import annotations

from collections.abc import Iterator

from research.engine.domain.mrd import Citation, MrdClaim, SignedMrd

from . import charts_evidence, html_back, html_body, html_tables, layout, text_control
from . import text as words
from .html_parts import Page, esc, link, tag


def parts(signed: SignedMrd) -> tuple[tuple[str, str], ...]:
    """Return anchor and title of each part after the sections, in order."""
    mrd = signed.mrd
    found = []
    if layout.open_points(mrd):
        found.append(("open", layout.OPEN_TITLE))
    if mrd.citations:
        found.append(("evidence", "Appendix A: Evidence"))
    if mrd.claims:
        found.append(("claims", "Appendix B: Claims"))
    return (*found, ("method", "Appendix C: Method, sources and costs"), ("signatures", "Signatures"))


def back(page: Page) -> Iterator[str]:
    """Yield everything behind the sections. Every part begins on a page of its own."""
    written = {"open": _open, "evidence": _evidence, "claims": _claims, "method": _method, "signatures": _signatures}
    for name, title in parts(page.signed):
        yield f'<section class="part" id="{name}" aria-labelledby="{name}-title"><h2 id="{name}-title">{title}</h2>'
        yield from written[name](page)
        yield "</section>"


def _open(page: Page) -> Iterator[str]:
    table = layout.open_points(page.mrd)
    if table is not None:
        yield from html_tables.table(page, table)
    yield from html_body.gaps(page, layout.gaps_elsewhere(page.mrd))
    yield from (tag("p", esc(note), css="fine") for note in layout.gap_notes(page.mrd))


def _evidence(page: Page) -> Iterator[str]:
    yield (
        '<p class="fine">Every quote as it stands in its archived source, with the words around it. The numbers are '
        "those of the footnotes.</p>"
    )
    for citation in page.mrd.citations:
        yield from _quote(citation)


def _quote(citation: Citation) -> Iterator[str]:
    title = link(citation.url, tag("b", esc(citation.source_title)))
    yield f'<div class="note" id="citation-{citation.number}"><p class="who"><span class="no">{citation.number}</span>'
    yield f"{title} · {esc(words.origin(citation))}</p>"
    before = html_back.context(citation.prefix, before=True)
    after = html_back.context(citation.suffix, before=False)
    yield f'<p><span class="ctx">{before}</span><mark>{esc(citation.quote)}</mark><span class="ctx">{after}</span></p>'
    text = f'<span class="mono">{esc(citation.extracted_text_sha256[:16])}</span>'
    yield f'<p class="place">{esc(words.place(citation))}; text {text}</p></div>'


def _claims(page: Page) -> Iterator[str]:
    yield '<table class="register"><caption>Every claim this document rests on, and how it was accepted.</caption>'
    yield "<thead><tr>" + "".join(
        f'<th scope="col">{name}</th>' for name in ("Claim revision", "Statement", "Confidence", "Accepted", "Cited")
    )
    yield "</tr></thead><tbody>"
    for claim in page.mrd.claims:
        yield _claim(page, claim)
    yield "</tbody></table>"


def _claim(page: Page, claim: MrdClaim) -> str:
    figure = words.figure(claim.value)
    kind = "" if claim.kind == "stated" else f' <span class="tag">{esc(claim.kind)}</span>'
    others = "".join(
        f'<span class="figure">{label} claim revision{"s" * (len(numbers) > 1)} {", ".join(map(str, numbers))}</span>'
        for label, numbers in (("Disagrees with", claim.contradicts), ("Rests on", claim.premises))
        if numbers
    )
    detail = (f'<span class="figure">{esc(figure)}</span>' if figure else "") + others
    decided = claim.decided + (f" ({', '.join(claim.decision_ids)})" if claim.decision_ids else "")
    return (
        f'<tr id="claim-{claim.revision_id}"><th scope="row" class="num">{claim.revision_id}</th>'
        f'<td>{esc(claim.text)}{kind}{detail}</td><td class="short">{words.percent(claim.confidence)}</td>'
        f"<td>{esc(decided)}</td><td>{page.markers(claim.citations)}</td></tr>"
    )


def _method(page: Page) -> Iterator[str]:
    yield from (tag("p", esc(line)) for line in text_control.method(page.mrd))
    yield from html_tables.figures(charts_evidence.evidence_charts(page.mrd))
    yield '<table class="control"><caption>Record</caption><tbody>'
    for name, value in text_control.record(page.signed):
        css = ' class="mono"' if name.endswith("digest") else ""
        yield f'<tr><th scope="row">{name}</th><td{css}>{esc(value)}</td></tr>'
    yield "</tbody></table>"
    if page.mrd.citations:
        yield '<div class="table"><table class="register fixed"><caption>Sources, in order of first citation</caption>'
        yield '<col width="50%"><col width="36%"><col width="14%">'
        yield '<thead><tr><th scope="col">Source</th><th scope="col">Snapshot (SHA-256)</th>'
        yield '<th scope="col">Cited</th>'
        yield "</tr></thead><tbody>"
        for citation, numbers in words.sources(page.mrd):
            yield f"<tr><td>{link(citation.url, esc(citation.source_title))}"
            yield f'<span class="figure">{esc(words.origin(citation))}</span></td>'
            yield f'<td class="mono">{esc(citation.snapshot_sha256)}</td>'
            yield f'<td class="num">{text_control.ranges(numbers)}</td></tr>'
        yield "</tbody></table></div>"


def _signatures(page: Page) -> Iterator[str]:
    if not page.signed.signatures:
        yield f'<p class="notice">{words.DRAFT_NOTICE}</p>'
        yield "<p>When it is signed, the name, the role, the meaning and the time of each signature stand here.</p>"
    for block in page.signed.signatures:
        yield f'<div class="signature"><p class="name">{esc(block.name)}</p><table class="control"><tbody>'
        for name, value in (
            ("Role", block.role),
            ("Meaning", block.meaning),
            ("Signed", words.moment(block.signed_at)),
            ("Over document digest", block.digest),
        ):
            css = ' class="mono"' if name.endswith("digest") else ""
            yield f'<tr><th scope="row">{name}</th><td{css}>{esc(value)}</td></tr>'
        yield "</tbody></table></div>"
