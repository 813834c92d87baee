"""Django rows, one file a noun. Decision and Signature are among them: the record."""

from .breakers import Breaker
from .calls import Call
from .claims import Assessment, Claim, ClaimEvidence, ClaimRevision, Contradiction
from .day_budgets import DayBudget
from .documents import Document, SectionRevision
from .evidence import Evidence
from .idempotency import ApiIdempotency
from .library import ExtractedText, Intake, LibraryFeed, Passage, Snapshot, Source
from .people import ApiToken, Membership, Team, User
from .plans import Plan, Task
from .record import Decision, Event, Signature
from .runs import Run, RunBudget, Trail
from .steps import Driver, Heartbeat, Step

__all__ = [
    "ApiIdempotency",
    "ApiToken",
    "Assessment",
    "Breaker",
    "Call",
    "Claim",
    "ClaimEvidence",
    "ClaimRevision",
    "Contradiction",
    "DayBudget",
    "Decision",
    "Document",
    "Driver",
    "Event",
    "Evidence",
    "ExtractedText",
    "Heartbeat",
    "Intake",
    "LibraryFeed",
    "Membership",
    "Passage",
    "Plan",
    "Run",
    "RunBudget",
    "SectionRevision",
    "Signature",
    "Snapshot",
    "Source",
    "Step",
    "Task",
    "Team",
    "Trail",
    "User",
]
