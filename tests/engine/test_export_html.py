"""The HTML export: every sentence leads somewhere, hostile words are inert, nothing is fetched or run."""

import re
from html.parser import HTMLParser

import document_sample as sample
import pytest

from research.engine.document import html, layout, text
from research.engine.domain.documents import Gap
from research.engine.domain.mrd import MrdValue, SignedMrd

VOID = {"meta", "br", "hr", "rect", "line", "circle", "path", "col"}
HOSTILE = (
    "<script>alert(1)</script> \"><img src=x onerror=alert(1)> '&amp; [x](javascript:alert(1)) `|` \u202egnp.exe\x00"
)


class Tree(HTMLParser):
    """Reads a page as a browser's tokenizer does: tags with attributes, ids, links, and the words shown."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.ids, self.links, self.words, self.open = [], [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "a":
            self.links.append(attributes["href"])
        if tag not in VOID:
            self.open.append(tag)

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)

    @property
    def shown(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def signed_page():
    return html.to_html(sample.signed())


def hostile_document():
    where = sample.source(1, HOSTILE, HOSTILE, "evil.example")
    where = where.model_copy(update={"domain": HOSTILE})
    item = sample.evidence(1, HOSTILE, where)
    item = item.model_copy(update={"quote": item.quote.model_copy(update={"prefix": HOSTILE, "suffix": HOSTILE})})
    claim = sample.claim(1, HOSTILE, item)
    place = sample.places([claim])[1].model_copy(update={"url": "javascript:alert(1)", "call_key": HOSTILE})
    draft = sample.SectionDraft(key="market", title=HOSTILE, sentences=(sample.said(claim),))
    gap = Gap(task_key="g", question=HOSTILE, section="nowhere", outcome=HOSTILE, reason=HOSTILE, searches=(HOSTILE,))
    return sample.mrd(
        facts=sample.facts(title=HOSTILE, prompt=HOSTILE, competitors=(HOSTILE,), approvals=()),
        sections=[draft],
        claims=[claim],
        places={1: place},
        gaps=[gap],
    )


def test_the_page_is_well_formed_and_every_inner_link_has_its_one_target(signed_page):
    tree = Tree(signed_page)
    assert tree.open == []
    assert len(tree.ids) == len(set(tree.ids))
    inner = [link[1:] for link in tree.links if link.startswith("#")]
    assert set(inner) <= set(tree.ids)


def test_each_sentence_carries_links_to_its_citations_and_each_citation_leads_back(signed_page):
    tree = Tree(signed_page)
    for section in sample.mrd().sections:
        for sentence in section.sentences:
            shown = signed_page[signed_page.index(text.one_line(sentence.text)) :]
            marks = re.match(r"[^<]*((?:<sup>.*?</sup>)*)", shown).group(1)
            assert [int(n) for n in re.findall(r'href="#citation-(\d+)"', marks)] == list(sentence.citations)
    for citation in sample.mrd().citations:
        assert f"citation-{citation.number}" in tree.ids
        assert f"#use-{citation.number}-1" in tree.links


def test_a_citation_shows_source_page_offsets_quote_and_context(signed_page):
    shown = Tree(signed_page).shown
    for citation in sample.mrd().citations:
        assert citation.quote in shown
        assert f"page {citation.page}, characters {citation.start:,}–{citation.end:,}" in shown
        assert citation.source_title in shown
        assert citation.snapshot_sha256 in shown
        assert text.origin(citation) in shown
    assert shown.count("retrieved 3 November 2026") > sum(bool(each.retrieved_at) for each in sample.mrd().citations)
    assert shown.count("as the table on the page before shows.") == len(sample.mrd().citations)


def test_hostile_words_come_out_as_words():
    page = html.to_html(SignedMrd.of(mrd=hostile_document()))
    tree = Tree(page)
    clean = html.to_html(SignedMrd.of(mrd=sample.mrd()))
    assert {tag for tag, _ in tree.tags} <= {tag for tag, _ in Tree(clean).tags} | {"strong"}
    assert not [tag for tag, _ in tree.tags if tag in {"script", "img", "iframe", "object", "form", "base", "link"}]
    assert not [name for _, attributes in tree.tags for name in attributes if name.startswith("on") or name == "style"]
    assert not [link for link in tree.links if not link.startswith("#")]
    assert "<script>alert(1)</script>" in tree.shown, "the words themselves must still be there to read"
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00]", page)


def test_links_out_are_http_only(signed_page):
    outer = [link for link in Tree(signed_page).links if not link.startswith("#")]
    assert outer
    assert all(link.startswith("https://") for link in outer)
    assert "https://gaming.example.gov/filing?id=2&part=1" in outer


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "//evil.example/x",
     "http:", "https://a b", "https://x\n.example", "file:///etc/passwd", "https://[", "", None],
)  # fmt: skip
def test_an_address_that_is_not_plain_http_is_no_link(url):
    assert text.safe_url(url) is None


def test_nothing_is_fetched_or_run_and_the_policy_says_so(signed_page):
    tree = Tree(signed_page)
    assert not [attributes for _, attributes in tree.tags if "src" in attributes]
    assert "@import" not in signed_page
    assert "url(" not in signed_page
    policy = next(a["content"] for tag, a in tree.tags if tag == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


def test_an_unsigned_page_says_draft_and_a_signed_one_names_signer_meaning_time_and_digest(signed_page):
    draft = html.to_html(SignedMrd.of(mrd=sample.mrd()))
    assert 'class="watermark"' in draft
    assert "<title>DRAFT: " in draft
    assert text.DRAFT_NOTICE in draft
    shown = Tree(signed_page).shown
    assert "DRAFT" not in shown
    for words in ("Ada Okonkwo", "I approve this document", "5 November 2026, 17:30 UTC", sample.mrd().digest()):
        assert words in shown


def test_demo_decisions_are_called_so_even_when_signed():
    demo = sample.mrd(facts=sample.facts(is_demo=True))
    assert "demo decisions" in html.to_html(sample.signed(demo))
    assert "demo decisions" not in html.to_html(sample.signed())


def test_contradictions_stand_side_by_side_once_gaps_are_shown_and_labels_told(signed_page):
    assert signed_page.count('class="pair"') == 1
    pair = signed_page[signed_page.index('class="pair"') :]
    assert pair.index("$412 million") < pair.index("$388 million") < pair.index("</section>")
    shown = Tree(signed_page).shown
    assert "What does it cost to win a player in Ontario?" in shown
    assert "customer acquisition cost Ontario" in shown
    for label in ("inferred", "assumption", "disputed", "Confidence 90.5 %", "Confidence not computed", "Regulatory"):
        assert label in shown


def test_a_contradiction_that_the_draft_does_not_show_is_shown_by_the_page():
    draft = sample.SectionDraft(key="market", title="Market", sentences=(sample.said(sample.claims()[0]),))
    mrd = sample.mrd(facts=sample.facts(approvals=()), sections=[draft])
    page = html.to_html(SignedMrd.of(mrd=mrd))
    assert page.count('class="pair"') == 1
    assert "$388 million" in page


class Links:
    def __init__(self, prefix):
        self.prefix = prefix

    def evidence(self, citation):
        return f"{self.prefix}/evidence/{citation.evidence_id}"

    def claim(self, claim):
        return f"{self.prefix}/claims/{claim.revision_id}"


def test_links_into_the_site_are_followed_only_when_they_stay_in_it_or_are_http():
    links = Tree(html.to_html(sample.signed(), links=Links("/desk"))).links
    assert {"/desk/evidence/101", "/desk/claims/11"} <= set(links)
    for bad in ("javascript:x", "//evil.example", "/\\evil.example"):
        page = html.to_html(sample.signed(), links=Links(bad))
        assert not [link for link in Tree(page).links if "evidence/" in link or "claims/" in link]


def test_a_computed_claim_leads_to_the_claims_it_rests_on():
    total = sample.claim(20, "Together that is $800 million.", kind="computed", premises=("key-11", "key-12"))
    draft = sample.SectionDraft(key="market", title="Market", sentences=(sample.said(total),))
    mrd = sample.mrd(facts=sample.facts(approvals=()), sections=[draft], claims=[*sample.claims(), total])
    tree = Tree(html.to_html(SignedMrd.of(mrd=mrd)))
    assert "Rests on claim revision 11 , claim revision 12" in tree.shown
    assert {"#claim-11", "#claim-12"} <= set(tree.links)
    assert "Claim revision Statement" in tree.shown
    assert layout.OPEN_TITLE in tree.shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (
            {"number": "1.310", "scale": "1000000000", "currency": "USD", "period": "FY2022"},
            "USD 1,310,000,000, FY2022",
        ),
        ({"number": "35", "unit": "percent", "metric": "growth"}, "growth: 35 percent"),
    ],
)
def test_a_typed_value_is_shown_as_its_full_amount(value, shown):
    assert text.figure(MrdValue(**value)) == shown
