"""The labelled development sets as one shape: a claim, its passages, whether people say it follows.

Every item falls into one of two halves by the hash of its id (or of its question, where several items share one), so
that what has parameters is fitted on the one and reported on the other.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import lzma
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT))
DATA = Path(os.environ.get("MRD_DATA_DIR") or PROJECT.parent / "shared" / "data")
RETRIEVED = 10  # paragraphs a FinDVer claim is judged by, as the published systems were


class Item(NamedTuple):
    """One labelled claim. group: what decides its half. part: subset or system, for the tables."""

    group: str
    claim: str
    passages: tuple[str, ...]
    true: bool
    question: str = ""
    part: str = ""

    @property
    def to_fit(self) -> bool:
        return hashlib.sha256(self.group.encode()).digest()[-1] % 2 == 0


def lines(path: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file under `DATA`, packed or not."""
    file = DATA / path
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(file.suffix, open)
    with opener(file, "rt", encoding="utf-8") as handle:
        for line in handle:
            yield json.loads(line)


@cache
def wice() -> tuple[Item, ...]:
    """Return the WiCE claims with their whole cited page; true is "supported", partly supported is not."""
    return tuple(
        Item(row["meta"]["id"], row["claim"], ("\n\n".join(row["evidence"]),), row["label"] == "supported")
        for row in lines("wice/dev_claims.jsonl.gz")
    )


@cache
def attribution() -> tuple[Item, ...]:
    return tuple(
        Item(
            row["id"],
            row["claim"],
            tuple(row["references"]),
            row["attribution_label"] == "attributable",
            part=row["src_dataset"],
        )
        for row in lines("attributionbench/dev.jsonl.gz")
    )


@cache
def findver() -> tuple[Item, ...]:
    """Return the FinDVer claims with the paragraphs our own retrieval finds in their report."""
    from research.engine.retrieval.paragraphs import Paragraphs

    reports = {row["report"]: [p["context"] for p in row["context"]] for row in lines("findver/dev_reports.jsonl.xz")}
    ranked = {name: Paragraphs(texts) for name, texts in reports.items()}
    items = []
    for row in lines("findver/dev_claims.jsonl"):
        texts = reports[row["report"]]
        best = ranked[row["report"]].rank(row["statement"])[:RETRIEVED]
        passages = tuple(texts[place] for place in best)
        items.append(Item(row["example_id"], row["statement"], passages, row["entailment_label"], part=row["subset"]))
    return tuple(items)


@cache
def answers() -> tuple[Item, ...]:
    """Return the FinanceBench answers that are no refusals, with question and gold pages, without the gold answer."""
    pages = {
        row["financebench_id"]: tuple(dict.fromkeys(one["evidence_text_full_page"] for one in row["evidence"]))
        for row in lines("financebench/dev_questions.jsonl.gz")
    }
    return tuple(
        Item(
            row["financebench_id"],
            str(row["model_answer"]),
            pages[row["financebench_id"]],
            row["human_label"] == "Correct Answer",
            question=row["question"],
            part=row["setup"],
        )
        for row in lines("financebench/dev_human_labelled_answers.jsonl.gz")
        if row["human_label"] != "Refusal"
    )
