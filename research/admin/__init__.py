"""The admin's pages, one module a noun."""

from . import claims, library, people, plans, record, runs, steps

__all__ = ["claims", "library", "people", "plans", "record", "runs", "steps"]
