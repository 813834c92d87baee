"""The admin's pages, one module a noun."""

from . import breakers, calls, claims, day_budgets, library, people, plans, record, runs, steps

__all__ = [
    "breakers", "calls", "claims", "day_budgets", "library", "people", "plans", "record", "runs", "steps",
]  # fmt: skip
