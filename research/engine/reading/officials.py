"""Who makes or enforces law, by the name of a publisher or by its domain: a primary source on law is one of these."""

from __future__ import annotations

import re
from collections.abc import Sequence

from research.engine.domain.evidence import SourceRef

_OFFICIAL_NAME = re.compile(
    r"\b(?:Commission(?:er)?|(?:Gaming|Control|Lottery|Protection)\s+Board|Division\s+of|Department\s+of|Ministry|"
    r"Legislature|Parliament|Senate|Assembly|Congress|Attorney\s+General|Government|Authority|Regulator|Registrar|"
    r"Official\s+Journal|Federal\s+Register|Directorate|Agency|State\s+of|Supreme\s+Court|Gazette)\b"
)
_OFFICIAL_DOMAIN = re.compile(
    r"(?:^|\.)(?:gov|mil|europa\.eu|gc\.ca|gov\.[a-z]{2}|gouv\.[a-z]{2}|gob\.[a-z]{2}|go\.[a-z]{2}|[a-z]{2}\.us)$"
)


def is_official(source: SourceRef) -> bool:
    """Tell by rule whether who publishes `source` makes or enforces law."""
    domain = (source.domain or "").casefold().strip(".")
    return bool(_OFFICIAL_NAME.search(source.publisher or "") or _OFFICIAL_DOMAIN.search(domain))


def primary(sources: Sequence[SourceRef]) -> str:
    """Return whether one of `sources` is a primary source on law: "yes", "no", or "" when nobody's name is known."""
    if any(is_official(source) for source in sources):
        return "yes"
    return "no" if any(source.publisher or source.domain for source in sources) else ""
