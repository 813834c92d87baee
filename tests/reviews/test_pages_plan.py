"""The plan's page: the form, the field for JSON, mistakes."""

from __future__ import annotations

import pytest
from django.urls import reverse

from research.engine.domain.states import RunState
from research.models import Plan
from tests.doubles import rows

from .browsing import words

pytestmark = pytest.mark.django_db
STATES = [RunState.PLAN_REVIEW, RunState.CLAIM_REVIEW, RunState.REGULATORY_REVIEW, RunState.SIGN_OFF]


def plan_fields(client, run) -> dict[str, object]:
    """Return the edit form of the plan as the page gives it, filled in and unchanged."""
    context = client.get(reverse("reviews:plan", args=[run.pk])).context
    plan = context["plan"]
    fields: dict[str, object] = {
        "subject_id": plan.pk, "digest": plan.digest, "verdict": "edit", "as": "form", "comment": "better",
    }  # fmt: skip
    for form in (context["head"], context["formset"].management_form, *context["formset"].forms):
        for field in form:
            value = field.field.prepare_value(field.value())
            if value not in (None, False):
                fields[field.html_name] = value
    return fields


def test_a_plan_is_edited_in_the_form(people, as_person):
    """Tasks are changed, added, removed and put in another order, and nothing else of the plan changes."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    client = as_person(people.reviewer)
    fields = plan_fields(client, run)
    fields |= {
        "plan-competitors": "DraftKings\nFanDuel",
        "task-0-question": "How large are online gaming revenues in Ontario?",
        "task-0-ORDER": 9,
        "task-1-DELETE": "on",
        "task-2-depends_on": "",
        "task-4-key": "trends",
        "task-4-question": "What changes in skill gaming this year?",
        "task-4-section": "trends",
        "task-4-tools": "library_scan, library_search",
        "task-4-critical": "on",
        "task-4-queries": "skill gaming trend\nskill gaming growth",
        "task-4-ORDER": 1,
    }
    response = client.post(reverse("reviews:plan", args=[run.pk]), fields)
    assert response.status_code == 302, words(response)
    body = rows.plan_of(run).body
    assert [task["key"] for task in body["tasks"]] == ["trends", "law-nj", "protection", "market-revenue"]
    assert body["competitors"] == ["DraftKings", "FanDuel"]
    assert body["tasks"][0]["tools"] == ["library_scan", "library_search"]
    assert body["tasks"][0]["queries"] == ["skill gaming trend", "skill gaming growth"]
    assert body["tasks"][1]["depends_on"] == []
    assert body["tasks"][3]["question"] == "How large are online gaming revenues in Ontario?"
    assert body["tasks"][2] == rows.TASKS[3].model_dump(mode="json")


def test_the_plan_form_alone_changes_nothing(people, as_person):
    """The form as it comes, sent back untouched, is the same plan: it loses and adds nothing."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    client = as_person(people.reviewer)
    response = client.post(reverse("reviews:plan", args=[run.pk]), plan_fields(client, run))
    assert response.status_code == 400
    assert "Nothing in the plan was changed" in words(response)


def test_a_plan_edit_with_a_mistake_keeps_what_was_typed(people, as_person):
    """The sentence says what is wrong, the form holds the words typed, and nothing was changed."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    client = as_person(people.reviewer)
    fields = plan_fields(client, run) | {"task-0-depends_on": "law-nj", "task-1-question": "A question of my own?"}
    response = client.post(reverse("reviews:plan", args=[run.pk]), fields)
    assert response.status_code == 400
    assert "in a circle" in words(response)
    assert "A question of my own?" in words(response)
    assert "better" in words(response)
    assert Plan.objects.filter(run=run).count() == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "not JSON, at line 1"), ("[]", "not valid"), ("", "not JSON"), ("[" * 100_000, "not JSON")],
    ids=["broken", "list", "empty", "deep"],
)
def test_a_plan_in_bad_json_says_where(people, as_person, text, says):
    """The field for JSON names the place that breaks and keeps the text."""
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    plan = rows.plan_of(run)
    fields = {
        "subject_id": plan.pk, "digest": plan.digest, "verdict": "edit", "as": "json", "plan_json": text,
        "comment": "x",
    }  # fmt: skip
    response = as_person(people.reviewer).post(reverse("reviews:plan", args=[run.pk]), fields)
    assert response.status_code == 400
    assert says in response.context["error"]
    assert response.context["as_json"] == text
