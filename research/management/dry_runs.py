"""A dry run as a table in plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from research.engine.domain.usage import Usage
from research.services.account import dollars
from research.services.estimates import DryRun

_QUESTION = 60
_HEADS = ("calls", "searches", "tokens", "cost")
_LIMITS = {"calls": "calls", "searches": "searches", "tokens": "tokens", "cost_usd": "US dollars"}


def lines(found: DryRun) -> Iterator[str]:
    """Yield the plan as a table, a line a question, then the sum and what to know about it."""
    rows = [(line.question, *_amounts(line.usage)) for line in found.lines]
    rows.append(("In all", *_amounts(found.total)))
    widths = [max(len(row[place]) for row in [("", *_HEADS), *rows]) for place in range(1, 5)]
    head = "  ".join(word.rjust(width) for word, width in zip(_HEADS, widths, strict=True))
    yield f"{'question'.ljust(_QUESTION)}  {head}"
    for row in rows:
        if row is rows[-1]:
            yield "-" * (_QUESTION + 2 + len(head))
        first, *more = textwrap.wrap(row[0], _QUESTION) or [""]
        amounts = "  ".join(word.rjust(width) for word, width in zip(row[1:], widths, strict=True))
        yield f"{first.ljust(_QUESTION)}  {amounts}"
        yield from (f"  {rest}" for rest in more)
    yield ""
    yield from notes(found)


def notes(found: DryRun) -> Iterator[str]:
    """Yield what a reader must know of the figures above."""
    tasks = len(found.plan.tasks)
    yield f"Engine '{found.engine}', {tasks} questions. Nothing was called and nothing was written."
    if found.own_tools:
        yield (
            f"The plan is the embedded planner's: '{found.engine}' makes its own when the run begins. "
            f"It is taken to use {' and '.join(found.own_tools)} for every question that is searched."
        )
    if found.total.cost_usd is None:
        yield "Unpriced: a part of it has no known price, which does not mean that it is free."
    if found.priority == "batch" and found.own_tools:
        yield "These are the prices of answers at once; in batches the tokens cost half."
    passed = [_LIMITS[name] for name in found.passes]
    if passed:
        yield f"It would pass the site's limit of a run for {', '.join(passed)}: it would pause there and ask a person."
    else:
        limits = found.limits
        yield (
            f"The site lets a run use {limits.calls:,} calls, {limits.searches:,} searches, {limits.tokens:,} tokens "
            f"and {dollars(limits.cost_usd)}."
        )


def _amounts(usage: Usage) -> tuple[str, str, str, str]:
    return f"{usage.calls:,}", f"{usage.searches:,}", f"{usage.tokens:,}", dollars(usage.cost_usd)
