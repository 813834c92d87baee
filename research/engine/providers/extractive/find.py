"""Investigate one task: search from narrow to wide, keep the sentences that answer it, with exact offsets."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any

from research.engine.domain.errors import CallError, InvalidInput, Transient
from research.engine.domain.evidence import Finding, Hit, Investigation, Quote, SearchRecord
from research.engine.domain.plans import PlanTask
from research.engine.ports import RunBrief, Shelf

from . import cell_search, scope, sentences, topic
from .words import content_stems, likeness, numerals, same_statement

PASSAGES_A_SEARCH = 12
# People review what is found: at most this many statements a task, each with at most this many quotes that say it.
MAX_STATEMENTS = 7
QUOTES_A_STATEMENT = 3
A_PAGE = 2
# So many good sentences are enough to stop searching; fewer than so many let the next tool try.
ENOUGH = 12
TOO_FEW = 2
GOOD = 560
# Jaccard over stems above which a second sentence adds nothing new, unless another document gives other numbers.
TOO_ALIKE = 0.5
# When nothing is said about the task's own subject or period, so many statements of the nearest are kept.
MAX_ESTIMATES = 3
# What is much less to the point than the best is left out: people read every claim.
WORTH_BESIDE_BEST = 0.72
LEAST_RELEVANCE = 560
FAR_FROM_PROMPT = 0.8
ESTIMATE_DISCOUNT = 0.6
_NEWER_BONUS = 40
_YEAR = re.compile(r"\b(20[0-4]\d)\b")


@dataclass
class _Candidate:
    """A sentence that may be kept, at its place."""

    hit: Hit
    sentence: sentences.Sentence
    call_key: str
    relevance: int
    stems: frozenset[str]
    about_subject: bool
    near_prompt: bool

    @property
    def standing(self) -> int:
        """Return 0…1000: the relevance to the task, less where the passage is of the field but far from the prompt."""
        return self.relevance if self.near_prompt else int(self.relevance * FAR_FROM_PROMPT)

    def finding(self, *, factor: float = 1.0) -> Finding:
        start = self.hit.start + self.sentence.start
        quote = Quote(
            extracted_text_id=self.hit.extracted_text_id,
            page=self.hit.page,
            start=start,
            end=start + len(self.sentence.exact),
            exact=self.sentence.exact,
        )
        return Finding(
            quote=quote, source=self.hit.source, call_key=self.call_key, relevance=int(self.standing * factor)
        )


@dataclass
class _Search:
    """What one investigation has so far."""

    topic: topic.Topic
    scope: scope.Scope
    candidates: dict[tuple[int, int], _Candidate] = field(default_factory=dict)
    records: list[SearchRecord] = field(default_factory=list)
    failures: list[CallError] = field(default_factory=list)
    read: set[int] = field(default_factory=set)
    cells: cell_search.CellSearch | None = None

    def take(self, hits: tuple[Hit, ...], call_key: str) -> None:
        for hit in hits:
            if hit.passage_id in self.read or not self.scope.admits(hit):
                continue
            self.read.add(hit.passage_id)
            if self.cells:
                self.cells.note(hit)
            for sentence in sentences.split(hit.text):
                place = (hit.extracted_text_id, hit.start + sentence.start)
                if place in self.candidates or not sentences.can_stand_alone(sentence):
                    continue
                heading = sentence.heading or hit.heading
                near = topic.about(self.topic, sentence.text, hit, heading=heading)
                relevance = self.topic.relevance(sentence.text, heading=heading, about_subject=near)
                if relevance:
                    stems = frozenset(content_stems(sentence.text))
                    self.candidates[place] = _Candidate(
                        hit, sentence, call_key, relevance, stems, near, self.scope.is_near(hit)
                    )

    def good(self) -> list[_Candidate]:
        return [c for c in self.candidates.values() if c.about_subject and c.standing >= GOOD]


async def investigate(*, brief: RunBrief, task: PlanTask, shelf: Shelf) -> Investigation:
    """Choose documents, search them with the task's tools in order of preference, return the best sentences as quotes.

    The next tool is used when one fails or finds next to nothing. Outcome `estimated` when only another place,
    company or period is spoken of, its basis in `reason`; `insufficient_data` when nothing answers.
    Raises `Transient` when every search failed and at least one is worth trying again, and what the shelf raises
    beyond `CallError` (budget, lease).
    """
    within = await scope.scope_of(brief=brief, task=task, shelf=shelf)
    about = topic.topic_of(task, brief.vertical)
    # Tables answer who asks how much; what law demands, and what follows from it all, stands in sentences.
    tabled = about.wants_figure and not about.wants_rule and task.layer == "research"
    search = _Search(about, within, cells=cell_search.of(task, brief.vertical) if tabled else None)
    for tool in task.tools:
        await _with_tool(tool, task, shelf, search)
        if len(search.good()) >= TOO_FEW:
            break
    answers = any(record.tool == scope.TOOL and not record.error for record in search.records)
    if search.cells and answers:
        await _read_tables(search.cells, shelf, search)
    if search.records and all(record.error for record in search.records):
        retry = next((failure for failure in search.failures if isinstance(failure, Transient)), None)
        if retry is not None:
            raise retry
    return _conclude(task, search)


async def _with_tool(tool: str, task: PlanTask, shelf: Shelf, search: _Search) -> None:
    if tool not in shelf.names():
        search.records.append(SearchRecord(tool=tool, query="", hits=0, error="This tool is not on the shelf."))
        return
    for asked in topic.queries_of(task):
        query = search.scope.nearer(asked) if tool == scope.TOOL else asked
        try:
            reply = await shelf.use(tool, _arguments(tool, query, search.scope))
        except (CallError, InvalidInput) as error:
            search.records.append(SearchRecord(tool=tool, query=query, hits=0, error=error.detail))
            if isinstance(error, CallError):
                search.failures.append(error)
            return  # the next tool is the way on; this one would only fail again
        search.records.append(SearchRecord(tool=reply.tool, query=query, hits=len(reply.hits), call_key=reply.call_key))
        # Reading passages is work for the processor: other runs' steps go on meanwhile.
        await asyncio.to_thread(search.take, reply.hits, reply.call_key)
        if len(search.good()) >= ENOUGH:
            return


async def _read_tables(cells: cell_search.CellSearch, shelf: Shelf, search: _Search) -> None:
    """Search for pages whose tables hold the measures asked for, and read the best of them whole."""
    own = None if cells.knows_enough() else _arguments(scope.TOOL, cells.query(), search.scope)
    for arguments in (own, None) if own else (None,):
        asked = arguments or cells.pages()
        if asked is None:
            return
        try:
            reply = await shelf.use(scope.TOOL, asked)
        except (CallError, InvalidInput) as error:
            search.records.append(SearchRecord(tool=scope.TOOL, query=asked["query"], hits=0, error=error.detail))
            return
        search.records.append(
            SearchRecord(tool=scope.TOOL, query=asked["query"], hits=len(reply.hits), call_key=reply.call_key)
        )
        if arguments:
            for hit in reply.hits:
                if search.scope.admits(hit):
                    cells.note(hit)
        else:
            await asyncio.to_thread(cells.read, reply.hits, reply.call_key)


def _arguments(tool: str, query: str, within: scope.Scope) -> dict[str, Any]:
    arguments: dict[str, Any] = {"query": query, "limit": PASSAGES_A_SEARCH}
    if tool == scope.TOOL and within.left_out and within.sources is not None:
        arguments["sources"] = sorted(within.sources)
    return arguments


def _conclude(task: PlanTask, search: _Search) -> Investigation:
    direct = [c for c in search.candidates.values() if c.about_subject and c.relevance >= LEAST_RELEVANCE]
    asked = set(_YEAR.findall(task.question))
    told = search.cells.findings() if search.cells else ()
    in_period = [c for c in direct if not asked or asked & set(_YEAR.findall(c.sentence.text))]
    if in_period or told:
        chosen = _choose(in_period, MAX_STATEMENTS)
        findings = (*(c.finding() for c in chosen), *told)
        texts = {finding.quote.extracted_text_id for finding in findings}
        reason = f"{_plural(len(findings), 'quote')} found in {_plural(len(texts), 'document')}."
        return _investigation(task, search, "found", reason, findings)
    # Another place's law or market is a basis for an estimate; another company's figures are none.
    elsewhere = list(search.candidates.values()) if search.topic.is_place else []
    nearest = _choose(direct or elsewhere, MAX_ESTIMATES)
    if nearest:
        missing = f"{task.subject}" if not direct else f"the period asked for ({', '.join(sorted(asked))})"
        basis = "; ".join(sorted({c.hit.source.title for c in nearest}))
        reason = f"Nothing found speaks of {missing}; the nearest basis is quoted instead, from: {basis}."
        findings = tuple(c.finding(factor=ESTIMATE_DISCOUNT) for c in nearest)
        return _investigation(task, search, "estimated", reason, findings)
    failed = sum(1 for record in search.records if record.error)
    reason = (
        f"None of {_plural(len(search.records), 'search', 'searches')} found a sentence that answers the question"
        + (f"; {failed} of them failed." if failed else ".")
    )
    return _investigation(task, search, "insufficient_data", reason, ())


def _investigation(
    task: PlanTask, search: _Search, outcome: str, reason: str, findings: tuple[Finding, ...]
) -> Investigation:
    return Investigation.model_validate(
        {
            "task_key": task.key,
            "outcome": outcome,
            "reason": reason + search.scope.said(),
            "findings": findings,
            "searches": (*search.records, *search.scope.records()),
        }
    )


def _choose(candidates: list[_Candidate], limit: int) -> list[_Candidate]:
    """Return the best candidates of different content, each followed by others that say the same elsewhere."""
    newest = max((c.hit.source.published_date for c in candidates if c.hit.source.published_date), default=None)

    def rank(c: _Candidate) -> tuple[int, int, int, int]:
        newer = _NEWER_BONUS if newest and c.hit.source.published_date == newest else 0
        return (
            -(c.relevance + newer),
            -c.hit.source.reliability,
            c.hit.extracted_text_id,
            c.hit.start + c.sentence.start,
        )

    floor = WORTH_BESIDE_BEST * max((c.standing for c in candidates), default=0)
    # "Second, …" dangles: it gives way to any sentence that answers as well on its own.
    alone = max((c.relevance for c in candidates if not sentences.counts_on(c.sentence.text)), default=-1)
    candidates = [
        c
        for c in candidates
        if c.standing >= floor and (c.relevance > alone or not sentences.counts_on(c.sentence.text))
    ]
    kept: list[list[_Candidate]] = []
    pages: dict[tuple[int, int], int] = {}
    for candidate in sorted(candidates, key=rank):
        same = next((g for g in kept if same_statement(g[0].sentence.text, candidate.sentence.text)), None)
        if same is not None:
            other_text = all(c.hit.extracted_text_id != candidate.hit.extracted_text_id for c in same)
            if other_text and len(same) < QUOTES_A_STATEMENT:
                same.append(candidate)
            continue
        page = (candidate.hit.extracted_text_id, candidate.hit.page)
        alike = any(_adds_nothing(group[0], candidate) for group in kept)
        if len(kept) < limit and pages.get(page, 0) < A_PAGE and not alike:
            kept.append([candidate])
            pages[page] = pages.get(page, 0) + 1
    return [candidate for group in kept for candidate in group]


def _adds_nothing(kept: _Candidate, other: _Candidate) -> bool:
    """Tell whether `other` is more of the same. Other numbers from another document are news: they may contradict."""
    if likeness(kept.stems, other.stems) < TOO_ALIKE:
        return False
    same_text = kept.hit.extracted_text_id == other.hit.extracted_text_id
    return same_text or numerals(kept.sentence.text) == numerals(other.sentence.text)


def _plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
