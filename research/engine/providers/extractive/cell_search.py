"""Find the pages whose tables answer a task, and the rows to quote from them."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, NamedTuple

from research.engine.domain.evidence import Finding, Hit, Quote
from research.engine.domain.plans import PlanTask
from research.engine.domain.vertical import Vertical
from research.engine.reading import tables

from . import cell_measures, cells
from .subjects import forms_of
from .words import form_pattern, mentions

MAX_PAGES = 8
MAX_STATEMENTS = 3
QUOTES_A_STATEMENT = 2
_PASSAGES = 50
_WITH_ROWS = 2
_LONGEST_GROUP = 60
_QUERY_CHARS = 200
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


class _Told(NamedTuple):
    """A statement with the page it was read from and the call that gave the page."""

    statement: cells.Statement
    page: Hit
    offset: int
    text: str
    call_key: str


class CellSearch:
    """What one investigation knows of tables. `note` passages, ask for `pages`, `read` them, take the `findings`."""

    def __init__(self, task: PlanTask, vertical: Vertical, asked: tuple[cell_measures.Asked, ...]) -> None:
        self._task = task
        self._vertical = vertical
        self._asked = asked
        self._names = tuple(dict.fromkeys(each.metric for each in asked))
        self._forms = [form_pattern(form) for name in self._names for form in vertical.metrics[name]]
        self._places: Counter[tuple[int, int]] = Counter()
        self._latest: dict[int, int] = {}
        self._told: list[_Told] = []

    def note(self, hit: Hit) -> None:
        """Remember the page of a passage that names a measure asked for and holds rows of a table."""
        if not self._is_of_subject(hit):
            return
        text_id = hit.extracted_text_id
        # A title's year is the document's; in its text other years stand too (maturities, plans).
        years = _YEAR.findall(hit.source.title) or _YEAR.findall(hit.text)[:1]
        self._latest[text_id] = max([self._latest.get(text_id, 0), *map(int, years)])
        labels = _labels(hit.text)
        named = sum(1 for form in self._forms if any(form.search(label) for label in labels))
        # Where the text speaks of a measure, a table of it often stands on the same page.
        spoken = any(form.search(hit.text) or form.search(hit.heading) for form in self._forms)
        if named or spoken:
            self._places[(text_id, hit.page)] += 3 * named + (2 if len(labels) > 1 else 1)

    def _is_of_subject(self, hit: Hit) -> bool:
        if not self._task.subject or self._task.subject in self._vertical.jurisdictions:
            return True
        said = f"{hit.source.publisher or ''} {hit.source.title} {hit.text}"
        return mentions(said, forms_of(self._task.subject, self._vertical))

    def knows_enough(self) -> bool:
        """Tell whether pages enough were noted on the way, so that no search of its own is needed."""
        return sum(1 for weight in self._places.values() if weight > _WITH_ROWS) >= MAX_PAGES

    def query(self) -> str:
        """Return a search for tables of the measures asked for."""
        names = " ".join(self._names).replace(" percentage", " %")
        subject = self._task.subject or ""
        return f"{subject} {names} in thousands in millions year ended".strip()[:_QUERY_CHARS]

    def pages(self) -> dict[str, Any] | None:
        """Return the arguments that ask for the best pages noted, newest documents first, or None without one."""
        ranked = sorted(self._places, key=lambda place: (-self._latest.get(place[0], 0), -self._places[place], place))
        best = sorted(self._places, key=lambda place: (-self._places[place], place))
        chosen = tuple(dict.fromkeys((*ranked[: MAX_PAGES // 2], *best)))[:MAX_PAGES]
        if not chosen:
            return None
        said = f"whole pages with tables of {', '.join(self._names)}"[:_QUERY_CHARS]
        return {"query": said, "limit": _PASSAGES, "pages": chosen}

    def read(self, hits: tuple[Hit, ...], call_key: str) -> None:
        """Read the tables of whole pages, given as their passages."""
        by_page: dict[tuple[int, int], list[Hit]] = {}
        for hit in hits:
            by_page.setdefault((hit.extracted_text_id, hit.page), []).append(hit)
        for passages in by_page.values():
            first = min(passages, key=lambda hit: hit.start)
            text = _page_text(passages, first.start)
            for said in cells.statements(
                text, asked=self._asked, task=self._task, source=first.source, vertical=self._vertical
            ):
                self._told.append(_Told(said, first, first.start, text, call_key))

    def findings(self) -> tuple[Finding, ...]:
        """Return the quotes of the best statements: rows, what stands above them, their groups' headings."""
        groups: list[list[_Told]] = []
        for told in _measures_in_turn(sorted(self._told, key=_rank)):
            kept = [each for group in groups for each in group]
            if not self._reads_back(told) or any(_confuses(each, told) for each in kept):
                continue
            same = next((group for group in groups if cells.same_cell(group[0].statement, told.statement)), None)
            if same is not None:
                if len(same) < QUOTES_A_STATEMENT and all(t.page.source.id != told.page.source.id for t in same):
                    same.append(told)
            elif len(groups) < MAX_STATEMENTS and not any(_repeats(group[0], told) for group in groups):
                groups.append([told])
        found: dict[str, Finding] = {}
        for told in (each for group in groups for each in group):
            for start, end in _places(told.statement):
                finding = _finding(told, start, end)
                found.setdefault(finding.quote.key(), finding)
        return tuple(found.values())

    def _reads_back(self, told: _Told) -> bool:
        """Tell whether the quotes alone give the same statement: else it could not be claimed from them."""
        quoted = [told.text[start:end] for start, end in _places(told.statement)]
        if not cells.is_row(quoted[-1]) or not cells.is_above(quoted[0]):
            return False
        again = cells.statements(
            "\n".join(quoted), asked=self._asked, task=self._task, source=told.page.source, vertical=self._vertical
        )
        return len(again) == 1 and again[0].text == told.statement.text


def of(task: PlanTask, vertical: Vertical) -> CellSearch | None:
    """Return a search for the measures that `task` asks for, or None when it asks for none."""
    asked = cell_measures.asked_of(task, vertical)
    return CellSearch(task, vertical, asked) if asked else None


def _labels(text: str) -> list[str]:
    """Return the label of each table row of a passage, with the line without figures above it: its group, perhaps."""
    labels = []
    above = ""
    for line in text.split("\n"):
        parts = tables.parts_of_text(line)
        if parts.cells and parts.label:
            labels.append(f"{parts.label} {above}".replace("%", " percentage"))
        elif not parts.cells:
            above = line if len(line) < _LONGEST_GROUP else ""
    return labels


def _rank(told: _Told) -> tuple[int, float, int]:
    """Return the order of statements: the best answers first, of these the newest year, a whole year before a part.

    A whole year stands before the parts of the year after it: what a year gave says more than what half of one did.
    """
    said = told.statement
    period = said.value.period or ""
    year = max((int(year) for year in _YEAR.findall(period)), default=0)
    return (-said.relevance, -(year + 1.1 if period.startswith("FY") else year), told.page.start + said.row.start)


def _repeats(kept: _Told, other: _Told) -> bool:
    """Tell whether `other` is the same row of the same owner for another, older or shorter, period."""
    mine, theirs = kept.statement, other.statement
    return _row_of(mine) == _row_of(theirs)


def _row_of(said: cells.Statement) -> tuple[str, str, str]:
    return said.row.label.casefold(), said.row.parent.casefold(), (said.value.entity or "").casefold()


def _measures_in_turn(ranked: list[_Told]) -> list[_Told]:
    """Return the best statement of each measure first, then the others: three measures say more than one in parts."""
    first: dict[str, _Told] = {}
    for told in ranked:
        first.setdefault(told.statement.measure, told)
    return [*first.values(), *(told for told in ranked if told not in first.values())]


def _confuses(kept: _Told, other: _Told) -> bool:
    return kept.page.passage_id == other.page.passage_id and cells.confuses(kept.statement, other.statement)


def _places(said: cells.Statement) -> list[tuple[int, int]]:
    """Return where in the page the statement's quotes stand: caption and heads, the group's heading, the row."""
    table, row = said.table, said.row
    places = [(table.caption_start, table.head_end)]
    if row.parent:
        places.append((row.parent_start, row.parent_end))
    return [*places, (row.start, row.end)]


def _page_text(passages: list[Hit], offset: int) -> str:
    """Return the passages of a page as one text, each at its place; what lies between two is white space."""
    text = ""
    for hit in sorted(passages, key=lambda each: each.start):
        gap = hit.start - offset - len(text)
        text += ("\n" + " " * (gap - 1) if gap > 0 else "") + hit.text
    return text


def _finding(told: _Told, start: int, end: int) -> Finding:
    quote = Quote(
        extracted_text_id=told.page.extracted_text_id,
        page=told.page.page,
        start=told.offset + start,
        end=told.offset + end,
        exact=told.text[start:end],
    )
    return Finding(quote=quote, source=told.page.source, call_key=told.call_key, relevance=told.statement.relevance)
