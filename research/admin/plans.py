"""Plans and their tasks: read-only."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from research import queries
from research.models import Plan, Task

from .base import TeamScopedAdmin, badge, link_to, pretty


@admin.register(Plan)
class PlanAdmin(TeamScopedAdmin):
    list_display = ["run", "revision", "standing", "task_count", "author", "created_at"]
    list_filter = [("run__team", admin.RelatedOnlyFieldListFilter), "approved_at"]
    list_select_related = ["run", "author"]
    search_fields = ["run__prompt", "digest"]
    ordering = ["-pk"]
    fields = [
        "run_link", "revision", "standing", "tree", "digest", "author", "comment", "decision_comment", "created_at",
        "approved_at", "voided_at", "products",
    ]  # fmt: skip
    readonly_fields = ["run_link", "standing", "tree", "products"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        rows: QuerySet[Plan] = super().get_queryset(request)
        return rows.select_related("run", "author").annotate(task_number=Count("tasks"))

    @admin.display(description="tasks", ordering="task_number")
    def task_count(self, plan: Plan) -> int:
        return int(plan.task_number)  # type: ignore[attr-defined]

    @admin.display(description="state")
    def standing(self, plan: Plan) -> SafeString:
        return badge("superseded" if plan.voided_at else "accepted" if plan.approved_at else "queued",
                     "void" if plan.voided_at else "approved" if plan.approved_at else "to review")  # fmt: skip

    @admin.display(description="run")
    def run_link(self, plan: Plan) -> SafeString:
        return link_to(plan.run)

    @admin.display(description="named in the prompt")
    def products(self, plan: Plan) -> SafeString:
        return pretty({name: plan.body.get(name) for name in ("products", "jurisdictions", "competitors")})

    @admin.display(description="tasks, each under those it waits for")
    def tree(self, plan: Plan) -> SafeString:
        tasks = queries.tasks_in_order(plan)
        depths = queries.depths(tasks)
        rows = (
            (f"depth-{min(depths[task.key], 4)}", link_to(task, task.key), badge(task.outcome), task.question)
            for task in tasks
        )
        items = format_html_join("", '<li class="{}">{} {}<br>{}</li>', rows)
        return format_html('<ul class="tree">{}</ul>', items)


@admin.register(Task)
class TaskAdmin(TeamScopedAdmin):
    team_path = "plan__run__team"
    list_display = ["key", "question", "section", "layer", "critical", "outcome_badge", "plan"]
    list_filter = ["outcome", "layer", "critical", "section", ("plan__run__team", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["plan"]
    search_fields = ["key", "question", "plan__run__prompt"]
    ordering = ["-plan_id", "position"]
    fields = [
        "plan", "key", "question", "section", "layer", "critical", "subject", "tool_names", "waits_for", "query_list",
        "outcome_badge", "reason", "search_list",
    ]  # fmt: skip
    readonly_fields = ["outcome_badge", "tool_names", "waits_for", "query_list", "search_list"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Task]:
        return super().get_queryset(request).select_related("plan")

    @admin.display(description="outcome", ordering="outcome")
    def outcome_badge(self, task: Task) -> SafeString:
        return badge(task.outcome)

    @admin.display(description="tools, in order")
    def tool_names(self, task: Task) -> str:
        return ", ".join(task.tools)

    @admin.display(description="waits for")
    def waits_for(self, task: Task) -> str:
        return ", ".join(task.depends_on) or "–"

    @admin.display(description="queries, narrowest first")
    def query_list(self, task: Task) -> str:
        return " · ".join(task.queries) or "the question itself"

    @admin.display(description="searches made")
    def search_list(self, task: Task) -> SafeString:
        rows = ((s["tool"], s["query"], s["hits"], s.get("error") or "") for s in task.searches)
        return format_html_join("", "<p>{}: “{}” → {} hits {}</p>", rows) or format_html("{}", "–")
