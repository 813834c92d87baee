"""Tell what kind of page of a filing a text is, from the words that stand on it.

A question on working capital is answered on the balance sheet, which never says "working capital": what a page is
tells more than what words it shares with the question. The signs below are the captions that the statements of any
firm under US GAAP or IFRS carry (Regulation S-X, articles 5-02 and 5-03; IAS 1 and 7); no firm's own words.
"""

from __future__ import annotations

import re
from enum import StrEnum

_TOP_CHARS = 700  # where a page's own title stands
_DENSE = 0.22  # share of figures among words and figures on the page of a statement
_CONTENTS_LINES = 6
_SIGNS_NEEDED = 3
_TITLE_WORTH = 2
# How often in a hundred words signs must stand that make a page of prose what it is: on their own, under its heading.
_OFTEN, _ONCE = 0.6, 0.1


class PageType(StrEnum):
    INCOME_STATEMENT = "income_statement"
    BALANCE_SHEET = "balance_sheet"
    CASH_FLOW = "cash_flow"
    EQUITY = "equity"
    SEGMENT = "segment"
    RISK_FACTORS = "risk_factors"
    MDNA = "mdna"
    REGULATION = "regulation"
    NOTES = "notes"
    COVER = "cover"
    CONTENTS = "contents"
    OTHER = "other"


STATEMENTS = frozenset({PageType.INCOME_STATEMENT, PageType.BALANCE_SHEET, PageType.CASH_FLOW, PageType.EQUITY})


def _pattern(*forms: str) -> re.Pattern[str]:
    """Return a pattern for text in lower case: folding the page once is cheaper than in each search."""
    return re.compile("|".join(forms))


# For each statement: its title, then its captions; a caption counts once.
_TITLES = {
    PageType.BALANCE_SHEET: _pattern(
        r"\bbalance\s+sheets?\b", r"\bstatements?\s+of\s+financial\s+(?:position|condition)\b"
    ),
    PageType.INCOME_STATEMENT: _pattern(
        r"\bstatements?\s+of\s+(?:consolidated\s+)?(?:operations|income|earnings|loss)\b",
        r"\b(?:income|profit\s+and\s+loss)\s+statements?\b",
        r"\bresults\s+of\s+operations\s*\(unaudited\)",
    ),
    PageType.CASH_FLOW: _pattern(
        r"\bstatements?\s+of\s+(?:consolidated\s+)?cash\s+flows?\b", r"\bcash\s+flow\s+statements?\b"
    ),
    PageType.EQUITY: _pattern(
        r"\bstatements?\s+of\s+(?:consolidated\s+)?(?:changes\s+in\s+)?"
        r"(?:(?:stock|share)holders?[’']?s?[’']?\s+|total\s+|shareowners?[’']\s+)?(?:equity|deficit)\b"
    ),
}
_CAPTIONS = {
    PageType.BALANCE_SHEET: (
        _pattern(r"\btotal\s+assets\b"),
        _pattern(r"\btotal\s+(?:current\s+)?liabilities\b", r"\bliabilities\s+and\s+\S*\s*\S*equity\b"),
        _pattern(r"\baccounts\s+payable\b", r"\bdeposits\b", r"\btrade\s+payables\b"),
        _pattern(r"\bretained\s+earnings\b", r"\baccumulated\s+deficit\b", r"\breinvested\b", r"\badditional\s+paid"),
        _pattern(r"\bcash\s+and\s+cash\s+equivalents\b", r"\bcash\s+and\s+due\b"),
        _pattern(r"\btotal\s+(?:\S+\s+){0,3}(?:equity|deficit|investment)\b"),
    ),
    PageType.INCOME_STATEMENT: (
        _pattern(
            r"\b(?:earnings|income|loss|\(loss\))\s+per\s+(?:\S+\s+){0,3}share\b", r"\bper\s+(?:common\s+)?share\b"
        ),
        _pattern(r"\bnet\s+(?:income|earnings|loss|\(loss\)|profit)\b", r"\bprofit\s+for\s+the\b"),
        _pattern(
            r"\bbefore\s+(?:provision\s+for\s+|benefit\s+from\s+)?(?:income\s+)?tax",
            r"\b(?:provision\s+for|benefit\s+from)\s+income\s+tax",
            r"\bincome\s+tax\s+(?:expense|provision|benefit)",
            r"\bincome\s+taxes\b",
        ),
        _pattern(
            r"\b(?:total|net)\s+(?:\S+\s+)?(?:revenues?|sales)\b", r"\brevenues?\b", r"\bnet\s+interest\s+income\b"
        ),
        _pattern(
            r"\bcosts?\s+of\s+(?:\S+\s+){0,2}(?:sales|revenues?|goods|products)\b",
            r"\btotal\s+(?:operating\s+|noninterest\s+)?(?:costs|expenses?)\b",
            r"\bselling,?\s+general\b",
        ),
        _pattern(r"\bweighted[\s-]+average\b", r"\bdiluted\b"),
    ),
    PageType.CASH_FLOW: (
        _pattern(r"\boperating\s+activities\b"),
        _pattern(r"\binvesting\s+activities\b"),
        _pattern(r"\bfinancing\s+activities\b"),
        _pattern(
            r"\b(?:increase|decrease|change)\s*(?:\([^)]*\)\s*)?in\s+cash\b",
            r"\bcash\s+equivalents.{0,40}\b(?:end|beginning)\s+of\b",
            r"\bnet\s+(?:increase|decrease|change)\b",
        ),
        _pattern(r"\bdepreciation\b"),
        _pattern(r"\bpayments?\s+(?:of|for|on)\b", r"\bproceeds\s+from\b", r"\bdividends\s+paid\b", r"\brepayments?\b"),
    ),
    PageType.EQUITY: (
        _pattern(
            r"\bbalances?\b[^\n]{0,20}(?:19|20)\d\d\b",
            r"\bbalances?,?\s+(?:at\s+)?(?:beginning|january|december|end)\b",
        ),
        _pattern(r"\bretained\s+earnings\b", r"\baccumulated\s+deficit\b"),
        _pattern(r"\bpaid[\s-]+in\s+capital\b", r"\bcapital\s+in\s+excess\b"),
        _pattern(r"\bcomprehensive\s+(?:income|loss)\b"),
        _pattern(r"\btreasury\s+(?:stock|shares)\b", r"\bcommon\s+(?:stock|shares)\b"),
    ),
}
_COVER = (
    _pattern(r"\bexact\s+name\s+of\s+(?:the\s+)?registrant\b"),
    _pattern(r"\bcommission\s+file\s+number\b"),
    _pattern(r"\bsecurities\s+registered\s+pursuant\b", r"\bstate\s+or\s+other\s+jurisdiction\b"),
    _pattern(r"\bsecurities\s+and\s+exchange\s+commission\b"),
)
_LINE_WITH_PAGE = re.compile(r"^[^\n]{4,110}[\s.]\d{1,3}\s*$", re.MULTILINE)
_SEGMENT = _pattern(r"\bsegments?\b", r"\bby\s+(?:geograph|region|reportable)\w*")
_RISK = _pattern(
    r"\b(?:could|may|might|would)\s+(?:\w+\s+){0,3}(?:adverse|harm|materially|negatively|suffer|disrupt|not\s+be\s+able)"
)
_MDNA = _pattern(
    r"\b(?:increased?|decreased?|grew|declined?)\b[^.\n]{0,90}\b(?:due|driven|primarily|compared|reflecting|resulting|offset)\b",
    r"\bcompared\s+(?:to|with)\b",
    r"\bliquidity\s+and\s+capital\s+resources\b",
    r"\bnon-gaap\b",
)
_REGULATION = _pattern(
    r"\blicens\w+\b",
    r"\bregulat\w+\b",
    r"\bstatut\w+\b",
    r"\bjurisdictions?\b",
    r"\bcommission\b",
    r"\bcompliance\b",
    r"\blegislat\w+\b",
    r"\bdirective\b",
)
_HEADINGS = (
    (PageType.RISK_FACTORS, _pattern(r"\brisk\s+factors\b", r"\brisks?\s+relat(?:ed|ing)\s+to\b")),
    (PageType.MDNA, _pattern(r"\bmanagement[’']?s\s+discussion\b", r"\bresults\s+of\s+operations\b", r"\bliquidity\b")),
    (PageType.REGULATION, _pattern(r"\bregulations?\b", r"\blicens(?:e|ing|ure)\b", r"\bgovernment\s+regulation\b")),
    (
        PageType.NOTES,
        _pattern(r"\bnotes?\s+\d+\b", r"\bnotes\s+to\s+(?:the\s+)?(?:\w+\s+){0,2}financial\s+statements\b"),
    ),
)
_NOTES = _HEADINGS[3][1]
_NOTE_START = re.compile(r"^\s*note\s+\d{1,2}\s*[.:)—–-]?\s+[a-z]|^\s*\d{1,2}\.\s+[a-z][a-z ,&-]{3,60}$", re.MULTILINE)
_FIGURE = re.compile(r"\(?\$?\d[\d,.]*\)?%?")
_LETTERS = re.compile(r"[a-z]{2,}")


def page_type(text: str, heading: str = "") -> PageType:
    """Return what kind of page `text` is, by the words on it; `heading` is the section heading that holds over it.

    A page of mixed matter is what most signs speak for; one that shows none is OTHER.
    """
    low, headed = text.lower(), heading.lower()
    figures, words = len(_FIGURE.findall(low)), len(_LETTERS.findall(low))
    if not words:
        return PageType.OTHER
    if "commission" in low and sum(1 for sign in _COVER if sign.search(low)) >= _SIGNS_NEEDED:
        return PageType.COVER
    if _is_contents(low):
        return PageType.CONTENTS
    density = figures / (figures + words)
    found = _statement(low) if density >= _DENSE else None
    return found or _by_prose(low, headed, density=density, words=words)


def _is_contents(text: str) -> bool:
    if text.count("\nitem ") + text.startswith("item ") >= _CONTENTS_LINES:
        return True
    top = text[:_TOP_CHARS]
    titled = "table of contents" in top or "index to" in top
    return titled and len(_LINE_WITH_PAGE.findall(text)) >= max(_CONTENTS_LINES, text.count("\n") // 2)


def _statement(text: str) -> PageType | None:
    """Return the statement whose title and captions stand on a page full of figures, or None."""
    top = text[:_TOP_CHARS]
    best: tuple[float, PageType] | None = None
    for kind, captions in _CAPTIONS.items():
        share = sum(1 for caption in captions if caption.search(text)) / len(captions)
        titled = bool(_TITLES[kind].search(top))
        # Half of the captions under the title, or nearly all without one (the second page of a long statement).
        if share >= (0.5 if titled else 0.8):
            worth = share * len(captions) + (_TITLE_WORTH if titled else 0)
            if best is None or worth > best[0]:
                best = (worth, kind)
    return best[1] if best else None


def _by_prose(text: str, heading: str, *, density: float, words: int) -> PageType:
    """Return the kind of a page of prose or of smaller tables, by how often its signs stand in a hundred words."""
    top = f"{heading}\n{text[:_TOP_CHARS]}"
    headed = next((kind for kind, sign in _HEADINGS if sign.search(heading)), None)
    per_hundred = 100 / words
    if density >= _DENSE / 2 and len(_SEGMENT.findall(text)) * per_hundred >= 1:
        return PageType.SEGMENT
    risk = len(_RISK.findall(text)) * per_hundred
    if risk >= (_OFTEN if headed is not PageType.RISK_FACTORS else _ONCE):
        return PageType.RISK_FACTORS
    if len(_REGULATION.findall(text)) * per_hundred >= (2 if headed is PageType.REGULATION else 3):
        return PageType.REGULATION
    if headed is PageType.NOTES or _NOTES.search(top) or _NOTE_START.search(text[:_TOP_CHARS]):
        return PageType.NOTES
    if headed is PageType.MDNA or len(_MDNA.findall(text)) * per_hundred >= _OFTEN:
        return PageType.MDNA
    return PageType.OTHER
