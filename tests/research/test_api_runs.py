"""Runs over the API: asked for once, read by their team alone, operated by their requester."""

from __future__ import annotations

import base64
import json
import uuid

import pytest

from research.engine.domain.states import RunState
from research.models import ApiIdempotency, Run, RunBudget, Team
from research.services import access
from tests.doubles import rows
from tests.research.api_client import assert_problem, client_of

RUNS = "/api/v1/runs/"
GOOD = {"prompt": rows.PROMPT, "vertical": "gambling"}


@pytest.fixture
def people(db):
    return rows.cast()


@pytest.fixture
def requester(people):
    return client_of(people.requester)


def post(client, body, path=RUNS, **headers):
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


def test_a_requester_asks_for_a_run_and_gets_it_planning(requester, people):
    response = post(requester, GOOD)
    assert response.status_code == 201
    run = Run.objects.get()
    out = response.json()
    assert response["Location"].endswith(f"{RUNS}{run.pk}/")
    assert (out["id"], out["state"], out["engine"], out["team"]) == (
        str(run.pk),
        "planning",
        "extractive",
        people.team.slug,
    )
    assert run.requester == people.requester
    assert out["waiting_for"] is None
    assert out["progress"]["steps"] == [{"kind": "plan", "done": 0, "running": 0, "stuck": 0, "total": 1}]


def test_calls_and_searches_are_whole_numbers_and_cost_is_a_decimal_string(requester):
    out = post(requester, GOOD | {"limits": {"searches": 7, "tokens": 123, "cost_usd": "1.5"}}).json()
    research = next(budget for budget in out["budgets"] if budget["phase"] == "research")
    limits = {amount["name"]: amount["limit"] for amount in research["amounts"]}
    assert limits["searches"] == 7
    assert limits["tokens"] == 123
    assert isinstance(limits["calls"], int)
    assert limits["cost_usd"] == "1.500000"


def test_limits_that_are_named_hold_and_the_others_stay(requester):
    default = post(requester, GOOD).json()
    named = post(requester, GOOD | {"limits": {"searches": 7}}).json()
    kept = RunBudget.objects.get(run=default["id"], phase="research")
    got = RunBudget.objects.get(run=named["id"], phase="research")
    assert (got.max_searches, got.max_calls, got.max_cost_usd) == (7, kept.max_calls, kept.max_cost_usd)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"prompt": ""}, "prompt", "empty"),
        ({"prompt": "short"}, "prompt", "too short"),
        ({"prompt": "x" * 100_000}, "prompt", "100,000 characters"),
        ({"prompt": None}, "prompt", ""),
        ({"prompt": "a market \ud800 with half a character"}, "prompt", ""),
        ({"vertical": "astrology"}, "vertical", "astrology"),
        ({"engine": "oracle"}, "engine", "oracle"),
        ({"team": "no-such-team"}, "team", "no-such-team"),
        ({"limits": {"searches": -1}}, "limits.searches", ""),
        ({"limits": {"cost_usd": "NaN"}}, "limits.cost_usd", ""),
        ({"limits": {"tokens": -1}}, "limits.tokens", ""),
        ({"priority": "urgent"}, "priority", "one of normal, batch"),
        ({"bypass_cache": "perhaps"}, "bypass_cache", ""),
        ({"limits": 5}, "limits", ""),
        ({"verticle": "saas"}, "verticle", "There is no field 'verticle' here; there are: prompt, vertical"),
        ({"limits": {"call": 5}}, "limits.call", "There is no field 'call'"),
        ({"\ud800": 1}, "\\ud800", "There is no field"),
    ],
)
def test_bad_input_gets_a_sentence_at_its_field_and_changes_nothing(requester, change, field, words):
    problem = assert_problem(post(requester, GOOD | change), 400, code="invalid_input", field=field)
    assert words in problem["detail"]
    assert not Run.objects.exists()


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "null", '{"prompt": NaN}', b"\xff\xfe", "[" * 100_000])
def test_what_is_no_json_object_is_a_400(requester, body):
    assert_problem(requester.post(RUNS, body, content_type="application/json"), 400)


def test_another_media_type_is_a_415(requester):
    assert_problem(requester.post(RUNS, "prompt=x", content_type="application/x-www-form-urlencoded"), 415)


def test_a_body_over_two_megabytes_is_a_413(requester):
    problem = assert_problem(post(requester, GOOD | {"prompt": "x" * (2 * 2**20)}), 413)
    assert "2 MB" in problem["detail"]


def test_another_teams_slug_is_refused_like_one_that_does_not_exist(requester):
    others = Team.objects.create(name="Elsewhere", slug="elsewhere")
    assert_problem(post(requester, GOOD | {"team": others.slug}), 400, field="team")


def test_a_person_of_two_teams_must_name_one(requester, people):
    second = Team.objects.create(name="Second", slug="second")
    second.members.add(people.requester)
    problem = assert_problem(post(requester, GOOD), 400, field="team")
    assert "second" in problem["detail"]
    assert post(requester, GOOD | {"team": "second"}).json()["team"] == "second"


def test_a_run_that_can_wait_and_answers_afresh(requester):
    out = post(requester, GOOD).json()
    assert (out["priority"], out["bypass_cache"], out["finishing"]) == ("normal", False, False)
    out = post(requester, GOOD | {"priority": "batch", "bypass_cache": True}).json()
    assert (out["priority"], out["bypass_cache"]) == ("batch", True)
    run = Run.objects.get(pk=out["id"])
    assert (run.priority, run.bypass_cache) == ("batch", True)


def test_one_person_asks_for_so_many_runs_a_minute_and_reads_on_meanwhile(requester, people, settings):
    settings.MRD = settings.MRD.model_copy(update={"api_runs_a_minute": 2})
    assert [post(requester, GOOD).status_code for _ in range(2)] == [201, 201]
    response = post(requester, GOOD)
    assert_problem(response, 429)
    assert int(response["Retry-After"]) >= 1
    assert Run.objects.count() == 2
    assert requester.get(RUNS).status_code == 200
    colleague = rows.person("busy-colleague", "requester", team=people.team)
    assert post(client_of(colleague), GOOD).status_code == 201


# ── the same key, the same run ───────────────────────────────────────────────────────────────────


def test_the_same_key_and_body_give_the_same_run(requester):
    first = post(requester, GOOD, **{"Idempotency-Key": "order-7"})
    again = post(requester, dict(reversed(GOOD.items())), **{"Idempotency-Key": "order-7"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Run.objects.count() == 1


def test_the_same_key_with_another_body_is_a_422(requester):
    post(requester, GOOD, **{"Idempotency-Key": "order-7"})
    other = GOOD | {"prompt": "Another market altogether, please"}
    response = post(requester, other, **{"Idempotency-Key": "order-7"})
    assert_problem(response, 422, code="idempotency_key_reused", field="Idempotency-Key")
    assert Run.objects.count() == 1


def test_a_key_is_its_persons_own(requester, people):
    post(requester, GOOD, **{"Idempotency-Key": "order-7"})
    colleague = rows.person("colleague", "requester", team=people.team)
    assert post(client_of(colleague), GOOD, **{"Idempotency-Key": "order-7"}).status_code == 201
    assert Run.objects.count() == 2


@pytest.mark.parametrize("key", ["", "two words", "x" * 101])
def test_a_key_that_is_none_is_refused(requester, key):
    assert_problem(post(requester, GOOD, **{"Idempotency-Key": key}), 400, field="Idempotency-Key")
    assert not Run.objects.exists()


def test_a_refused_request_does_not_use_up_its_key(requester):
    assert_problem(post(requester, GOOD | {"prompt": ""}, **{"Idempotency-Key": "k"}), 400)
    assert not ApiIdempotency.objects.exists()
    assert post(requester, GOOD, **{"Idempotency-Key": "k"}).status_code == 201


# ── who ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", ["auditor", "reviewer", "approver"])
def test_only_requesters_ask_for_runs(people, role):
    assert_problem(post(client_of(getattr(people, role)), GOOD), 403, code="refused")
    assert not Run.objects.exists()


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer mrd_wrong", "Bearer a b", "Basic eDp5", "Bearer mrd_\xe9"])
def test_without_a_good_key_every_door_is_shut(people, header):
    client = client_of()
    headers = {"authorization": header} if header else {}
    for response in (client.get(RUNS, headers=headers), client.get(f"{RUNS}{uuid.uuid4()}/", headers=headers)):
        assert_problem(response, 401)
        assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_person_in_no_group_sees_nothing(people):
    nobody = rows.person("nobody", team=people.team)
    assert_problem(client_of(nobody).get(RUNS), 403)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────


def test_a_list_shows_ones_own_teams_runs_newest_first_by_pages(people):
    ours = [rows.new_run(people) for _ in range(3)]
    theirs = rows.cast()
    rows.new_run(theirs)
    client = client_of(people.auditor)
    first = client.get(RUNS, {"page_size": 2}).json()
    second = client.get(first["next"]).json()
    shown = [run["id"] for run in first["results"] + second["results"]]
    assert sorted(shown) == sorted(str(run.pk) for run in ours)
    assert second["next"] is None


def test_runs_are_filtered_by_state_and_an_unknown_state_is_refused(people):
    rows.new_run(people)
    waiting = rows.run_at(RunState.PLAN_REVIEW, people)
    client = client_of(people.auditor)
    assert [run["id"] for run in client.get(RUNS, {"state": "plan_review"}).json()["results"]] == [str(waiting.pk)]
    assert_problem(client.get(RUNS, {"state": "asleep"}), 400, field="state")


@pytest.mark.parametrize("path", ["", "{run}/claims/", "{run}/events/", "{run}/sections/", "{run}/calls/"])
@pytest.mark.parametrize("made_up", [b"p=nonsense", b"p=" + b"9" * 40, b"o=nonsense", b"\xff", b"p=%00"])
def test_a_made_up_cursor_is_a_404_or_an_empty_page(people, path, made_up):
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    response = client_of(people.auditor).get(RUNS + path.format(run=run.pk), {"cursor": base64.b64encode(made_up)})
    assert response.status_code == 404 or response.json()["results"] == []


def test_a_cursor_that_is_no_cursor_is_a_404(people):
    assert_problem(client_of(people.auditor).get(RUNS, {"cursor": "abc"}), 404)


@pytest.mark.parametrize(
    ("state", "gate", "kind", "needed"),
    [
        (RunState.PLAN_REVIEW, "plan", "plan", 1),
        (RunState.CLAIM_REVIEW, "claims", "claim", 1),
        (RunState.REGULATORY_REVIEW, "regulatory", "section", 2),
        (RunState.SIGN_OFF, "sign_off", "document", 1),
    ],
)
def test_a_waiting_run_says_what_to_decide_on_and_by_which_digest(people, state, gate, kind, needed):
    run = rows.run_at(state, people)
    waiting = client_of(people.reviewer).get(f"{RUNS}{run.pk}/").json()["waiting_for"]
    assert waiting["gate"] == gate
    assert waiting["open"] == len(waiting["subjects"]) > 0
    for subject in waiting["subjects"]:
        assert (subject["kind"], subject["approvals_needed"]) == (kind, needed)
        assert len(subject["digest"]) == 64
    if kind == "plan":
        assert waiting["subjects"][0]["digest"] == rows.plan_of(run).digest


@pytest.mark.parametrize("said", [str(uuid.UUID(int=0)), "nonsense", "1", "%00", "..%2f"])
@pytest.mark.parametrize("rest", ["", "plan/", "claims/", "evidence/1/", "document/", "events/", "exports/json/"])
def test_an_unknown_or_malformed_id_is_a_404(people, said, rest):
    assert_problem(client_of(people.reviewer).get(f"{RUNS}{said}/{rest}"), 404)


def test_a_post_without_the_last_slash_is_told_so_and_not_sent_elsewhere(requester):
    assert "end in a slash" in assert_problem(post(requester, GOOD, "/api/v1/runs"), 404)["detail"]


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nothing/", "/api/v2/runs/"])
def test_an_address_nobody_serves_is_a_problem_too(people, path):
    assert_problem(client_of(people.reviewer).get(path), 404)


def test_a_method_that_is_not_served_is_a_405(people):
    assert_problem(client_of(people.requester).delete(RUNS), 405)


# ── operating ────────────────────────────────────────────────────────────────────────────────────


def test_the_requester_pauses_resumes_and_cancels(requester, people):
    run = rows.new_run(people)
    path = f"{RUNS}{run.pk}/"
    paused = post(requester, {"reason": "holiday"}, path + "pause/").json()
    assert (paused["state"], paused["resume_to"], paused["state_reason"]) == ("paused", "planning", "holiday")
    assert requester.post(path + "resume/").json()["state"] == "planning"
    assert post(requester, {"reason": "not needed"}, path + "cancel/").json()["state"] == "cancelled"
    assert_problem(post(requester, {"reason": "again"}, path + "cancel/"), 409, code="stale_state")


def test_a_paused_run_is_finished_with_what_there_is(requester, people):
    run = rows.run_at(RunState.CLAIM_REVIEW, people)
    path = f"{RUNS}{run.pk}/finish/"
    assert "Only a paused or failed run" in assert_problem(post(requester, {"reason": "x"}, path), 409)["detail"]
    Run.objects.filter(pk=run.pk).update(state="paused", resume_to="drafting")
    assert_problem(post(requester, {"reason": " "}, path), 400, field="reason")
    out = post(requester, {"reason": "the board meets"}, path).json()
    assert out["finishing"] is True
    assert out["state"] != "paused"


@pytest.mark.parametrize("verb", ["pause", "cancel", "finish"])
@pytest.mark.parametrize("body", [{}, {"reason": " "}, {"reason": "x" * 1001}, [], {"reason": "x", "until": "noon"}])
def test_a_reason_is_asked_for(requester, people, verb, body):
    run = rows.new_run(people)
    assert_problem(post(requester, body, f"{RUNS}{run.pk}/{verb}/"), 400)
    run.refresh_from_db()
    assert run.state == "planning"


def test_what_the_state_does_not_take_is_a_409(requester, people):
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    assert_problem(post(requester, {"reason": "x"}, f"{RUNS}{run.pk}/pause/"), 409)
    assert_problem(requester.post(f"{RUNS}{run.pk}/resume/"), 409)


@pytest.mark.parametrize("verb", ["pause", "resume", "finish", "cancel"])
@pytest.mark.parametrize(
    ("role", "status"), [("auditor", 403), ("reviewer", 403), ("approver", 403), ("outsider", 404)]
)
def test_nobody_else_operates_a_run(people, verb, role, status):
    run = rows.new_run(people)
    assert_problem(post(client_of(getattr(people, role)), {"reason": "x"}, f"{RUNS}{run.pk}/{verb}/"), status)
    assert_problem(post(client_of(), {"reason": "x"}, f"{RUNS}{run.pk}/{verb}/"), 401)
    run.refresh_from_db()
    assert run.state == "planning"


def test_another_requester_of_the_team_does_not_operate_but_an_administrator_does(people):
    run = rows.new_run(people)
    other = rows.person("other-requester", "requester", team=people.team)
    admin = rows.person("admin", "administrator", team=people.team)
    assert_problem(post(client_of(other), {"reason": "x"}, f"{RUNS}{run.pk}/pause/"), 403)
    assert post(client_of(admin), {"reason": "x"}, f"{RUNS}{run.pk}/pause/").status_code == 200


@pytest.mark.parametrize("verb", ["pause", "resume", "finish", "cancel"])
def test_a_superuser_outside_the_team_reads_its_run_and_does_not_operate_it(people, verb):
    run = rows.new_run(people)
    client = client_of(people.superuser)
    assert client.get(f"{RUNS}{run.pk}/").status_code == 200
    problem = assert_problem(post(client, {"reason": "x"}, f"{RUNS}{run.pk}/{verb}/"), 403)
    assert "member of its team" in problem["detail"]
    run.refresh_from_db()
    assert run.state == "planning"


def test_a_superuser_in_the_team_operates_its_run_and_a_requester_who_left_it_does_not(people):
    run = rows.new_run(people)
    people.team.members.add(people.superuser)
    people.team.members.remove(people.requester)
    assert post(client_of(people.superuser), {"reason": "x"}, f"{RUNS}{run.pk}/pause/").status_code == 200
    assert_problem(post(client_of(people.requester), {"reason": "x"}, f"{RUNS}{run.pk}/cancel/"), 404)
    assert not access.may_operate(people.requester, run)
