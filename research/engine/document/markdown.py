"""The document as Markdown (CommonMark with footnotes)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from research.engine.domain.documents import Gap
from research.engine.domain.mrd import Citation, Contradiction, Mrd, MrdClaim, MrdSection, MrdSentence, SignedMrd

from . import layout, markdown_tables, text_control
from . import text as words

# Each of these can begin markup in a line: emphasis, code, links, HTML, tables, entities, math, mentions, headings.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>|~&$@^#]")
# These do so at the beginning of a line: lists, rules, setext underlines, definitions.
_LEADING = re.compile(r"^(?:[+=:-]|\d{1,9}[.)](?=\s|$))")
_AUTOLINK = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)


def escape(text: str) -> str:
    """Return `text` on one line as Markdown that shows those very characters and nothing else."""
    line = _AUTOLINK.sub(r"\\\g<0>", _SPECIAL.sub(r"\\\g<0>", words.one_line(text)))
    return _LEADING.sub(lambda match: f"{match.group()[:-1]}\\{match.group()[-1]}", line)


def to_markdown(signed: SignedMrd) -> str:
    """Return the document as Markdown. Every sentence carries the numbers of its citations as footnotes.

    Words that were fetched or typed come out as plain words. An unsigned document says DRAFT at its head.
    """
    mrd = signed.mrd
    claims = {claim.revision_id: claim for claim in mrd.claims}
    lines = [*_head(signed), *_contents(mrd)]
    for number, section in enumerate(mrd.sections, 1):
        lines += _section(number, section, mrd, claims)
    lines += [*_open(mrd), *_claims(mrd), *_signatures(signed), *_sources(mrd), *_citations(mrd.citations)]
    return "\n".join(lines).rstrip() + "\n"


def _head(signed: SignedMrd) -> Iterator[str]:
    mrd = signed.mrd
    yield from (f"# {escape(mrd.title)}", "")
    if signed.status == "draft":
        yield from (f"> **{words.DRAFT_NOTICE}**", "")
    if mrd.is_demo:
        yield from (f"> **{words.DEMO_NOTICE}**", "")
    facts = (
        ("Status", words.status(signed)),
        ("Request", mrd.prompt),
        ("Products", ", ".join(mrd.products)),
        ("Jurisdictions", ", ".join(mrd.jurisdictions)),
        ("Competitors", ", ".join(mrd.competitors)),
        *text_control.control(signed),
        ("Run", mrd.run_id),
        (
            "Searches",
            f"{mrd.searches.made} made, {mrd.searches.without_hits} found nothing, {mrd.searches.failed} failed",
        ),
        ("Calls", f"{mrd.costs.calls}, {words.money(mrd.costs.cost_usd)}"),
        ("Plan digest", mrd.plan_digest),
        ("Document digest", signed.digest),
    )
    yield from ("| | |", "|---|---|")
    yield from (f"| {name} | {escape(value)} |" for name, value in facts if value)
    yield ""


def _contents(mrd: Mrd) -> Iterator[str]:
    yield from ("## Contents", "")
    for number, section in enumerate(mrd.sections, 1):
        mark = " (regulatory)" if section.regulatory else ""
        yield f"{number}. {escape(section.title)}{mark}"
    yield ""


def _section(number: int, section: MrdSection, mrd: Mrd, claims: dict[int, MrdClaim]) -> Iterator[str]:
    yield from (f"## {number}. {escape(section.title)}", "")
    if section.regulatory:
        given = ", ".join(f"{a.role} {a.actor} (decision {a.decision_id})" for a in section.approved_by)
        yield from (f"*Regulatory section. Approved by: {escape(given or 'nobody yet')}.*", "")
    for sentence in section.sentences:
        if sentence.kind == "gap":
            yield from _told_gap(sentence, section, mrd)
        else:
            yield from (_sentence(sentence, claims), "")
    yield from markdown_tables.tables(section, claims, escape=escape)
    yield from _contradictions(layout.contradictions_left(section, mrd), claims)
    yield from _gaps(layout.gaps_left(section, mrd), mrd)


def _sentence(sentence: MrdSentence, claims: dict[int, MrdClaim]) -> str:
    if sentence.kind == "heading":
        return f"### {escape(sentence.text)}{_notes(sentence.citations)}"
    labels = "".join(f" ({label})" for label in words.labels(claims[number] for number in sentence.claims))
    return f"{escape(sentence.text)}{labels}{_notes(sentence.citations)}"


def _told_gap(sentence: MrdSentence, section: MrdSection, mrd: Mrd) -> Iterator[str]:
    told = layout.told(sentence, section, mrd)
    yield from (f"*{escape(told.text)}*{_see(told)}{_notes(sentence.citations)}", "")
    if told.searches:
        yield from (f"- searched: {escape(search)}" for search in told.searches)
        yield ""


def _see(told: layout.Told) -> str:
    return f" (see *{layout.OPEN_TITLE}*)" if told.noted else ""


def _open(mrd: Mrd) -> Iterator[str]:
    rest, notes = layout.gaps_elsewhere(mrd), layout.gap_notes(mrd)
    if rest or notes:
        yield from (f"## {layout.OPEN_TITLE}", "", *_gaps(rest, mrd))
    if notes:
        yield from (*(f"- {escape(note)}" for note in notes), "")


def _notes(numbers: Iterable[int]) -> str:
    return "".join(f"[^{number}]" for number in numbers)


def _contradictions(pairs: Sequence[Contradiction], claims: dict[int, MrdClaim]) -> Iterator[str]:
    if not pairs:
        return
    yield from ("**The sources disagree**", "", "| One says | Another says |", "|---|---|")
    for pair in pairs:
        sides = (claims[pair.first], claims[pair.second])
        yield "| " + " | ".join(f"{escape(side.text)}{_notes(side.citations)}" for side in sides) + " |"
    yield ""


def _gaps(gaps: Sequence[Gap], mrd: Mrd) -> Iterator[str]:
    if not gaps:
        return
    yield from ("**Not found**", "")
    for gap in gaps:
        outcome = gap.outcome.replace("_", " ")
        told = layout.reason_of(gap, mrd)
        yield f"- {escape(gap.question)} *{escape(outcome)}*: {escape(told.text)}{_see(told)}"
        yield from (f"  - searched: {escape(search)}" for search in gap.searches)
    yield ""


def _claims(mrd: Mrd) -> Iterator[str]:
    if not mrd.claims:
        return
    yield from (
        "## Claims",
        "",
        "| Claim revision | Statement | Kind | Confidence | Accepted | Citations |",
        "|---|---|---|---|---|---|",
    )
    for claim in mrd.claims:
        cells = (str(claim.revision_id), claim.text, claim.kind, words.percent(claim.confidence), claim.decided)
        yield "| " + " | ".join(map(escape, cells)) + f" | {_notes(claim.citations)} |"
    yield ""


def _signatures(signed: SignedMrd) -> Iterator[str]:
    yield from ("## Signatures", "")
    if not signed.signatures:
        yield from (f"**{words.DRAFT_NOTICE}**", "")
    for block in signed.signatures:
        yield f"- **{escape(block.name)}**, {escape(block.role)}: {escape(block.meaning)}"
        yield f"  - {words.moment(block.signed_at)}, over document digest `{block.digest}`"
    yield ""


def _sources(mrd: Mrd) -> Iterator[str]:
    if not mrd.citations:
        return
    yield from ("## Sources", "")
    for citation, numbers in words.sources(mrd):
        yield f"- {_title(citation)}. {escape(words.origin(citation))}. Cited at {_notes(numbers)}"
        yield f"  - snapshot SHA-256 `{escape(citation.snapshot_sha256)}`"
    yield ""


def _citations(citations: Sequence[Citation]) -> Iterator[str]:
    if not citations:
        return
    yield from ("## Citations", "")
    for citation in citations:
        yield (
            f"[^{citation.number}]: “{escape(citation.quote)}” — {_title(citation)}. {escape(words.origin(citation))}; "
            f"{words.place(citation)} of extracted text `{citation.extracted_text_sha256}`."
        )
        yield ""


def _title(citation: Citation) -> str:
    url = words.safe_url(citation.url)
    title = escape(citation.source_title)
    if url is None:
        return title
    # In <…> nothing but angle brackets and backslashes can end or bend a link's address.
    address = url.replace("<", "%3C").replace(">", "%3E").replace("\\", "%5C")
    return f"[{title}](<{address}>)"
