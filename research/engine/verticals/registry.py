"""The verticals that exist: every module of this package that holds a `VERTICAL`."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from research.engine import verticals
from research.engine.domain.errors import InvalidInput
from research.engine.domain.vertical import Vertical


@functools.cache
def _all() -> dict[str, Vertical]:
    """Read the package once. Adding a vertical is adding a file; nothing lists them."""
    found: dict[str, Vertical] = {}
    for info in sorted(pkgutil.iter_modules(verticals.__path__), key=lambda each: each.name):
        module = importlib.import_module(f"{verticals.__name__}.{info.name}")
        vertical = getattr(module, "VERTICAL", None)
        if isinstance(vertical, Vertical):
            found[vertical.name] = vertical
    return found


def names() -> tuple[str, ...]:
    """Return the names of all verticals, in alphabetical order."""
    return tuple(sorted(_all()))


def get(name: str) -> Vertical:
    """Return the vertical called `name`. Raises `InvalidInput` (field `vertical`) naming the known ones."""
    try:
        return _all()[name]
    except KeyError:
        raise InvalidInput(
            f"There is no vertical called '{name}': choose one of {', '.join(names())}.", field="vertical"
        ) from None
