"""A step is told what other tasks had found when it first began, and at every try the same."""

from __future__ import annotations

import pytest
from django.db import transaction

from research.engine.domain.states import RunState
from research.models import Evidence, Snapshot, Source, Step
from research.services import memory
from tests.doubles import rows
from tests.research import play

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(people):
    return rows.run_at(RunState.CLAIM_REVIEW, people)


def step_of(run, key: str) -> Step:
    return Step.objects.create(run=run, kind="investigate", key=key, generation=9, created_at=play.NOW)


@transaction.atomic
def told(step: Step):
    return memory.of_all([step])[step.pk]


def test_what_other_tasks_found_is_told_with_who_says_it_and_its_own_is_not(run):
    found = told(step_of(run, "rivals"))
    assert {each.task_key for each in found} == {"market-revenue", "law-nj", "protection"}
    assert all(each.words and each.source and each.url is None for each in found)


def more(run, task: str, *, relevance: int, words: str = "What was found in the meantime.") -> Evidence:
    """Return another row of evidence: what is there already never changes."""
    row = Evidence.objects.filter(run=run).first()
    row.pk, row.key = None, f"{task}{relevance}"
    row.task_key, row.relevance, row.exact = task, relevance, words
    row.save(force_insert=True)
    return row


def test_every_try_is_told_the_same_whatever_was_found_since(run):
    step = step_of(run, "rivals")
    first = told(step)
    more(run, "protection", relevance=999)
    assert told(step) == first
    assert "meantime" in told(step_of(run, "law-nj"))[0].words


def test_a_step_that_began_with_nothing_goes_on_with_nothing(people):
    run = rows.run_at(RunState.PLAN_REVIEW, people)
    step = step_of(run, "rivals")
    assert told(step) == ()
    assert Step.objects.get(pk=step.pk).memory == []


def test_the_most_relevant_come_first_cut_and_no_more_than_a_model_is_told(run):
    more(run, "protection", relevance=1000, words="word " * 200)
    for number in range(memory.MOST + 5):
        more(run, "law-nj", relevance=number)
    found = told(step_of(run, "rivals"))
    assert len(found) == memory.MOST
    assert (found[0].task_key, len(found[0].words)) == ("protection", 240)


def test_a_page_is_told_with_its_address(run):
    Source.objects.filter(team=run.team).update(kind="web_page")
    source = Snapshot.objects.filter(texts__evidence__run=run).first().source
    Source.objects.filter(pk=source.pk).update(uri="https://example.com/report")
    assert "https://example.com/report" in {each.url for each in told(step_of(run, "rivals"))}


def test_a_lead_nobody_has_read_is_nothing_found(run):
    Source.objects.filter(team=run.team).update(kind="lead")
    assert told(step_of(run, "rivals")) == ()
