"""A research model that does what a script says: so many tasks, so many calls each, so many seconds a call.

The script is a JSON file named by MRD_SCRIPT: {"tasks", "calls", "seconds", "effects", "quotes", "vertical"}.
Every call that is carried out appends its name to the file `effects`: that is the "other side", which counts what was
really done to it, whatever the ledger says. `quotes` are domain Findings as JSON, one a task.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

from research.engine.domain.claims import ClaimDraft, Opinion
from research.engine.domain.documents import SectionDraft, Sentence
from research.engine.domain.evidence import Finding, Investigation, SearchRecord
from research.engine.domain.plans import Plan, PlanTask
from research.engine.domain.usage import Usage
from research.engine.ports import CallOutcome, CallRequest


def script() -> dict[str, Any]:
    path = Path(os.environ["MRD_SCRIPT"])
    return _script(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=1)
def _script(path: Path, _changed: int) -> dict[str, Any]:
    return json.loads(path.read_text())


def effect(path: str, name: str) -> None:
    """Do something to the world that stays: one line, on disk before this returns."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(handle, f"{name}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)


class ScriptedModel:
    name = "scripted"

    def __init__(self, *, calls, boundary=lambda name: None) -> None:
        self._calls = calls
        self._script = script()
        self._boundary = boundary

    async def plan(self, brief) -> Plan:
        sections = [section.key for section in brief.vertical.sections]
        count = self._script["tasks"]
        return Plan(
            vertical=brief.vertical.name,
            prompt=brief.prompt,
            tasks=tuple(
                PlanTask(
                    key=f"task-{n}",
                    question=f"What do the sources say about point {n}?",
                    section=sections[n % len(sections)],
                    tools=("library_search",),
                )
                for n in range(count)
            ),
        )

    async def _call(self, brief, name: str) -> CallOutcome:
        async def perform(_key) -> CallOutcome:
            self._boundary("before")
            if self._script["seconds"]:
                await asyncio.sleep(self._script["seconds"])
            if self._script.get("effects"):
                effect(self._script["effects"], f"{brief.run_id}:{name}")
            self._boundary("after")
            return CallOutcome(payload={"said": name}, usage=Usage(searches=0, cost_usd=Decimal("0.01")))

        request = CallRequest(
            kind="model", name="scripted", arguments={"call": name}, estimate=Usage(cost_usd=Decimal("0.02"))
        )
        return await self._calls.make(request, perform, timeout_s=600)

    async def investigate(self, brief, task, shelf) -> Investigation:
        outcome = None
        for n in range(self._script["calls"]):
            outcome = await self._call(brief, f"{task.key}/{n}")
        number = int(task.key.rsplit("-", 1)[1])
        quotes = self._script["quotes"]
        finding = Finding.model_validate(quotes[number % len(quotes)])
        if outcome is not None:
            finding = finding.model_copy(update={"call_key": outcome.call_key})
        return Investigation(
            task_key=task.key,
            outcome="found",
            reason="as scripted",
            findings=(finding,),
            searches=(SearchRecord(tool="scripted", query=task.question, hits=1),),
        )

    async def extract(self, brief, task, evidence) -> tuple[ClaimDraft, ...]:
        return tuple(
            ClaimDraft(task_key=task.key, section=task.section, text=item.quote.exact, evidence_ids=(item.id,))
            for item in evidence
        )

    async def synthesise(self, brief, task, claims) -> tuple[ClaimDraft, ...]:
        return ()

    async def judge(self, brief, claims) -> tuple[Opinion, ...]:
        return ()

    async def redraft(self, brief, section, refused) -> tuple[Sentence, ...]:
        return ()

    async def draft(self, brief, section) -> SectionDraft:
        return SectionDraft(
            key=section.brief.key,
            title=section.brief.title,
            regulatory=section.brief.regulatory,
            sentences=tuple(Sentence(text=claim.text, claims=(claim.revision_id,)) for claim in section.claims),
        )


def build(context) -> ScriptedModel:
    return ScriptedModel(calls=context.calls, boundary=BOUNDARY)


def _pass(name: str) -> None:
    del name


# The crash harness puts its own here in the child that is to die.
BOUNDARY = _pass
