"""The page docs/reference/states.md, made from the table of transitions.

python -m research.engine.domain.states_page > docs/reference/states.md
"""

from __future__ import annotations

import sys

from .states import GATE_STATE, RUN_TRANSITIONS, STEP_STATE, TERMINAL, RunState, Transition

_KINDS = {
    "forward": "forward",
    "empty": "a gate with nothing to decide",
    "backward": "sent back by a person",
    "void": "an edit makes an approval void",
    "side": "aside",
}
_BACK = "where it was"


def page() -> str:
    """Return the whole page as Markdown."""
    gates = ", ".join(f"`{state.value}` ({gate.value})" for gate, state in GATE_STATE.items())
    steps = ", ".join(f"`{kind.value}` in `{state.value}`" for kind, state in STEP_STATE.items())
    parts = [
        "# States of a run",
        "",
        "Generated from `RUN_TRANSITIONS` in `research/engine/domain/states.py`; a test fails when this page is old.",
        "Write it anew with `python -m research.engine.domain.states_page > docs/reference/states.md`.",
        "",
        "Every move is one guarded update with one event of the run's trail in the same transaction. A pair of state",
        "and event that is not below is refused (`stale_state`).",
        "",
        f"Gates, where only people let a run pass: {gates}.",
        "",
        f"Steps of work: {steps}.",
        "",
        "```mermaid",
        diagram(),
        "```",
        "",
        "| from | event | to | what it is |",
        "|---|---|---|---|",
        *(_row(row) for row in RUN_TRANSITIONS),
        "",
    ]
    return "\n".join(parts)


def diagram() -> str:
    """Return a Mermaid state diagram with every row of the table; rows between the same states share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in RUN_TRANSITIONS:
        for target in _targets(row):
            arrows.setdefault((row.source.value, target), []).append(row.event.value)
    lines = ["stateDiagram-v2", f"    [*] --> {RunState.IDLE.value}"]
    lines += [f"    {source} --> {target}: {' / '.join(events)}" for (source, target), events in arrows.items()]
    lines += [f"    {state.value} --> [*]" for state in sorted(TERMINAL)]
    return "\n".join(lines)


def _targets(row: Transition) -> list[str]:
    """Return where a row leads; a run set aside goes back to each state it can have come from."""
    if row.target is not None:
        return [row.target.value]
    return [other.source.value for other in RUN_TRANSITIONS if other.target is row.source]


def _row(row: Transition) -> str:
    target = f"`{row.target.value}`" if row.target else _BACK
    return f"| `{row.source.value}` | `{row.event.value}` | {target} | {_KINDS[row.kind]} |"


if __name__ == "__main__":
    sys.stdout.write(page())
