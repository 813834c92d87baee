"""Who may decide what. Pure: facts in, nothing or `Refused` out, the same at every door.

Everything that is not granted is refused: an unknown gate, verdict or door, a group the table does not name, a person
who is no member. No rule reads `is_superuser`: a superuser decides where their groups and their team let them, or not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

from research.engine.domain.errors import Refused
from research.engine.domain.states import Gate, Verdict

REQUESTER = "requester"
REVIEWER = "reviewer"
REGULATORY_REVIEWER = "regulatory reviewer"
APPROVER = "approver"
AUDITOR = "auditor"

DOORS = ("admin", "desk", "bulk", "api", "cli", "demo")
DEMO_DOOR = "demo"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a decision is judged by, as it is while the run is held.

    regulatory: whether the claim or section belongs to a regulatory section.
    author_ids: whose words they are: every editor of the plan; the last editor of the claim; who edited the section
    since it was drafted; who edited a section of the document.
    decider_ids: who approved or rejected this very revision already (the first of two regulatory approvers).
    password_confirmed: whether the person has given their password again for this decision.
    is_demo: whether the run is a demo, the only kind that takes decisions from the demo door.
    """

    gate: str
    verdict: str
    door: str
    person_id: int
    requester_id: int
    is_active: bool
    is_member: bool
    is_superuser: bool = False
    groups: frozenset[str] = frozenset()
    regulatory: bool = False
    author_ids: frozenset[int] = frozenset()
    decider_ids: frozenset[int] = frozenset()
    comment: str = ""
    meaning: str = ""
    password_confirmed: bool = False
    is_demo: bool = False


class Grant(NamedTuple):
    """One row of the table: at this gate, this verdict belongs to these groups.

    regulatory: the row is for regulatory claims or sections, for the others, or None where that makes no difference.
    """

    gate: Gate
    verdict: Verdict
    regulatory: bool | None
    groups: frozenset[str]


def _row(gate: Gate, verdict: Verdict, *groups: str, regulatory: bool | None = None) -> Grant:
    return Grant(gate, verdict, regulatory, frozenset(groups))


GRANTS: tuple[Grant, ...] = (
    _row(Gate.PLAN, Verdict.APPROVE, REVIEWER, APPROVER),
    # The requester knows best what was meant: they may reword the plan, and another person approves the wording.
    _row(Gate.PLAN, Verdict.EDIT, REVIEWER, APPROVER, REQUESTER),
    _row(Gate.PLAN, Verdict.REJECT, REVIEWER, APPROVER),
    *(_row(Gate.CLAIMS, verdict, REVIEWER, regulatory=False) for verdict in Verdict),
    *(_row(Gate.CLAIMS, verdict, REGULATORY_REVIEWER, regulatory=True) for verdict in Verdict),
    *(_row(Gate.REGULATORY, verdict, REGULATORY_REVIEWER, regulatory=True) for verdict in Verdict),
    # Other sections are signed with the document, and mended on the way there.
    _row(Gate.REGULATORY, Verdict.EDIT, REVIEWER, regulatory=False),
    _row(Gate.SIGN_OFF, Verdict.APPROVE, APPROVER),
    _row(Gate.SIGN_OFF, Verdict.REJECT, APPROVER),
)


def _grant(facts: Facts) -> Grant | None:
    for row in GRANTS:
        if (row.gate, row.verdict) == (facts.gate, facts.verdict) and row.regulatory in (None, facts.regulatory):
            return row
    return None


def _is_own(facts: Facts) -> bool:
    return facts.person_id == facts.requester_id


def _edits_plan(facts: Facts) -> bool:
    return (facts.gate, facts.verdict) == (Gate.PLAN, Verdict.EDIT)


def _active(facts: Facts) -> str | None:
    return None if facts.is_active else "This account is switched off: ask an administrator to switch it on."


def _member(facts: Facts) -> str | None:
    return None if facts.is_member else "You are not a member of the run's team: ask an administrator to add you."


def _auditor(facts: Facts) -> str | None:
    return "Auditors look and never decide: ask a reviewer." if AUDITOR in facts.groups else None


def _door(facts: Facts) -> str | None:
    if facts.door not in DOORS:
        return f"Decisions do not come through '{facts.door}': use the desk, the API or the command."
    if facts.door == DEMO_DOOR and not facts.is_demo:
        return "Demo decisions are made on demo runs alone: decide this run at the desk."
    return None


def _granted(facts: Facts) -> str | None:
    if _grant(facts) is not None:
        return None
    if (facts.gate, facts.verdict) == (Gate.SIGN_OFF, Verdict.EDIT):
        return "A document is not edited as a whole: edit the section that holds the sentence."
    if facts.gate == Gate.REGULATORY and not facts.regulatory:
        return "This section is not regulatory: it is signed with the document, or edited before."
    return f"There is no verdict '{facts.verdict}' at a gate '{facts.gate}': use approve, edit or reject."


def _group(facts: Facts) -> str | None:
    row = _grant(facts)
    allowed = row.groups if row else frozenset()
    # The requester's group lets nobody edit other people's plans.
    counted = facts.groups if _is_own(facts) else facts.groups - {REQUESTER}
    if counted & allowed:
        return None
    names = " or ".join(f"'{name}'" for name in sorted(allowed - {REQUESTER}))
    return f"This needs somebody in the group {names}, and you are not: ask one of them." if names else "Nobody may."


def _requester(facts: Facts) -> str | None:
    if not _is_own(facts) or _edits_plan(facts):
        return None
    return "You requested this run, so you may not decide on it: another person does."


def _author(facts: Facts) -> str | None:
    if facts.verdict != Verdict.APPROVE or facts.person_id not in facts.author_ids:
        return None
    return "You edited this, so you may not approve it: another person does."


def _once(facts: Facts) -> str | None:
    if facts.verdict == Verdict.EDIT or facts.person_id not in facts.decider_ids:
        return None
    return "You have decided on this already: the second decision is another person's."


def _comment(facts: Facts) -> str | None:
    if facts.verdict == Verdict.APPROVE or facts.comment.strip():
        return None
    return "Say in a few words why: an edit or a rejection needs a comment."


def _signs(facts: Facts) -> bool:
    return (facts.gate, facts.verdict) == (Gate.SIGN_OFF, Verdict.APPROVE)


def _meaning(facts: Facts) -> str | None:
    if not _signs(facts) or facts.meaning.strip():
        return None
    return "Say what your signature means, for example 'I approve this document for release'."


def _password(facts: Facts) -> str | None:
    if not _signs(facts) or facts.password_confirmed:
        return None
    return "Signing needs your password again, and what was given is not it: type it once more."


class Rule(NamedTuple):
    """A rule: its name (stable, in API answers), what it says in the table of the docs, and its test."""

    name: str
    says: str
    objects: Callable[[Facts], str | None]


RULES: tuple[Rule, ...] = (
    Rule("active", "The account is active.", _active),
    Rule(
        "member",
        "The person is a member of the run's team. To others the run does not exist; a superuser may look.",
        _member,
    ),
    Rule("auditor", "Auditors never decide, whichever other groups they are in.", _auditor),
    Rule("door", "The decision comes through a known door; the demo door decides demo runs alone.", _door),
    Rule("granted", "The table grants this verdict at this gate to somebody.", _granted),
    Rule("group", "The person is in a group the table grants it to; being a superuser counts for nothing.", _group),
    Rule("requester", "Who requested a run decides nothing on it; they may edit its plan.", _requester),
    Rule("author", "Nobody approves their own words.", _author),
    Rule("once", "Two decisions on one revision are by two people.", _once),
    Rule("comment", "An edit or a rejection says why.", _comment),
    Rule("meaning", "A signature says what it means.", _meaning),
    Rule("password", "A signature takes the password again.", _password),
)
# What a form asks for: left out while nothing has been filled in yet.
ASKED = frozenset({"comment", "meaning", "password"})


def objection(facts: Facts, *, leave_out: Collection[str] = ()) -> Refused | None:
    """Return what the first rule that objects says, or None. `leave_out` names rules that are not asked."""
    for rule in RULES:
        if rule.name not in leave_out:
            sentence = rule.objects(facts)
            if sentence is not None:
                return Refused(sentence, rule=rule.name)
    return None


def check(facts: Facts) -> None:
    """Return where every rule agrees. Raises `Refused` with the name and the sentence of the first that does not."""
    refused = objection(facts)
    if refused is not None:
        raise refused
