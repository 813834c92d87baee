"""A model double that does a whole run: it plans, searches, reads, quotes, concludes and writes, by rule.

It answers from the request alone and remembers nothing, so it can be killed, resumed and asked again. It is no
simulation of how well Claude works: it shows and tests the path. `Analyst().answer` is a script for `MessagesServer`.
"""

from __future__ import annotations

import json
import re
from typing import Any

from tests.doubles import messages_build as build

_PASSAGE = re.compile(r'<passage document="(?P<document>\d+)"[^>]*>\n(?P<text>.*?)\n</passage>', re.DOTALL)
_QUOTE = re.compile(r'<quote number="(?P<number>\d+)"[^>]*>(?P<text>.*?)</quote>', re.DOTALL)
_CLAIM = re.compile(r'<claim number="(?P<number>\d+)"[^>]*>(?P<text>.*?)</claim>', re.DOTALL)
_SENTENCE = re.compile(r"[A-Z][^.!?\n]{40,300}[.!?](?=\s|$)")
_QUERY = re.compile(r"^- (.+)$", re.MULTILINE)
_WORD = re.compile(r"[a-z]{5,}")
MOST_QUOTES = 3
# What the double's web says, by host: a page a search, made up for it and marked as such.
PAGE = (
    "{topic}: an overview\n\nThis page belongs to the replay of MRD Desk and was made up for it. "
    "Independent observers describe {topic} as a field in which buyers ask for proof before they buy. "
    "Vendors that publish how they work are preferred by buyers of {topic}.\n"
)


def role_of(request: dict[str, Any]) -> str:
    """Return which prompt a request was made from, by its first words."""
    system = request["system"][0]["text"]
    starts = {
        "You plan": "plan",
        "You research": "investigate",
        "You turn quotes": "extract",
        "You conclude": "synthesise",
        "You propose market": "require",
        "You judge": "judge",
        "You write one": "draft",
        "You mend": "redraft",
    }
    return next(role for start, role in starts.items() if system.startswith(start))


class Analyst:
    """The script. tasks: how many of the template's it plans, None for all. web: it uses the server's tools.

    pauses: a turn that searches the web is paused once before it reads. tools: that its tasks name.
    """

    def __init__(
        self,
        *,
        tasks: int | None = None,
        web: bool = True,
        pauses: bool = True,
        tools: tuple[str, ...] = ("library_search", "library_scan", "web_search", "web_fetch"),
    ) -> None:
        self._tasks, self._web, self._pauses, self._tools = tasks, web, pauses, tools

    def answer(self, request: dict[str, Any], _number: int) -> dict[str, Any]:
        made = getattr(self, f"_{role_of(request)}")(request)
        return {**made, "model": request["model"]}

    def _plan(self, request: dict[str, Any]) -> dict[str, Any]:
        text = _first(request)
        template = json.loads(text[text.index("[\n") : text.rindex("]") + 1])
        tasks = template[: self._tasks] if self._tasks else template
        kept = {task["key"] for task in tasks}
        offered = set(re.findall(r"^- (\w+):", text, re.MULTILINE))
        tools = [name for name in self._tools if name in offered] or ["library_search"]
        made = [
            {
                "key": task["key"],
                "question": task["question"],
                "section": task["section"],
                "tools": tools,
                "critical": task.get("critical", False),
                "depends_on": [key for key in task.get("depends_on", []) if key in kept],
                "layer": task.get("layer", "research"),
                "queries": task.get("queries", []),
                "subject": task.get("subject") or "",
            }
            for task in tasks
        ]
        subjects = {kind: _subjects(tasks, kind) for kind in ("jurisdiction", "competitor")}
        return _form(
            {
                "products": [],
                "jurisdictions": subjects["jurisdiction"],
                "competitors": subjects["competitor"],
                "tasks": made,
            }
        )

    def _investigate(self, request: dict[str, Any]) -> dict[str, Any]:
        names = {tool["name"] for tool in request.get("tools", ())}
        turns = [message for message in request["messages"] if message["role"] == "assistant"]
        query = (_QUERY.findall(_first(request)) or ["the market"])[0][:120]
        if not turns:
            return self._look(query, names)
        if turns[-1]["content"][-1].get("type") == "server_tool_use":
            return self._read_on(turns[-1]["content"][-1])
        results = [block for block in request["messages"][-1]["content"] if block.get("type") == "tool_result"]
        passages = [found for block in results for found in _PASSAGE.finditer(str(block["content"]))]
        kept = sum(1 for turn in turns for block in turn["content"] if block.get("name") == "keep_quote")
        if passages and not kept:
            return self._keep(request, passages, turns)
        if results or kept:
            outcome = "found" if kept else "insufficient_data"
            told = f"{kept} quotes answer it." if kept else "Nothing in what was searched answers it."
            return build.asking(build.tool_use("report", outcome=outcome, reason=told))
        # Only the web was looked at: what it read is in the conversation, and can be quoted by its address.
        return self._keep(request, [], turns)

    def _look(self, query: str, names: set[str]) -> dict[str, Any]:
        asked = [build.tool_use(name, query=query, limit=8) for name in ("library_search",) if name in names]
        if self._web and "web_search" in names:
            url = _url(query)
            search = build.search(query, (url, f"About {query}"))
            if self._pauses:
                fetch = build.server_tool("web_fetch", url=url)
                return build.paused(
                    build.thinking("First the web."), search, *([fetch] if "web_fetch" in names else [])
                )
            return build.asking(search, *asked)
        if asked:
            return build.asking(build.text("First the library."), *asked)
        return build.message(build.text("There is nothing to search with."))

    def _read_on(self, call: dict[str, Any]) -> dict[str, Any]:
        """Go on after a pause: the pending fetch's result comes first, then the library is asked."""
        url = call["input"]["url"]
        topic = url.rsplit("/", 1)[1].replace("-", " ")
        words = PAGE.format(topic=topic)
        result = build.result("web_fetch", call["id"], build.page(url, words, title=f"{topic}: an overview"))
        sentence = _SENTENCE.findall(words)[1]
        cited = build.text("Buyers ask for proof.", build.cites_search(sentence[:100] + "…", url=url))
        return build.asking(
            result,
            cited,
            build.tool_use("library_search", query=topic, limit=8),
            input_tokens=4_000,
        )

    def _keep(self, request: dict[str, Any], passages: list[Any], turns: list[dict[str, Any]]) -> dict[str, Any]:
        wanted = set(_WORD.findall(_first(request).split("Your question")[1].casefold()[:400]))
        found: list[tuple[int, str, str]] = []
        for passage in passages:
            for sentence in _SENTENCE.findall(passage["text"]):
                shared = len(wanted & set(_WORD.findall(sentence.casefold())))
                if shared:
                    found.append((shared, passage["document"], sentence))
        chosen = sorted(found, key=lambda each: -each[0])[:MOST_QUOTES]
        uses = [build.tool_use("keep_quote", document=doc, quote=words, relevance=800) for _, doc, words in chosen]
        for turn in turns:
            for block in turn["content"]:
                if block.get("type") == "web_fetch_tool_result":
                    text = block["content"]["content"]["source"]["data"]
                    quote = _SENTENCE.findall(text)[2]
                    uses.append(
                        build.tool_use("keep_quote", document=block["content"]["url"], quote=quote, relevance=600)
                    )
        if not uses:
            return build.asking(
                build.tool_use("report", outcome="insufficient_data", reason="Nothing searched answers the question.")
            )
        return build.asking(*uses)

    def _extract(self, request: dict[str, Any]) -> dict[str, Any]:
        claims = [
            {
                "text": " ".join(found["text"].split()),
                "quotes": [{"number": int(found["number"]), "words": found["text"]}],
                "role": "fact",
                "attributes": [],
            }
            for found in _QUOTE.finditer(_first(request))
        ]
        return _form({"claims": claims[:8]})

    def _synthesise(self, request: dict[str, Any]) -> dict[str, Any]:
        claims = list(_CLAIM.finditer(_first(request)))[:2]
        items = [
            {
                "text": f"Buyers weigh this: {claim['text'].split(':')[-1].strip()}",
                "premises": [int(claim["number"])],
                "role": "fact",
                "attributes": [],
            }
            for claim in claims
        ]
        return _form({"items": items})

    def _require(self, request: dict[str, Any]) -> dict[str, Any]:
        claims = list(_CLAIM.finditer(_first(request)))[:2]
        items = [
            {
                "text": "The product must show its buyers the proof they ask for.",
                "premises": [int(claim["number"])],
                "role": "requirement",
                "attributes": [
                    {"name": "moscow", "value": "should"},
                    {"name": "acceptance", "value": "A buyer finds the proof without asking."},
                ],
            }
            for claim in claims[:1]
        ]
        return _form({"items": items})

    def _judge(self, request: dict[str, Any]) -> dict[str, Any]:
        numbers = [int(found["number"]) for found in re.finditer(r'<claim number="(?P<number>\d+)"', _first(request))]
        return _form({"opinions": [{"number": n, "verdict": "supported", "reason": "word for word"} for n in numbers]})

    def _draft(self, request: dict[str, Any]) -> dict[str, Any]:
        sentences = [
            {"text": " ".join(found["text"].split()), "claims": [int(found["number"])]}
            for found in _CLAIM.finditer(_first(request))
        ]
        return _form({"sentences": sentences})

    def _redraft(self, request: dict[str, Any]) -> dict[str, Any]:
        refused = re.findall(r'<sentence number="', _first(request))
        return _form({"sentences": [{"text": "", "claims": []} for _ in refused]})


def _subjects(tasks: list[dict[str, Any]], kind: str) -> list[str]:
    """Return whom or where the template's tasks are about: competitors in their own section, places elsewhere."""
    found = [
        task["subject"]
        for task in tasks
        if task.get("subject") and (task["section"] == "competitors") == (kind == "competitor")
    ]
    return list(dict.fromkeys(found))


def _first(request: dict[str, Any]) -> str:
    content = request["messages"][0]["content"]
    return content if isinstance(content, str) else content[0]["text"]


def _form(value: dict[str, Any]) -> dict[str, Any]:
    return build.message(build.structured(value), input_tokens=3_000, output_tokens=600)


def _url(query: str) -> str:
    return f"https://replay.example.com/{'-'.join(_WORD.findall(query.casefold())[:6]) or 'market'}"
