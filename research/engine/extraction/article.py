"""The main text of a page by trafilatura, made whole where an article's body is cut into several containers.

Advertisements cut a body into pieces, and trafilatura takes one of them. Paragraphs it left out are put back where they
stand in a container that looks (element and classes, two levels up) like the ones whose paragraphs it took.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, NamedTuple

# Precision prunes lists of links and bylines; where it leaves under half of what recall takes, it pruned the text.
_LEAST_SHARE = 0.5
# A paragraph put back is a sentence or more (characters), and hardly a link.
_PARAGRAPH_CHARS, _MAX_LINK_SHARE = 60, 0.3
# A piece of a body has more than one paragraph; a note on the author or a reader's letter often has one.
_PIECE_PARAGRAPHS = 2
_LETTERS = re.compile(r"[\W_]+")


class _Paragraph(NamedTuple):
    """A paragraph of the page: its words, what it is known by, which container it stands in, what that looks like."""

    words: str
    key: str
    place: int
    container: tuple[str, str, str, str]


def main_text(source: str) -> str:
    """Return the article of a page, "" when there is none. `source` is decoded HTML."""
    import trafilatura

    options: dict[str, Any] = {"include_comments": False, "include_tables": True}
    try:
        precise: str = trafilatura.extract(source, favor_precision=True, **options) or ""
        text = precise
        if len(precise) < len(full := trafilatura.extract(source, favor_recall=True, **options) or "") * _LEAST_SHARE:
            text = full
    except RecursionError:
        return ""  # nested deeper than any article: the plain walk, which does not recurse, has the text
    return _whole(text, _paragraphs(source)) if text else ""


def _whole(text: str, paragraphs: list[_Paragraph]) -> str:
    """Return `text` with the paragraphs that stand in containers like those of its own, each at its place."""
    lines = text.split("\n")
    at = {key: number for number, line in enumerate(lines) if (key := _key(line))}
    containers = {p.container for p in paragraphs if p.key in at}
    # What was left out of a container that was read was left out on purpose.
    read = {p.place for p in paragraphs if p.key in at}
    sizes = Counter(p.place for p in paragraphs)
    missing: dict[int, list[str]] = {}
    last = -1
    seen = set(at)
    for paragraph in paragraphs:
        if paragraph.key in at:
            last = at[paragraph.key]
        elif (
            paragraph.container in containers
            and paragraph.place not in read
            and sizes[paragraph.place] >= _PIECE_PARAGRAPHS
            and paragraph.key not in seen
        ):
            seen.add(paragraph.key)
            missing.setdefault(last, []).append(paragraph.words)
    out = list(missing.get(-1, ()))
    for number, line in enumerate(lines):
        out.append(line)
        out.extend(missing.get(number, ()))
    return "\n".join(out)


def _paragraphs(source: str) -> list[_Paragraph]:
    """Return the paragraphs of a page that are long enough and hardly links, in document order."""
    from lxml import etree

    parser = etree.HTMLParser(encoding="utf-8", recover=True, huge_tree=True, no_network=True, remove_comments=True)
    root = etree.fromstring(source.encode("utf-8"), parser)
    if root is None:
        return []
    found = []
    places: dict[Any, int] = {}
    for node in root.iter("p"):
        words = " ".join("".join(node.itertext()).split())
        if len(words) < _PARAGRAPH_CHARS:
            continue
        linked = sum(len("".join(link.itertext())) for link in node.iter("a"))
        if linked <= len(words) * _MAX_LINK_SHARE:
            found.append(
                _Paragraph(
                    words,
                    _key(words),
                    places.setdefault(node.getparent(), len(places)),
                    (*_look(node, 1), *_look(node, 2)),
                )
            )
    return found


def _look(node: Any, up: int) -> tuple[str, str]:
    """Return element and classes of the ancestor `up` levels above; numbers in classes count for nothing."""
    for _ in range(up):
        node = node.getparent() if node is not None else None
    if node is None or not isinstance(node.tag, str):
        return "", ""
    return node.tag, " ".join(sorted(re.sub(r"\d+", "", node.get("class") or "").split()))


def _key(line: str) -> str:
    return _LETTERS.sub("", line).casefold()
