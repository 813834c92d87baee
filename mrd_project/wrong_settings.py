"""Wrong settings in words: the variable's name and what is wrong with it, one line each, and no value of any."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_settings import SettingsError

PREFIX = "MRD_"
# Settings of the Claude engine that have a variable of their own; the others are fields of MRD_ANTHROPIC.
_OWN = {
    "api_key": "MRD_ANTHROPIC_API_KEY",
    "base_url": "MRD_ANTHROPIC_BASE_URL",
    "proxy": "MRD_HTTP_PROXY",
    "ca_bundle": "MRD_CA_BUNDLE",
    "user_agent": "MRD_USER_AGENT",
    "trusted_origins": "MRD_TRUSTED_ORIGINS",
    "interval_s": "MRD_HOST_INTERVAL_S",
    "max_bytes": "MRD_UPLOAD_MAX_MB",
}


def in_words(error: ValidationError | SettingsError) -> str:
    """Return the faults as sentences, one a line."""
    if isinstance(error, ValidationError):
        return "\n".join(dict.fromkeys(_line(fault["loc"], fault["msg"]) for fault in error.errors(include_url=False)))
    # "error parsing value for field "anthropic" from source …": the name is all that may be told.
    parts = str(error).split('"')
    name = f"{PREFIX}{parts[1].upper()}" if len(parts) > 1 else "A setting"
    return f"{name} cannot be read: it is to be JSON, as docs/reference/settings.md shows."


def of_part(error: ValidationError, *, whole: str) -> str:
    """Return the faults of one part of the settings as sentences. whole: the variable that holds the others."""
    lines = []
    for fault in error.errors(include_url=False):
        first, *rest = (str(place) for place in fault["loc"]) if fault["loc"] else ("",)
        where = _OWN.get(first) or ".".join(each for each in (whole, first, *rest) if each)
        lines.append(f"{where}: {_plain(fault['msg'])}.")
    return "\n".join(dict.fromkeys(lines))


def _line(place: tuple[int | str, ...], says: str) -> str:
    told = _plain(says)
    if not place:
        return told
    name = str(place[0])
    variable = name if name.startswith(PREFIX) else f"{PREFIX}{name.upper()}"
    return f"{variable}: {told}."


def _plain(says: str) -> str:
    return says.removeprefix("Value error, ").rstrip(".")
