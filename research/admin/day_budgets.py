"""What people, and everybody together, have used in a day."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib import admin
from django.db.models import CharField, F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim
from django.http import HttpRequest

from research.models import DayBudget, User
from research.queries import Spent
from research.services import account

from .base import TeamScopedAdmin, is_administrator

_EVERYBODY = "everybody"


@admin.register(DayBudget)
class DayBudgetAdmin(TeamScopedAdmin):
    """A day's account counts a person's runs in all teams: administrators see all of them, others their own."""

    list_display = ["day", "who", "used_calls", "searches", "tokens", "cost", "reserved"]
    list_filter = ["day"]
    date_hierarchy = "day"
    ordering = ["-day", "scope"]
    fields = ["day", "who", "used_calls", "searches", "tokens", "cost", "reserved"]
    readonly_fields = ["who", "searches", "tokens", "cost", "reserved"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DayBudget]:
        names = Coalesce(NullIf(Trim(Concat("first_name", Value(" "), "last_name")), Value("")), F("username"))
        people = User.objects.annotate(scope=Concat(Value("user:"), Cast("pk", CharField())), shown=names)
        person = people.filter(scope=OuterRef("scope")).values("shown")[:1]
        rows: QuerySet[DayBudget] = admin.ModelAdmin.get_queryset(self, request).annotate(person=Subquery(person))
        if is_administrator(request):
            return rows
        return rows.filter(scope=DayBudget.of_user(request.user.pk or 0))

    @admin.display(description="whose runs", ordering="scope")
    def who(self, row: DayBudget) -> str:
        return _EVERYBODY if row.scope == DayBudget.ALL else row.person or row.scope  # type: ignore[attr-defined]

    @admin.display(description="searches", ordering="used_searches")
    def searches(self, row: DayBudget) -> str:
        return _of(row.used_searches, _limit(row, "searches"))

    @admin.display(description="tokens", ordering="used_tokens")
    def tokens(self, row: DayBudget) -> str:
        return _of(row.used_tokens, _limit(row, "tokens"))

    @admin.display(description="cost", ordering="used_cost_usd")
    def cost(self, row: DayBudget) -> str:
        spent = Spent(calls=row.used_calls, cost_usd=row.used_cost_usd, unpriced=row.unpriced_calls)
        limit = _limit(row, "cost_usd")
        words = account.spent_words(spent)
        return words if limit is None else f"{words} of {account.dollars(Decimal(limit))}"

    @admin.display(description="reserved by calls in flight")
    def reserved(self, row: DayBudget) -> str:
        if not row.reserved_calls:
            return "–"
        cost = account.dollars(row.reserved_cost_usd)
        return f"{row.reserved_calls:,} calls, {row.reserved_tokens:,} tokens, {cost}"


def _limit(row: DayBudget, name: str) -> int | Decimal | None:
    """Return the day's limit as it is set now, None for none."""
    prefix = "day_max" if row.scope == DayBudget.ALL else "day_user_max"
    limit: int | Decimal | None = getattr(settings.MRD, f"{prefix}_{name}")
    return limit


def _of(used: int, limit: int | Decimal | None) -> str:
    return f"{used:,}" if limit is None else f"{used:,} of {limit:,}"
