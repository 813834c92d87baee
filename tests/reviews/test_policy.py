"""The policy as a table: for each rule a row that passes and rows that are refused."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from research.engine.domain.errors import Refused
from research.engine.domain.states import Gate, Verdict
from reviews import policy, policy_page
from reviews.policy import Facts

ME, REQUESTER, OTHER = 1, 2, 3
ROOT = Path(__file__).parents[2]

PLAN = Facts(
    gate="plan",
    verdict="approve",
    door="desk",
    person_id=ME,
    requester_id=REQUESTER,
    is_active=True,
    is_member=True,
    groups=frozenset({"reviewer"}),
)
CLAIM = replace(PLAN, gate="claims")
LAW_CLAIM = replace(CLAIM, groups=frozenset({"regulatory reviewer"}), regulatory=True)
SECTION = replace(LAW_CLAIM, gate="regulatory")
DOCUMENT = replace(
    PLAN, gate="sign_off", groups=frozenset({"approver"}), meaning="Approved for release", password_confirmed=True
)


def _groups(*names: str) -> frozenset[str]:
    return frozenset(names)


PASSES = {
    "a reviewer approves a plan": PLAN,
    "an approver approves a plan": replace(PLAN, groups=_groups("approver")),
    "a reviewer rejects a plan with a comment": replace(PLAN, verdict="reject", comment="too broad"),
    "a reviewer edits a plan with a comment": replace(PLAN, verdict="edit", comment="narrower"),
    "an editor of the plan edits it again": replace(PLAN, verdict="edit", comment="x", author_ids=frozenset({ME})),
    "an editor of the plan rejects it": replace(PLAN, verdict="reject", comment="x", author_ids=frozenset({ME})),
    "the requester edits the plan": replace(
        PLAN, person_id=REQUESTER, verdict="edit", comment="I meant Ontario", groups=_groups("requester")
    ),
    "somebody else edited the plan": replace(PLAN, author_ids=frozenset({OTHER, REQUESTER})),
    "a reviewer accepts a claim": CLAIM,
    "a reviewer edits a claim": replace(CLAIM, verdict="edit", comment="figure"),
    "a reviewer rejects a claim": replace(CLAIM, verdict="reject", comment="boilerplate"),
    "a regulatory reviewer accepts a regulatory claim": LAW_CLAIM,
    "a regulatory reviewer approves a section first": SECTION,
    "a second one approves it": replace(SECTION, decider_ids=frozenset({OTHER})),
    "the first approver edits the section": replace(
        SECTION, verdict="edit", comment="word", decider_ids=frozenset({ME})
    ),
    "a reviewer edits a section that is not regulatory": replace(
        SECTION, regulatory=False, groups=_groups("reviewer"), verdict="edit", comment="word"
    ),
    "an approver signs": DOCUMENT,
    "an approver rejects without a password": replace(
        DOCUMENT, verdict="reject", comment="wrong market", meaning="", password_confirmed=False
    ),
    "a superuser who is a member and a reviewer": replace(PLAN, is_superuser=True),
    "a decision through each door": replace(PLAN, door="api"),
    "a demo decision on a demo run": replace(PLAN, door="demo", is_demo=True),
}

REFUSED = {
    "active: an account switched off": (replace(PLAN, is_active=False), "active"),
    "member: a reviewer of another team": (replace(PLAN, is_member=False), "member"),
    "member: a superuser of no team": (replace(PLAN, is_member=False, is_superuser=True), "member"),
    "auditor: an auditor": (replace(PLAN, groups=_groups("auditor")), "auditor"),
    "auditor: an auditor in every other group": (
        replace(DOCUMENT, groups=_groups("auditor", "reviewer", "approver", "regulatory reviewer")),
        "auditor",
    ),
    "door: an unknown door": (replace(PLAN, door="backdoor"), "door"),
    "door: no door": (replace(PLAN, door=""), "door"),
    "door: a demo decision on a real run": (replace(PLAN, door="demo"), "door"),
    "granted: an unknown gate": (replace(PLAN, gate="coffee"), "granted"),
    "granted: an unknown verdict": (replace(PLAN, verdict="maybe"), "granted"),
    "granted: a document edited as a whole": (replace(DOCUMENT, verdict="edit", comment="x"), "granted"),
    "granted: approval of a section that is not regulatory": (replace(SECTION, regulatory=False), "granted"),
    "group: nobody's": (replace(PLAN, groups=frozenset()), "group"),
    "group: a group nobody knows": (replace(PLAN, groups=_groups("wizard")), "group"),
    "group: a requester of other runs approves a plan": (replace(PLAN, groups=_groups("requester")), "group"),
    "group: a requester of other runs edits a plan": (
        replace(PLAN, groups=_groups("requester"), verdict="edit", comment="x"),
        "group",
    ),
    "group: an administrator": (replace(PLAN, groups=_groups("administrator")), "group"),
    "group: an approver accepts a claim": (replace(CLAIM, groups=_groups("approver")), "group"),
    "group: a plain reviewer accepts a regulatory claim": (replace(CLAIM, regulatory=True), "group"),
    "group: a regulatory reviewer accepts another claim": (replace(LAW_CLAIM, regulatory=False), "group"),
    "group: a plain reviewer approves a section": (replace(SECTION, groups=_groups("reviewer")), "group"),
    "group: a reviewer signs": (replace(DOCUMENT, groups=_groups("reviewer", "regulatory reviewer")), "group"),
    "group: a superuser signs": (replace(DOCUMENT, groups=frozenset(), is_superuser=True), "group"),
    "requester: approves their plan": (replace(PLAN, person_id=REQUESTER), "requester"),
    "requester: rejects their plan": (replace(PLAN, person_id=REQUESTER, verdict="reject", comment="x"), "requester"),
    "requester: accepts a claim": (replace(CLAIM, person_id=REQUESTER), "requester"),
    "requester: edits a claim": (replace(CLAIM, person_id=REQUESTER, verdict="edit", comment="x"), "requester"),
    "requester: approves a section": (replace(SECTION, person_id=REQUESTER), "requester"),
    "requester: signs": (replace(DOCUMENT, person_id=REQUESTER), "requester"),
    "requester: a superuser signs their own run": (
        replace(DOCUMENT, person_id=REQUESTER, is_superuser=True),
        "requester",
    ),
    "author: the plan's editor approves it": (replace(PLAN, author_ids=frozenset({ME})), "author"),
    "author: one of several editors approves the plan": (replace(PLAN, author_ids=frozenset({OTHER, ME})), "author"),
    "author: the claim's last editor accepts it": (replace(CLAIM, author_ids=frozenset({ME})), "author"),
    "author: the section's editor approves it": (replace(SECTION, author_ids=frozenset({ME})), "author"),
    "author: who edited a section signs": (replace(DOCUMENT, author_ids=frozenset({ME})), "author"),
    "once: the first approver approves again": (replace(SECTION, decider_ids=frozenset({ME})), "once"),
    "once: the first approver rejects": (
        replace(SECTION, decider_ids=frozenset({ME}), verdict="reject", comment="x"),
        "once",
    ),
    "comment: a rejection without one": (replace(CLAIM, verdict="reject"), "comment"),
    "comment: a rejection with blanks": (replace(CLAIM, verdict="reject", comment=" \n\t"), "comment"),
    "comment: an edit without one": (replace(PLAN, verdict="edit"), "comment"),
    "meaning: a signature without one": (replace(DOCUMENT, meaning=" "), "meaning"),
    "password: a signature without it": (replace(DOCUMENT, password_confirmed=False), "password"),
}


@pytest.mark.parametrize("facts", PASSES.values(), ids=PASSES.keys())
def test_the_policy_lets_pass(facts):
    """What the table grants passes."""
    policy.check(facts)


@pytest.mark.parametrize(("facts", "rule"), REFUSED.values(), ids=REFUSED.keys())
def test_the_policy_refuses(facts, rule):
    """What the table does not grant is refused by the rule that says so, in one sentence."""
    with pytest.raises(Refused) as refused:
        policy.check(facts)
    assert refused.value.rule == rule
    assert refused.value.detail.endswith(".") or refused.value.detail.endswith("'.")
    assert "\n" not in refused.value.detail


def test_every_rule_has_a_row_that_it_refuses():
    """No rule stands untested: each refuses at least one row above."""
    assert {rule for _, rule in REFUSED.values()} == {rule.name for rule in policy.RULES}


NAMES = ["requester", "reviewer", "regulatory reviewer", "approver", "auditor", "administrator", "wizard"]
ids = st.integers(min_value=1, max_value=4)
facts_of_any_kind = st.builds(
    Facts,
    gate=st.sampled_from([*Gate, "coffee", ""]),
    verdict=st.sampled_from([*Verdict, "maybe", ""]),
    door=st.sampled_from([*policy.DOORS, "backdoor"]),
    person_id=ids,
    requester_id=ids,
    is_active=st.booleans(),
    is_member=st.booleans(),
    is_superuser=st.booleans(),
    groups=st.frozensets(st.sampled_from(NAMES)),
    regulatory=st.booleans(),
    author_ids=st.frozensets(ids, max_size=2),
    decider_ids=st.frozensets(ids, max_size=2),
    comment=st.sampled_from(["", "  ", "because"]),
    meaning=st.sampled_from(["", "approved"]),
    password_confirmed=st.booleans(),
    is_demo=st.booleans(),
)
# Mostly what could pass: otherwise chance alone hardly ever gets as far as the last rules.
likely_facts = st.builds(
    replace,
    st.sampled_from(list(PASSES.values())),
    person_id=ids,
    groups=st.frozensets(st.sampled_from(NAMES[:4]), min_size=2),
    author_ids=st.frozensets(ids, max_size=1),
    decider_ids=st.frozensets(ids, max_size=1),
    comment=st.sampled_from(["", "because"]),
)


@given(st.one_of(facts_of_any_kind, likely_facts))
def test_whatever_passes_holds_to_every_condition(facts):
    """For random facts: passing implies each condition, said here a second time in other words."""
    if policy.objection(facts) is not None:
        return
    assert facts.is_active
    assert facts.is_member
    assert "auditor" not in facts.groups
    assert facts.door in policy.DOORS
    assert facts.door != "demo" or facts.is_demo
    assert facts.groups & {"reviewer", "regulatory reviewer", "approver", "requester"}
    own = facts.person_id == facts.requester_id
    assert not own or (facts.gate == "plan" and facts.verdict == "edit")
    if facts.verdict == "approve":
        assert facts.person_id not in facts.author_ids
    else:
        assert facts.comment.strip()
    if facts.verdict != "edit":
        assert facts.person_id not in facts.decider_ids
        assert facts.groups & {"reviewer", "regulatory reviewer", "approver"}
    if facts.gate == "claims":
        assert ("regulatory reviewer" if facts.regulatory else "reviewer") in facts.groups
    if facts.gate == "regulatory" and facts.verdict != "edit":
        assert facts.regulatory
        assert "regulatory reviewer" in facts.groups
    if facts.gate == "sign_off":
        assert "approver" in facts.groups
        assert facts.verdict in ("approve", "reject")
        assert facts.verdict == "reject" or (facts.meaning and facts.password_confirmed)


@given(st.one_of(facts_of_any_kind, likely_facts))
def test_a_superuser_is_judged_as_anybody(facts):
    """Being a superuser changes no answer, either way."""
    plain = policy.objection(replace(facts, is_superuser=False))
    mighty = policy.objection(replace(facts, is_superuser=True))
    assert (plain and plain.rule) == (mighty and mighty.rule)


@given(facts_of_any_kind, st.sampled_from(NAMES))
def test_more_groups_never_refuse_except_auditor(facts, name):
    """A further group only ever opens, but for the auditors'."""
    if name != "auditor" and policy.objection(facts) is None:
        assert policy.objection(replace(facts, groups=facts.groups | {name})) is None


def test_the_page_of_the_docs_is_in_step():
    """docs/reference/policy.md is what the policy renders."""
    page = (ROOT / "docs" / "reference" / "policy.md").read_text(encoding="utf-8")
    assert page == policy_page.render(), "run: python -m reviews.policy_page > docs/reference/policy.md"


def test_the_policy_needs_no_django():
    """The policy is pure: importing it does not import Django."""
    code = "import reviews.policy, sys; assert not any(name.split('.')[0] == 'django' for name in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
