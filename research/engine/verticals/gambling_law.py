"""What is asked of the law on real-money gaming: licences, taxes, money laundering, identity, places, protection."""

from __future__ import annotations

from .base import task

TASKS = (
    task(
        "licensing",
        "regulation",
        "Which licences and approvals does the product need, and what do they demand?",
        "gaming +license required approval gaming authorities",
        "operator +license registration required",
        "+suitability directors officers key employees",
        "+license fee application annual",
        "report accredited laboratory +game approval",
        critical=True,
    ),
    task(
        "taxes",
        "regulation",
        "Which gaming taxes and fees apply, and at what rates?",
        "gaming +tax percent of gross gaming revenue",
        "+license +fees gaming taxes",
        "+share province state gross gaming revenue",
        "gaming +taxes",
    ),
    task(
        "laundering",
        "regulation",
        "What do anti-money-laundering and payment rules demand?",
        "+anti-money laundering Bank Secrecy Act suspicious currency transactions",
        "+deposits withdrawals +reported authority",
        "+report +suspicious currency cash transactions",
        "+source of funds deposits",
        "+anti-money laundering program",
    ),
    task(
        "identity",
        "regulation",
        "What is demanded of players' age, identity and location, and of fair play?",
        "player at least +years old located",
        "+verify identity player account",
        "+location check geolocation",
        "+matching rules players games",
        "+advertising bonuses prohibited",
    ),
    task(
        "jurisdiction",
        "regulation",
        "What does {subject} law demand of {products}: licence, tax, limits?",
        "{subject} gaming control commission +license regulation",
        "{subject} gaming +tax gross revenue",
        "{subject} +law games",
        "{subject} +license operator fee",
        "{subject} player years old +located",
        "{subject} gaming +regulation",
        per="jurisdiction",
        critical=True,
    ),
    task(
        "player-protection",
        "responsible_gambling",
        "What is required and done to protect players from harm?",
        "+responsible gambling program",
        "+self-exclusion players",
        "+limits deposit loss time players",
        "+problem gambling prevention",
        "+underage persons gaming",
        "+harm players contact",
        critical=True,
    ),
)
