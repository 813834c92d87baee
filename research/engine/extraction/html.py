"""HTML by trafilatura for articles, by a plain walk for filings; selectolax for title and date."""

from __future__ import annotations

import datetime as dt
import json
import re
from html.parser import HTMLParser
from itertools import islice
from typing import Any

from research.engine.domain.errors import Unreadable

from . import article
from .result import HTML, Extraction, Limits, clean_text, clean_title, parse_date, whole
from .text import decode

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:-]+)", re.IGNORECASE)
_DATE_META = (
    "meta[property='article:published_time']",
    "meta[itemprop='datePublished']",
    "meta[name='date' i]",
    "meta[name='dc.date' i]",
    "meta[name='pubdate' i]",
    "meta[name='publish-date' i]",
    "meta[name='citation_publication_date' i]",
)
_BODY = re.compile(r"<body\b", re.IGNORECASE)
_HEAD_CHARS = 200_000
_LINKED_DATA = re.compile(r"<script[^>]{0,200}application/ld\+json[^>]{0,200}>([^<]*)</script", re.IGNORECASE)
# Inline XBRL wraps a filing's figures in ix:… elements, which trafilatura drops with the figures in them.
_INLINE_XBRL = re.compile(r"<ix:(?:nonfraction|nonnumeric|header)\b", re.IGNORECASE)
# A page of so many table rows with figures is a report, not an article: an extractor of articles drops tables of it.
# Filings have hundreds of them, articles seldom ten.
_REPORT_ROWS = 100
# Trafilatura takes the main article; where it finds under a tenth of a long page's words, menus and other links left
# out, there is no one article.
_MIN_SHARE, _LONG_PAGE_CHARS = 0.1, 4_000

_LINK = re.compile(r"<a\b[^<>]{0,2000}>[^<]{0,400}</a>", re.IGNORECASE)
_SKIP = frozenset(("script", "style", "noscript", "template", "head", "svg", "iframe", "object", "ix:header"))
# Table parts are no blocks: a row is one line.
_BLOCK = frozenset(
    (
        *("address", "article", "aside", "blockquote", "br", "caption", "dd", "div", "dl", "dt", "fieldset", "figure"),
        *("figcaption", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav"),
        *("ol", "p", "pre", "section", "table", "title", "ul"),
    )
)
# Marks of a cell's end and of a row's end and start; cleaned text cannot hold them.
_END = {"td": "\x01", "th": "\x01", "tr": "\x02"}
_ROW = re.compile("\x03([^\x02\x03]*)\x02")
# A longer row is a page laid out by a table: its paragraphs stay paragraphs.
_LONGEST_ROW_CHARS = 1_000


def extract(data: bytes, *, limits: Limits) -> Extraction:  # noqa: ARG001 - every parser takes the limits
    """Return the main text of a page; all of a filing or another report full of tables.

    Raises `Unreadable` without any.
    """
    declared = _CHARSET.search(data[:4_096])
    source = clean_text(decode(data, declared=declared.group(1).decode("ascii") if declared else None))
    everything = _walk(source)
    text = everything
    if not _INLINE_XBRL.search(source) and not _is_report(everything):
        main = article.main_text(source)
        if main and not (len(everything) > _LONG_PAGE_CHARS and len(main) < len(_unlinked(source)) * _MIN_SHARE):
            text = main
    # libxml2 drops what is nested deeper than it goes: then the words alone, without their lines.
    text = text if text.strip() else _flat_text(source)
    if not text.strip():
        raise Unreadable("The page has no text: it may be filled in by scripts; save it from the browser as PDF.")
    title, published = _about(source)
    return whole(text=text, media_type=HTML, title=title, published_date=published)


def _is_report(text: str) -> bool:
    rows = (line for line in text.split("\n") if " | " in line and any(map(str.isdigit, line)))
    return next(islice(rows, _REPORT_ROWS - 1, None), None) is not None


def all_text(source: str) -> str:
    """Return all visible words of decoded HTML, a line a block; "" when there are none."""
    text = _walk(source)
    # libxml2 drops what is nested deeper than it goes: then the words alone, without their lines.
    return text if text.strip() else _flat_text(source)


def _walk(source: str) -> str:
    """Return all visible text, a line for each block and each table row (cells joined by ` | `)."""
    from lxml import etree

    parser = etree.HTMLParser(encoding="utf-8", recover=True, huge_tree=True, no_network=True, remove_comments=True)
    root = etree.fromstring(source.encode("utf-8"), parser)
    if root is None:
        return ""
    out: list[str] = []
    walker = etree.iterwalk(root, events=("start", "end", "pi"))
    for event, node in walker:
        tag = node.tag.lower() if isinstance(node.tag, str) else ""
        if event == "start" and (tag in _SKIP or _hidden(node)):
            walker.skip_subtree()
        elif event == "start":
            out.append("\n" if tag in _BLOCK else "\x03" if tag == "tr" else "")
            out.append(_flat(node.text))
        if event in {"end", "pi"}:
            out.append(_END.get(tag) or ("\n" if tag in _BLOCK else ""))
            out.append(_flat(node.tail))
    return _tidy("".join(out))


def _unlinked(source: str) -> str:
    return _walk(_LINK.sub(" ", source))


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", text) if text else ""


def _hidden(node: Any) -> bool:
    style = node.get("style")
    return node.get("hidden") is not None or (style is not None and "display:none" in style.replace(" ", "").lower())


def _one_line(row: re.Match[str]) -> str:
    cells = row.group(1)
    return (cells if len(cells) > _LONGEST_ROW_CHARS else " ".join(cells.split())) + "\n"


def _tidy(text: str) -> str:
    lines: list[str] = []
    rows = re.sub("[\x02\x03]", "\n", _ROW.sub(_one_line, text))
    for line in rows.split("\n"):
        cells = [" ".join(cell.split()) for cell in line.split("\x01")]
        lines.append(" | ".join(cell for cell in cells if cell))
    # "$ | 1,234 | )" is how filings lay out one figure over three cells.
    joined = re.sub(r"([$€£(]) \| (?=[\d(—-])", r"\1", "\n".join(lines))
    joined = re.sub(r" \| (?=[)%](?:[ )%|]|$))", "", joined, flags=re.MULTILINE)
    return re.sub(r"\n{2,}", "\n\n", joined).strip("\n") + "\n"


class _Words(HTMLParser):
    """Collects what stands between tags, however deep: it keeps no tree."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._skipped = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the base's
        if tag in {"script", "style", "noscript", "template", "title"} and not self._skipped:
            self._skipped = tag

    def handle_endtag(self, tag: str) -> None:
        if tag == self._skipped:
            self._skipped = ""

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.words.append(data)


def _flat_text(source: str) -> str:
    parser = _Words()
    parser.feed(source)
    parser.close()
    return " ".join(" ".join(parser.words).split())


def _about(source: str) -> tuple[str | None, dt.date | None]:
    """Return title and publication date by the page's head and its JSON-LD, None where it says nothing."""
    from selectolax.lexbor import LexborHTMLParser

    # The head alone: selectors take quadratic time on a body nested a hundred thousand deep.
    body = _BODY.search(source)
    tree = LexborHTMLParser(source[: min(body.start() if body else _HEAD_CHARS, _HEAD_CHARS)])
    og = tree.css_first("meta[property='og:title']")
    named = tree.css_first("title")
    title = clean_title(og.attributes.get("content")) if og else None
    title = title or (clean_title(named.text()) if named else None)
    for selector in _DATE_META:
        node = tree.css_first(selector)
        found = parse_date(node.attributes.get("content")) if node else None
        if found:
            return title, found
    dates = (_linked_data_date(script) for script in _LINKED_DATA.findall(source))
    return title, next((date for date in dates if date), None)


def _linked_data_date(text: str) -> dt.date | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    items = data if isinstance(data, list) else data.get("@graph", [data]) if isinstance(data, dict) else []
    dates = (parse_date(item.get("datePublished")) for item in items if isinstance(item, dict))
    return next((date for date in dates if date), None)
