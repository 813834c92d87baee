"""What controls a document, in words: the facts of its cover, its method, its record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from research.engine.domain.mrd import Citation, Mrd, SignedMrd

from . import text as words

Facts = tuple[tuple[str, str], ...]


def control(signed: SignedMrd) -> Facts:
    """Return what controls the document, by name: version, as-of, what made it, who approved and signed it."""
    mrd = signed.mrd
    # People are opaque here and told apart by the start of their id; the record of the sections has it whole.
    given = sorted({f"{given.role} {given.actor[:8]}" for part in mrd.sections for given in part.approved_by})
    return (
        ("Version", f"revision {mrd.revision}, {'signed' if signed.signatures else 'draft, not signed'}"),
        ("As of", words.moment(mrd.as_of)),
        ("Prepared by", f"MRD Desk, vertical {mrd.vertical}, engine {mrd.engine}"),
        ("Regulatory sections approved by", "; ".join(given)),
        ("Signed by", "; ".join(f"{block.name}, {block.role}" for block in signed.signatures)),
    )


def cover_facts(signed: SignedMrd) -> Facts:
    """Return the control block of the cover: what it is about, its control, the digests. Empty facts are left out."""
    mrd = signed.mrd
    found = (
        *control(signed),
        ("Jurisdictions", ", ".join(mrd.jurisdictions)),
        ("Products", ", ".join(mrd.products)),
        ("Competitors", ", ".join(mrd.competitors)),
        ("Plan digest", mrd.plan_digest),
        ("Document digest", signed.digest),
    )
    return tuple((name, value) for name, value in found if value)


def record(signed: SignedMrd) -> Facts:
    """Return the run, what it used, and the digests."""
    mrd = signed.mrd
    searches, costs = mrd.searches, mrd.costs
    return (
        ("Run", mrd.run_id),
        ("Searches", f"{searches.made:,} made, {searches.without_hits:,} found nothing, {searches.failed:,} failed"),
        ("Calls", f"{costs.calls:,} calls, {costs.searches:,} charged as searches"),
        ("Cost", words.money(costs.cost_usd)),
        ("Approved plan digest", mrd.plan_digest),
        ("Document digest", signed.digest),
    )


def method(mrd: Mrd) -> tuple[str, ...]:
    """Return in a few sentences how the document came to be and how it can be checked."""
    by_rule = sum(claim.decided == "by rule" for claim in mrd.claims)
    came = (
        "A plan of questions was approved by a reviewer before anything was searched. Every statement is a claim that "
        "leads to quotes of archived sources, or says that it is computed, inferred or assumed."
    )
    accepted = (
        f"Of the {len(mrd.claims):,} claims {by_rule:,} passed the checks by rule and {len(mrd.claims) - by_rule:,} "
        f"were accepted by a person. They rest on {len(mrd.citations):,} quotes of {len(words.sources(mrd)):,} sources."
    )
    checked = (
        "A snapshot is named by the SHA-256 of its bytes, a quote by its page and its characters in the extracted "
        "text; the digest is the SHA-256 of the document as data, which the JSON export carries."
    )
    return (came, accepted, checked)


def source(citation: Citation) -> str:
    """Return a source as a footnote names it: title, publisher, date, page."""
    parts = (citation.source_title, citation.publisher or citation.domain, words.day(citation.published_date))
    return f"{', '.join(part for part in parts if part)}, page {citation.page}."


def file_title(signed: SignedMrd) -> str:
    """Return the title a window or a file's properties show."""
    return f"{'DRAFT: ' if signed.status == 'draft' else ''}{signed.mrd.title}"


def last_moment(signed: SignedMrd) -> dt.datetime:
    """Return when the document was last changed: signed, else composed."""
    return max((block.signed_at for block in signed.signatures), default=signed.mrd.as_of)


def shortened(text: str, chars: int) -> str:
    """Return `text` on one line of at most `chars` characters, cut between words."""
    line = words.one_line(text)
    return line if len(line) <= chars else f"{line[: chars - 1].rsplit(' ', 1)[0]}…"


def ranges(numbers: Iterable[int]) -> str:
    """Return ascending numbers with runs joined: "1, 4–7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}–{last}" for first, last in runs)
