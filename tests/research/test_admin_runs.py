"""Runs in the admin: asked for by a form, watched, operated by those who may, exported."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from research.engine.domain.states import WAITING, RunEvent, RunState
from research.models import Breaker, Document, Event, Run, RunBudget, Step, Task, Team
from research.services import flow, recording
from tests.doubles import rows
from tests.research import admin_rows
from tests.research.test_admin_pages import assert_clean, client_of, page_of

NEW = reverse("admin:research_run_add")


def good(people, **change):
    return {"prompt": rows.PROMPT, "vertical": "gambling", "engine": "extractive", "team": people.team.pk} | change


def operate(run, verb):
    return reverse("admin:research_run_operate", args=[run.pk, verb])


def test_a_requester_asks_for_a_run_and_is_led_to_its_page(people):
    response = client_of(people.requester).post(NEW, good(people))
    run = Run.objects.get()
    assert response["Location"] == page_of("run", run.pk)
    assert (run.state, run.requester, run.team) == ("planning", people.requester, people.team)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"prompt": ""}, "The prompt is empty"),
        ({"prompt": "short"}, "The prompt is too short"),
        ({"prompt": "x" * 100_000}, "The prompt has 100,000 characters"),
        ({"vertical": "astrology"}, "astrology"),
        ({"engine": "oracle"}, "oracle"),
        ({"team": 10**6}, "not one of the available choices"),
        ({"team": ""}, "required"),
    ],
)
def test_what_is_wrong_stands_at_its_field_as_one_sentence_and_nothing_is_made(people, change, words):
    page = client_of(people.requester).post(NEW, good(people, **change)).content.decode()
    assert words in page
    assert page.count('class="errorlist') == 1
    assert_clean(page)
    assert not Run.objects.exists()


def test_a_run_that_can_wait_and_answers_afresh_is_asked_for_by_the_form(people):
    client = client_of(people.requester)
    page = client.get(NEW).content.decode()
    assert "half the price" in page
    assert "Answer afresh" in page
    client.post(NEW, good(people, priority="batch", bypass_cache="on"))
    run = Run.objects.get()
    assert (run.priority, run.bypass_cache) == ("batch", True)
    shown = client.get(page_of("run", run.pk)).content.decode()
    assert "extractive, batch, answered afresh" in shown
    assert "errorlist" in client.post(NEW, good(people, priority="urgent")).content.decode()


def test_another_teams_run_cannot_be_asked_for(people):
    other = Team.objects.create(name="Elsewhere", slug="elsewhere")
    client = client_of(people.requester)
    assert "Elsewhere" not in client.get(NEW).content.decode()
    client.post(NEW, good(people, team=other.pk))
    assert not Run.objects.exists()


@pytest.mark.parametrize("role", ["auditor", "reviewer", "approver"])
def test_others_do_not_ask_for_runs(people, role):
    client = client_of(getattr(people, role))
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, good(people)).status_code == 403
    assert not Run.objects.exists()


@pytest.mark.parametrize("state", sorted(WAITING))
def test_a_waiting_runs_page_leads_to_its_gate(people, state):
    run = rows.run_at(state, people)
    page = client_of(people.reviewer).get(page_of("run", run.pk)).content.decode()
    assert_clean(page)
    assert f'href="/reviews/{run.pk}/' in page or 'href="/reviews/sections/' in page
    assert f"{run.state.split('_')[0][:4]}" in page
    assert "progress.js" not in page


def test_a_working_runs_page_keeps_itself_up_to_date(people):
    run = rows.new_run(people)
    client = client_of(people.auditor)
    page = client.get(page_of("run", run.pk)).content.decode()
    live = reverse("admin:research_run_live", args=[run.pk])
    assert "mrd/progress.js" in page
    assert f'data-address="{live}"' in page
    part = client.get(live)
    assert part["X-Run-State"] == "planning"
    assert "no-store" in part["Cache-Control"]
    assert "<progress" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert client_of(people.outsider).get(live).status_code == 404


@pytest.mark.parametrize("said", [uuid.UUID(int=0), "nonsense"])
def test_a_run_that_is_not_there_is_a_404(people, said):
    assert client_of(people.auditor).get(f"/admin/research/run/{said}/change/").status_code == 404


# ── operating ────────────────────────────────────────────────────────────────────────────────────


def test_a_requester_is_asked_first_then_the_run_is_paused_resumed_and_cancelled(people):
    run = rows.new_run(people)
    client = client_of(people.requester)

    def state():
        run.refresh_from_db()
        return run.state

    page = client.get(operate(run, "pause")).content.decode()
    assert "Pause this run?" in page
    assert_clean(page)
    assert state() == "planning"
    client.post(operate(run, "pause"), {"reason": "holiday"})
    assert (state(), run.state_reason) == ("paused", "holiday")
    assert operate(run, "resume") in client.get(page_of("run", run.pk)).content.decode()
    client.post(operate(run, "resume"))
    assert state() == "planning"
    client.post(operate(run, "cancel"), {"reason": "no need"})
    assert state() == "cancelled"
    assert "Cancel run" not in client.get(page_of("run", run.pk)).content.decode()


@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_without_a_reason_nothing_happens(people, verb):
    run = rows.new_run(people)
    page = client_of(people.requester).post(operate(run, verb), {"reason": " "}).content.decode()
    assert "Say in a few words why" in page
    run.refresh_from_db()
    assert run.state == "planning"


def test_what_the_state_does_not_take_is_said_on_the_runs_page(people):
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    page = client_of(people.requester).post(operate(run, "resume"), follow=True).content.decode()
    assert "does not take" in page


@pytest.mark.parametrize("verb", ["pause", "resume", "finish", "cancel", "budget"])
@pytest.mark.parametrize(("role", "status"), [("auditor", 403), ("reviewer", 403), ("outsider", 404)])
def test_nobody_else_operates_a_run(people, verb, role, status):
    run = rows.new_run(people)
    client = client_of(getattr(people, role))
    answers = {"reason": "x", "calls": 10**6, "searches": 10**6, "tokens": 10**9, "cost_usd": 10**6}
    assert client.get(operate(run, verb)).status_code == status
    assert client.post(operate(run, verb), answers).status_code == status
    run.refresh_from_db()
    assert run.state == "planning"
    assert RunBudget.objects.get(run=run, phase="research").max_searches == 500


def test_the_audit_page_has_no_buttons_to_operate(people):
    run = rows.new_run(people)
    assert "/operate/" not in client_of(people.auditor).get(page_of("run", run.pk)).content.decode()


def test_a_budget_is_raised_never_lowered(people):
    run = rows.new_run(people)
    client = client_of(people.requester)
    present = {"calls": 5000, "searches": 500, "tokens": 40_000_000, "cost_usd": "200"}
    client.post(operate(run, "budget"), present | {"searches": 900})
    assert RunBudget.objects.get(run=run, phase="research").max_searches == 900
    page = client.post(operate(run, "budget"), present | {"searches": 10}).content.decode()
    assert "can only be raised" in page
    for wrong in ("", "-1", "1e9", "NaN", "99999999999"):
        assert "errorlist" in client.post(operate(run, "budget"), present | {"searches": wrong}).content.decode()
    assert RunBudget.objects.get(run=run, phase="research").max_searches == 900


@pytest.mark.parametrize(("limit", "shown"), [("200", "200.00"), ("0.000001", "0.01")])
def test_the_budget_form_takes_what_it_shows_and_shows_no_less_than_the_limit(people, limit, shown):
    run = rows.new_run(people)
    RunBudget.objects.filter(run=run, phase="research").update(max_cost_usd=Decimal(limit))
    client = client_of(people.requester)
    form = client.get(operate(run, "budget")).context["form"]
    prefilled = {name: str(form[name].value()) for name in form.fields}
    assert prefilled["cost_usd"] == shown
    answered = client.post(operate(run, "budget"), prefilled | {"searches": 900})
    assert answered.status_code == 302
    assert RunBudget.objects.get(run=run, phase="research").max_searches == 900


@pytest.mark.parametrize("verb", ["pause", "resume", "finish", "cancel", "budget"])
def test_a_superuser_outside_the_team_sees_its_run_without_buttons_and_does_not_operate_it(people, verb):
    run = rows.new_run(people)
    client = client_of(people.superuser)
    page = client.get(page_of("run", run.pk))
    assert page.status_code == 200
    assert "/operate/" not in page.content.decode()
    answers = {"reason": "x", "calls": 10**6, "searches": 10**6, "tokens": 10**9, "cost_usd": 10**6}
    assert client.post(operate(run, verb), answers).status_code == 403
    run.refresh_from_db()
    assert run.state == "planning"


# ── finishing with what there is ─────────────────────────────────────────────────────────────────


def paused_in_research(people, *, actor=recording.ENGINE, not_before=None) -> Run:
    """Return a run paused in the middle of its research, one of its four questions researched."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    rows.Plan.objects.filter(run=run).update(approved_at=rows.NOW)
    flow.fire(run_id=run.pk, event=RunEvent.PLAN_APPROVED, actor="x", now=rows.NOW)
    Step.objects.filter(run=run, kind="investigate", key="rivals").update(state="done", finished_at=rows.NOW)
    why = "The next call would pass this run's limit of $200.00 for research: raise the budget."
    return flow.fire(run_id=run.pk, event=RunEvent.PAUSED, actor=actor, now=rows.NOW, reason=why, not_before=not_before)


def test_a_run_paused_for_its_budget_says_the_two_ways_on_with_links_for_who_may_go_them(people):
    run = paused_in_research(people)
    for role, may in (("requester", True), ("auditor", False)):
        page = client_of(getattr(people, role)).get(page_of("run", run.pk)).content.decode()
        assert_clean(page)
        assert "Two ways on" in page
        for verb in ("budget", "finish"):
            assert (f'href="{operate(run, verb)}"' in page) is may


def test_a_run_somebody_paused_or_that_waits_for_a_provider_says_no_two_ways(people):
    by_hand = paused_in_research(people, actor=str(people.requester.actor_id))
    waits = paused_in_research(people, not_before=rows.NOW)
    client = client_of(people.requester)
    assert "Two ways on" not in client.get(page_of("run", by_hand.pk)).content.decode()
    page = client.get(page_of("run", waits.pk)).content.decode()
    assert "Two ways on" not in page
    assert "tries again at" in page
    assert "2026-03-01 09:30:00 UTC" in page


def test_a_paused_run_is_finished_with_what_there_is_after_saying_what_is_left_out(people):
    run = paused_in_research(people)
    client = client_of(people.requester)
    page = client.get(operate(run, "finish")).content.decode()
    assert "3 questions are not researched yet and will be left out" in page
    assert_clean(page)
    assert "Say in a few words why" in client.post(operate(run, "finish"), {"reason": " "}).content.decode()
    run.refresh_from_db()
    assert run.state == "paused"
    client.post(operate(run, "finish"), {"reason": "the board meets on Monday"})
    run.refresh_from_db()
    assert run.finishing
    assert run.state != "paused"
    left = Task.objects.filter(plan__run=run, reason__contains="the board meets on Monday")
    assert sorted(left.values_list("key", flat=True)) == ["law-nj", "market-revenue", "protection"]
    assert "finishing with what there is" in client.get(page_of("run", run.pk)).content.decode()
    assert Event.objects.get(run=run, kind="run.finishing").actor == str(people.requester.actor_id)


def test_a_failed_run_can_be_finished_and_one_that_works_or_is_being_planned_cannot(people):
    failed, _ = admin_rows.failed(people)
    client = client_of(people.requester)
    assert operate(failed, "finish") not in client.get(page_of("run", failed.pk)).content.decode()
    assert "no plan yet" in client.post(operate(failed, "finish"), {"reason": "x"}, follow=True).content.decode()
    later = paused_in_research(people)
    Run.objects.filter(pk=later.pk).update(state="failed")
    assert operate(later, "finish") in client.get(page_of("run", later.pk)).content.decode()
    working = rows.new_run(people)
    assert operate(working, "finish") not in client.get(page_of("run", working.pk)).content.decode()
    assert "Only a paused" in client.post(operate(working, "finish"), {"reason": "x"}, follow=True).content.decode()


def test_an_unknown_verb_is_a_404(people):
    assert client_of(people.requester).get(operate(rows.new_run(people), "explode")).status_code == 404


# ── retrying ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", ["failed", "quarantined"])
def test_a_stuck_step_is_retried_by_one_click_and_its_run_goes_on(people, state):
    run, step = admin_rows.failed(people, state=state)
    client = client_of(people.requester)
    retry = reverse("admin:research_step_retry", args=[step.pk])
    for address in (page_of("run", run.pk), page_of("step", step.pk)):
        assert f'action="{retry}"' in client.get(address).content.decode()
    assert client.post(retry)["Location"] == page_of("run", run.pk)
    step.refresh_from_db()
    run.refresh_from_db()
    assert (step.state, step.attempts, run.state) == ("ready", 0, "planning")
    assert "can be retried" in client.post(retry, follow=True).content.decode()


@pytest.mark.parametrize(("role", "status"), [("auditor", 403), ("reviewer", 403), ("outsider", 404)])
def test_nobody_else_retries(people, role, status):
    run, step = admin_rows.failed(people)
    client = client_of(getattr(people, role))
    retry = reverse("admin:research_step_retry", args=[step.pk])
    assert client.post(retry).status_code == status
    if status == 403:
        assert retry not in client.get(page_of("run", run.pk)).content.decode()
        assert retry not in client.get(page_of("step", step.pk)).content.decode()
    step.refresh_from_db()
    assert step.state == "failed"


def test_a_retry_is_no_link_that_a_page_could_load(people):
    _, step = admin_rows.failed(people)
    assert client_of(people.requester).get(reverse("admin:research_step_retry", args=[step.pk])).status_code == 405


def test_the_bulk_action_retries_ones_own_and_leaves_the_others(people):
    other = rows.person("other", "requester", team=people.team)
    _, step = admin_rows.failed(people)
    lists = reverse("admin:research_step_changelist")
    chosen = {"action": "retry", "_selected_action": [step.pk]}
    assert "left alone" in client_of(other).post(lists, chosen, follow=True).content.decode()
    client_of(people.auditor).post(lists, chosen)
    step.refresh_from_db()
    assert step.state == "failed"
    client_of(people.requester).post(lists, chosen)
    step.refresh_from_db()
    assert step.state == "ready"


def test_a_breaker_is_closed_by_administrators_alone(people):
    Breaker.objects.create(name="web", failures=5, opened_at=rows.NOW)
    boss = rows.person("boss", "administrator")
    chosen = {"action": "reset", "_selected_action": ["web"]}
    lists = reverse("admin:research_breaker_changelist")
    for user, is_open in ((people.requester, True), (boss, False)):
        page = client_of(user).post(lists, chosen, follow=True)
        assert ("1 breaker is closed." in page.content.decode()) is not is_open
        assert (Breaker.objects.get().opened_at is not None) is is_open


# ── documents ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("form", ["json", "md", "html"])
def test_a_team_member_exports_and_it_is_an_event_in_their_name(people, form):
    run = admin_rows.completed(people)
    response = client_of(people.auditor).get(reverse("admin:research_run_export", args=[run.pk, form]))
    assert response["Content-Disposition"].startswith("attachment")
    event = Event.objects.filter(run=run, kind="export.made").get()
    assert event.actor == str(people.auditor.actor_id)
    assert json.loads(event.payload)["data"]["format"] == form
    other = client_of(people.outsider).get(reverse("admin:research_run_export", args=[run.pk, form]))
    assert other.status_code == 404


def test_what_cannot_be_exported_is_said_on_the_runs_page(people):
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    client = client_of(people.auditor)
    for form, words in (("md", "claims gate"), ("xls", "json, md, html, pdf, docx")):
        address = reverse("admin:research_run_export", args=[run.pk, form])
        assert words in client.get(address, follow=True).content.decode()


def test_a_document_is_read_in_the_site_with_links_to_its_quotes_and_nothing_that_runs(people):
    run = admin_rows.completed(people)
    document = rows.document_of(run)
    address = reverse("admin:research_document_read", args=[document.pk])
    response = client_of(people.auditor).get(address)
    page = response.content.decode()
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "/admin/research/evidence/" in page
    assert "/admin/research/claim/" in page
    assert "Ada Prove" in page
    assert client_of(people.outsider).get(address).status_code == 404


def test_a_changed_document_is_not_shown(people):
    run = rows.run_at(RunState.SIGN_OFF, people)
    document = rows.document_of(run)
    Document.objects.filter(pk=document.pk).update(body=document.body.replace("New Jersey", "New Jersex", 1))
    address = reverse("admin:research_document_read", args=[document.pk])
    page = client_of(people.auditor).get(address, follow=True).content.decode()
    assert "not what its digest says" in page


def test_steps_of_a_run_are_led_to_from_its_page(people):
    run = admin_rows.completed(people)
    client = client_of(people.auditor)
    for name in ("event", "step", "call", "claim", "evidence", "decision"):
        address = f"{reverse(f'admin:research_{name}_changelist')}?run__id__exact={run.pk}"
        assert address in client.get(page_of("run", run.pk)).content.decode()
        assert client.get(address).status_code == 200
    assert Step.objects.filter(run=run).exists()
