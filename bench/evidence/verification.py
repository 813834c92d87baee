"""Measure verification on the development halves: does a claim follow, is an answer right; with speed.

    .venv/bin/python bench/evidence/verification.py

Printed beside the whole set are the halves: *fit* is where the weights of `entail` come from, *report* is not. What the
verifier sees: FinDVer, the paragraphs our own retrieval ranks highest in the right report; WiCE, the whole cited page;
AttributionBench, the references; FinanceBench, the question, a system's answer and the text of the gold evidence
pages, never the gold answer. Refusals are left out there: they claim nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import sets
from rows import Row

from research.engine.verification import entail


class Measured(NamedTuple):
    """accuracy and balanced: percent. halves: (balanced or accuracy) of the fit half and the report half."""

    accuracy: float
    balanced: float
    halves: tuple[Measured, Measured] | None
    per_second: float


def judged(items: Sequence[sets.Item]) -> Measured:
    """Judge all items and return what share is judged as people did."""
    begun = time.perf_counter()
    verdicts = [
        entail.judge_answer(item.question, item.claim, item.passages)
        if item.question
        else entail.judge(item.claim, item.passages)
        for item in items
    ]
    took = time.perf_counter() - begun
    right = [(item, verdict.supported == item.true) for item, verdict in zip(items, verdicts, strict=True)]

    def of(rows: Sequence[tuple[sets.Item, bool]]) -> Measured:
        return Measured(100 * _share(rows), 100 * _balanced(rows), None, 0.0)

    halves = (of([row for row in right if row[0].to_fit]), of([row for row in right if not row[0].to_fit]))
    return of(right)._replace(halves=halves, per_second=len(items) / took)


def _share(rows: Sequence[tuple[sets.Item, bool]]) -> float:
    return sum(ok for _, ok in rows) / len(rows)


def _balanced(rows: Sequence[tuple[sets.Item, bool]]) -> float:
    """Return the mean of the shares judged rightly among the true and among the false."""
    return sum(_share([row for row in rows if row[0].true == true]) for true in (True, False)) / 2


class Set(NamedTuple):
    name: str
    load: Callable[[], tuple[sets.Item, ...]]
    plain: bool  # accuracy is asked for, not balanced accuracy
    wanted: str
    floor: str
    published: str


SETS = (
    Set("FinDVer accuracy, own retrieval", sets.findver, True, "≥ 62", "53.6", "GPT-4o 75.3"),
    Set("FinanceBench right from wrong, balanced", sets.answers, False, "≥ 76", "70", ""),
    Set("WiCE balanced accuracy", sets.wice, False, "≥ 75", "71", "T5-3B ANLI 79.1"),
    Set("AttributionBench balanced accuracy", sets.attribution, False, "", "", ""),
)


def run() -> list[Row]:
    """Return one row for each set; none when the data is not there."""
    if not (sets.DATA / "findver").is_dir():
        return []
    rows = []
    for each in SETS:
        items = each.load()
        got = judged(items)
        fit, report = (half.accuracy if each.plain else half.balanced for half in got.halves or (got, got))
        ours = got.accuracy if each.plain else got.balanced
        note = f"fit half {fit:.1f}, report half {report:.1f}; {len(items)} items, {got.per_second:.0f} claims/s"
        rows.append(Row(each.name, f"{ours:.1f}", each.wanted, each.floor, each.published, note))
    return rows


if __name__ == "__main__":
    for row in run():
        print(f"{row.name:<42} {row.ours:>6}  wanted {row.wanted or '–':<6} floor {row.floor or '–':<6} {row.note}")
