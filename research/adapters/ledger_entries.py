"""What is written into the ledger: the beginning and the end of a call, and who holds the step that makes it."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import NamedTuple

from research.engine.domain.states import StepKind
from research.engine.domain.usage import Usage
from research.engine.ports import CallOutcome, CallRequest
from research.models import Step
from research.models.runs import Phase

# What a call that failed, or was answered from an earlier one's recorded answer, has used.
NOTHING = Usage(calls=1, searches=0, tokens=0, cost_usd=Decimal(0))


class Holder(NamedTuple):
    """Which step, under which token, the calls belong to. user_id: who asked for the run, whose day they count on.

    begins: nobody has held the step before, nor one of its kind and key in an earlier round: no call is recorded yet.
    """

    run_id: uuid.UUID
    step_id: int
    kind: str
    key: str
    token: int
    correlation_id: str
    user_id: int
    begins: bool = False

    @classmethod
    def of(cls, step: Step) -> Holder:
        """Return who holds a claimed step, whose run is selected with it."""
        return cls(
            run_id=step.run_id,
            step_id=step.pk,
            kind=step.kind,
            key=step.key,
            token=step.token,
            correlation_id=step.run.correlation_id,
            user_id=step.run.requester_id,
            begins=step.token == 1 and step.generation == 1,
        )

    @property
    def phase(self) -> str:
        return Phase.PLANNING if self.kind == StepKind.PLAN else Phase.RESEARCH


class Begin(NamedTuple):
    """A call about to be made. call_id: of the row it becomes, the same when it is written again."""

    holder: Holder
    request: CallRequest
    key: str
    call_id: uuid.UUID
    now: dt.datetime


class Settle(NamedTuple):
    """A call that ended. outcome None: it failed with `error`. used: what is booked, either way.

    settles: the key of the call of the same run whose held reservation is given back, "" for none.
    """

    holder: Holder
    key: str
    call_id: uuid.UUID
    outcome: CallOutcome | None
    error: str
    used: Usage
    now: dt.datetime
    settles: str = ""


Entry = Begin | Settle
