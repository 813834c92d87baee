"""Table files go in by the same door as all others, and the tool sees them for its own team alone."""

from __future__ import annotations

import io

import openpyxl
import pytest

from research.adapters import library as adapter
from research.adapters.evidence_store import RowEvidenceStore
from research.engine.domain.errors import Permanent
from research.engine.domain.evidence import Quote
from research.engine.tools import structured_file
from research.models import Source
from research.services import library
from tests.doubles.engine import tool_context
from tests.doubles.library import over_bridge, team, write

pytestmark = pytest.mark.django_db(transaction=True)

CSV = "Region;Revenue (USD m)\nNevada;1.234,5\nOhio;7,0\n"


def workbook() -> bytes:
    book = openpyxl.Workbook()
    for row in (["Region", "Users"], ["Nevada", 12000], ["Ohio", 7]):
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_rows_of_a_csv_and_a_workbook_are_answered_and_pinned_and_no_other_team_sees_them(settings, tmp_path):
    settings.SNAPSHOT_DIR, settings.SEARCH_INDEX_DIR = tmp_path / "snapshots", tmp_path / "index"
    docs = write(tmp_path / "docs", regions_csv=CSV, users_xlsx=workbook())
    assert len(library.add_files(team=team("alpha"), paths=[docs], workers=1).added) == 2
    ids = dict(Source.objects.values_list("snapshots__file_name", "pk"))

    def ask(source: int, filters: list[dict[str, object]], to: str = "alpha"):
        async def run(bridge):
            own = adapter.TeamLibrary(team_id=team_ids[to], bridge=bridge, index=adapter.open_index())
            tool = structured_file.build(tool_context(own))
            result = await tool.run(structured_file.Arguments(source=source, filters=filters))
            store = RowEvidenceStore(team_id=team_ids[to], bridge=bridge)
            for hit in result.hits:
                quote = Quote(
                    extracted_text_id=hit.extracted_text_id, page=hit.page, start=hit.start, end=hit.end, exact=hit.text
                )
                await store.pin(quote)
            return [hit.text for hit in result.hits]

        return over_bridge(run)

    team_ids = {slug: team(slug).pk for slug in ("alpha", "beta")}
    rich = [{"column": "Revenue (USD m)", "op": "gt", "value": 100}]
    assert ask(ids["regions.csv"], rich) == ["Nevada | 1.234,5"]
    assert ask(ids["users.xlsx"], [{"column": "Users", "op": "lt", "value": 100}]) == ["Ohio | 7"]
    with pytest.raises(Permanent, match="no source"):
        ask(ids["regions.csv"], rich, to="beta")
