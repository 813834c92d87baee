"""A team's library and evidence store as the engine uses them: own passages, true places, one query for all hits."""

from __future__ import annotations

import shutil

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from research.adapters import library as adapter
from research.adapters.evidence_store import RowEvidenceStore
from research.adapters.search_index import SearchIndex
from research.engine.domain.errors import QuoteNotFound
from research.engine.domain.evidence import Hit, Quote
from research.models import ExtractedText, Passage
from research.services import library
from tests.doubles.library import CASINO, CLOUD, TWO_PAGES, over_bridge, team, write

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _library(settings, tmp_path):
    settings.SNAPSHOT_DIR = tmp_path / "snapshots"
    settings.SEARCH_INDEX_DIR = tmp_path / "index"
    docs = write(tmp_path / "docs", casino_md=CASINO, pages_pdf=TWO_PAGES)
    secret = write(tmp_path / "secret", memo_md="# Memo\n\nThe casino of beta is for sale.\n", cloud_md=CLOUD)
    said = library.about(publisher="Larkspur", reliability="0.9", published_date="2023-02-01")
    library.add_files(team=team("alpha"), paths=[docs], about=said, workers=1)
    library.add_files(team=team("beta"), paths=[secret], workers=1)


def search(words: str, *, to: str = "alpha", index: SearchIndex | None = None, **more) -> tuple[Hit, ...]:
    found = index or adapter.open_index()
    owner = team(to).pk
    more = {"limit": 10, **more}
    return over_bridge(lambda b: adapter.TeamLibrary(team_id=owner, bridge=b, index=found).search(words, **more))


def scan(*words: str, to: str = "alpha", limit: int = 10) -> tuple[Hit, ...]:
    found, owner = adapter.open_index(), team(to).pk
    return over_bridge(lambda b: adapter.TeamLibrary(team_id=owner, bridge=b, index=found).scan(words, limit=limit))


def pin(quote: Quote, *, to: str = "alpha") -> Quote:
    owner = team(to).pk
    return over_bridge(lambda b: RowEvidenceStore(team_id=owner, bridge=b).pin(quote))


def test_a_page_is_given_whole_and_only_to_its_team():
    [hit] = search("second page of Larkspur", any_word=False)
    place = (hit.extracted_text_id, 2)

    def pages(to: str) -> tuple[Hit, ...]:
        owner, index = team(to).pk, adapter.open_index()
        return over_bridge(lambda b: adapter.TeamLibrary(team_id=owner, bridge=b, index=index).pages([place]))

    assert [each.passage_id for each in pages("alpha")] == [hit.passage_id]
    assert pages("beta") == ()


def test_a_hit_tells_source_page_and_true_offsets():
    [hit] = search("second page of Larkspur", any_word=False)
    text = ExtractedText.objects.get(pk=hit.extracted_text_id).text
    assert (hit.page, hit.text) == (2, text[hit.start : hit.end])
    assert hit.source.publisher == "Larkspur"
    assert hit.source.reliability == 900
    assert hit.source.domain is None
    assert hit.score > 0


def test_hits_come_best_first_and_any_word_is_enough_unless_every_word_is_asked_for():
    hits = search("casino Ontario page")
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len(hits) > 1
    assert search("casino unicorn", any_word=False) == ()
    assert len(search("casino Ontario page", limit=1)) == 1


def test_a_team_finds_nothing_of_another_team():
    assert {hit.source.title for hit in search("casino sale memo")} <= {"Larkspur Gaming", "pages"}
    assert search("Quillmark clinics") == ()
    assert scan("Quillmark") == ()
    assert search("casino", to="gamma") == scan("casino", to="gamma") == ()


def test_search_sees_what_was_committed_before_it(tmp_path):
    index = adapter.open_index()
    assert search("zeppelin", index=index) == ()
    library.add_files(team=team("alpha"), paths=[write(tmp_path / "new", z_txt="A zeppelin over Ontario.")], workers=1)
    assert len(search("zeppelin", index=index)) == 1


def test_an_index_deleted_under_a_reader_is_filled_again():
    index = adapter.open_index()
    assert search("Larkspur", index=index)
    shutil.rmtree(index.path)
    index.path.mkdir()
    assert search("Larkspur", index=index)


def test_scan_finds_all_words_literally_in_any_case_and_in_stable_order(tmp_path):
    library.add_files(
        team=team("alpha"), paths=[write(tmp_path / "new", a_txt="LARKSPUR in Łódź: 100% sure.")], workers=1
    )
    assert len(scan("larkspur", "ŁÓDŹ")) == 1
    assert len(scan("100%")) == 1
    assert scan("1%0") == scan("larkspur", "unicorn") == scan("  ") == scan() == ()
    order = [hit.passage_id for hit in scan("larkspur")]
    assert order == sorted(order)
    assert len(order) > 1
    assert [hit.passage_id for hit in scan("larkspur", limit=1)] == order[:1]
    assert scan("larkspur", limit=0) == ()


def test_scan_reads_only_the_newest_text_of_a_snapshot():
    from django.db import transaction

    from research.adapters import texts
    from research.engine.extraction.result import whole

    old = Passage.objects.filter(text__contains="casino revenue", team=team("alpha")).get().extracted_text
    newer = whole(text="The new parser read nothing of that.", media_type="text/markdown")
    with transaction.atomic():
        texts.add(
            team_id=team("alpha").pk,
            snapshot=old.snapshot,
            extraction=newer._replace(extractor_version="r99"),
            now=old.created_at,
        )
    assert scan("casino revenue") == ()
    assert search("casino revenue", any_word=False) == ()
    assert len(scan("new parser")) == 1


def test_hits_are_read_by_one_query_however_many():
    scores = dict.fromkeys(Passage.objects.filter(team=team("alpha")).values_list("pk", flat=True), 1.0)
    assert len(scores) > 1
    for wanted in (dict(list(scores.items())[:1]), scores):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            hits = adapter._hits(team_id=team("alpha").pk, scores=wanted)
        assert len(hits) == len(wanted)
        assert len([q for q in queries if "passage" in q["sql"]]) == 1


def test_a_passage_of_another_team_is_left_out_even_if_the_index_names_it():
    foreign = Passage.objects.filter(team=team("beta")).first()
    assert adapter._hits(team_id=team("alpha").pk, scores={foreign.pk: 9.0}) == ()


def test_a_quote_is_pinned_with_what_stands_around_it():
    [hit] = search("casino revenue of 2022", limit=1)
    at = hit.text.index("casino revenue")
    start = hit.start + at
    quote = Quote(extracted_text_id=hit.extracted_text_id, page=1, start=start, end=start + 14, exact="casino revenue")
    pinned = pin(quote)
    assert pinned.prefix.endswith("Larkspur Gaming had ")
    assert pinned.suffix.startswith(" of $13.4 million")


@pytest.mark.parametrize("change", [{"exact": "casino revenues"}, {"start": 0}, {"page": 2}, {"end": 10**9}])
def test_a_quote_that_does_not_stand_at_its_place_is_refused(change):
    [hit] = search("casino revenue of 2022", limit=1)
    start = hit.start + hit.text.index("casino revenue")
    honest = {
        "extracted_text_id": hit.extracted_text_id,
        "page": 1,
        "start": start,
        "end": start + 14,
        "exact": "casino revenue",
    }
    assert pin(Quote(**honest))
    with pytest.raises(QuoteNotFound):
        pin(Quote(**{**honest, **change}))


def test_another_teams_text_is_as_unknown_as_none():
    foreign = Passage.objects.filter(team=team("beta")).first()
    place = {"page": foreign.page, "start": foreign.start, "end": foreign.end, "exact": foreign.text}
    assert pin(Quote(extracted_text_id=foreign.extracted_text_id, **place), to="beta")
    sentences = []
    for text_id in (foreign.extracted_text_id, 10**9):
        with pytest.raises(QuoteNotFound) as refusal:
            pin(Quote(extracted_text_id=text_id, **place))
        sentences.append(refusal.value.detail.replace(str(text_id), "N"))
    assert sentences[0] == sentences[1]


def survey(*terms: str, to: str = "alpha", least: int = 2):
    found, owner = adapter.open_index(), team(to).pk
    return over_bridge(lambda b: adapter.TeamLibrary(team_id=owner, bridge=b, index=found).survey(terms, least=least))


def test_a_search_in_given_sources_finds_nothing_of_the_others():
    [hit, *_] = search("casino revenue")
    assert {h.source.id for h in search("Larkspur", sources=[hit.source.id])} == {hit.source.id}
    assert search("Larkspur", sources=[]) == ()


def test_a_survey_counts_the_passages_of_each_source_of_the_team_that_hold_enough_terms():
    shares = {share.source.title: (share.speaking, share.passages) for share in survey("casino revenue", "licensed")}
    assert sorted(shares.values()) == [(0, 2), (1, 1)]
    assert all(share.source.publisher == "Larkspur" for share in survey("casino revenue", "licensed"))


def test_a_survey_demands_every_word_of_a_term_and_as_many_terms_as_it_is_told():
    assert sum(share.speaking for share in survey("casino submarine", "licensed")) == 0
    assert sum(share.speaking for share in survey("casino submarine", "licensed", least=1)) == 1


def test_a_survey_sees_nothing_of_another_team_and_asks_nothing_without_terms():
    assert {share.source.title for share in survey("casino", "sale", to="beta")}.isdisjoint(
        {share.source.title for share in survey("casino", "sale")}
    )
    assert survey() == ()


class Backwards:
    """An embedder that finds the query most like the texts with the most letters."""

    def embed(self, texts):
        return [(1.0,), *((float(len(text)),) for text in texts[1:])]


def test_an_order_by_meaning_is_fused_in_and_the_limit_holds():
    found, owner = adapter.open_index(), team("alpha").pk

    def ask(limit, embedder):
        return over_bridge(
            lambda b: adapter.TeamLibrary(team_id=owner, bridge=b, index=found, embedder=embedder).search(
                "casino revenue tables", limit=limit
            )
        )

    plain, fused = ask(10, None), ask(10, Backwards())
    assert {hit.passage_id for hit in plain} == {hit.passage_id for hit in fused}
    assert ask(1, Backwards())[0] == fused[0]
    assert len(ask(1, Backwards())) == 1


def test_passages_keep_their_page_type_and_search_gives_it():
    assert set(Passage.objects.values_list("page_type", flat=True)) - {""}
    assert all(hit.page_type for hit in search("casino"))


def test_passages_from_before_page_types_are_found_as_they_were():
    Passage.objects.update(page_type="", context="")
    assert [hit.page_type for hit in search("casino")][:1] == [""]


def test_a_trades_glossary_widens_a_search():
    found, owner = adapter.open_index(), team("alpha").pk
    word = search("casino")[0].text.split()[-1].strip(".")
    asked = {"zyzzyva": (word,)}
    hits = over_bridge(
        lambda b: adapter.TeamLibrary(team_id=owner, bridge=b, index=found, glossary=asked).search("zyzzyva", limit=5)
    )
    assert hits
    assert search("zyzzyva") == ()
