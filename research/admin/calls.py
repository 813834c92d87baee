"""The ledger: every call that left the process, what it was asked by, and what it cost."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from research.engine.document.text import money
from research.models import Call
from research.models.calls import CallState

from .base import TeamScopedAdmin, badge, link_to, pretty


class PricedFilter(admin.SimpleListFilter):
    """Calls by whether their price is known."""

    title = "price"
    parameter_name = "price"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's signature
        return [("unpriced", "unpriced"), ("paid", "above zero"), ("free", "nothing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:  # noqa: ARG002 - as above
        ended = queryset.exclude(state=CallState.INTENT)
        match self.value():
            case "unpriced":
                return ended.filter(cost_usd__isnull=True)
            case "paid":
                return ended.filter(cost_usd__gt=0)
            case "free":
                return ended.filter(cost_usd=0)
        return queryset


class CachedFilter(admin.SimpleListFilter):
    """Calls by whether they went out or were answered from what an earlier one brought."""

    title = "answered"
    parameter_name = "answered"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's signature
        return [("again", "from an earlier call"), ("afresh", "afresh")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> QuerySet[Call]:  # noqa: ARG002 - as above
        again = Q(cached_from__gt="")
        match self.value():
            case "again":
                return queryset.filter(again)
            case "afresh":
                return queryset.exclude(again)
        return queryset


@admin.register(Call)
class CallAdmin(TeamScopedAdmin):
    list_display = [
        "name", "kind", "state_badge", "notes", "run_short", "phase", "searches", "tokens", "cost", "started_at",
    ]  # fmt: skip
    list_filter = [
        "state", "kind", "name", PricedFilter, CachedFilter, "possible_duplicate", "held", "phase",
        ("run__team", admin.RelatedOnlyFieldListFilter),
    ]  # fmt: skip
    list_select_related = ["run", "step"]
    search_fields = ["id", "key", "name", "error", "correlation_id"]
    ordering = ["-started_at", "-id"]
    fields = [
        "run_link", "step_link", "name", "kind", "phase", "state_badge", "duplicate", "answered_from", "asked_of",
        "prompt", "key", "repeat", "written_off", "token", "searches", "tokens", "cost", "reserved", "started_at",
        "finished_at", "error", "correlation_id", "arguments_json", "outcome_json",
    ]  # fmt: skip
    readonly_fields = [
        "run_link", "step_link", "state_badge", "duplicate", "answered_from", "asked_of", "prompt", "cost", "reserved",
        "arguments_json", "outcome_json",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        rows = super().get_queryset(request).select_related("run", "step")
        return rows.defer("arguments", "outcome", "step__output", "step__memory")

    @admin.display(description="state", ordering="state")
    def state_badge(self, call: Call) -> SafeString:
        return badge(call.state)

    @admin.display(description="notes")
    def notes(self, call: Call) -> SafeString:
        """Return what is out of the ordinary with the call, in short."""
        if call.possible_duplicate:
            return badge("queued", "possible duplicate")
        if call.held:
            return badge("intent", "reservation held")
        return badge("done", "used again") if call.cached_from else format_html("{}", "–")

    @admin.display(description="duplicate?", ordering="possible_duplicate")
    def duplicate(self, call: Call) -> SafeString:
        if not call.possible_duplicate:
            return format_html("{}", "no")
        says = "an earlier try was in flight when its worker vanished, and may have been carried out and paid too"
        return format_html("{} {}", badge("queued", "possible duplicate"), says)

    @admin.display(description="answered from")
    def answered_from(self, call: Call) -> SafeString:
        """Return the call whose answer was used again, which may be of another run of the same team."""
        if not call.cached_from:
            return format_html("{}", "afresh: it went out itself")
        of_team = Call.objects.filter(run__team_id=call.run.team_id, key=call.cached_from)
        first = of_team.filter(cached_from="").order_by("started_at").first()
        if first is None:
            return format_html("an earlier call that is not here any more (<code>{}</code>)", call.cached_from)
        return format_html("{} of {} UTC", link_to(first, str(first)), first.started_at.strftime("%Y-%m-%d %H:%M"))

    @admin.display(description="model")
    def asked_of(self, call: Call) -> str:
        if call.kind != "model":
            return "–"
        role = call.arguments.get("role") if isinstance(call.arguments, dict) else None
        name = call.name.partition("/")[2] or call.name
        return f"{name}, as {role}" if role else name

    @admin.display(description="prompt")
    def prompt(self, call: Call) -> SafeString:
        told = call.arguments.get("prompt") if isinstance(call.arguments, dict) else None
        if call.kind != "model" or not isinstance(told, dict):
            return format_html("{}", "–")
        return format_html(
            "{}, version {} <code>{}</code>", told.get("id", ""), told.get("version", ""), told.get("digest", "")
        )

    @admin.display(description="cost", ordering="cost_usd")
    def cost(self, call: Call) -> str:
        if call.state == CallState.INTENT:
            return "in flight"
        return money(call.cost_usd)

    @admin.display(description="was reserved")
    def reserved(self, call: Call) -> str:
        """Return what was set aside before the call, and whether it is held still."""
        amounts = (
            f"{call.reserved_searches:,} searches, {call.reserved_tokens:,} tokens, {money(call.reserved_cost_usd)}"
        )
        if call.held:
            return f"{amounts}: held until the batch's answer is booked"
        return f"{amounts}: held until it ends" if call.state == CallState.INTENT else amounts

    @admin.display(description="run")
    def run_link(self, call: Call) -> SafeString:
        return link_to(call.run)

    @admin.display(description="step")
    def step_link(self, call: Call) -> SafeString:
        return link_to(call.step, f"{call.step.kind}: {call.step.key}")

    @admin.display(description="arguments")
    def arguments_json(self, call: Call) -> SafeString:
        return pretty(call.arguments)

    @admin.display(description="outcome")
    def outcome_json(self, call: Call) -> SafeString:
        return pretty(call.outcome)
