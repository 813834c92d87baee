"""What a run has used, beside what its plan expected."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as s
from rest_framework.request import Request
from rest_framework.response import Response

from research import queries

from .base import RunView
from .docs import reads
from .serializers import UsageOut


@extend_schema_field({"type": "string", "format": "decimal", "nullable": True})
class SpentCost(s.Field[Any, Any, Any, Any]):
    """The sum of what has a price; null where calls were made and none of them has one."""

    def to_representation(self, value: queries.Spent) -> str | None:
        nothing_priced = value.unpriced > 0 and not value.cost_usd
        return None if nothing_priced else f"{value.cost_usd:.6f}"


class SpentOut(s.Serializer[Any]):
    """What calls came to. An unpriced call is not a free one: where there are some, the cost is at least `cost_usd`."""

    calls = s.IntegerField()
    searches = s.IntegerField()
    tokens = s.IntegerField()
    cost_usd = SpentCost(source="*")
    unpriced_calls = s.IntegerField(source="unpriced")
    cached_calls = s.IntegerField(source="cached", help_text="Answered from what an earlier call had brought.")
    calls_in_flight = s.IntegerField(source="in_flight")


class TaskCostOut(s.Serializer[Any]):
    key = s.CharField(help_text="Of the plan's task; empty: what belongs to no one question.")
    question = s.CharField(source="words")
    estimate = UsageOut(allow_null=True, source="expected")
    spent = SpentOut()


class NamedCostOut(s.Serializer[Any]):
    kind = s.CharField(help_text="model or tool")
    name = s.CharField()
    spent = SpentOut()


class CostsOut(s.Serializer[Any]):
    estimate = UsageOut(allow_null=True, source="expected", help_text="Of the plan that stands, all in all.")
    spent = SpentOut()
    tasks = TaskCostOut(many=True, source="lines")
    by_name = NamedCostOut(many=True, help_text="By model and tool, the dearest first.")


class CostsView(RunView):
    """Read what a run has used, by task and by model or tool."""

    @reads(CostsOut, summary="Read what a run has used")
    def get(self, request: Request, run_id: str) -> Response:  # noqa: ARG002 - DRF's signature
        run = self.run_of(run_id)
        plan = queries.current_plan(run)
        questions = {task.key: task.question for task in queries.tasks_in_order(plan)}
        return Response(CostsOut(queries.run_costs(run, plan, questions)).data)
