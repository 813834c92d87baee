"""What people, and all of them together, have used and reserved in a day."""

from __future__ import annotations

from django.db import models


class DayBudget(models.Model):
    """One row a scope and day (UTC). Its limits are settings; without any it is the account of the day all the same.

    scope: "user:<pk>" for the runs one person asked for, or `ALL`. A call counts on the day of its intent, whenever
    it ends. Changed only under the row's lock.
    """

    ALL = "all"

    scope = models.CharField(max_length=40)
    day = models.DateField()
    reserved_calls = models.PositiveIntegerField(default=0)
    reserved_searches = models.PositiveIntegerField(default=0)
    reserved_tokens = models.PositiveBigIntegerField(default=0)
    reserved_cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=0)
    used_calls = models.PositiveIntegerField(default=0)
    used_searches = models.PositiveIntegerField(default=0)
    used_tokens = models.PositiveBigIntegerField(default=0)
    used_cost_usd = models.DecimalField(max_digits=14, decimal_places=6, default=0)
    # Calls whose price is not known; they are not zero-priced.
    unpriced_calls = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "day"], name="day_budget_once_a_scope")]

    def __str__(self) -> str:
        return f"{self.scope} {self.day.isoformat()}"

    @staticmethod
    def of_user(user_id: int) -> str:
        """Return the scope of one person's runs."""
        return f"user:{user_id}"
