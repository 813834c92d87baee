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
├── BudgetExceeded            the next call would pass a limit: of the run, the person's day, everybody's day
│   └── SpendLimitReached     the provider's own limit on the account; a person raises it there
├── Waiting                   the answer is being made elsewhere (a batch): look again after `wait_s`
└── CallError                 a call that left the process failed; `used` is what it cost all the same
    ├── Transient             worth trying again; `retry_after_s` or None when unknown
    │   └── ProviderDown      the model's provider is away: the run pauses until it is worth another try
    ├── Permanent             never worth trying again
    └── OutcomeUnknown        it was in flight at a crash twice over; it is not bought a third time
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # parsing processes raise these too, and load nothing they do not need
    from .usage import Usage


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


class SpendLimitReached(BudgetExceeded):
    code = "spend_limit_reached"


class Waiting(MrdError):
    """Nothing is wrong: the answer comes later. `wait_s`: seconds until it is worth looking again."""

    code = "waiting"

    def __init__(self, detail: str, *, wait_s: float) -> None:
        super().__init__(detail)
        self.wait_s = wait_s


class CallError(MrdError):
    """A call failed. `used`: what it used all the same (a stream cut half way was read and is paid), None: nothing."""

    code = "call_failed"

    def __init__(self, detail: str, *, used: Usage | None = None) -> None:
        super().__init__(detail)
        self.used = used


class Transient(CallError):
    """Worth trying again, after `retry_after_s` seconds where the other side named them.

    limited: it answered that there are too many calls (429): it works, so its breaker does not count this.
    """

    code = "call_transient"

    def __init__(
        self, detail: str, *, retry_after_s: float | None = None, used: Usage | None = None, limited: bool = False
    ) -> None:
        super().__init__(detail, used=used)
        self.retry_after_s = retry_after_s
        self.limited = limited


class ProviderDown(Transient):
    """The model's provider is away. `retry_after_s`: when the run is worth another try, None when not known."""

    code = "provider_down"


class Permanent(CallError):
    code = "call_permanent"


class OutcomeUnknown(CallError):
    code = "outcome_unknown"
