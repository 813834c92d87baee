"""Every error the engine raises on purpose.

MrdError                      expected: one clear sentence for the person who can mend it
├── InvalidInput              the request is wrong; nothing was changed
│   ├── PlanInvalid
│   ├── QuoteNotFound         a quote is not in its extracted text at its offsets
│   └── Unreadable            a file gives no text; the sentence says why
├── Conflict                  somebody or something else was first; look again
│   ├── StaleState            the run is not in the state the change needs
│   ├── StaleDigest           the subject is no longer what the person was shown
│   └── LostLease             this worker no longer holds the step (its fencing token is old)
├── Refused                   the policy says no: this person may not decide this
├── NotFound                  no such thing for this person
├── BudgetExceeded            the next call would pass a limit of the run
└── CallError                 a call that left the process failed
    ├── Transient             worth trying again; `retry_after_s` or None when unknown
    ├── Permanent             never worth trying again
    └── OutcomeUnknown        it was in flight at a crash twice over; it is not bought a third time
"""

from __future__ import annotations


class MrdError(Exception):
    """Carry one clear sentence saying what is wrong and what to do. `code` is stable API text."""

    code = "error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidInput(MrdError):
    """The request is wrong. `field` names the offending input, or None when it is the whole."""

    code = "invalid_input"

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail)
        self.field = field


class PlanInvalid(InvalidInput):
    code = "plan_invalid"


class QuoteNotFound(InvalidInput):
    code = "quote_not_found"


class Unreadable(InvalidInput):
    code = "unreadable"


class Conflict(MrdError):
    code = "conflict"


class StaleState(Conflict):
    code = "stale_state"


class StaleDigest(Conflict):
    code = "stale_digest"


class LostLease(Conflict):
    code = "lost_lease"


class Refused(MrdError):
    """The policy refuses. `rule` is the name of the rule that said no."""

    code = "refused"

    def __init__(self, detail: str, *, rule: str) -> None:
        super().__init__(detail)
        self.rule = rule


class NotFound(MrdError):
    code = "not_found"


class BudgetExceeded(MrdError):
    code = "budget_exceeded"


class CallError(MrdError):
    code = "call_failed"


class Transient(CallError):
    """Worth trying again, after `retry_after_s` seconds where the other side named them."""

    code = "call_transient"

    def __init__(self, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class Permanent(CallError):
    code = "call_permanent"


class OutcomeUnknown(CallError):
    code = "outcome_unknown"
