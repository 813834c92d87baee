"""Main-text extraction of pages, by the measure of the article extraction benchmark of scrapinghub (2019).

Both texts are cut into tokens (runs of word characters); a text is the multiset of its runs of four tokens. Precision
and recall are counted page by page; the benchmark's precision, recall and F1 are taken over the means of the pages.
No parameter of the extraction is fitted here.
"""

from __future__ import annotations

import gzip
import json
import re
import statistics
import tarfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from bench.common import DATA
from research.engine.extraction import html
from research.engine.extraction.result import Limits

from .rows import Row

_TOKEN = re.compile(r"\w+", re.UNICODE)
_NGRAM = 4


class Score(NamedTuple):
    """Precision and recall of one page, 0…1."""

    page: str
    precision: float
    recall: float


def run() -> list[Row]:
    """Return the row of this measure; none where the data is not there."""
    folder = DATA / "html_extraction"
    if not folder.is_dir():
        return []
    began = time.perf_counter()
    scores = measure(folder)
    seconds = time.perf_counter() - began
    precision, recall = (statistics.mean(each) for each in zip(*((s.precision, s.recall) for s in scores), strict=True))
    f1 = 2 * precision * recall / (precision + recall)
    note = f"precision {precision:.3f}, recall {recall:.3f}; {len(scores)} pages, {len(scores) / seconds:.0f} pages/s"
    return [Row(name="article extraction F1", ours=f"{f1:.3f}", wanted=".96", published="trafilatura .958", note=note)]


def measure(folder: Path) -> list[Score]:
    """Return the score of every page of the set, by its id."""
    with gzip.open(folder / "dev_ground_truth.jsonl.gz", "rt", encoding="utf-8") as lines:
        wanted = {item["id"]: item["articleBody"] for item in map(json.loads, lines)}
    scores = []
    with tarfile.open(folder / "dev_html.tar.xz") as pages:
        for member in pages:
            packed = pages.extractfile(member)
            page = Path(member.name).name.removesuffix(".html.gz")
            if packed is None or page not in wanted:
                continue
            text = html.extract(gzip.decompress(packed.read()), limits=Limits()).text
            scores.append(Score(page, *_overlap(wanted[page], text)))
    return sorted(scores)


def _overlap(wanted: str, got: str) -> tuple[float, float]:
    """Return precision and recall of the runs of four tokens."""
    true, found = _shingles(wanted), _shingles(got)
    shared = (true & found).total()
    return shared / max(found.total(), 1), shared / max(true.total(), 1)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    return Counter(tuple(tokens[at : at + _NGRAM]) for at in range(max(1, len(tokens) - _NGRAM + 1)))


if __name__ == "__main__":
    for row in run() or [f"The pages are not at {DATA}: set MRD_DATA_DIR to measure."]:
        print(row)
