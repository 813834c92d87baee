"""Retrieval by the product's own index and ranking, on FinanceBench, FinDVer and SciFact.

What was fitted: the weights of `retrieval.ranking` on every second FinanceBench question, those of
`retrieval.paragraphs` on every second FinDVer report, the weight of meaning on every second SciFact claim; each row's
note gives the other half beside the whole (lexical search is fitted on none of SciFact). On SciFact that the title
counts twice was seen; its abstracts are one passage each, as the published figures have it.
"""

from __future__ import annotations

import ast
import collections
import json
import lzma
import math
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from bench.common import DATA
from research.adapters import ranked_search, semantic
from research.adapters.ranked_search import Catalogue
from research.adapters.search_index import IndexDoc, SearchIndex
from research.engine.retrieval.documents import Card, Directory
from research.engine.retrieval.fusion import Found
from research.engine.retrieval.paragraphs import Paragraphs

from . import filings
from .rows import Row

_TOP_PAGES, _TOP = 5, 10
_DEEP = 60  # passages asked for; several may be of one page


class Measured(NamedTuple):
    """A share for each question in order, and the seconds they took together."""

    shares: list[float]
    seconds: float

    @property
    def rate(self) -> str:
        return f"{len(self.shares) / max(self.seconds, 1e-9):.0f} queries/s"

    def half(self, odd: int) -> float:
        return statistics.mean(self.shares[odd::2])

    @property
    def mean(self) -> float:
        return statistics.mean(self.shares)


def run() -> list[Row]:
    """Return the rows of this part; a data set that is not there gives none."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="mrd-bench-") as folder:
        if (DATA / "financebench").is_dir():
            rows += _financebench(Path(folder) / "filings")
        if (DATA / "findver").is_dir():
            rows.append(_findver())
        if (DATA / "scifact").is_dir():
            rows += _scifact(Path(folder) / "scifact")
    return rows


def _financebench(folder: Path) -> list[Row]:
    library = filings.load(folder)
    asked = filings.questions(library.ids)

    def hit(question: filings.Question, document: str | None) -> float:
        found = library.pages(question.text, most=_TOP_PAGES, document=document)
        return float(any((question.document, page) in found for page in question.pages))

    rows = []
    for name, wanted, floor, given in (
        ("FinanceBench page hit@5, document given", "78 %", "BM25 34, page prior 74", True),
        ("FinanceBench page hit@5, 74 documents", "45 %", "BM25 13", False),
    ):
        measured = _measure(asked, lambda q, given=given: hit(q, q.document if given else None))
        note = f"{len(asked)} questions; half not fitted on {100 * measured.half(0):.0f} %; {measured.rate}"
        rows.append(Row(name=name, ours=f"{100 * measured.mean:.1f} %", wanted=wanted, floor=floor, note=note))
    return rows


def _findver() -> Row:
    with lzma.open(DATA / "findver" / "dev_reports.jsonl.xz", "rt", encoding="utf-8") as file:
        reports = {row["report"]: row["context"] for row in map(json.loads, file)}
    with (DATA / "findver" / "dev_claims.jsonl").open(encoding="utf-8") as file:
        claims = [json.loads(line) for line in file]
    place = {name: number for number, name in enumerate(sorted(reports))}
    made = {
        name: Paragraphs([each["context"] for each in sorted(context, key=lambda each: each["id"])])
        for name, context in reports.items()
    }

    def recall(claim: dict) -> float:
        gold = set(claim["relevant_context"])
        return len(gold & set(made[claim["report"]].rank(claim["statement"])[:_TOP])) / len(gold)

    measured = _measure(claims, recall)
    other = [
        share for claim, share in zip(claims, measured.shares, strict=True) if place[claim["report"]] % 2 == 1
    ]  # the reports the weights were not fitted on
    return Row(
        name="FinDVer gold-paragraph recall@10",
        ours=f"{100 * measured.mean:.1f} %",
        wanted="80 %",
        floor="stemmed BM25 75",
        published="BM25 65.2, text-embedding-3-large 68.0",
        note=f"{len(claims)} claims; half not fitted on {100 * statistics.mean(other):.1f} %; {measured.rate}",
    )


def _scifact(folder: Path) -> list[Row]:
    names, docs = _abstracts()
    index = SearchIndex(folder)
    index.add(docs)
    catalogue = Catalogue(Directory(Card(doc.source_id, doc.title) for doc in docs))
    asked = _scifact_claims()
    texts = {doc.source_id: f"{doc.title}. {doc.body}" for doc in docs}

    def ndcg(query: str, gold: frozenset[str], better: semantic.MiniLm | None) -> float:
        hits = ranked_search.search(index, query, team_id=filings.TEAM, limit=_DEEP, catalogue=catalogue)
        order = [hit.source_id for hit in hits]
        if better is not None:
            first, rest = hits[: semantic.RERANKED], order[semantic.RERANKED :]  # as the product does
            order = (
                better.rerank(query, [Found(hit.source_id, texts[hit.source_id], hit.score) for hit in first]) + rest
            )
        gained = sum(1 / math.log2(at + 2) for at, key in enumerate(order[:_TOP]) if names[key] in gold)
        return gained / sum(1 / math.log2(at + 2) for at in range(min(_TOP, len(gold))))

    lexical = _measure(asked, lambda item: ndcg(*item, None))
    rows = [_scifact_row("SciFact nDCG@10, lexical", lexical, ".69", "BM25 .665–.679, bge-base .741")]
    better = semantic.load()
    if better is not None:
        fused = _measure(asked, lambda item: ndcg(*item, better))
        rows.append(_scifact_row("SciFact nDCG@10, with [semantic]", fused, ".73", "RRF of BM25 and MiniLM .715"))
    else:
        rows.append(Row(name="SciFact nDCG@10, with [semantic]", ours="", wanted=".73", note=semantic.missing()))
    return rows


def _scifact_row(name: str, measured: Measured, wanted: str, published: str) -> Row:
    note = f"{len(measured.shares)} claims; every second one {measured.half(1):.3f}; {measured.rate}"
    return Row(name=name, ours=f"{measured.mean:.3f}", wanted=wanted, published=published, note=note)


def _abstracts() -> tuple[dict[int, str], list[IndexDoc]]:
    names: dict[int, str] = {}
    docs = []
    with lzma.open(DATA / "scifact" / "corpus.jsonl.xz", "rt", encoding="utf-8") as file:
        for number, row in enumerate(map(json.loads, file), start=1):
            names[number] = row["doc_id"]
            docs.append(
                IndexDoc(number, number, filings.TEAM, number, row["title"], "", _abstract(row["abstract"]), page=1)
            )
    return names, docs


def _abstract(written: str) -> str:
    """Return an abstract from the printed array of sentences it was stored as."""
    try:
        return " ".join(ast.literal_eval(re.sub(r"(['\"])\s+(?=['\"])", r"\1, ", written)))
    except (SyntaxError, ValueError):
        return written.strip("[]")


def _scifact_claims() -> list[tuple[str, frozenset[str]]]:
    with (DATA / "scifact" / "dev_claims_train809.jsonl").open(encoding="utf-8") as file:
        claims = {row["id"]: row["claim"] for row in map(json.loads, file)}
    gold: dict[str, set[str]] = collections.defaultdict(set)
    for line in (DATA / "scifact" / "dev_qrels_beir_train.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, score = line.split("\t")
        if int(score):
            gold[query].add(document)
    return [(claims[key], frozenset(documents)) for key, documents in gold.items() if key in claims]


def _measure(items: Iterable, share: Callable[..., float]) -> Measured:
    began = time.perf_counter()
    shares = [share(item) for item in items]
    return Measured(shares, time.perf_counter() - began)
