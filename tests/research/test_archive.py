"""What tools bring becomes a source of the team: bytes, text and passages, each once, led back to its call."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest

from research.adapters import snapshots
from research.adapters.archive import Parsers, TeamArchive
from research.engine.domain.errors import Unreadable
from research.engine.ports import FetchedDocument
from research.models import ExtractedText, Passage, Snapshot, Source
from tests.doubles.library import team
from tests.research.here_bridge import HereBridge

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)
TAX = "Nevada collects a gaming tax of 6.75% of gross gaming revenue from every licensed operator."
PAGE = f"Of gaming in Nevada\n\n{TAX}\n\n" + "\n\n".join(
    f"Chapter {n}. The weather of year {n} was pleasant during most of the season and was admired by many." * 8
    for n in range(1, 9)
)


@pytest.fixture(autouse=True)
def _places(settings, tmp_path):
    settings.SNAPSHOT_DIR = tmp_path / "snapshots"


def document(**changes) -> FetchedDocument:
    text = changes.get("text", PAGE)
    given = {
        "kind": "web_page", "uri": "https://www.example.com/tax", "title": "Taxes", "media_type": "text/plain",
        "data": (text or "").encode(), "text": text, "renderer": "web_fetch/1", "fetched_at": NOW,
    }  # fmt: skip
    return FetchedDocument(**{**given, **changes})


def nothing(_data, *, name):
    raise AssertionError(f"the text came with the document, and {name} was parsed")


def keep(*documents, to="alpha", call_key="k1", extract=nothing):
    archive = TeamArchive(team_id=team(to).pk, bridge=HereBridge(), snapshots=snapshots.local(), extract=extract)

    async def all_of_them():
        return [await archive.keep(each, call_key=call_key) for each in documents]

    return asyncio.run(all_of_them())


def counts():
    return [model.objects.count() for model in (Source, Snapshot, ExtractedText)]


def test_a_page_is_kept_with_its_bytes_its_text_and_the_call_that_fetched_it():
    (kept,) = keep(document(publisher=None))
    source, snapshot = Source.objects.get(), Snapshot.objects.get()
    assert (source.kind, source.title, source.domain, source.reliability) == ("web_page", "Taxes", "example.com", 500)
    assert (snapshot.call_key, snapshot.captured_at, snapshot.size) == ("k1", NOW, len(PAGE.encode()))
    assert snapshots.local().read(team_id=source.team_id, sha256=snapshot.sha256) == PAGE.encode()
    assert (kept.text.text, kept.text.source.id) == (PAGE, source.pk)
    text = ExtractedText.objects.get()
    assert (text.extractor, text.extractor_version, text.pk) == ("web_fetch", "1", kept.text.extracted_text_id)
    for hit in kept.passages:
        assert kept.text.text[hit.start : hit.end] == hit.text


def test_the_same_bytes_again_are_known_and_keep_their_first_call():
    first, again = (keep(document(), call_key=key)[0] for key in ("k1", "k2"))
    assert counts() == [1, 1, 1]
    assert Snapshot.objects.get().call_key == "k1"
    assert again == first


def test_a_page_that_changed_is_another_snapshot_of_the_same_source():
    keep(document(), document(text=PAGE.replace("6.75", "7")))
    assert counts() == [1, 2, 2]


def test_another_team_has_its_own():
    keep(document())
    keep(document(), to="beta")
    assert counts() == [2, 2, 2]


def test_the_passages_wanted_are_those_that_answer_the_query_and_no_more_than_asked_for():
    whole, best, first = keep(document(limit=200), document(query="gaming tax", limit=1), document(limit=1))
    assert len(whole.passages) > 2
    assert [TAX in hit.text for hit in best.passages] == [True]
    assert first.passages == whole.passages[:1]


def test_a_lead_is_kept_apart_and_no_search_returns_it():
    (kept,) = keep(document(kind="lead", uri="lead:https://www.example.com/tax", text=TAX, renderer="lead/1"))
    source, text = Source.objects.get(), ExtractedText.objects.get()
    assert (source.kind, source.reliability, source.domain) == ("lead", 200, "example.com")
    assert (kept.passages, Passage.objects.count(), text.feed_seq) == ((), 0, None)
    assert kept.text.text == TAX


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        ({}, ("", "example.com", 500)),
        ({"publisher": "SEC", "kind": "record", "reliability": 900}, ("SEC", "", 900)),
        ({"publisher": "\x00"}, ("", "example.com", 500)),
    ],
)
def test_who_speaks_is_told_by_the_tool_or_by_the_host(changes, kept):
    keep(document(**changes))
    source = Source.objects.get()
    assert (source.publisher, source.domain, source.reliability) == kept


@pytest.mark.parametrize(
    ("title", "kept"), [("A\x00 ti\ntle", "A ti tle"), ("", "https://www.example.com/tax"), ("x" * 900, "x" * 300)]
)
def test_a_title_is_a_line_that_can_be_stored(title, kept):
    keep(document(title=title))
    assert Source.objects.get().title == kept


def test_text_is_stored_without_what_no_database_holds():
    (kept,) = keep(document(text="A gaming\x00 tax\r\nof 6.75%."))
    assert kept.text.text == "A gaming tax\nof 6.75%." == ExtractedText.objects.get().text


@pytest.mark.parametrize("text", ["", "  \n", "\x00"])
def test_what_says_nothing_is_refused_and_leaves_nothing(text):
    with pytest.raises(Unreadable):
        keep(document(text=text))
    assert counts() == [0, 0, 0]


def test_bytes_alone_are_read_by_the_librarys_parsers():
    parsers = Parsers()
    html = f"<html><head><title>Of taxes</title></head><body><p>{TAX}</p></body></html>".encode()
    try:
        (kept,) = keep(document(data=html, text=None, title="", media_type="text/html"), extract=parsers.extract)
        with pytest.raises(Unreadable):
            keep(document(data=b"\x00\x01", text=None, media_type="application/pdf"), extract=parsers.extract)
    finally:
        parsers.close()
    assert TAX in kept.text.text
    assert Source.objects.get().title == "Of taxes"
    Parsers().close()


@pytest.mark.parametrize(
    ("media_type", "uri", "name"),
    [
        ("text/html", "https://a.example/x.pdf", "page.html"),
        ("application/pdf", "https://a.example/b/x.pdf?y=1", "x.pdf"),
        ("application/octet-stream", "https://a.example/", ""),
    ],
)
def test_parsers_are_told_the_kind_by_a_name(media_type, uri, name):
    told = []

    def refuse(_data, *, name):
        told.append(name)
        raise Unreadable("no")

    with pytest.raises(Unreadable):
        keep(document(text=None, media_type=media_type, uri=uri), extract=refuse)
    assert told == [name]
