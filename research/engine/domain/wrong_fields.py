"""Say in plain words what is wrong in JSON that people wrote, and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

# One of a list, where cutting the plural's last letter does not give it.
_ONE_OF = {"queries": "query", "depends_on": "depends_on entry", "names": "name"}
_LONGEST_NAME = 60
_PATTERNS = {"key": "write lower-case words and digits joined by '-' or '_'"}
# By the beginning of pydantic's type of error (docs: Validation Errors), the first that fits.
_KINDS = (
    ("missing", "it is missing"),
    ("extra_forbidden", "there is no such field; take it out"),
    ("string_", "write a text"),
    (("tuple_", "list_", "frozen_set_", "set_"), "write a list"),
    ("bool_", "write true or false"),
    (("model_", "dict_", "mapping_"), "write an object with fields"),
    ("int_", "write a whole number"),
    (("decimal_", "float_", "finite_"), "write a number"),
    ("date", "write a date as YYYY-MM-DD"),
)


class Wrong(NamedTuple):
    """The first mistake. field: its path, parts joined by dots, "" for the whole. says: no full stop at the end."""

    field: str
    says: str


def first_wrong(error: ValidationError) -> Wrong:
    """Return the first mistake as people say it: "task 1, query 2: at most 400 characters, not 5,000"."""
    first = error.errors(include_url=False)[0]
    where, says = _where(first["loc"]), _says(first)
    return Wrong(".".join(str(part) for part in first["loc"]), f"{where}: {says}" if where else says)


def _where(path: tuple[int | str, ...]) -> str:
    """Return ("tasks", 0, "tools") as "task 1, tools". Names may be anybody's, so they are cut."""
    words: list[str] = []
    for part in path:
        if isinstance(part, int) and words:
            name = words.pop()
            words.append(f"{_ONE_OF.get(name, name.removesuffix('s'))} {part + 1}")
        else:
            words.append("".join(sign if sign.isprintable() else "\ufffd" for sign in str(part)[:_LONGEST_NAME]))
    return ", ".join(words)


def _says(first: ErrorDetails) -> str:
    kind, path = first["type"], first["loc"]
    context: Mapping[str, object] = first.get("ctx", {})
    match kind:
        case "literal_error":
            says = f"choose one of {context['expected']}"
        case "string_pattern_mismatch":
            says = _PATTERNS.get(str(path[-1]) if path else "", "it is not written as it must be")
        case "value_error" | "assertion_error":
            says = str(context["error"])
        case "too_short" | "string_too_short" | "too_long" | "string_too_long":
            says = _length(first["input"], context)
        case _:
            says = next((says for begins, says in _KINDS if kind.startswith(begins)), first["msg"])
    return says


def _length(given: object, context: Mapping[str, object]) -> str:
    """Return the limit of a list or a text that was passed, and how long the text is."""
    least, most = context.get("min_length"), context.get("max_length")
    unit = "character" if isinstance(given, str) else "entry"
    if least is not None:
        return "name at least one" if least == 1 and unit == "entry" else f"at least {_counted(least, unit)}"
    actual = f", not {len(given):,}" if isinstance(given, (str, list, tuple)) else ""
    return f"at most {_counted(most, unit)}{actual}"


def _counted(count: object, unit: str) -> str:
    many = "entries" if unit == "entry" else f"{unit}s"
    return f"{count:,} {unit if count == 1 else many}"
