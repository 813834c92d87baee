"""Give a stated claim its role in the document and the attributes of that role, by rules over its own words.

The section says which role a claim may have; without the attributes that role demands it stays a plain fact. An
attribute that neither the words nor the source say stays away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from research.engine.domain.claims import TypedValue
from research.engine.domain.evidence import EvidenceItem, SourceRef
from research.engine.domain.items import Role, check_attributes
from research.engine.domain.plans import PlanTask
from research.engine.domain.vertical import Vertical

from . import regulatory
from .subjects import forms_of, named
from .words import mentions

Described = tuple[Role, dict[str, str]]
_FACT: Described = ("fact", {})

# What a competitor claim is about: the first aspect whose words stand in it. "position" is what is left.
_ASPECTS = tuple(
    (aspect, re.compile(words, re.IGNORECASE))
    for aspect, words in (
        ("rating", r"\brat(?:ed|ing|ings)\b|\bstars?\b|\breviews?\b|\breviewers?\b"),
        (
            "market share",
            r"\bmarket share\b|\bshare of (?:the )?(?:market|new)|percent of the market|\bheld \d",
        ),
        (
            "price",
            r"\bper (?:user|seat|month|employee)\b|\ba month\b|\bpric(?:e[sd]?|ing)\b|\bfees?\b|\bsubscription of\b",
        ),
        ("channels", r"\baffiliates?\b|\bresellers?\b|\breferral|\bmarketing\b|\badvertis|\bfree trial\b"),
        (
            "size",
            (
                r"\brevenues?\b|\bturnover\b|\bemployees\b|\bsubscribers\b|\busers\b|\bEBITDA\w*|\bincome\b|\bmembers\b|"
                r"\b(?:active )?players\b.{0,30}\d|\d.{0,30}\b(?:players|customers|firms)\b"
            ),
        ),
        (
            "footprint",
            (
                r"\boperat\w+ (?:in|across|at)\b|\blicen[cs]ed in\b|\b(?:states|jurisdictions|countries|offices)\b|"
                r"\blocations\b|\bavailable in\b|\blaunched in\b|\bproperties\b|\bresorts\b"
            ),
        ),
        (
            "offer",
            (
                r"\boffer\w*|\bprovid\w+|\binclud\w+|\bfeatures?\b|\bproducts?\b|\bservices?\b|\bplatform\b|\bgames\b|\bapps?\b|"
                r"\bintegrat\w+|\bsells?\b"
            ),
        ),
    )
)
_USERS_SAY = re.compile(
    r"\breviewers?\b|\breviews?\b|\bcomplain\w*|"
    r"\b(?:users|players|customers|clients) (?:say|ask|report|rate|praise|miss)\b|\bstars?\b|\brat(?:ed|ing)\b",
    re.IGNORECASE,
)
_USER_SOURCE = re.compile(r"\breviews?\b|\bforum\b|\bcomplaints?\b|\bapp store\b|\bcommunity\b", re.IGNORECASE)
_FIRST_PERSON = re.compile(r"\b(?:we|our|us|ours|the company)\b", re.IGNORECASE)
_TOGETHER = 3

_LOSS = re.compile(
    r"\b(?:left|leave|leaving|cancel\w*|churn\w*|lost|stopped using|abandon\w*|gave up|went elsewhere|switched away)\b",
    re.IGNORECASE,
)
_WIN = re.compile(
    r"\b(?:chose|choose|chosen|switched to|renew(?:ed|al|s)?|recommend\w*|prefer\w*|stayed|won|loyal)\b", re.IGNORECASE
)
_SPEAKERS = re.compile(
    r"\b(reviewers|players|users|customers|clients|guests|bettors|buyers|operators|administrators|lawyers|managers|"
    r"respondents|subscribers|developers)\b",
    re.IGNORECASE,
)
# Words that say how likely and how bad a risk is; "may" and "could" say neither.
_LIKELY = (
    ("low", r"\bunlikely\b|\bremote\b"),
    ("high", r"\b(?:very |highly )?likely\b|\bprobabl[ey]\b|\bexpected to\b"),
)
_IMPACT = (
    ("low", r"\bimmaterial\b|\bnot (?:have a )?material|\bminor\b"),
    (
        "high",
        r"\bmaterial(?:ly)?(?: and)? advers|\bmaterial adverse\b|\bsever(?:e|ely)\b|\bsignificant|\bserious",
    ),
)


def described(
    *,
    task: PlanTask,
    vertical: Vertical,
    text: str,
    value: TypedValue | None,
    evidence: Sequence[EvidenceItem],
    companies: Sequence[str] = (),
) -> Described:
    """Return role and attributes of a stated claim.

    evidence: that of the claim, its best first. companies: those the plan names, beside the lexicon's. A claim
    that does not have what its role demands is ("fact", {}).
    """
    section = vertical.section(task.section)
    given: Described = _FACT
    if section.regulatory:
        given = ("regulation", regulatory.attributes_of(text=text, evidence=evidence, vertical=vertical))
    elif section.competitor:
        given = ("competitor", _competitor(task, vertical, text, value, evidence, companies))
    elif section.key == "personas":
        persona = _persona(text, vertical)
        given = ("persona", {"persona": persona} if persona else {})
    elif section.key == "voice_of_customer":
        given = ("voice", _voice(text))
    elif section.key == "risks":
        given = ("risk", {"likelihood": _level(text, _LIKELY), "impact": _level(text, _IMPACT)})
    role, attributes = given
    if not attributes:
        return _FACT
    return role, check_attributes(role, attributes)


def _competitor(
    task: PlanTask,
    vertical: Vertical,
    text: str,
    value: TypedValue | None,
    evidence: Sequence[EvidenceItem],
    companies: Sequence[str],
) -> dict[str, str]:
    source = evidence[0].source if evidence else None
    name = _company(task, vertical, text, source, companies)
    if not name:
        return {}
    as_of = (value.as_of if value else None) or (source.published_date if source else None)
    return {
        "competitor": name,
        "aspect": next((aspect for aspect, words in _ASPECTS if words.search(text)), "position"),
        "cell_type": _cell_type(name, vertical, text, value, source),
        "as_of": as_of.isoformat() if as_of else "",
    }


def _company(task: PlanTask, vertical: Vertical, text: str, source: SourceRef | None, planned: Sequence[str]) -> str:
    """Return whom the claim is about: the task's company when it is named, else those named, else who says "we"."""
    if task.subject and mentions(text, forms_of(task.subject, vertical)):
        return task.subject
    meant = [name for name in planned if mentions(text, forms_of(name, vertical))]
    companies = tuple(dict.fromkeys((*meant, *named(text, vertical.competitors))))
    if companies:
        return " and ".join(companies) if len(companies) <= _TOGETHER else ""
    publisher = (source.publisher if source else None) or ""
    if publisher and _FIRST_PERSON.search(text):
        if task.subject and mentions(publisher, forms_of(task.subject, vertical)):
            return task.subject
        return next(iter(named(publisher, vertical.competitors)), "")
    return ""


def _cell_type(name: str, vertical: Vertical, text: str, value: TypedValue | None, source: SourceRef | None) -> str:
    """Return how the cell is known: the first of these that holds.

    What the company itself publishes is an official claim; what reviews and complaints say is a user report; a figure
    a known other counted is measured; all else is what somebody concludes, an inference.
    """
    publisher = (source.publisher if source else None) or ""
    if publisher and any(mentions(publisher, forms_of(one, vertical)) for one in name.split(" and ")):
        return "official claim"
    if _USERS_SAY.search(text) or (source is not None and _USER_SOURCE.search(source.title)):
        return "user report"
    return "measured" if publisher and value is not None else "inference"


def _persona(text: str, vertical: Vertical) -> str:
    return next((name for name, forms in vertical.personas.items() if mentions(text, forms)), "")


def _voice(text: str) -> dict[str, str]:
    speaker = _SPEAKERS.search(text)
    lost, won = bool(_LOSS.search(text)), bool(_WIN.search(text))
    outcome = "voice" if lost == won else "loss" if lost else "win"
    return {"speaker": speaker.group(1).casefold() if speaker else "", "outcome": outcome}


def _level(text: str, levels: Sequence[tuple[str, str]]) -> str:
    return next((level for level, words in levels if re.search(words, text, re.IGNORECASE)), "")
