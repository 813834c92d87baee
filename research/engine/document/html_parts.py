"""The small pieces every part of the page is made of."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from research.engine.domain.claims import PASSING_CONFIDENCE, passes
from research.engine.domain.mrd import Citation, Mrd, MrdClaim, MrdSentence, SignedMrd

from . import text as words


def esc(text: str) -> str:
    """Return `text` as plain words, safe as content and as a quoted attribute."""
    return html.escape(words.one_line(text), quote=True)


def tag(name: str, inner: str, *, css: str = "", ident: str = "") -> str:
    """Return an element around `inner`, which is HTML already. css, ident: of our own making, never of a source."""
    attributes = (f' class="{css}"' if css else "") + (f' id="{ident}"' if ident else "")
    return f"<{name}{attributes}>{inner}</{name}>"


def link(address: str | None, inner: str) -> str:
    """Return `inner` (HTML) as a link, or bare where the address is neither http(s) nor a path of this site."""
    own = address is not None and address.startswith("/") and not address.startswith(("//", "/\\"))
    safe = address if own else words.safe_url(address)
    return inner if safe is None else f'<a href="{html.escape(safe, quote=True)}" rel="noopener noreferrer">{inner}</a>'


def bar(confidence: int | None) -> str:
    """Return a confidence in thousandths as a labelled bar; the tick stands where it passes without a person."""
    label = f"Confidence {words.percent(confidence)}"
    if confidence is None:
        return f"<span>{label}</span>"
    css, fill = ("high", "#1f6f4a") if passes(confidence) else ("low", "#8a5300")
    tick = PASSING_CONFIDENCE / 10
    # Widths are attributes, not styles: the page's own policy forbids inline styles. The fills serve printers
    # whose SVG does not read the page's style sheet.
    return (
        f'<svg class="bar" viewBox="0 0 100 5" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect class="back" fill="#d9dee5" width="100" height="5" rx="1"/>'
        f'<rect class="{css}" fill="{fill}" width="{confidence / 10:g}" height="5" rx="1"/>'
        f'<line class="pass" x1="{tick:g}" x2="{tick:g}" y1="0" y2="5"/></svg><span>{label}</span>'
    )


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is needed while one page is written. `uses` counts how often each citation was led to so far."""

    signed: SignedMrd
    claims: dict[int, MrdClaim]
    evidence_link: Callable[[Citation], str | None] | None = None
    claim_link: Callable[[MrdClaim], str | None] | None = None
    uses: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        signed: SignedMrd,
        *,
        evidence_link: Callable[[Citation], str | None] | None,
        claim_link: Callable[[MrdClaim], str | None] | None,
    ) -> Self:
        claims = {claim.revision_id: claim for claim in signed.mrd.claims}
        return cls(signed=signed, claims=claims, evidence_link=evidence_link, claim_link=claim_link)

    @property
    def mrd(self) -> Mrd:
        return self.signed.mrd

    def markers(self, numbers: Iterable[int]) -> str:
        """Return the citation superscripts, each with its own anchor for the way back."""
        return "".join(self.marker(number) for number in numbers)

    def marker(self, number: int) -> str:
        """Return one citation's superscript."""
        use = self.uses[number] = self.uses.get(number, 0) + 1
        return (
            f'<sup><a href="#citation-{number}" id="use-{number}-{use}" role="doc-noteref" '
            f'aria-label="Citation {number}">{number}</a></sup>'
        )

    def sentence(self, sentence: MrdSentence) -> Iterator[str]:
        """Yield a sentence with its citations, what kind of claims it rests on, and how sure they are."""
        claims = [self.claims[number] for number in sentence.claims]
        badges = "".join(f' <span class="badge kind">{esc(label)}</span>' for label in words.labels(claims))
        yield '<div class="s">'
        yield f"<p>{esc(sentence.text)}{self.markers(sentence.citations)}{badges}</p>"
        if claims:
            weakest = bar(words.weakest(sentence, self.claims))
            yield f'<div class="meta"><a href="#claim-{claims[0].revision_id}">{weakest}</a></div>'
        yield "</div>"
