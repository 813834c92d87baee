"""What several models share."""

from __future__ import annotations

from enum import StrEnum


def choices_of(enum: type[StrEnum]) -> list[tuple[str, str]]:
    """Return Django choices for a domain enum: stored value, and the value in words."""
    return [(member.value, member.value.replace("_", " ")) for member in enum]
