"""What people, and all of them together, have used and reserved in a day."""

from __future__ import annotations

from django.db import models

from .base import Spending


class DayBudget(Spending):
    """One row a scope and day (UTC). Its limits are settings; without any it is the account of the day all the same.

    scope: "user:<pk>" for the runs one person asked for, or `ALL`. A call counts on the day of its intent, whenever
    it ends. Changed only under the row's lock.
    """

    ALL = "all"

    scope = models.CharField(max_length=40)
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "day"], name="day_budget_once_a_scope")]

    def __str__(self) -> str:
        return f"{self.scope} {self.day.isoformat()}"

    @staticmethod
    def of_user(user_id: int) -> str:
        """Return the scope of one person's runs."""
        return f"user:{user_id}"
