"""What the search index holds of a passage, and how a query asks for it."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import tantivy

from research.engine.retrieval import ranking
from research.engine.retrieval import words as search_words
from research.engine.retrieval.page_types import PageType

# All the words of a passage in one field: scored apart, a word in the title and in the text counted as two finds
# (SciFact nDCG@10 .664 so, .70 in one). What stands above a passage counts as if it stood in it so many times.
_FIELD = "words"
_TITLE_TIMES, _HEADING_TIMES = 2, 1
_NO_TEAM = -1
_YEAR = re.compile(r"(?<!\d)(?:19[89]\d|20[0-4]\d)(?!\d)")


class IndexDoc(NamedTuple):
    """A passage as the index takes it. `body` is its text.

    page: 0 when unknown. page_type, context: "" when unknown; `context` (a table's caption, column heads and units) is
    searched with the body.
    """

    passage_id: int
    extracted_text_id: int
    team_id: int
    source_id: int
    title: str
    heading: str
    body: str
    page: int = 0
    page_type: str = ""
    context: str = ""


_KINDS = ("", *PageType)  # stored by place: add at the end alone


@functools.cache
def schema() -> tantivy.Schema:
    """Return the fields of the index."""
    builder = tantivy.SchemaBuilder()
    # Signed: the unsigned kind refuses Python keyword values and kills the writer.
    for name in ("passage_id", "extracted_text_id", "team_id", "source_id", "mark"):
        builder.add_integer_field(name, indexed=True, fast=True)
    for name in ("page", "years"):
        builder.add_integer_field(name, fast=True)
    builder.add_integer_field("kind", indexed=True, fast=True)
    builder.add_integer_field("watermark", stored=True)
    builder.add_text_field(_FIELD, tokenizer_name=search_words.ANALYSER, index_option="freq")
    return builder.build()


def prepare(index: tantivy.Index) -> None:
    """Make an index just made or opened ready for use."""
    index.register_tokenizer(search_words.ANALYSER, search_words.analyser())
    index.config_reader("manual")  # reloaded when a search sees a newer commit; no watching thread


def document(doc: IndexDoc) -> tantivy.Document:
    """Return a passage as tantivy takes it."""
    made = tantivy.Document()
    for name in ("passage_id", "extracted_text_id", "team_id", "source_id"):
        made.add_integer(name, getattr(doc, name))
    said = "\n".join((*[doc.heading] * _HEADING_TIMES, doc.context, doc.body))
    made.add_text(_FIELD, search_words.prepare("\n".join((*[doc.title] * _TITLE_TIMES, said))))
    made.add_integer("page", doc.page)
    made.add_integer("kind", _KINDS.index(doc.page_type) if doc.page_type in _KINDS else 0)
    made.add_integer("years", ranking.mask_of(int(year) for year in _YEAR.findall(said)))
    return made


def kind_of(code: int) -> PageType:
    """Return the page type the index holds as `code`; OTHER for an unknown one."""
    return PageType(_KINDS[code] or PageType.OTHER) if 0 <= code < len(_KINDS) else PageType.OTHER


def _mark_query(index: tantivy.Index) -> tantivy.Query:
    return tantivy.Query.term_query(index.schema, "mark", 1)


def write_watermark(index: tantivy.Index, writer: tantivy.IndexWriter, value: int) -> None:
    """Put the watermark in place of the one before; it counts from the writer's commit."""
    writer.delete_documents_by_query(_mark_query(index))
    made = tantivy.Document()
    made.add_integer("mark", 1)
    made.add_integer("watermark", value)
    made.add_integer("team_id", _NO_TEAM)
    writer.add_document(made)


def read_watermark(index: tantivy.Index) -> int | None:
    """Return the watermark of the commit the index sees, or None when it has lost it."""
    searcher = index.searcher()
    hits = searcher.search(_mark_query(index), limit=1).hits
    value = searcher.doc(hits[0][1]).get_first("watermark") if hits else None
    return value if isinstance(value, int) else None


def survey_query(fields: tantivy.Schema, terms: Sequence[Sequence[str]], *, team_id: int, least: int) -> tantivy.Query:
    """Return the query of the team's passages that hold at least `least` of `terms`, each given as analysed words."""
    query, occur = tantivy.Query, tantivy.Occur
    met = [
        query.boolean_query(
            [(occur.Must, query.term_query(fields, _FIELD, word, index_option="freq")) for word in words]
        )
        for words in terms
    ]
    enough = query.boolean_query([(occur.Should, part) for part in met], minimum_number_should_match=least)
    return query.boolean_query([(occur.Must, enough), (occur.Must, team_query(fields, team_id))])


def team_query(fields: tantivy.Schema, team_id: int) -> tantivy.Query:
    """Return the query of everything of a team."""
    return tantivy.Query.term_query(fields, "team_id", team_id)


def build_query(
    fields: tantivy.Schema,
    words: Mapping[str, float],
    *,
    team_id: int,
    any_word: bool,
    source_ids: Sequence[int] | None,
    kinds: Sequence[PageType] | None = None,
) -> tantivy.Query:
    """Return the query of `words` (analysed already, with their weights) within the team.

    source_ids, kinds: within these sources, on these kinds of page; None for all.
    """
    query, occur = tantivy.Query, tantivy.Occur
    per_word = [
        query.boost_query(query.term_query(fields, _FIELD, word, index_option="freq"), weight)
        for word, weight in words.items()
    ]
    wanted = query.boolean_query([(occur.Should if any_word else occur.Must, part) for part in per_word])
    parts = [
        (occur.Must, wanted),
        (occur.Must, query.const_score_query(query.term_query(fields, "team_id", team_id), 0.0)),
    ]
    if source_ids is not None:
        sources = query.term_set_query(fields, "source_id", list(source_ids))
        parts.append((occur.Must, query.const_score_query(sources, 0.0)))
    if kinds is not None:
        pages = query.term_set_query(fields, "kind", [_KINDS.index(kind) for kind in kinds])
        parts.append((occur.Must, query.const_score_query(pages, 0.0)))
    return query.boolean_query(parts)
