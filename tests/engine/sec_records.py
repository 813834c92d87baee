"""Records of an invented company as EDGAR would give them, and how tests ask for them."""

import asyncio
import json

from research.engine.domain.evidence import EvidenceItem, Quote, SourceRef
from research.engine.tools import sec_edgar
from tests.doubles.http_replies import FakeHttp, context

AGENT = "Example Research research@example.com"
CIK = 1234567
FACTS = "https://data.sec.gov/api/xbrl/companyfacts/CIK0001234567.json"
SUBMISSIONS = "https://data.sec.gov/submissions/CIK0001234567.json"
TICKERS = "https://www.sec.gov/files/company_tickers.json"
FOLDER = "https://www.sec.gov/Archives/edgar/data/1234567"
K24, K23, Q24 = "0001234567-24-000010", "0001234567-23-000010", "0001234567-24-000020"


def row(val, end, start=None, *, accn=K24, form="10-K", filed="2024-03-20", fy=2024, fp="FY", **more):
    return {"end": end, "val": val, "accn": accn, "fy": fy, "fp": fp, "form": form, "filed": filed, **more} | (
        {"start": start} if start else {}
    )


def body(*, gaap=None, cik=CIK, name="Quillmark Cloud, Inc.", **taxonomies):
    """Return a company facts record; gaap: tag → rows in USD, or (unit, rows)."""
    tags = {
        tag: {"label": f"{tag} label", "units": {rows[0]: rows[1]} if isinstance(rows, tuple) else {"USD": rows}}
        for tag, rows in (gaap or {}).items()
    }
    return json.dumps({"cik": cik, "entityName": name, "facts": {"us-gaap": tags, **taxonomies}}).encode()


# A fiscal year that ends on 31 January and is called by the year it ends in. The report of 2024 shows last year again.
REVENUE = [
    row(900_000, "2023-01-31", "2022-02-01", accn=K23, filed="2023-03-20", fy=2023),
    row(910_500, "2023-01-31", "2022-02-01"),
    row(1_200_000, "2024-01-31", "2023-02-01"),
    row(320_000, "2024-04-30", "2024-02-01", accn=Q24, form="10-Q", filed="2024-06-03", fy=2025, fp="Q1"),
    row(280_000, "2023-04-30", "2023-02-01", accn=Q24, form="10-Q", filed="2024-06-03", fy=2025, fp="Q1"),
]


def ask(replies, **arguments):
    http = replies if isinstance(replies, FakeHttp) else FakeHttp(replies)
    tool = sec_edgar.build(context(http, user_agent=AGENT))
    return asyncio.run(tool.run(sec_edgar.Arguments(**{"company": str(CIK), **arguments})))


def facts(record, *concepts, **more):
    return ask({FACTS: record}, operation="facts", concepts=concepts or ("revenue",), **more)


def lines(result):
    return result.documents[0].text.splitlines() if result.documents else []


def evidence(line, publisher="Quillmark Cloud, Inc."):
    quote = Quote(extracted_text_id=1, page=1, start=0, end=len(line), exact=line)
    source = SourceRef(id=1, kind="record", title="Facts", publisher=publisher)
    return [EvidenceItem(id=1, quote=quote, source=source, task_key="t")]
