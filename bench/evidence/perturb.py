"""Change a true statement in one way. Each function returns the changed statement, or None where it does not apply."""

# ruff: noqa: ARG001 (all take the same arguments)

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping

_AMOUNT = re.compile(r"(?<![\w.,-])[$€£]?\d[\d,]*(?:\.\d+)?(?!\w|-\w)(?!,\s(?:19|20)\d\d)")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_MONTH_DAY = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)\s+\d{1,2}\b"
)
_UNITS = (
    (re.compile(r"\d\s?%(?! points)"), lambda text: text.replace("%", " basis points")),
    (re.compile(r"\d percent\b"), lambda text: text.replace("percent", "basis points")),
    (re.compile(r"\$\d"), lambda text: text.replace("$", "€")),
)
_SCALES = {"million": "billion", "billion": "million", "thousand": "million", "millions": "billions",
           "thousands": "millions", "billions": "millions"}  # fmt: skip
_DIRECTIONS = {
    "increased": "decreased", "decreased": "increased", "increase": "decrease", "decrease": "increase",
    "higher": "lower", "lower": "higher", "growth": "decline", "grew": "declined", "declined": "grew",
    "decline": "growth", "rose": "fell", "fell": "rose", "increases": "decreases", "decreases": "increases",
    "gain": "loss", "improved": "worsened",
}  # fmt: skip
_COMPARISONS = {
    "more than": "less than", "less than": "more than", "at least": "at most", "at most": "at least",
    "greater than": "less than", "higher than": "lower than", "lower than": "higher than", "over": "under",
    "exceeded": "fell short of", "exceeds": "falls short of", "above": "below", "below": "above", "up to": "at least",
    "largest": "smallest", "most": "few", "majority": "minority", "all": "some",
}  # fmt: skip
_VERB = re.compile(r"\b(was|were|is|are|has|have|had|will|may|can|could|should|do|does|did)\b(?!\s+not\b)")
_PLAIN_VERB = re.compile(r"\b(reported|increased|decreased|included|includes|recorded|recognized)\b")
OTHERS = ("Northwind Holdings", "Contoso Group", "Fabrikam Industries", "Lakeshore Partners")


def digit(text: str, *, rng: random.Random, entity: str) -> str | None:
    """Change one digit of one amount."""
    spans = [m for m in _AMOUNT.finditer(text) if not _YEAR.fullmatch(m[0]) and not _in_date(text, m.start())]
    if not spans:
        return None
    chosen = rng.choice(spans)
    places = [i for i in range(*chosen.span()) if text[i].isdigit()]
    at = rng.choice(places)
    other = rng.choice([d for d in "123456789" if d != text[at]])
    return text[:at] + other + text[at + 1 :]


def unit(text: str, *, rng: random.Random, entity: str) -> str | None:
    """Change percent to basis points or the currency."""
    options = [change for pattern, change in _UNITS if pattern.search(text)]
    return rng.choice(options)(text) if options else None


def scale(text: str, *, rng: random.Random, entity: str) -> str | None:
    """Change one scale word that belongs to a figure."""
    return _swap_one(text, _SCALES, rng, before=r"(?:\d\s|\(in )")


def period(text: str, *, rng: random.Random, entity: str) -> str | None:
    """Change one year by one to three."""
    spans = list(_YEAR.finditer(text))
    if not spans:
        return None
    chosen = rng.choice(spans)
    year = int(chosen[0]) + rng.choice((-3, -2, -1, 1, 2, 3))
    return f"{text[: chosen.start()]}{year}{text[chosen.end() :]}"


def name(text: str, *, rng: random.Random, entity: str) -> str | None:
    """Put another company's name in the place of the one that stands there."""
    return text.replace(entity, rng.choice(OTHERS), 1) if entity in text else None


def negation(text: str, *, rng: random.Random, entity: str) -> str | None:
    """Drop a "not", or add one to a verb."""
    if " not " in text:
        return text.replace(" not ", " ", 1)
    found = _VERB.search(text)
    if found:
        return f"{text[: found.end()]} not{text[found.end() :]}"
    plain = _PLAIN_VERB.search(text)
    return f"{text[: plain.start()]}never {text[plain.start() :]}" if plain else None


def direction(text: str, *, rng: random.Random, entity: str) -> str | None:
    """Turn one word of rising or falling round."""
    return _swap_one(text, _DIRECTIONS, rng)


def comparison(text: str, *, rng: random.Random, entity: str) -> str | None:
    """Turn one comparison or quantity word round."""
    return _swap_one(text, _COMPARISONS, rng)


KINDS: Mapping[str, Callable[..., str | None]] = {
    "digit": digit, "unit": unit, "scale": scale, "period": period, "entity": name, "negation": negation,
    "direction": direction, "comparison": comparison,
}  # fmt: skip


def _swap_one(text: str, pairs: Mapping[str, str], rng: random.Random, before: str = r"\b") -> str | None:
    spans = [m for word in pairs for m in re.finditer(rf"{before}(?P<word>{word})\b", text)]
    if not spans:
        return None
    chosen = rng.choice(spans)
    return text[: chosen.start("word")] + pairs[chosen["word"]] + text[chosen.end("word") :]


def _in_date(text: str, at: int) -> bool:
    return any(m.start() <= at < m.end() for m in _MONTH_DAY.finditer(text))
