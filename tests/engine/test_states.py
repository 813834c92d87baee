"""The run's state machine: every pair of state and event has its one answer, refusals included."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from research.engine.domain import states_page
from research.engine.domain.errors import StaleState
from research.engine.domain.states import (
    GATE_STATE,
    RUN_TRANSITIONS,
    STEP_STATE,
    TERMINAL,
    WAITING,
    WORKING,
    Gate,
    RunEvent,
    RunState,
    StepKind,
    target_of,
)

S, E = RunState, RunEvent
# Every row of the design, written down a second time by hand. BACK: to where the run was.
BACK = None
DESIGN = {
    # forward
    (S.IDLE, E.STARTED): S.PLANNING,
    (S.PLANNING, E.PLAN_READY): S.PLAN_REVIEW,
    (S.PLAN_REVIEW, E.PLAN_APPROVED): S.RESEARCHING,
    (S.RESEARCHING, E.RESEARCHED): S.VALIDATING,
    (S.VALIDATING, E.VALIDATED): S.CLAIM_REVIEW,
    (S.CLAIM_REVIEW, E.CLAIMS_PASSED): S.DRAFTING,
    (S.DRAFTING, E.DRAFTED): S.REGULATORY_REVIEW,
    (S.REGULATORY_REVIEW, E.REGULATORY_PASSED): S.SIGN_OFF,
    (S.SIGN_OFF, E.SIGNED): S.COMPLETED,
    # back
    (S.PLAN_REVIEW, E.PLAN_REJECTED): S.PLANNING,
    (S.REGULATORY_REVIEW, E.SECTION_REDRAFT): S.DRAFTING,
    (S.REGULATORY_REVIEW, E.SECTION_RECLAIM): S.CLAIM_REVIEW,
    (S.SIGN_OFF, E.DOCUMENT_REJECTED): S.DRAFTING,
    # an edit: the approval is void, its gate opens again
    (S.PLAN_REVIEW, E.PLAN_EDITED): S.PLAN_REVIEW,
    (S.RESEARCHING, E.PLAN_VOIDED): S.PLAN_REVIEW,
    (S.VALIDATING, E.PLAN_VOIDED): S.PLAN_REVIEW,
    (S.CLAIM_REVIEW, E.PLAN_VOIDED): S.PLAN_REVIEW,
    (S.DRAFTING, E.CLAIMS_VOIDED): S.CLAIM_REVIEW,
    (S.REGULATORY_REVIEW, E.CLAIMS_VOIDED): S.CLAIM_REVIEW,
    (S.SIGN_OFF, E.CLAIMS_VOIDED): S.CLAIM_REVIEW,
    (S.REGULATORY_REVIEW, E.REGULATORY_VOIDED): S.REGULATORY_REVIEW,
    (S.SIGN_OFF, E.REGULATORY_VOIDED): S.REGULATORY_REVIEW,
    # empty gates
    (S.CLAIM_REVIEW, E.CLAIMS_EMPTY): S.DRAFTING,
    (S.REGULATORY_REVIEW, E.REGULATORY_EMPTY): S.SIGN_OFF,
    # side
    **{(state, E.PAUSED): S.PAUSED for state in (S.PLANNING, S.RESEARCHING, S.VALIDATING, S.DRAFTING)},
    **{(state, E.FAILED): S.FAILED for state in (S.PLANNING, S.RESEARCHING, S.VALIDATING, S.DRAFTING)},
    (S.PAUSED, E.RESUMED): BACK,
    (S.FAILED, E.RETRIED): BACK,
    **{
        (state, E.CANCELLED): S.CANCELLED
        for state in (
            S.IDLE, S.PLANNING, S.PLAN_REVIEW, S.RESEARCHING, S.VALIDATING, S.CLAIM_REVIEW, S.DRAFTING,
            S.REGULATORY_REVIEW, S.SIGN_OFF, S.PAUSED, S.FAILED,
        )
    },
}  # fmt: skip
PAIRS = list(itertools.product(S, E))


def test_the_table_holds_the_rows_of_the_design_and_no_other():
    assert {(row.source, row.event): row.target for row in RUN_TRANSITIONS} == DESIGN


def test_no_pair_has_two_rows():
    assert len({(row.source, row.event) for row in RUN_TRANSITIONS}) == len(RUN_TRANSITIONS)


@pytest.mark.parametrize(("state", "event"), PAIRS, ids=lambda value: value.value)
def test_every_pair_gives_its_target_or_is_refused(state, event):
    """A pair of the design leads where it says; every other is refused in a sentence that names both."""
    for was in (None, *sorted(WORKING)):
        if (state, event) not in DESIGN:
            with pytest.raises(StaleState) as refusal:
                target_of(state, event, resume_to=was)
            assert state.value in refusal.value.detail
            assert event.value in refusal.value.detail
        elif (target := DESIGN[state, event]) is not None:
            assert target_of(state, event, resume_to=was) is target
        elif was is None:
            with pytest.raises(StaleState, match="no recorded state"):
                target_of(state, event)
        else:
            assert target_of(state, event, resume_to=was) is was


def test_a_state_that_has_ended_takes_nothing():
    assert frozenset({S.COMPLETED, S.CANCELLED}) == TERMINAL
    assert not [row for row in RUN_TRANSITIONS if row.source in TERMINAL]


def test_every_state_is_of_one_sort():
    """Working, waiting for people, ended, set aside or not begun: no state is two of these, none is none."""
    sorts = [WORKING, WAITING, TERMINAL, {S.PAUSED, S.FAILED}, {S.IDLE}]
    assert sorted(state for sort in sorts for state in sort) == sorted(S)


def test_every_state_can_be_reached_and_left_and_every_event_is_used():
    assert {row.target for row in RUN_TRANSITIONS} - {None} == set(S) - {S.IDLE}
    assert {row.source for row in RUN_TRANSITIONS} == set(S) - TERMINAL
    assert {row.event for row in RUN_TRANSITIONS} == set(E)


def test_only_work_is_paused_or_fails():
    """A run that waits for people holds no worker: there is nothing to pause and nothing that fails."""
    aside = {row.source for row in RUN_TRANSITIONS if row.event in (E.PAUSED, E.FAILED)}
    assert aside == WORKING


@pytest.mark.parametrize("gate", list(Gate))
def test_forward_out_of_a_gate_leads_one_decision_or_one_empty_event(gate):
    """No gate has a second way forward, and plan and sign-off have no empty way at all."""
    out = [row for row in RUN_TRANSITIONS if row.source is GATE_STATE[gate]]
    assert len([row for row in out if row.kind == "forward"]) == 1
    assert len([row for row in out if row.kind == "empty"]) == (gate in (Gate.CLAIMS, Gate.REGULATORY))


def test_every_kind_of_step_belongs_to_a_working_state():
    assert set(STEP_STATE) == set(StepKind)
    assert set(STEP_STATE.values()) == WORKING


def test_the_page_of_states_is_as_the_table_says():
    """docs/reference/states.md is generated; write it anew with `python -m research.engine.domain.states_page`."""
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "states.md"
    assert page.read_text(encoding="utf-8") == states_page.page()


def test_the_diagram_has_every_row():
    text = states_page.diagram()
    for row in RUN_TRANSITIONS:
        assert row.event.value in text
        assert row.source.value in text
