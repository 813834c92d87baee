"""Every hostile file ends in text or in one clear line; nothing hangs, nothing crashes, no neighbour is lost."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from concurrent import futures
from pathlib import Path

import pytest

from research.engine.domain.errors import Unreadable
from research.engine.extraction import passages
from research.engine.extraction.result import Extraction, Limits
from research.engine.extraction.sandbox import ParserPool

PROJECT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("MRD_DATA_DIR") or PROJECT.parent / "shared" / "data")
LIMITS = Limits(timeout_s=10, memory_mb=512)
GOOD = b"The regulator of Ontario licensed 49 operators in 2023.\n"


def outcome(pool: ParserPool, source: Path | bytes, name: str | None = None) -> Extraction | str:
    """Return the text of a file or its refusal. Anything else that is raised fails the test."""
    try:
        got = pool.extract(source, name=name)
    except Unreadable as error:
        return error.detail
    check(got)
    return got


def check(got: Extraction) -> None:
    assert got.text.strip()
    assert got.page_starts[0] == 0
    assert list(got.page_starts) == sorted(set(got.page_starts))
    got.text.encode("utf-8")
    assert not set(got.text) & {"\0", "\r", "\ufffe"}
    for span in passages.split(got.text, got.page_starts):
        assert 0 <= span.start < span.end <= len(got.text)


def is_one_clear_line(sentence: str) -> bool:
    return "\n" not in sentence and 20 < len(sentence) < 250 and sentence.endswith(".") and "Traceback" not in sentence


@pytest.mark.realdata
def test_every_file_of_the_hostile_collections_ends_in_text_or_one_line(tmp_path):
    archives = sorted((DATA / "hostile_files").glob("*.tar.xz"))
    if not archives:
        pytest.skip(f"The hostile files are not at {DATA}: set MRD_DATA_DIR to run this test.")
    for archive in archives:
        with tarfile.open(archive) as files:
            files.extractall(tmp_path / archive.stem, filter="data")
    paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    good = tmp_path / "neighbour.txt"
    good.write_bytes(GOOD)
    assert len(paths) > 500
    with ParserPool(workers=2, limits=LIMITS) as pool, futures.ThreadPoolExecutor(2) as threads:
        # A good neighbour after every tenth file: it must go in, whatever went before.
        todo = [entry for i, path in enumerate(paths) for entry in ([path, good] if i % 10 == 0 else [path])]
        results = list(threads.map(lambda path: (path, outcome(pool, path)), todo))
    assert all(got.text == GOOD.decode() for path, got in results if path == good)
    unclear = [(path.name, got) for path, got in results if isinstance(got, str) and not is_one_clear_line(got)]
    assert unclear == []
    readable = [got for _, got in results if not isinstance(got, str)]
    assert len(readable) > len(results) * 0.4  # refusing everything would be no robustness
    for suffix, least in ((".xlsx", 0.7), (".csv", 1.0)):
        tables = [got for path, got in results if path.suffix == suffix]
        assert sum(not isinstance(got, str) for got in tables) >= len(tables) * least > 0, suffix


def bomb(name: str = "word/document.xml") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as part:
        for _ in range(64):
            part.write(b"\0" * (1 << 20))
    return buffer.getvalue()


MADE = {
    "empty": (b"", "empty.pdf", "is empty"),
    "truncated": (
        b"%PDF-1.7\n1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n2 0 ob",
        "cut.pdf",
        "damaged or cut off",
    ),
    "mislabelled": (b"words, not a PDF", "words.pdf", "holds no PDF"),
    "bomb": (bomb(), "bomb.docx", "zip bomb"),
    "sheet bomb": (bomb("xl/worksheets/sheet1.xml"), "bomb.xlsx", "zip bomb"),
    "slide bomb": (bomb("ppt/slides/slide1.xml"), "bomb.pptx", "zip bomb"),
    "book bomb": (bomb("META-INF/container.xml"), "bomb.epub", "zip bomb"),
    "open quote": (b'a,b\n"' + b"never closed,\n" * 100_000, "open.csv", None),
    "wide": (b"x," * 1_000_000 + b"\n", "wide.csv", None),
    "all quotes": (b'"' * 1_000_001, "quotes.csv", None),
    "mail in mail": (
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (i, i) for i in range(3_000)) + b"\nwords\n",
        "deep.eml",
        None,
    ),
    "nuls": (b"# Head\0\n\nSome wo\0rds that are worth reading.\n" * 9, "nuls.md", None),
    "one line": (b"word " * 2_000_000, "long.txt", None),
    "nested": (b"<html><body>" + b"<div>" * 100_000 + b"deep words" + b"</div>" * 100_000, "deep.html", None),
    "nested tables": (b"<html><body>" + b"<table><tr><td>" * 20_000 + b"deep words", "deep2.html", None),
    "entities": (
        (
            b'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
            b"<html><body><p>&b;&b; some words</p></body></html>"
        ),
        "lol.html",
        None,
    ),
    "quotes": (b"> " * 50_000 + b"deep quote\n", "quotes.md", None),
    "brackets": (b"[" * 200_000 + b"\n\nwords\n", "brackets.md", None),
    "noise": (bytes(range(256)) * 4_000, "noise.txt", "binary file"),
}


@pytest.fixture(scope="module")
def pool():
    with ParserPool(workers=2, limits=LIMITS) as made:
        yield made


@pytest.mark.parametrize("case", MADE)
def test_a_made_hostile_file_ends_well_and_its_neighbour_goes_in(case, pool):
    data, name, expected = MADE[case]
    got = outcome(pool, data, name)
    if expected is not None:
        assert isinstance(got, str)
        assert expected in got
    if isinstance(got, str):
        assert is_one_clear_line(got)
    assert pool.extract(GOOD, name="good.txt").text == GOOD.decode()


@pytest.mark.parametrize("case", ["nuls", "one line", "nested", "entities"])
def test_an_odd_file_that_holds_words_gives_them(case, pool):
    data, name, _ = MADE[case]
    got = outcome(pool, data, name)
    assert not isinstance(got, str), got
    assert "words" in got.text or "word word" in got.text


def test_a_sparse_gigantic_file_is_refused_unread(pool, tmp_path):
    path = tmp_path / "huge.docx"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    got = outcome(pool, path)
    assert isinstance(got, str)
    assert "larger than the limit" in got


def test_a_file_that_takes_too_long_is_given_up():
    slow = ("<p>" + "<b>word</b> " * 40 + "</p>").encode() * 20_000
    with ParserPool(limits=Limits(timeout_s=0.3)) as pool:
        pool.extract(GOOD, name="good.txt")
        got = outcome(pool, slow, "slow.html")
        assert isinstance(got, str)
        assert "took longer than 0.3 s" in got
        assert pool.extract(GOOD, name="good.txt").text


@pytest.mark.realdata
def test_the_twelve_filings_are_read_with_their_page_counts():
    folder = DATA / "financebench"
    if not folder.is_dir():
        pytest.skip(f"The filings are not at {DATA}: set MRD_DATA_DIR to run this test.")
    import json
    import lzma
    from collections import Counter

    with lzma.open(folder / "pages_74docs.jsonl.xz", "rt", encoding="utf-8") as lines:
        pages = Counter(json.loads(line)["doc"] for line in lines)
    with ParserPool() as pool:
        for path in sorted((folder / "pdfs").glob("*.pdf")):
            got = pool.extract(path)
            check(got)
            assert got.notes == ()
            if path.stem in pages:
                assert len(got.page_starts) == pages[path.stem], path.stem
