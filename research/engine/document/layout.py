"""What stands where on the page, the same in every rendering, so that nothing is shown twice."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from research.engine.domain.documents import Gap
from research.engine.domain.mrd import Contradiction, Mrd, MrdCell, MrdSection, MrdSentence, MrdTable

OPEN_TITLE = "Open questions, contradictions and searches without result"
# Looked at on A4: six columns are readable upright, eight across, where there are rows enough to fill a sheet; with
# more, or with whole sentences in many columns, each row is a record of its own.
_UPRIGHT_COLUMNS = 6
_ACROSS_COLUMNS = 8
_ACROSS_ROWS = 6
_LONG_CHARS = 60
_LONG_COLUMNS = 4
_FIGURE_CHARS = 16
_WORD_CHARS = 24
_ROOT_CHARS = 4.0
# A cell this long holds a statement; an id, a priority, a level or a place is shorter (looked at in signed documents).
_STATEMENT_CHARS = 25

Shape = Literal["grid", "wide", "stacked"]


def shape(table: MrdTable) -> Shape:
    """Return how a table stands on paper: a grid, a grid on a sheet turned sideways, or rows stacked as records."""
    columns = len(table.columns)
    long = sum(max((len(row[place].text) for row in table.rows), default=0) > _LONG_CHARS for place in range(columns))
    if long < _LONG_COLUMNS and columns <= _UPRIGHT_COLUMNS:
        return "grid"
    if long < _LONG_COLUMNS and columns <= _ACROSS_COLUMNS and len(table.rows) >= _ACROSS_ROWS:
        return "wide"
    return "stacked"


def is_short(cell: MrdCell) -> bool:
    """Tell whether a cell is a short figure ("USD 412,000,000") that is to stay on one line."""
    return len(cell.text) <= _FIGURE_CHARS and any(char.isdecimal() for char in cell.text)


def widths(table: MrdTable) -> tuple[float, ...]:
    """Return each column's share of the table's width in percent, by its longest word and by how much it holds."""
    needs = [_need(table.columns[place], [row[place] for row in table.rows]) for place in range(len(table.columns))]
    return tuple(round(100 * need / sum(needs), 1) for need in needs)


def _need(head: str, cells: Sequence[MrdCell]) -> float:
    longest = max((len(word) for word in head.split()), default=1)
    for cell in cells:
        words = [cell.text] if is_short(cell) else cell.text.split()
        longest = max(longest, *map(len, words), 0)
    held = sum(len(cell.text) for cell in cells) / max(len(cells), 1)
    # A column that holds four times as much is twice as wide, and twice as high.
    return max(min(longest, _WORD_CHARS) + 2.0, _ROOT_CHARS * math.sqrt(held))


def told_once(row: tuple[MrdCell, ...]) -> tuple[MrdCell, ...]:
    """Return a table's row with the citations and the kind of cells that rest on the very same claims told once.

    They stand at the first of those cells, in reading order, that holds a statement (25 characters or more), else at
    the longest; a kind of its own stays where it is.
    """
    chosen: dict[tuple[int, ...], int] = {}
    for place, cell in enumerate(row):
        so_far = len(row[chosen.setdefault(cell.claims, place)].text)
        if so_far < _STATEMENT_CHARS and len(cell.text) > so_far:
            chosen[cell.claims] = place
    shown = []
    for place, cell in enumerate(row):
        other = row[chosen[cell.claims]]
        if not cell.claims or chosen[cell.claims] == place or cell.citations != other.citations:
            shown.append(cell)
        else:
            same = (cell.kind, cell.as_of) == (other.kind, other.as_of)
            shown.append(cell.model_copy(update={"citations": (), **({"kind": "", "as_of": None} if same else {})}))
    return tuple(shown)


def anchor(key: str) -> str:
    """Return a section's key as part of an id: letters, digits and hyphens alone."""
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in key) or "section"


class Told(NamedTuple):
    """A gap as it is shown. noted: whether words it shares with other gaps stand once in the notes (`gap_notes`)."""

    text: str
    searches: tuple[str, ...]
    noted: bool = False


class Block(NamedTuple):
    """One sentence, or a heading that cites claims (`gathers`) with the sentences about those claims behind it."""

    sentences: tuple[MrdSentence, ...]
    gathers: bool = False


def blocks(section: MrdSection) -> tuple[Block, ...]:
    """Return the section's sentences in order, those that disagree gathered under the heading that names them."""
    found: list[Block] = []
    for sentence in section.sentences:
        if found and found[-1].gathers and sentence.kind == "claim":
            heading = found[-1].sentences[0]
            if set(sentence.claims) <= set(heading.claims):
                found[-1] = Block((*found[-1].sentences, sentence), gathers=True)
                continue
        gathers = sentence.kind == "heading" and len(sentence.claims) > 1
        found.append(Block((sentence,), gathers))
    return tuple(found)


def contradictions_left(section: MrdSection, mrd: Mrd) -> tuple[Contradiction, ...]:
    """Return the section's contradictions that its own sentences do not already show together."""
    together = [
        {number for sentence in block.sentences[1:] for number in sentence.claims}
        for block in blocks(section)
        if block.gathers
    ]
    return tuple(
        pair
        for pair in mrd.contradictions
        if pair.section == section.key and not any({pair.first, pair.second} <= group for group in together)
    )


def gaps_left(section: MrdSection, mrd: Mrd) -> tuple[Gap, ...]:
    """Return the section's gaps that none of its own sentences tells in full."""
    told = [sentence.text for sentence in section.sentences if sentence.kind == "gap"]
    return tuple(
        gap
        for gap in mrd.gaps
        if gap.section == section.key
        and not any(all(word in text for word in (gap.question, *gap.searches)) for text in told)
    )


def gaps_elsewhere(mrd: Mrd) -> Sequence[Gap]:
    """Return the gaps of sections that the document does not have."""
    known = {section.key for section in mrd.sections}
    return tuple(gap for gap in mrd.gaps if gap.section not in known)


def gap_notes(mrd: Mrd) -> tuple[str, ...]:
    """Return what the reasons of two or more gaps say alike after their first sentence, each once, in order."""
    found = Counter(_rest(gap.reason) for gap in mrd.gaps)
    return tuple(rest for rest, number in found.items() if rest and number > 1)


def open_points(mrd: Mrd) -> MrdTable | None:
    """Return what the document leaves open as one table: what disagrees, then what was not found; None for nothing."""
    titles = {section.key: section.title for section in mrd.sections}
    claims = {claim.revision_id: claim for claim in mrd.claims}
    rows = [
        (
            MrdCell(text=titles.get(pair.section, pair.section)),
            MrdCell(text="Sources disagree"),
            MrdCell(text=f"{claims[pair.first].text} / {claims[pair.second].text}"),
            MrdCell(text=f"claim revisions {pair.first} and {pair.second}"),
        )
        for pair in mrd.contradictions
    ]
    rows += [
        (
            MrdCell(text=titles.get(gap.section, gap.section.replace("_", " "))),
            MrdCell(text=gap.outcome.replace("_", " ").capitalize()),
            MrdCell(text=gap.question),
            MrdCell(text="; ".join(gap.searches)),
        )
        for gap in mrd.gaps
    ]
    if not rows:
        return None
    columns = ("Section", "What", "Question or statements", "Claim revisions or searches")
    return MrdTable(key="open", caption="What this document leaves open", columns=columns, rows=tuple(rows))


def told(sentence: MrdSentence, section: MrdSection, mrd: Mrd) -> Told:
    """Return a sentence of kind "gap" without the searches it lists and the words of the notes at its end.

    Only what it says in the gap's very words is taken out; what a person wrote otherwise stays as written.
    """
    for gap in mrd.gaps:
        listed = f" Searched for: {'; '.join(gap.searches)}."
        if (
            gap.section == section.key
            and gap.searches
            and sentence.text.endswith(listed)
            and gap.question in sentence.text
        ):
            return _without_note(sentence.text.removesuffix(listed), gap.searches, mrd)
    return _without_note(sentence.text, (), mrd)


def reason_of(gap: Gap, mrd: Mrd) -> Told:
    """Return the gap's reason without the words of the notes at its end, and its searches."""
    return _without_note(gap.reason, gap.searches, mrd)


def _without_note(text: str, searches: tuple[str, ...], mrd: Mrd) -> Told:
    for note in gap_notes(mrd):
        for end in (f" {note}", f" {note}."):
            if text.endswith(end):
                return Told(text.removesuffix(end), searches, noted=True)
    return Told(text, searches)


def _rest(reason: str) -> str:
    """Return what follows the first sentence of a reason, or ""."""
    return reason.partition(". ")[2]
