"""Role investigate: let the model search and read, and keep of it only words that stand in archived texts."""

from __future__ import annotations

from typing import Any

from research.engine.domain.errors import Permanent
from research.engine.domain.evidence import Investigation
from research.engine.domain.plans import PlanTask
from research.engine.ports import RunBrief, Shelf
from research.engine.prompts import loader

from . import blocks, fields, leads, structured, wording
from .asking import Answer, Asked, Asker
from .client_tools import ClientTools
from .conversation import Conversation
from .findings import Findings
from .server_tools import ServerTools

_CUT_OFF = "Your answer was cut off at its longest length. Nothing of it was done. Go on in smaller steps."
_GO_ON = "Keep the quotes that answer the question with keep_quote, then call report."
_CUT_OFF_TWICE = "The model's answers were cut off at their longest length; what it kept until then stands."
_OUT_OF_TURNS = "The investigation was ended after its last turn; what it kept until then stands."
_REFUSED = "The model declined to go on with this question; what it kept until then stands."
_FULL = "There was more to read than the model can hold; what it kept until then stands."


async def investigate(asker: Asker, brief: RunBrief, task: PlanTask, shelf: Shelf) -> Investigation:
    """Return what the model kept of what it read, each quote found in an archived text, with every search it made.

    Raises `Transient` when nothing could be searched and it is worth another try, and what `Asker.ask` raises.
    """
    return await _Loop(asker, brief, task, shelf).run()


class _Loop:
    """One conversation, turn by turn."""

    def __init__(self, asker: Asker, brief: RunBrief, task: PlanTask, shelf: Shelf) -> None:
        self._asker = asker
        self._brief = brief
        self._task = task
        self._shelf = shelf
        self._prompt = loader.load("investigate")
        self._found = Findings(task)
        self._server = ServerTools(asker.settings, task.tools, brief.vertical)
        known = " ".join((brief.prompt, task.question, *task.queries, *(each.url or "" for each in brief.memory)))
        self._client = ClientTools(shelf, self._found, vertical=brief.vertical, known_urls=known)
        self._talk = Conversation(self._first_words())
        self._tools: list[dict[str, Any]] = []
        self._paused = False
        self._after = ""
        self._told_tools: list[dict[str, Any]] = []
        self._continued = 0
        self._made_room = False
        self._cut = 0
        self._nudged = 0

    async def run(self) -> Investigation:
        ended = _OUT_OF_TURNS
        for _ in range(self._asker.settings.max_turns):
            answer = await self._ask()
            stop = await self._hear(answer)
            if stop is not None:
                ended = stop
                break
        await leads.follow(
            self._found,
            shelf=self._shelf,
            archive=self._asker.context.archive,
            now=self._asker.context.clock.now(),
            question=self._task.question,
        )
        return self._conclude(ended)

    async def _ask(self) -> Answer:
        settings = self._asker.settings
        self._talk.trim(limit=settings.context_tokens)
        request: dict[str, Any] = {
            "system": structured.system_of(self._prompt, caching=settings.prompt_caching),
            "messages": self._talk.request(caching=settings.prompt_caching),
        }
        if not self._paused:
            self._tools = [*self._server.definitions(), *self._client.definitions()]
        request["tools"] = self._tools
        asked = Asked(
            role="investigate",
            prompt=self._prompt,
            request=request,
            fresh=self._talk.fresh,
            after=self._after,
            changed=self._changed(),
            server_uses=self._server.searches_left + self._server.fetches_left,
            searches=self._server.searches_left,
        )
        return await self._asker.ask(asked)

    def _changed(self) -> dict[str, Any]:
        """Return what the ledger is to know of this request beside its new messages."""
        told: dict[str, Any] = {"messages": self._talk.changed} if self._talk.changed else {}
        return told | ({"tools": self._tools} if self._after and self._tools != self._told_tools else {})

    async def _hear(self, answer: Answer) -> str | None:
        """Take in one answer. Return why the conversation is over ("" for a report), or None when it goes on."""
        message = answer.message
        await self._server.take_home(
            message,
            self._found,
            archive=self._asker.context.archive,
            call_key=answer.call_key,
            now=self._asker.context.clock.now(),
            query=self._task.question,
        )
        reason = blocks.stop_reason(message)
        uses = blocks.tool_uses(message)
        match reason:
            # Whole calls, however the turn ended: each must have its result, or the next request is refused.
            case "tool_use" | "end_turn" | "stop_sequence" if uses:
                self._take(answer)
                self._talk.say(await self._client.answer(uses))
                return "" if self._client.report is not None else None
            case "pause_turn":
                # The same conversation with the answer as it is, and nothing said to it: the server goes on by itself.
                self._continued += 1
                self._take(answer)
                return _OUT_OF_TURNS if self._continued > self._asker.settings.max_continuations else None
            case "refusal":
                return _REFUSED
            case "model_context_window_exceeded":
                return self._make_room()
            case "max_tokens":
                return self._cut_off(answer)
            case _:
                return self._ended(answer)

    def _take(self, answer: Answer, *, kept: list[dict[str, Any]] | None = None) -> None:
        """Make an answer part of the conversation; the next call goes on from it. kept: as `Conversation.heard`."""
        self._talk.heard(fields.content(answer.message), kept=kept)
        self._after = answer.call_key
        self._told_tools = self._tools
        self._made_room = False
        # What a paused turn was offered is offered to its continuation: it has a call to finish.
        self._paused = blocks.stop_reason(answer.message) == "pause_turn"

    def _cut_off(self, answer: Answer) -> str | None:
        """Go on once after an answer that was cut off; a tool it was about to use is not: its input is not whole."""
        self._cut += 1
        if self._cut > 1:
            return _CUT_OFF_TWICE
        self._take(answer, kept=blocks.whole(answer.message))
        self._talk.say([{"type": "text", "text": _CUT_OFF}])
        return None

    def _ended(self, answer: Answer) -> str | None:
        """Ask once for a report where the model stopped without one."""
        self._nudged += 1
        if self._nudged > 1:
            return ""
        # Stopped for a reason that came later than this code, it may hold calls nobody knows to be whole.
        self._take(answer, kept=blocks.whole(answer.message))
        self._talk.say([{"type": "text", "text": _GO_ON}])
        return None

    def _make_room(self) -> str | None:
        """Take half of it out, whatever the setting holds possible; once for one question to the model."""
        if self._made_room:
            return _FULL
        self._made_room = True
        return None if self._talk.trim(limit=self._talk.tokens() // 2) else _FULL

    def _conclude(self, ended: str) -> Investigation:
        report = self._client.report
        failure = self._client.all_failed()
        if failure is not None and not self._found.quotes:
            raise failure
        reason = " ".join(report.reason.split())[:600] if report is not None else ended
        if not reason:
            reason = "The model stopped without a report."
        if not self._found.quotes and (failed := self._found.all_failed()):
            reason = f"Nothing could be searched ({failed}): nobody knows what there is. {reason}"
        leads_left = sum(1 for each in self._found.quotes if each.source.kind == "lead")
        if leads_left:
            reason += f" {leads_left} of the quotes are unverified leads: their pages could not be read."
        if report is not None and not self._found.quotes and report.outcome != "insufficient_data":
            reason += " No quote of it was found in what was read."
        return self._found.concluded(outcome=report.outcome if report is not None else "found", reason=reason)

    def _first_words(self) -> str:
        task, vertical = self._task, self._brief.vertical
        section = vertical.section(task.section)
        if self._brief.as_of is None:
            raise Permanent("The run has no date to research from: create it anew.")
        return self._prompt.fill(
            as_of=self._brief.as_of.isoformat(),
            prompt=wording.inert(self._brief.prompt),
            task=task.key,
            section=section.title,
            purpose=section.purpose,
            question=task.question,
            subject=f"It is about: {task.subject}." if task.subject else "",
            queries=wording.listed(task.queries),
            memory=wording.memory(self._brief),
            max_turns=str(self._asker.settings.max_turns),
        )
