"""The policy as a page of the reference: `python -m reviews.policy_page > docs/reference/policy.md`."""

from __future__ import annotations

import sys

from research.engine.domain.states import Gate, Verdict

from . import policy

_HEAD = """\
# Who may decide what

Made from `reviews/policy.py` by `python -m reviews.policy_page`; a test keeps the two in step.

The same policy is asked at every door: the review desk, the admin's actions, the API, the command line. It is asked
while the run's row is held, so the answer is still true when the decision is written. The database holds the core of
it once more by constraints: one decision a subject, digest and slot; one a person; two different people under an
approved regulatory section; a comment under every edit and rejection.

## The table
"""
_TAIL = """
A regulatory section needs two people; each of them is asked every rule. A person outside the team is told that there is
no such run; a superuser outside it sees the run and decides nothing. A decision over a digest that is no longer the
present one is a conflict, not a refusal: look again.

A person's own words are, for a plan, any revision of it they edited; for a claim, the last edit; for a section, any
edit since the engine drafted it; for a document, any edit of a section that stands in it.
"""


def render() -> str:
    """Return the page as Markdown."""
    lines = [_HEAD, "| gate | subject | approve | edit | reject |", "| --- | --- | --- | --- | --- |"]
    for gate, regulatory in dict.fromkeys((row.gate, row.regulatory) for row in policy.GRANTS):
        cells = [_cell(gate, regulatory, verdict) for verdict in Verdict]
        lines.append(f"| {gate.value} | {_subject(gate, regulatory)} | {' | '.join(cells)} |")
    lines += ["", "## The rules", "", "The first rule that objects is the one that is named.", ""]
    lines += ["| rule | what it asks |", "| --- | --- |"]
    lines += [f"| `{rule.name}` | {rule.says} |" for rule in policy.RULES]
    return "\n".join(lines) + "\n" + _TAIL


def _subject(gate: Gate, regulatory: bool | None) -> str:
    nouns = {
        Gate.PLAN: "plan",
        Gate.CLAIMS: "claim",
        Gate.REGULATORY: "section",
        Gate.SIGN_OFF: "document",
    }
    kind = {True: "regulatory ", False: "other ", None: ""}[regulatory]
    return kind + nouns[gate]


def _cell(gate: Gate, regulatory: bool | None, verdict: Verdict) -> str:
    for row in policy.GRANTS:
        if (row.gate, row.regulatory, row.verdict) == (gate, regulatory, verdict):
            own = ["the run's requester"] if policy.REQUESTER in row.groups else []
            return ", ".join([*sorted(row.groups - {policy.REQUESTER}), *own])
    return "nobody"


if __name__ == "__main__":
    sys.stdout.write(render())
