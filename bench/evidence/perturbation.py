"""Take true statements from the filings, change each in one way, and count what the checks catch.

    .venv/bin/python bench/evidence/perturbation.py [seed]

300 statements, seeded: half sentences with figures, half cells of tables put in words by fixed templates. Sentences
stand as they are, or restated by light templates ("According to …", what opens it moved to the end, the last clause
cut), so that few are verbatim. Evidence is the
passage around a sentence, the head and the row of a cell. Caught: `support` under its mark or a figure not traced.
"""

from __future__ import annotations

import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

import perturb
import sets
from rows import Row

from research.engine.domain.claims import ClaimDraft, ClaimInHand
from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.extraction import parse, result
from research.engine.reading import periods, table_model, tables
from research.engine.verification import assess, confidence
from research.engine.verification.words import fold, sentences

COUNT = 300
FIGURES = ("digit", "unit", "scale", "period")
_FIGURE = re.compile(r"\d[\d,.]*\s?(?:%|percent|million|billion|thousand)|\$\s?\d")
_OPENER = re.compile(r"(?P<opener>(?:In|During|For|As of|At|On) [^,]+(?:, (?:19|20)\d\d)?), (?P<rest>.+)\.\Z")
_TAIL = re.compile(r", (?:which|primarily|mainly|partially|partly|including|reflecting|resulting|due to)\b[^.]*\.\Z")
_WORDS = range(9, 46)
_LABEL_WORDS = range(1, 9)
_SCALES = {1000: "thousand", 10**6: "million", 10**9: "billion"}
NAMES = {
    "ADOBE": "Adobe", "AMCOR": "Amcor", "BESTBUY": "Best Buy", "FOOTLOCKER": "Foot Locker",
    "MGMRESORTS": "MGM Resorts International", "MICROSOFT": "Microsoft", "NETFLIX": "Netflix", "PEPSICO": "PepsiCo",
    "ULTABEAUTY": "Ulta Beauty",
}  # fmt: skip


class Statement(NamedTuple):
    """A true statement, what it rests on, whose it is, and whether it was read from a table."""

    text: str
    quotes: tuple[str, ...]
    entity: str
    cell: bool


def drawn(seed: int) -> list[Statement]:
    """Return `COUNT` true statements, half of them cells, evenly from the filings."""
    rng = random.Random(seed)  # noqa: S311 (a sample, no secret)
    by_kind: dict[bool, list[list[Statement]]] = {True: [], False: []}
    for file in sorted((sets.DATA / "financebench" / "pdfs").glob("*.pdf")):
        entity = NAMES[file.name.split("_")[0]]
        extraction = parse.parse(file.read_bytes(), name=file.name, limits=result.Limits())
        starts = [*extraction.page_starts, len(extraction.text)]
        pages = [extraction.text[a:b] for a, b in pairwise(starts)]
        by_kind[False].append([s for page in pages for s in _of_sentences(page, entity, rng)])
        by_kind[True].append([s for page in pages for s in _of_cells(page, entity)])
    chosen: list[Statement] = []
    for pools in by_kind.values():
        for pool in pools:
            rng.shuffle(pool)
        taken = [s for row in zip(*(pool + [None] * COUNT for pool in pools), strict=False) for s in row if s]
        chosen += taken[: COUNT // 2]
    rng.shuffle(chosen)
    return chosen


def _of_sentences(page: str, entity: str, rng: random.Random) -> Iterator[Statement]:
    for block in re.split(r"\n\s*\n", page):
        row = sentences(block)
        for place, sentence in enumerate(row):
            if len(sentence.split()) not in _WORDS or not _FIGURE.search(sentence) or not sentence.endswith("."):
                continue
            if not sentence[0].isupper() or sum(c.isdigit() for c in sentence) > len(sentence) / 6:
                continue
            text = rng.choice(_RESTATED)(sentence, entity)
            yield Statement(text, (" ".join(row[max(0, place - 1) : place + 2]),), entity, cell=False)


def _lowered(sentence: str) -> str:
    first, _, rest = sentence.partition(" ")
    small = {"The", "In", "During", "Our", "We", "As", "For", "This", "These", "At", "Net", "Total", "On", "A", "If"}
    return f"{first.lower()} {rest}" if first in small else sentence


def _moved(sentence: str) -> str:
    """Return the sentence with what opens it ("In 2022, …", "As of June 30, 2023, …") at its end."""
    found = _OPENER.match(sentence)
    if not found:
        return sentence
    return f"{found['rest'][:1].upper()}{found['rest'][1:]} {found['opener'][:1].lower()}{found['opener'][1:]}."


def _cut(sentence: str) -> str:
    """Return the sentence without a last clause that only adds to it."""
    return f"{_TAIL.sub('', sentence).rstrip('. ')}."


_RESTATED = (
    lambda sentence, _: sentence,
    lambda sentence, entity: f"According to {entity}, {_lowered(sentence)}",
    lambda sentence, entity: f"{entity} reported that {_lowered(sentence)}",
    lambda sentence, _: _moved(sentence),
    lambda sentence, entity: f"{entity} stated that {_lowered(_moved(sentence))}",
    lambda sentence, _: _cut(sentence),
)


def _of_cells(page: str, entity: str) -> Iterator[Statement]:
    """Yield a statement for each cell, worded from what its own quotes (head, group, row) say, read again."""
    for table in tables.find_tables(page):
        for row in table.rows:
            spans = ((table.caption_start, table.head_end), (row.parent_start, row.parent_end), (row.start, row.end))
            quotes = tuple(page[a:b] for a, b in spans if page[a:b].strip())
            again = [(one, each) for one in tables.find_tables("\n".join(quotes)) for each in one.rows]
            if len(again) == 1:
                yield from _of_row(*again[0], quotes, entity)


def _of_row(
    table: table_model.Table, row: table_model.Row, quotes: tuple[str, ...], entity: str
) -> Iterator[Statement]:
    label = fold(row.label).rstrip(":")
    if len(label.split()) not in _LABEL_WORDS or not label[:1].isalpha():
        return
    for column, cell in zip(table.columns, row.cells, strict=False):
        period = table_model.period_of(column) if column.kind == "period" else None
        measure = table_model.measure(table, row, cell)
        if not cell.value or period is None or measure.scale is None:
            continue
        when = f"as of {column.head}" if period.kind is periods.Kind.DATE else f"for {column.head}"
        group = f" ({fold(row.parent)})" if row.parent else ""
        text = f"{entity} reported {label}{group} of {_figure(cell.value, measure)} {when}."
        yield Statement(text, quotes, entity, cell=True)


def _figure(value: Decimal, measure: table_model.Measure) -> str:
    sign = "minus " if value < 0 else ""
    if measure.unit == "percent":
        return f"{sign}{abs(value):,}%"
    word = _SCALES.get(int(measure.scale or 1))
    money = "$" if measure.currency == "USD" else ""
    return f"{sign}{money}{abs(value):,}{f' {word}' if word else ''}"


def claim_of(text: str, statement: Statement) -> ClaimInHand:
    """Return the statement as a claim with its evidence, as the verify step gets it."""
    source = SourceRef(id=1, kind="upload", title=f"{statement.entity} filing", publisher=statement.entity)
    evidence, at = [], 0
    for number, exact in enumerate(statement.quotes, 1):
        quote = Quote(extracted_text_id=1, page=1, start=at, end=at + len(exact), exact=exact)
        evidence.append(EvidenceItem(id=number, quote=quote, source=source, task_key="bench", relevance=900))
        at += len(exact) + 1
    draft = ClaimDraft(
        task_key="bench", section="bench", text=text[:2000], evidence_ids=tuple(range(1, len(evidence) + 1))
    )
    return ClaimInHand(key=draft.key(), draft=draft, question=text, evidence=tuple(evidence))


def caught(text: str, statement: Statement) -> str:
    """Return why the checks are against the statement, "" when they are not."""
    for part in assess.parts_of(claim_of(text, statement)):
        if part.name == "figures" and part.score < 1000:
            return f"figures: {part.reason}"
        if part.name == "support" and part.score < confidence.SUPPORTED:
            return f"support: {part.reason}"
    return ""


class Tally(NamedTuple):
    kind: str
    changed: int
    caught: int


class Outcome(NamedTuple):
    tallies: tuple[Tally, ...]
    statements: int
    alarms: int
    missed: tuple[tuple[str, str], ...]
    false: tuple[tuple[str, str], ...]


def measured(seed: int) -> Outcome:
    """Change each statement in the way least used so far that applies to it, and check it both ways."""
    rng = random.Random(seed + 1)  # noqa: S311 (a sample, no secret)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    missed, false = [], []
    statements = drawn(seed)
    for statement in statements:
        why = caught(statement.text, statement)
        if why:
            false.append((statement.text, why))
        for kind in sorted(perturb.KINDS, key=lambda one: counts[one][0]):
            text = perturb.KINDS[kind](statement.text, rng=rng, entity=statement.entity)
            if text and text != statement.text:
                hit = bool(caught(text, statement))
                counts[kind][0] += 1
                counts[kind][1] += hit
                if not hit:
                    missed.append((kind, text))
                break
    tallies = tuple(Tally(kind, *counts[kind]) for kind in perturb.KINDS)
    return Outcome(tallies, len(statements), len(false), tuple(missed), tuple(false))


def run(seed: int = 7) -> list[Row]:
    """Return a row for the figures' kinds together, for false alarms and each kind; none without the data."""
    if not (sets.DATA / "financebench" / "pdfs").is_dir():
        return []
    out = measured(seed)
    alarm_rate = out.alarms / out.statements
    hard = [t for t in out.tallies if t.kind in FIGURES]
    total, hit = sum(t.changed for t in hard), sum(t.caught for t in hard)
    rows = [
        Row(
            "Changed figures, units, scales, periods caught",
            f"{100 * hit / total:.1f} %",
            "≥ 95 %",
            note=f"{hit} of {total}",
        ),
        Row(
            "False alarms on unchanged statements",
            f"{100 * alarm_rate:.1f} %",
            "≤ 5 %",
            note=f"{out.alarms} of {out.statements}",
        ),
    ]
    for t in out.tallies:
        # Of as many changed as unchanged statements, what share of the alarms is right.
        recall = t.caught / t.changed if t.changed else 0.0
        precision = recall / (recall + alarm_rate) if recall else 0.0
        rows.append(
            Row(
                f"  {t.kind}",
                f"{100 * recall:.1f} %",
                note=f"recall, {t.caught} of {t.changed}; precision {100 * precision:.1f} %",
            )
        )
    return rows


if __name__ == "__main__":
    chosen = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    for row in run(chosen):
        print(f"{row.name:<50} {row.ours:>8}  {row.wanted:<8} {row.note}")
