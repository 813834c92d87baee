"""The graph of claims that rest on one another: order, recomputing, what a change reopens, what a change does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from . import formulas
from .claims import ClaimDraft, Formula, TypedValue
from .documents import AcceptedClaim
from .errors import InvalidInput

# How far an input is moved to see what it does (issue 3: ±50 %).
SWING = Decimal("0.5")
RISKIEST = 2
WHOLE = Decimal(100)  # percent: a share cannot be more


class Node(NamedTuple):
    """A claim as the graph sees it. rests_on: keys of its premises, those its formula names among them."""

    key: str
    value: TypedValue | None
    formula: Formula | None = None
    rests_on: frozenset[str] = frozenset()


class Moved(NamedTuple):
    """What `target` becomes when the input `key` goes 50 % down and 50 % up: full amounts."""

    key: str
    down: Decimal
    up: Decimal


def node(key: str, value: TypedValue | None, formula: Formula | None, premises: Iterable[str]) -> Node:
    """Return a node; the keys its formula names are premises whether they are listed or not."""
    named = formula.names.values() if formula else ()
    return Node(key, value, formula, frozenset((*premises, *named)))


def of_draft(draft: ClaimDraft) -> Node:
    """Return the node of a proposed claim."""
    return node(draft.key(), draft.value, draft.formula, draft.premise_keys)


def of_accepted(claim: AcceptedClaim) -> Node:
    """Return the node of an accepted claim."""
    return node(claim.key, claim.value, claim.formula, claim.premises)


def order(nodes: Iterable[Node]) -> tuple[str, ...]:
    """Return the keys, each after all it rests on; among equals the smaller key first, so the order given is no matter.

    A premise that is not among `nodes` is left to others. Raises `InvalidInput` for a cycle and for two nodes with
    one key.
    """
    by_key = _by_key(nodes)
    waiting = {key: set(each.rests_on & by_key.keys()) for key, each in by_key.items()}
    done: list[str] = []
    while waiting:
        free = sorted(key for key, rests_on in waiting.items() if not rests_on)
        if not free:
            raise InvalidInput(
                f"The claim '{min(waiting)[:12]}' rests on itself through its premises: take one premise out.",
                field="premises",
            )
        for key in free:
            del waiting[key]
        for rests_on in waiting.values():
            rests_on.difference_update(free)
        done += free
    return tuple(done)


def recompute(nodes: Iterable[Node]) -> dict[str, TypedValue]:
    """Return the value of every node that has one, in the order of `order`: inputs as they stand, the rest computed.

    A computed value keeps metric, entity, geography and as-of day of the stored one where that names them.
    Raises `InvalidInput` for a cycle, a premise without a figure and whatever a formula refuses.
    """
    by_key = _by_key(nodes)
    found: dict[str, TypedValue] = {}
    for key in order(by_key.values()):
        each = by_key[key]
        if each.formula is not None:
            found[key] = _computed(each, each.formula, found)
        elif each.value is not None:
            found[key] = each.value
    return found


def differences(nodes: Iterable[Node]) -> dict[str, str]:
    """Return for each computed node whose stored value is not what its formula gives, how it differs; {} when none."""
    row = list(nodes)
    given = recompute(row)
    wrong = {each.key: formulas.difference(each.value, given[each.key]) for each in row if each.formula is not None}
    return {key: why for key, why in wrong.items() if why}


def dependents(nodes: Iterable[Node], changed: Collection[str]) -> frozenset[str]:
    """Return exactly the keys that rest on one of `changed`, directly or through others; `changed` itself left out.

    A key of `changed` that rests on another one of them is among what is returned.
    """
    row = list(nodes)
    touched: set[str] = set()
    waiting = set(changed)
    while waiting:
        reached = {each.key for each in row if each.rests_on & waiting} - touched
        touched |= reached
        waiting = reached
    return frozenset(touched)


def inputs_of(nodes: Iterable[Node], target: str) -> tuple[str, ...]:
    """Return the keys of the inputs (nodes with a figure and no formula) that the figure of `target` follows from."""
    by_key = _by_key(nodes)
    found: set[str] = set()
    waiting, seen = [target], set[str]()
    while waiting:
        each = by_key.get(waiting.pop())
        if each is None or each.key in seen:
            continue
        seen.add(each.key)
        if each.formula is not None:
            waiting += each.formula.names.values()
        elif each.value is not None:
            found.add(each.key)
    return tuple(sorted(found - {target}))


def riskiest(nodes: Iterable[Node], target: str, *, limit: int = RISKIEST) -> tuple[Moved, ...]:
    """Return the inputs that move `target` most when they go 50 % down and up, the one that moves it most first.

    In a product all inputs move it alike: then the one with the widest range for its size comes first, then the
    smaller key. A share stops at 100 percent. An input that may not be moved (the formula would divide by zero) is
    left out. Raises `InvalidInput` as `recompute`, and for a target without a formula.
    """
    by_key = _by_key(nodes)
    if target not in by_key or by_key[target].formula is None:
        raise InvalidInput("Only a computed figure has inputs that move it: choose a computed claim.", field="claims")
    recompute(by_key.values())
    rows = []
    for key in inputs_of(by_key.values(), target):
        value = by_key[key].value
        moved = None if value is None else _moved(by_key, key, value, target)
        if value is not None and moved is not None:
            rows.append((-abs(moved.up - moved.down), -_width(value), key, moved))
    return tuple(row[-1] for row in sorted(rows)[:limit])


def _moved(by_key: Mapping[str, Node], key: str, value: TypedValue, target: str) -> Moved | None:
    ends = []
    for factor in (1 - SWING, 1 + SWING):
        number = value.number * factor
        if formulas.unit_said(value) == "percent" and value.amount <= WHOLE < number * value.scale:
            number = WHOLE / value.scale
        moved = value.model_copy(update={"number": number, "low": None, "high": None})
        try:
            ends.append(recompute({**by_key, key: by_key[key]._replace(value=moved)}.values())[target].amount)
        except InvalidInput:
            return None
    return Moved(key, *ends)


def _computed(each: Node, formula: Formula, found: Mapping[str, TypedValue]) -> TypedValue:
    values = {name: found[key] for name, key in formula.names.items() if key in found}
    given = formulas.evaluate(formula, values)
    if each.value is None:
        return given
    own = {name: getattr(each.value, name) for name in ("metric", "entity", "geography", "as_of")}
    return given.model_copy(update={name: kept for name, kept in own.items() if kept is not None})


def _width(value: TypedValue) -> Decimal:
    if value.number == 0:
        return Decimal(0)
    low = value.number if value.low is None else value.low
    high = value.number if value.high is None else value.high
    return abs((high - low) / value.number)


def _by_key(nodes: Iterable[Node]) -> dict[str, Node]:
    by_key: dict[str, Node] = {}
    for each in nodes:
        if by_key.setdefault(each.key, each) != each:
            raise InvalidInput(
                f"Two different claims have the key '{each.key[:12]}': keep one of them.", field="claims"
            )
    return by_key
