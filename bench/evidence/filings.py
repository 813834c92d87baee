"""Real filings in the product's own index: pages to passages, typed and with context, ranked by its own search."""

from __future__ import annotations

import gzip
import itertools
import json
import lzma
from pathlib import Path
from typing import NamedTuple

from bench.common import DATA
from research.adapters import ranked_search
from research.adapters.ranked_search import Catalogue
from research.adapters.search_index import IndexDoc, SearchIndex
from research.engine.extraction import passages
from research.engine.retrieval import page_context
from research.engine.retrieval.documents import Card, Directory

TEAM = 1
_BATCH = 8  # documents a commit


class Question(NamedTuple):
    """A question with the document and the pages (0-based) that answer it."""

    text: str
    document: str
    pages: frozenset[int]


class Filings(NamedTuple):
    """An index of filings. ids: of each document by its name."""

    index: SearchIndex
    catalogue: Catalogue
    ids: dict[str, int]

    def pages(self, question: str, *, most: int, document: str | None = None) -> list[tuple[str, int]]:
        """Return the best `most` pages (document, 0-based page) for a question, over all or in one document."""
        names = {value: name for name, value in self.ids.items()}
        found = ranked_search.search(
            self.index,
            question,
            team_id=TEAM,
            limit=60,
            catalogue=self.catalogue,
            sources=None if document is None else [self.ids[document]],
        )
        return list(dict.fromkeys((names[hit.source_id], hit.page - 1) for hit in found))[:most]


def questions(known: dict[str, int]) -> list[Question]:
    """Return the questions on documents that are known."""
    with gzip.open(DATA / "financebench" / "dev_questions.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [
        Question(row["question"], row["doc_name"], frozenset(e["evidence_page_num"] for e in row["evidence"]))
        for row in rows
        if row["doc_name"] in known
    ]


def load(folder: Path) -> Filings:
    """Put the 74 filings into an index in `folder`; one that is there and whole is taken as it is."""
    texts: dict[str, list[str]] = {}
    with lzma.open(DATA / "financebench" / "pages_74docs.jsonl.xz", "rt", encoding="utf-8") as file:
        for line in file:
            page = json.loads(line)
            texts.setdefault(page["doc"], []).append(page["text"] + "\n")
    ids = {name: number for number, name in enumerate(texts, start=1)}
    catalogue = Catalogue(Directory(Card(number, name) for name, number in ids.items()))
    index = SearchIndex(folder)
    if index.watermark() != len(texts):
        index.destroy()
        names = list(texts)
        for at in range(0, len(names), _BATCH):
            index.add([doc for name in names[at : at + _BATCH] for doc in _docs(ids[name], name, texts[name])])
        index.set_watermark(len(texts))
    return Filings(index, catalogue, ids)


def _docs(number: int, name: str, pages: list[str]) -> list[IndexDoc]:
    text = "".join(pages)
    starts = list(itertools.accumulate((len(page) for page in pages[:-1]), initial=0))
    spans = passages.split(text, starts)
    return [
        IndexDoc(
            passage_id=number * 1_000_000 + place,
            extracted_text_id=number,
            team_id=TEAM,
            source_id=number,
            title=name.replace("_", " "),
            heading=span.heading,
            body=text[span.start : span.end],
            page=span.page,
            page_type=about.page_type,
            context=about.context,
        )
        for place, (span, about) in enumerate(zip(spans, page_context.describe(text, starts, spans), strict=True))
    ]
