"""What phases and days hold: every reservation is checked against all its limits, and taken from all or from none.

The rows are locked in one order (budgets by id, then days by id), so two processes can neither pass a limit together
nor wait for each other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from research.engine.document.text import money
from research.engine.domain.errors import BudgetExceeded
from research.engine.domain.usage import Usage
from research.models import DayBudget
from research.models.runs import Phase

from . import bulk, ledger_rows
from .ledger_entries import Begin, Holder
from .ledger_rows import AMOUNTS, DayOf, Held, PhaseOf

Of = TypeVar("Of")
FINISH = "or finish with what there is"


class DayLimits(NamedTuple):
    """What may be used in one day (UTC); None: no limit."""

    searches: int | None = None
    tokens: int | None = None
    cost_usd: Decimal | None = None


NO_LIMITS = DayLimits()


def days_of(holder: Holder, at: dt.datetime) -> tuple[DayOf, DayOf]:
    """Return the person's day and everybody's day on which a call begun at `at` counts."""
    day = at.astimezone(dt.UTC).date()
    return (DayBudget.of_user(holder.user_id), day), (DayBudget.ALL, day)


class Passed(NamedTuple):
    """A limit that a call would pass, what is used or set aside of it, and what the call may take, in words.

    may_fit: whether the call fits when what is held now turns out to be less.
    """

    limit: str
    held: str
    more: str
    may_fit: bool

    def standing(self) -> str:
        """Return the words that tell a person how much to raise, and whether waiting may do."""
        told = f"{self.held} are used or set aside for calls in flight, and it may take {self.more}."
        return f"{told} When those in flight end for less, resuming may be enough." if self.may_fit else told


_SAY: tuple[Callable[[Any], str], ...] = ("{:,} calls".format, "{:,} searches".format, "{:,} tokens".format, money)


class Account:
    """What one row holds, used and reserved together, and what the group adds to it.

    limits: calls, searches, tokens, US dollars; None: no limit. added: by column, in the order of `AMOUNTS`.
    """

    __slots__ = ("added", "held", "limits")

    def __init__(self, *, held: Iterable[int | Decimal], limits: tuple[int | Decimal | None, ...]) -> None:
        self.held = list(held)
        self.limits = limits
        self.added: list[int | Decimal] = [0] * len(AMOUNTS)

    def passed_by(self, estimate: Usage) -> Passed | None:
        """Return the limit one more call would pass; None when it fits."""
        for held, more, limit, say in zip(self.held, _amounts(estimate), self.limits, _SAY, strict=True):
            if limit is not None and held + more > limit:
                return Passed(say(limit), held=say(held), more=say(more), may_fit=held > 0 and more <= limit)
        return None

    def reserve(self, estimate: Usage) -> None:
        for place, amount in enumerate(_amounts(estimate)):
            self.held[place] += amount
            self.added[place] += amount

    def release(self, reserved: Usage) -> None:
        """Give back what a call had reserved besides itself."""
        for place, amount in list(enumerate(_amounts(reserved)))[1:]:
            self.held[place] -= amount
            self.added[place] -= amount

    def settle(self, reserved: Usage, used: Usage) -> None:
        """Turn what a call had reserved into what it used, which may be more; then the next finds less left."""
        for place, (before, after) in enumerate(zip(_amounts(reserved), _amounts(used), strict=True)):
            self.held[place] += after - before
            self.added[place] -= before
            self.added[place + 4] += after
        if used.cost_usd is None:
            self.added[8] += 1


def _amounts(usage: Usage) -> tuple[int, int, int, int | Decimal]:
    """Return calls, searches, tokens and dollars. A price that is not known adds none; it is counted apart."""
    return 1, usage.searches, usage.tokens, usage.cost_usd or 0


class Accounts:
    """The rows a group of calls is booked on."""

    def __init__(self, *, budgets: Iterable[Held[PhaseOf]], user_day: DayLimits, all_day: DayLimits) -> None:
        """budgets: the phases' rows, locked."""
        self._limits = {True: (None, *all_day), False: (None, *user_day)}
        self._limited = user_day != NO_LIMITS or all_day != NO_LIMITS
        self._budget_ids: dict[PhaseOf, int] = {}
        self._phases: dict[PhaseOf, Account] = {}
        self._days: dict[DayOf, Account] = {}
        for row in budgets:
            self._budget_ids[row.of] = row.id
            self._phases[row.of] = Account(held=row.held, limits=row.limits)

    def open_days(self, days: set[DayOf]) -> None:
        """Lock the days where they have limits. Without any they are locked only to be written, last of all."""
        held: dict[DayOf, tuple[int | Decimal, ...]] = dict.fromkeys(days, (0, 0, 0, 0))
        if self._limited:
            held = {row.of: row.held for row in ledger_rows.lock_days(days)}
        self._days = {day: Account(held=held[day], limits=self._limits[day[0] == DayBudget.ALL]) for day in days}

    def reserve(self, entry: Begin) -> BudgetExceeded | None:
        """Reserve the call's estimate everywhere, or nothing and return why not."""
        holder, estimate = entry.holder, entry.request.estimate
        phase = self._phases[holder.run_id, holder.phase]
        person, everybody = (self._days[day] for day in days_of(holder, entry.now))
        if passed := phase.passed_by(estimate):
            ways = FINISH if holder.phase == Phase.RESEARCH else "or cancel the run"
            return BudgetExceeded(
                f"The next call would pass this run's limit of {passed.limit} for {holder.phase}: "
                f"raise the budget, {ways}. {passed.standing()}"
            )
        for day, whose in ((person, "one person's runs"), (everybody, "everybody's runs together")):
            if passed := day.passed_by(estimate):
                return BudgetExceeded(
                    f"The next call would pass the limit of {passed.limit} a day for {whose}: have the site raise it, "
                    f"wait until tomorrow (UTC), {FINISH}. {passed.standing()}"
                )
        for account in (phase, person, everybody):
            account.reserve(estimate)
        return None

    def settle(self, holder: Holder, *, begun: dt.datetime, reserved: Usage, used: Usage) -> None:
        """Book a call that ended where it was reserved: on the day it was begun."""
        self._phases[holder.run_id, holder.phase].settle(reserved, used)
        for day in days_of(holder, begun):
            self._days[day].settle(reserved, used)

    def release(self, holder: Holder, *, begun: dt.datetime, reserved: Usage) -> None:
        """Give back the reservation of a call that ended before its price was known, where it was made."""
        self._phases[holder.run_id, holder.phase].release(reserved)
        for day in days_of(holder, begun):
            self._days[day].release(reserved)

    def write(self, writes: bulk.Writes) -> None:
        """Add to what is written what has been added here."""
        ids = self._budget_ids
        ledger_rows.add_to_budgets(writes, {ids[of]: added for of, added in _added(self._phases).items()})
        added = _added(self._days)
        if added and not self._limited:
            # Everybody's day is everybody's lock: as late as can be.
            ledger_rows.open_days(writes, added)
        ledger_rows.add_to_days(writes, added)


def _added(accounts: Mapping[Of, Account]) -> dict[Of, list[int | Decimal]]:
    return {of: account.added for of, account in accounts.items() if any(account.added)}
