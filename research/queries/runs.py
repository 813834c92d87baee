"""A run and what there is of it: progress, budget, timeline, plan, sections, documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.db.models.query import QuerySet

from research.engine.domain.states import RunEvent, RunState, StepKind, StepState
from research.models import (
    Claim,
    Document,
    Event,
    Plan,
    Run,
    RunBudget,
    SectionRevision,
    Step,
    Task,
    Team,
    User,
)
from research.models.runs import Phase

STAGES = (
    RunState.IDLE,
    RunState.PLANNING,
    RunState.PLAN_REVIEW,
    RunState.RESEARCHING,
    RunState.VALIDATING,
    RunState.CLAIM_REVIEW,
    RunState.DRAFTING,
    RunState.REGULATORY_REVIEW,
    RunState.SIGN_OFF,
    RunState.COMPLETED,
)


class Amount(NamedTuple):
    """What of a limit is used and reserved, in the same unit.

    share: of used and reserved together, used_share: of what is used, in whole per cent, 0…100.
    """

    name: str
    used: Decimal
    reserved: Decimal
    limit: Decimal
    share: int
    used_share: int


class Budget(NamedTuple):
    """One phase's amounts. unpriced_calls: calls whose cost nobody knows; they are not zero-priced."""

    phase: str
    amounts: tuple[Amount, ...]
    unpriced_calls: int


class StepCount(NamedTuple):
    """The steps of one kind in the run's present round."""

    kind: str
    done: int
    running: int
    stuck: int
    total: int


class Progress(NamedTuple):
    """How far a run is: stage of STAGES (0…9), steps by kind, tasks by outcome, claims by status, budgets."""

    stage: int
    stages: int
    steps: tuple[StepCount, ...]
    steps_done: int
    steps_total: int
    tasks: dict[str, int]
    claims: dict[str, int]
    budgets: tuple[Budget, ...]


class Entry(NamedTuple):
    """One event of the timeline with the name of who did it, as it is today."""

    event: Event
    who: str


def teams_of(user: User) -> QuerySet[Team]:
    """Return the teams whose work the user sees: their own, or all for a superuser; by name."""
    teams = Team.objects.order_by("name")
    return teams if user.is_superuser else teams.filter(membership__user_id=user.pk)


def runs_of(user: User) -> QuerySet[Run]:
    """Return the runs the user may see."""
    runs = Run.objects.all()
    return runs if user.is_superuser else runs.filter(team__membership__user_id=user.pk)


def counted(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Return the runs with steps_total, steps_done (of the present round), claims_accepted and claims_queued."""
    steps = Step.objects.filter(run=OuterRef("pk"), generation=OuterRef("generation")).exclude(
        state=StepState.SUPERSEDED
    )
    claims = Claim.objects.filter(run=OuterRef("pk"))
    return runs.annotate(
        steps_total=_count(steps),
        steps_done=_count(steps.filter(state=StepState.DONE)),
        claims_accepted=_count(claims.filter(status="accepted")),
        claims_queued=_count(claims.filter(status="queued")),
    )


def _count(rows: QuerySet[Any]) -> Coalesce:
    numbers = rows.order_by().values("run").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(numbers, output_field=IntegerField()), 0)


def stage_of(run: Run) -> int:
    """Return how far along STAGES the run is; a paused or failed one where it goes back to, a cancelled one at 0."""
    state = RunState(run.resume_to or run.state)
    return STAGES.index(state) if state in STAGES else 0


def progress(run: Run) -> Progress:
    """Return how far the run is."""
    rows = (
        Step.objects.filter(run=run, generation=run.generation)
        .exclude(state=StepState.SUPERSEDED)
        .values_list("kind", "state")
        .annotate(n=Count("pk"))
    )
    kinds: dict[str, Counter[str]] = {}
    for kind, state, number in rows:
        kinds.setdefault(kind, Counter())[state] += number
    order = [kind for kind in ("plan", "investigate", "extract", "verify", "draft") if kind in kinds]
    steps = tuple(
        StepCount(
            kind=kind,
            done=kinds[kind]["done"],
            running=kinds[kind]["running"],
            stuck=kinds[kind]["failed"] + kinds[kind]["quarantined"],
            total=kinds[kind].total(),
        )
        for kind in order
    )
    return Progress(
        stage=stage_of(run),
        stages=len(STAGES) - 1,
        steps=steps,
        steps_done=sum(one.done for one in steps),
        steps_total=sum(one.total for one in steps),
        tasks=_tally(Task.objects.filter(plan__run=run, plan__voided_at__isnull=True), "outcome"),
        claims=_tally(Claim.objects.filter(run=run), "status"),
        budgets=budgets(run),
    )


def _tally(rows: QuerySet[Any], column: str) -> dict[str, int]:
    return dict(rows.order_by(column).values_list(column).annotate(n=Count("pk")))


def budgets(run: Run) -> tuple[Budget, ...]:
    """Return the run's budgets, the planner's small one first."""
    by_phase = {row.phase: row for row in RunBudget.objects.filter(run=run)}
    return tuple(_budget(by_phase[phase]) for phase in (Phase.PLANNING, Phase.RESEARCH) if phase in by_phase)


def _budget(row: RunBudget) -> Budget:
    amounts = []
    for name in ("calls", "searches", "tokens", "cost_usd"):
        used, reserved, limit = (Decimal(getattr(row, f"{part}_{name}")) for part in ("used", "reserved", "max"))
        amounts.append(Amount(name, used, reserved, limit, _share(used + reserved, limit), _share(used, limit)))
    return Budget(row.phase, tuple(amounts), row.unpriced_calls)


def _share(part: Decimal, limit: Decimal) -> int:
    return int(min(Decimal(100), part * 100 / limit)) if limit else 0


def timeline(run: Run, *, limit: int = 40) -> list[Entry]:
    """Return the last `limit` events of the run, newest first, with who did each."""
    events = list(Event.objects.filter(run=run).order_by("-seq")[:limit])
    names = names_of(event.actor for event in events)
    return [Entry(event, names.get(event.actor, event.actor)) for event in events]


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Return the display names of the actors that are people, by their opaque id."""
    ids = []
    for actor in set(actors):
        try:
            ids.append(UUID(actor))
        except ValueError:
            continue
    return {str(user.actor_id): user.display_name for user in User.objects.filter(actor_id__in=ids)}


def current_plan(run: Run) -> Plan | None:
    """Return the plan revision that stands, with its author, or None before the first."""
    plans = Plan.objects.filter(run=run, voided_at__isnull=True).select_related("author")
    return plans.order_by("-revision").first()


def tasks_in_order(plan: Plan | None) -> list[Task]:
    return list(Task.objects.filter(plan=plan).order_by("position")) if plan else []


def depths(tasks: Iterable[Task]) -> dict[str, int]:
    """Return how deep each task stands in the tree of `depends_on`: 0 waits for none."""
    needs = {task.key: [key for key in task.depends_on if key != task.key] for task in tasks}
    found = dict.fromkeys(needs, 0)
    for _ in needs:  # a chain is never longer than there are tasks; a circle ends here too
        deeper = {
            key: max((found[other] + 1 for other in keys if other in found), default=0) for key, keys in needs.items()
        }
        if deeper == found:
            break
        found = {key: min(depth, len(needs)) for key, depth in deeper.items()}
    return found


def stuck_steps(run: Run) -> list[Step]:
    """Return the failed and quarantined steps of the present round."""
    stuck = (StepState.FAILED, StepState.QUARANTINED)
    return list(Step.objects.filter(run=run, generation=run.generation, state__in=stuck).order_by("pk"))


def unasked(run: Run) -> int:
    """Return how many questions of the run's present round are not researched to their end yet."""
    ended = (StepState.DONE, StepState.SUPERSEDED)
    steps = Step.objects.filter(run=run, generation=run.generation, kind=StepKind.INVESTIGATE)
    return steps.exclude(state__in=ended).count()


def paused_by(run: Run) -> str:
    """Return who paused the run last, as the trail names them; "" when nobody did."""
    events = Event.objects.filter(run=run, kind=RunEvent.PAUSED.value).order_by("-seq")
    return events.values_list("actor", flat=True).first() or ""


def standing_sections(run: Run) -> list[SectionRevision]:
    """Return the drafted and approved sections in the document's order, with who approved them."""
    rows = SectionRevision.objects.filter(run=run, status__in=("drafted", "approved"))
    return list(rows.select_related("first_approver", "second_approver", "author").order_by("position"))


def documents(run: Run) -> list[Document]:
    """Return the run's document revisions without their text, newest first."""
    return list(Document.objects.filter(run=run).defer("body").order_by("-revision"))
