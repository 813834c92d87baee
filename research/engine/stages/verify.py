"""The verify stage: what the checks say of all claims of a run."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

from research.engine.domain.claims import ClaimInHand, Verification
from research.engine.ports import CompanyRegister
from research.engine.verification import assess


async def verify(
    claims: Sequence[ClaimInHand], *, as_of: dt.date | None = None, register: CompanyRegister | None = None
) -> Verification:
    """Return the assessment of every claim, the merged and the contradicting ones among them.

    as_of: the day by which law must still be in effect, None for any. register: where companies are listed, or None.

    Pure and deterministic: the same claims in any order give the same result. Takes about a second of CPU for 500
    claims, in a thread, so that the loop goes on. Raises `InvalidInput` for two claims with one key.
    """
    return await asyncio.to_thread(assess.verify, claims, as_of=as_of, register=register)
