"""Markdown to readable text: the words without the marks, headings kept as `# ` lines, tables as rows."""

from __future__ import annotations

import re
from typing import Any

from .result import MARKDOWN, Extraction, Limits, clean_text, clean_title, parse_date, whole
from .text import decode

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^([A-Za-z_-]+):[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_TAG = re.compile(r"<!--.*?-->|</?[A-Za-z][^<>]*>", re.DOTALL)
_DATES = ("published_date", "published", "date")


def extract(data: bytes, *, limits: Limits) -> Extraction:  # noqa: ARG001 - every parser takes the limits
    """Return the words of a Markdown file. Front matter gives title and date and is not part of the text."""
    source = clean_text(decode(data))
    fields: dict[str, str] = {}
    front = _FRONT_MATTER.match(source)
    if front:
        fields = {key.lower(): value.strip("'\"") for key, value in _FIELD.findall(front.group(1))}
        source = source[front.end() :]
    text = _render(source)
    heading = re.search(r"^# (.+)$", text, re.MULTILINE)
    return whole(
        text=text,
        media_type=MARKDOWN,
        title=clean_title(fields.get("title")) or clean_title(heading.group(1) if heading else None),
        published_date=next((d for d in (parse_date(fields.get(key)) for key in _DATES) if d), None),
    )


# What a token leaves in the text where it stands.
_MARKS = {
    "td_close": " | ",
    "th_close": " | ",
    "heading_close": "\n\n",
    "table_close": "\n",
    "bullet_list_close": "\n",
    "ordered_list_close": "\n",
}


def _render(source: str) -> str:
    from markdown_it import MarkdownIt

    out: list[str] = []
    lists: list[int | None] = []  # the next number of each open list, None for bullets
    for token in MarkdownIt("commonmark", {"maxNesting": 50}).enable("table").parse(source):
        if token.type == "tr_close":
            out[-1] = "\n"  # in place of the last cell's bar
        else:
            out.append(_list_mark(token, lists) or _MARKS.get(token.type) or _content(token, inside_list=bool(lists)))
    return re.sub(r"\n{3,}", "\n\n", "".join(out)).strip("\n") + "\n"


def _list_mark(token: Any, lists: list[int | None]) -> str:
    """Keep count of open lists in `lists`; return an item's bullet or number, "" for other tokens."""
    if token.type in {"bullet_list_open", "ordered_list_open"}:
        lists.append(int(token.attrGet("start") or 1) if token.type == "ordered_list_open" else None)
    elif token.type in {"bullet_list_close", "ordered_list_close"}:
        lists.pop()
    elif token.type == "list_item_open":
        number = lists[-1]
        lists[-1] = None if number is None else number + 1
        return "- " if number is None else f"{number}. "
    return ""


def _content(token: Any, *, inside_list: bool) -> str:
    match token.type:
        case "inline":
            return _inline(token.children or [])
        case "heading_open":
            return "#" * int(token.tag[1:]) + " "
        case "code_block" | "fence":
            return str(token.content).rstrip("\n") + "\n\n"
        case "html_block":
            return _TAG.sub("", token.content).strip() + "\n\n"
        case "paragraph_close":
            return "\n" if inside_list else "\n\n"
    return ""


def _inline(children: list[Any]) -> str:
    parts: list[str] = []
    for child in children:
        if child.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        elif child.type == "html_inline":
            parts.append("\n" if child.content.lower().startswith("<br") else "")
        else:
            parts.append(child.content)  # text and code have their words here, marks are empty, an image its alt text
    return "".join(parts)
