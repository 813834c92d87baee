"""Read from a sentence on law whose law it is, what it is about, where it is written, and from when until when.

Only what the words, the quote's own source or the law's name say is taken; what they do not say stays away.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from research.engine.domain.evidence import EvidenceItem, SourceRef
from research.engine.domain.vertical import Vertical
from research.engine.reading import officials
from research.engine.reading.fiscal import MONTH, MONTHS
from research.engine.verticals import base

from .subjects import named
from .words import form_pattern

# The first topic whose words stand in the sentence is the claim's; the order goes from the particular to the general.
_TOPICS = tuple(
    (topic, re.compile(words, re.IGNORECASE))
    for topic, words in (
        ("tax", r"\btax(?:es|ed|ation)?\b|\blev(?:y|ies)\b|\bexcise\b|share of (?:gross )?gaming revenue"),
        (
            "AML/KYC",
            (
                r"money[- ]laundering|bank secrecy|suspicious (?:activity|transaction)|currency transaction|"
                r"(?:deposits?|withdrawals?).{0,80}\breported? to\b|source of funds|know[- ]your[- ]customer|"
                r"\bKYC\b|\bAML\b|"
                r"verif\w+ .{0,40}\b(?:identity|age)\b|\bidentity\b.{0,40}verif"
            ),
        ),
        (
            "player protection",
            (
                r"responsible gam|self-exclu|problem gam|\b(?:deposit|loss|time|session|spending) limits?\b|"
                r"\bunder ?age\b|\bminors?\b|\byears (?:old|of age)\b|\bharm\b|cool(?:ing)?[- ]off"
            ),
        ),
        ("advertising", r"\badvertis|\bbonus(?:es)?\b|\bpromotion|\bsponsor"),
        (
            "data protection",
            (
                r"personal (?:data|information)|\bprivacy\b|\bGDPR\b|\bCCPA\b|data (?:subject|protection|residency)|"
                r"sub-?processors?|\bconsent\b"
            ),
        ),
        ("security", r"\bencrypt|\bbreach|\bsecurity\b|\bcyber|\baudit logs?\b"),
        (
            "technical standards",
            r"\blaborator|random number|\bgeolocat|technical standards?|\baccredit|\bcertif|\btested\b",
        ),
        (
            "licence",
            r"\blicen[cs]|\bpermits?\b|\bregist(?:er|ration)|\bsuitab|\bconcession|\bapproved by",
        ),
    )
)
_NAME = r"[A-Z][\w’'&-]*"
_OF = rf"(?:of|for|on|and)\s+(?:the\s+)?{_NAME}(?:\s+(?:and\s+)?{_NAME})*"
_REGULATOR = re.compile(
    rf"\b(?:(?:{_NAME}\s+){{1,6}}(?:Commission|Authority|Directorate|Agency|Inspectorate|Board)\b(?:\s+{_OF})?"
    rf"|(?:{_NAME}\s+){{0,4}}(?:Division|Department|Office|Ministry|Board)\s+{_OF}|(?:{_NAME}\s+)*Attorney\s+General)"
)
_INSTRUMENT = re.compile(
    rf"\b(?:{_NAME}\s+(?:(?:of|and|for|on|the|in|to)\s+)*){{1,8}}"
    r"(?:Act|Regulations?|Directive|Code|Ordinance|Statute|Statutes|Law|Rules?)\b(?:\s+(?:of\s+)?(?:19|20)\d\d)?"
)
_OPENERS = re.compile(
    r"^(?:(?:The|Under|Pursuant|In|By|A|An|This|Such|Each|Any|All|Our|Its|And|As|If|That|While)\s+(?:to\s+|the\s+)*)+"
)
_CLAUSE = re.compile(
    r"(?:\bsections?|§§?|\barticles?|\brules?|\bregulations?|\bchapters?|\bparagraphs?|\bN\.?J\.?A\.?C\.?|\bN\.?R\.?S\.?|"
    r"\bU\.?S\.?C\.?|\bC\.?F\.?R\.?)\s*\d[\w.:()–-]*",
    re.IGNORECASE,
)
_DATE = rf"(?:(?P<m>{MONTH})\s+(?P<d>\d{{1,2}}),?\s+(?P<y>20\d\d|19\d\d)|(?P<d2>\d{{1,2}})\s+(?P<m2>{MONTH})\s+(?P<y2>20\d\d|19\d\d)|(?P<iso>(?:20|19)\d\d-\d\d-\d\d))"  # noqa: E501
_FROM = re.compile(
    rf"\b(?:effective|takes?\s+effect|took\s+effect|(?:in|into)\s+force|with\s+effect|appl(?:y|ies|icable)|"
    rf"begin(?:s|ning)?|starting|since|from)\s+(?:(?:as\s+of|from|on|since)\s+)?{_DATE}",
    re.IGNORECASE,
)
_TO = re.compile(
    rf"\b(?:until|through|expire[sd]?(?:\s+on)?|repealed(?:\s+(?:on|as\s+of|from|with\s+effect\s+from))?|"
    rf"ends?\s+on|ended\s+on)\s+{_DATE}",
    re.IGNORECASE,
)
_PENDING = re.compile(
    r"\b(?:bill|proposed|proposals?|draft\s+(?:law|rule|regulation|act|bill)|pending\s+legislation|not\s+yet\s+(?:in\s+force|law)|"
    r"would\s+(?:raise|require|increase|ban|prohibit|allow|lower|introduce|take\s+effect|apply|have\s+to|cut|limit)|"
    r"under\s+(?:debate|consideration))\b",
    re.IGNORECASE,
)
_MANY_PLACES = 4
_MAX_WORDS = 200


def attributes_of(*, text: str, evidence: Sequence[EvidenceItem], vertical: Vertical) -> dict[str, str]:
    """Return the attributes of a claim on law, or {} when nothing says whose law it is (it then has no row).

    evidence: that of the claim, its best first.
    """
    source = evidence[0].source if evidence else None
    jurisdiction = _jurisdiction(text, source, vertical)
    if not jurisdiction:
        return {}
    primary = officials.primary([item.source for item in evidence])
    clauses = dict.fromkeys(match.group().rstrip(".,:;-–(") for match in _CLAUSE.finditer(text))
    pending = _PENDING.search(text)
    found = {
        "jurisdiction": jurisdiction,
        "topic": topic_of(text),
        "regulator": _regulator(text) or (source.publisher if source and officials.is_official(source) else None) or "",
        "instrument": _instrument(text, vertical),
        "clause": "; ".join(clauses),
        "effective_from": _day(_FROM.search(text)),
        "effective_to": _day(_TO.search(text)),
        "pending": f"not yet law: “{' '.join(pending.group().split())}”" if pending else "",
        "primary": primary,
    }
    return {name: value for name, value in found.items() if value and len(value) <= _MAX_WORDS}


def topic_of(text: str) -> str:
    """Return what a sentence on law is about: one of `items.REGULATION_TOPICS`, "other" when no topic's words stand."""
    return next((topic for topic, words in _TOPICS if words.search(text)), "other")


def _jurisdiction(text: str, source: SourceRef | None, vertical: Vertical) -> str:
    """Return whose law the sentence states: its author's where that makes law, else what the words or the laws name.

    A regulator that names another place ("an officer resident in the United States") states its own law all the same,
    unless the place lies in its own. Without any of these, the places in the names of the source count.
    """
    told = named(text, vertical.jurisdictions)
    titled = named(f"{source.title} · {source.publisher or ''}", vertical.jurisdictions) if source else ()
    inside = tuple(place for place in told if any(place in base.PARTS.get(whole, ()) for whole in titled))
    laws = (place for law, place in vertical.instruments.items() if form_pattern(law).search(text))
    official = titled if source is not None and officials.is_official(source) else ()
    places = inside or official or told or tuple(dict.fromkeys(laws)) or titled
    return ", ".join(places) if len(places) <= _MANY_PLACES else ""


def _regulator(text: str) -> str:
    match = _REGULATOR.search(text)
    name = _OPENERS.sub("", " ".join(match.group().split())) if match else ""
    return name if " " in name else ""


def _instrument(text: str, vertical: Vertical) -> str:
    for match in _INSTRUMENT.finditer(text):
        name = _OPENERS.sub("", " ".join(match.group().split()))
        if " " in name:
            return name
    return next((law for law in vertical.instruments if form_pattern(law).search(text)), "")


def _day(match: re.Match[str] | None) -> str:
    """Return the date of a match as ISO, "" when there is none or no such day."""
    for iso, month, day, year in _parts(match):
        try:
            if iso:
                return dt.date.fromisoformat(iso).isoformat()
            number = next(n for n, name in enumerate(MONTHS, 1) if name[:3].casefold() == month[:3].casefold())
            return dt.date(int(year), number, int(day)).isoformat()
        except ValueError:
            return ""
    return ""


def _parts(match: re.Match[str] | None) -> Iterator[tuple[str, str, str, str]]:
    if match is not None:
        month, day, year = match["m"] or match["m2"], match["d"] or match["d2"], match["y"] or match["y2"]
        yield match["iso"] or "", month or "", day or "", year or ""
