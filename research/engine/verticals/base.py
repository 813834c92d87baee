"""Words every vertical may use: places and how they are written, and short ways to declare a template."""

from __future__ import annotations

from typing import Literal

from research.engine.domain.plans import Layer
from research.engine.domain.vertical import SectionSpec, TaskTemplate

# Two-letter forms that are also English words or other abbreviations (IN, OR, ME, PA …) are left out on purpose:
# a place is better missed than invented.
US_STATES: dict[str, tuple[str, ...]] = {
    "Alabama": ("Alabama",),
    "Arizona": ("Arizona", "AZ"),
    "California": ("California",),
    "Colorado": ("Colorado",),
    "Connecticut": ("Connecticut", "CT"),
    "Delaware": ("Delaware",),
    "Florida": ("Florida", "FL"),
    "Georgia": ("Georgia",),
    "Illinois": ("Illinois", "IL"),
    "Indiana": ("Indiana",),
    "Iowa": ("Iowa",),
    "Kansas": ("Kansas", "KS"),
    "Kentucky": ("Kentucky", "KY"),
    "Louisiana": ("Louisiana",),
    "Maryland": ("Maryland",),
    "Massachusetts": ("Massachusetts",),
    "Michigan": ("Michigan",),
    "Minnesota": ("Minnesota",),
    "Mississippi": ("Mississippi",),
    "Missouri": ("Missouri",),
    "Nevada": ("Nevada", "NV"),
    "New Hampshire": ("New Hampshire", "NH"),
    "New Jersey": ("New Jersey", "NJ", "N.J."),
    "New Mexico": ("New Mexico", "NM"),
    "New York": ("New York", "NY", "N.Y."),
    "North Carolina": ("North Carolina", "NC"),
    "Ohio": ("Ohio",),
    "Oregon": ("Oregon",),
    "Pennsylvania": ("Pennsylvania",),
    "Rhode Island": ("Rhode Island",),
    "Tennessee": ("Tennessee", "TN"),
    "Texas": ("Texas", "TX"),
    "Virginia": ("Virginia",),
    "Washington": ("Washington State", "Washington"),
    "West Virginia": ("West Virginia", "WV"),
    "Wyoming": ("Wyoming", "WY"),
}

CANADA: dict[str, tuple[str, ...]] = {
    "Alberta": ("Alberta",),
    "British Columbia": ("British Columbia", "B.C."),
    "Ontario": ("Ontario",),
    "Quebec": ("Quebec", "Québec"),
}

COUNTRIES: dict[str, tuple[str, ...]] = {
    "Australia": ("Australia",),
    "Brazil": ("Brazil",),
    "Canada": ("Canada",),
    "China": ("China",),
    "France": ("France",),
    "Germany": ("Germany",),
    "India": ("India",),
    "Ireland": ("Ireland",),
    "Italy": ("Italy",),
    "Japan": ("Japan",),
    "Macau": ("Macau", "Macao"),
    "Malta": ("Malta",),
    "Netherlands": ("Netherlands",),
    "Singapore": ("Singapore",),
    "Spain": ("Spain",),
    "Sweden": ("Sweden",),
    "United Kingdom": ("United Kingdom", "Great Britain", "UK", "U.K."),
}

UNITED_STATES: dict[str, tuple[str, ...]] = {"United States": ("United States", "USA", "U.S.A.", "U.S.", "US")}
EUROPEAN_UNION: dict[str, tuple[str, ...]] = {"European Union": ("European Union", "EU", "E.U.")}

# Every place a prompt may name.
PLACES: dict[str, tuple[str, ...]] = {**US_STATES, **CANADA, **COUNTRIES, **UNITED_STATES, **EUROPEAN_UNION}

# Whose law a law is, by its name.
INSTRUMENTS: dict[str, str] = {
    "General Data Protection Regulation": "European Union",
    "GDPR": "European Union",
    "Digital Markets Act": "European Union",
    "Digital Services Act": "European Union",
    "California Consumer Privacy Act": "California",
    "California Privacy Rights Act": "California",
    "CCPA": "California",
    "CPRA": "California",
    "Bank Secrecy Act": "United States",
    "Foreign Corrupt Practices Act": "United States",
    "HIPAA": "United States",
    "PIPEDA": "Canada",
}

# Which places lie in which, as far as the lists above go.
PARTS: dict[str, frozenset[str]] = {
    "United States": frozenset(US_STATES),
    "Canada": frozenset(CANADA),
    "European Union": frozenset(("France", "Germany", "Ireland", "Italy", "Malta", "Netherlands", "Spain", "Sweden")),
}

# What people ask of any market, in the words that answer it. A search written with one of a group is answered by any;
# a word behind "=" must stand as written, since others of its family mean something else ("offering", "offer").
CONCEPTS: dict[str, tuple[str, ...]] = {
    "=lack": (
        "=lacks", "=lacking", "=missing", "unmet", "=unfair", "=complain", "=complains", "=complaints", "frustrated",
        "dissatisfied", "takes too long", "too slow", "too long", "=worst", "struggle", "cannot", "=difficult",
        "confusing", "=ask for", "=want", "=wants", "=demand", "=need a", "=need to", "=needs a", "=needs to",
        "=do not understand",
        "=wait", "=pain", "obstacle", "inefficient", "=by hand", "=manual", "error-prone", "market problem",
        "=missed", "=misses", "=refuse",
    ),
    "=offers": (
        "=offer", "=offering", "=provides", "=includes", "=consists", "=features", "=launched", "=enables",
        "=allows", "built for", "=delivers", "=sells", "=available",
    ),
    "trend": (
        "trends", "=shift", "=shifted", "=moved", "=moves", "=replaced", "=emerging", "=legalized", "=legalize",
        "legalization", "=expansion", "continues to grow", "=no longer", "increasingly", "=grew from", "evolving",
        "=transform", "=transition", "=adoption", "now normal", "=under debate", "=growing", "rapidly", "shortened",
        "accelerate", "=tried", "=changing",
    ),
    "compete": (
        "competes", "competitor", "competitors", "competition", "competitive", "rival", "rivals", "market leader",
        "largest operators", "largest vendors", "stronger in", "alternative to",
    ),
    "risk": (
        "risks", "threat", "threaten", "adverse", "adversely", "=breach", "=failure", "=fail", "fraud", "litigation",
        "uncertain", "lawsuit", "put pressure", "slow renewals", "ended a pilot",
    ),
    "channels": (
        "channel", "=referral", "=friends", "affiliate", "affiliates", "=advertising", "marketing", "app store",
        "partnership", "partnerships", "=through partners", "market access", "loyalty program", "loyalty programs",
        "resellers", "direct sales", "sales force", "streamers", "free trial", "word of mouth",
    ),
    "measures": ("metric", "metrics", "=measure", "=indicators", "=KPI", "=KPIs", "success means"),
    "value": (
        "values", "=value", "=valued", "=prefer", "preferred", "praise", "praised", "=care about", "reason to stay",
        "=satisfied", "=appreciate",
    ),
    "segment": (
        "segments", "=groups", "=women", "=men", "median age", "=adults", "commuters", "=decides", "=decide", "=signs",
        "=buys", "buyers", "daily users", "managers", "=director", "=VIP", "=professionals", "high-frequency",
    ),
    "=retention": ("=retains", "=retain", "=churn", "renewal", "renewed", "still active"),
    "how much": (
        "=price", "=prices", "pricing", "priced", "=per month", "=a month", "=per user", "=fee", "=fees", "=charge",
        "=charges", "=costs", "discount", "billed",
    ),
    "encrypted": (
        "encryption", "audit log", "audit logs", "access control", "single sign-on", "=certificate",
        "certification", "independent assessor", "backups", "=logged", "internal controls", "vulnerability",
        "vulnerabilities",
    ),
    "million": ("billion",),
}  # fmt: skip


# Where searches of the web look in vain: pages there are other people's copies, or anybody's answers behind a login.
HEARSAY = ("pinterest.com", "quora.com", "scribd.com", "slideshare.net", "coursehero.com", "brainly.com")


def listed(text: str) -> tuple[str, ...]:
    """Return the terms of `text`, which commas part, in order, with their white space folded."""
    return tuple(" ".join(term.split()) for term in text.split(",") if term.strip())


def section(key: str, title: str, purpose: str, *, regulatory: bool = False, competitor: bool = False) -> SectionSpec:
    """Declare a section in one line."""
    return SectionSpec(key=key, title=title, purpose=purpose, regulatory=regulatory, competitor=competitor)


def task(
    key: str,
    section_key: str,
    question: str,
    *queries: str,
    critical: bool = False,
    depends_on: tuple[str, ...] = (),
    layer: Layer = "research",
    per: Literal["jurisdiction", "competitor"] | None = None,
) -> TaskTemplate:
    """Declare a task of the template; `queries` go from narrow to wide."""
    return TaskTemplate(
        key=key,
        question=question,
        section=section_key,
        queries=queries,
        critical=critical,
        depends_on=depends_on,
        layer=layer,
        per=per,
    )
