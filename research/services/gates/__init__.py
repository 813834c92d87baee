"""What a person's decision does. Only `reviews` may import this: nothing but a person passes a gate.

Every verb runs inside the caller's transaction, which holds the run's row (`hold`), and has asked the policy.
Each writes the Decision over the digest shown, its event, and then moves the run.
"""

from .claims import add_claim, decide_claim, edit_claim
from .documents import reject_document, sign
from .plans import approve_plan, edit_plan, reject_plan
from .record import By, expect, hold
from .sections import approve_section, edit_section, reject_section

__all__ = [
    "By",
    "add_claim",
    "approve_plan",
    "approve_section",
    "decide_claim",
    "edit_claim",
    "edit_plan",
    "edit_section",
    "expect",
    "hold",
    "reject_document",
    "reject_plan",
    "reject_section",
    "sign",
]
