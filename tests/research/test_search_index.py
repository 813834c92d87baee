"""The search index: a team sees its own passages, words are data, damage heals, adding twice changes nothing."""

from __future__ import annotations

import multiprocessing
import random
from pathlib import Path

import pytest
import tantivy
from hypothesis import given, settings
from hypothesis import strategies as st

from research.adapters.search_index import IndexDoc, IndexHit, IndexLost, SearchIndex
from research.engine.retrieval import words as search_words

PASSAGES = (
    IndexDoc(1, 10, 1, 100, "MGM 10-K 2022", "Casino", "Casino revenues rose to $13.4 billion and 2,000,000 players."),
    IndexDoc(2, 10, 1, 100, "MGM 10-K 2022", "Hotels", "Rooms revenue declined; the regulator fined nobody."),
    IndexDoc(3, 11, 1, 101, "Adobe 10-K", "Cloud", "Subscriptions to the cloud are regulated by nobody in FY2022."),
    IndexDoc(4, 12, 2, 102, "Secret memo", "Casino", "Casino revenues of the other team were 99."),
)


@pytest.fixture
def index(tmp_path: Path) -> SearchIndex:
    made = SearchIndex(tmp_path / "index")
    made.add(PASSAGES, watermark=7)
    return made


def ids(hits: list[IndexHit]) -> list[int]:
    return [hit.passage_id for hit in hits]


def find(index: SearchIndex, query: str, *, team_id: int = 1, limit: int = 10, **more) -> list[int]:
    return ids(index.search(query, team_id=team_id, limit=limit, **more))


def test_passages_are_found_by_stemmed_words_best_first(index):
    assert find(index, "casino revenue") == [1, 2]
    assert find(index, "regulations")[0] in {2, 3}
    hits = index.search("casino revenue", team_id=1, limit=10)
    assert hits[0].score > hits[1].score > 0


def test_a_team_never_sees_another_teams_passages(index):
    assert find(index, "casino secret memo 99", team_id=2) == [4]
    assert 4 not in find(index, "casino secret memo 99", team_id=1)
    assert find(index, "casino", team_id=3) == []
    assert find(index, "casino", team_id=-1) == []


def test_every_word_can_be_demanded_over_all_fields(index):
    assert find(index, "casino players", any_word=False) == [1]
    assert find(index, "hotels declined", any_word=False) == [2]  # one in the heading, one in the body
    assert find(index, "casino cloud", any_word=False) == []
    assert set(find(index, "casino cloud")) == {1, 3}


def test_sources_narrow_a_search_and_no_source_finds_nothing(index):
    assert find(index, "nobody", source_ids=[101]) == [3]
    assert find(index, "nobody", source_ids=[]) == []
    assert find(index, "casino", source_ids=[102]) == []


@pytest.mark.parametrize("query", ["13.4", "2,000,000", "2000000", "$13.4 billion", "2,000,000."])
def test_numbers_are_found_as_they_are_written(index, query):
    assert find(index, query, any_word=False) == [1]


def test_a_number_is_not_found_by_its_pieces(index):
    assert find(index, "4") == []
    assert find(index, "000") == []


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "(",
        "body:casino",
        "AND OR NOT",
        "+-*~^\\/[]{}",
        "\0",
        "\ud800",
        "'; DROP",
        "a:b:c",
        "",
        " ",
        "…",
        "é" * 9_000,
        "*",
    ],
)
def test_no_character_of_a_query_has_a_meaning_or_fails(index, query):
    assert isinstance(find(index, query), list)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_query_becomes_at_most_64_plain_words(query):
    words = search_words.query_words(query)
    assert len(words) <= search_words.MAX_QUERY_WORDS
    assert all(word and not any(c.isspace() for c in word) for word in words)


def test_common_words_are_left_out_unless_there_are_no_others():
    assert search_words.query_words("What is the revenue of the casino?") == ["revenu", "casino"]
    assert search_words.query_words("the who") == ["the", "who"]


def test_the_limit_holds_and_none_is_none(index):
    assert len(find(index, "revenue nobody", limit=1)) == 1
    assert find(index, "revenue", limit=0) == []


def test_adding_again_changes_nothing(index):
    before = index.search("casino revenue nobody", team_id=1, limit=10)
    index.add(PASSAGES, watermark=7)
    assert index.count() == len(PASSAGES)
    assert ids(index.search("casino revenue nobody", team_id=1, limit=10)) == ids(before)


def test_a_text_can_be_removed(index):
    index.remove_text(10)
    assert find(index, "revenue") == []
    assert index.count() == 2
    assert index.watermark() == 7


def test_the_watermark_goes_with_the_commit(index, tmp_path):
    def broken():
        yield IndexDoc(9, 19, 1, 100, "", "", "zebra")
        raise KeyError("the database went away")

    with pytest.raises(KeyError):
        index.add(broken(), watermark=99)
    assert index.watermark() == 7
    assert find(index, "zebra") == []
    index.set_watermark(8)
    assert SearchIndex(tmp_path / "index").watermark() == 8


def test_a_value_error_of_the_caller_is_no_damage(index):
    def broken():
        raise ValueError("not the index's fault")
        yield

    with pytest.raises(ValueError, match="not the index"):
        index.add(broken())
    assert index.count() == len(PASSAGES)


@pytest.mark.parametrize("wrong", [{"team_id": "one"}, {"team_id": 1, "source_ids": ["x"]}, {"team_id": 2**80}])
def test_a_wrong_argument_is_no_damage(index, wrong):
    with pytest.raises((ValueError, TypeError, OverflowError)):
        index.search("casino", limit=5, **wrong)
    assert index.count() == len(PASSAGES)


def test_an_empty_index_has_watermark_nought_and_finds_nothing(tmp_path):
    fresh = SearchIndex(tmp_path / "new")
    assert (fresh.watermark(), fresh.count(), find(fresh, "casino")) == (0, 0, [])


def test_another_reader_sees_a_commit_and_a_rebuild(index, tmp_path):
    reader = SearchIndex(tmp_path / "index")
    assert find(reader, "casino") == [1]
    index.add([IndexDoc(5, 13, 1, 100, "", "", "casino")])
    assert set(find(reader, "casino")) == {1, 5}
    index.destroy()
    assert (find(reader, "casino"), reader.watermark()) == ([], 0)
    index.add(PASSAGES, watermark=3)
    assert (find(reader, "casino"), reader.watermark()) == ([1], 3)


@pytest.mark.parametrize("damage", ["meta", "pointer", "format", "segments gone", "all garbage"])
def test_a_damaged_index_starts_anew_from_nought(tmp_path, damage):
    path = tmp_path / "index"
    SearchIndex(path).add(PASSAGES, watermark=7)
    (generation,) = path.glob("f3-*")
    if damage == "meta":
        (generation / "meta.json").write_text("{")
    elif damage == "pointer":
        (path / "current").write_bytes(b"\xff\xfe")
    elif damage == "format":
        generation.rename(path / "f0-old")
        (path / "current").write_text("f0-old")
    elif damage == "segments gone":
        for file in generation.glob("*.*"):
            if file.name != "meta.json":
                file.unlink()
    else:
        for file in generation.iterdir():
            file.write_bytes(random.Random(1).randbytes(500))  # noqa: S311
    again = SearchIndex(path)
    assert again.watermark() == 0
    again.add(PASSAGES, watermark=7)
    assert (find(again, "casino"), again.watermark(), again.count()) == ([1], 7, 4)
    assert len(list(path.glob("f[0-9]-*"))) == 1


def replace(file: Path, data: bytes) -> None:
    """Put other bytes under the file's name; who has the old file mapped keeps it."""
    file.unlink()
    file.write_bytes(data)


def test_damage_under_an_open_index_heals(index, tmp_path):
    (generation,) = (tmp_path / "index").glob("f3-*")
    replace(generation / "meta.json", b"garbage")
    assert index.watermark() == 0
    index.add(PASSAGES, watermark=7)
    assert find(index, "casino") == [1]


def test_an_index_without_a_watermark_is_damaged(index, tmp_path):
    (generation,) = (tmp_path / "index").glob("f3-*")
    engine = tantivy.Index.open(str(generation))
    engine.register_tokenizer(search_words.ANALYSER, search_words.analyser())
    writer = engine.writer(heap_size=15_000_000, num_threads=1)
    writer.delete_documents_by_term("mark", 1)
    writer.commit()
    writer.wait_merging_threads()
    assert (SearchIndex(tmp_path / "index").watermark(), index.watermark(), index.count()) == (0, 0, 0)


@pytest.mark.parametrize("part", ["term", "idx", "store"])
def test_an_index_that_lost_its_watermark_starts_anew(index, tmp_path, part):
    (generation,) = (tmp_path / "index").glob("f3-*")
    for file in generation.glob(f"*.{part}"):
        data = file.read_bytes()
        replace(file, bytes(len(data) - 60) + data[-60:])
    again = SearchIndex(tmp_path / "index")
    assert (again.watermark(), again.count()) == (0, 0)


def test_damage_that_shows_in_a_search_is_told_and_then_healed(tmp_path):
    many = [IndexDoc(i, i, 1, 1, "t", "h", f"casino word{i} revenue {i}") for i in range(300)]
    SearchIndex(tmp_path / "index").add(many, watermark=3)
    (generation,) = (tmp_path / "index").glob("f3-*")
    for file in generation.glob("*.fast"):
        data = file.read_bytes()
        replace(file, data[len(data) // 2 :])
    again = SearchIndex(tmp_path / "index")
    with pytest.raises(IndexLost, match="built anew"):
        find(again, "casino")
    assert (again.watermark(), find(again, "casino")) == (0, [])


def _write(path: str, first: int) -> None:
    index = SearchIndex(path)
    for i in range(first, first + 5):
        index.add([IndexDoc(i, i, 1, 1, "", "", "casino")], watermark=i)


def test_writers_in_several_processes_take_turns(tmp_path):
    path = str(tmp_path / "index")
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(path, first)) for first in (100, 200, 300)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    assert SearchIndex(path).count() == 15


def test_equal_scores_are_ordered_by_passage(tmp_path):
    index = SearchIndex(tmp_path / "index")
    for i in (5, 3, 9, 1):
        index.add([IndexDoc(i, i, 1, 1, "t", "h", "casino")])
    assert find(index, "casino") == [1, 3, 5, 9]
