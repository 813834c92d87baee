"""The documentation names only what is there: files, pictures, commands, settings; and its examples work."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from mrd_project.config import Config
from research.engine.ports import HttpReply, Tool, ToolContext

NOW = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)
ROOT = Path(settings.BASE_DIR)
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").glob("*.md")])
PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
# Read from the environment by something other than the site's settings.
ELSEWHERE = {
    "MRD_ENV_FILE": "mrd_project/config.py",
    "MRD_DECIDE_PASSWORD": "reviews/management/commands/decide.py",
    "MRD_DATA_DIR": "bench/common.py",
}
MOST_IMAGE_BYTES = 300_000
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def links(page: Path) -> Iterator[tuple[bool, str]]:
    """Yield whether it is a picture, and the target, of each link outside code."""
    for mark, target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        yield bool(mark), target


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.replace("`", "").lower()).strip().replace(" ", "-") for head in heads}


def missing_targets(page: Path) -> list[str]:
    wrong = []
    for _, target in links(page):
        path, _, anchor = target.partition("#")
        if "://" in path:
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            wrong.append(target)
    return wrong


@PAGE
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert missing_targets(page) == []


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A head\n[a](gone.md) [b](#a-head) [c](#no-head) [d](https://example.com/x)\n```\n[e](f.md)\n```\n"
    )
    assert missing_targets(page) == ["gone.md", "#no-head"]


@PAGE
def test_every_picture_is_there_and_small(page: Path) -> None:
    for is_picture, target in links(page):
        if is_picture:
            assert (page.parent / target).stat().st_size < MOST_IMAGE_BYTES, target


def test_every_picture_is_used_and_described() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [path.name for path in (ROOT / "docs" / "images").glob("*.png") if path.name not in text] == []
    assert "![](" not in text


@PAGE
def test_every_command_named_exists(page: Path) -> None:
    named = set(re.findall(r"manage\.py ([a-z][a-z_]+)", page.read_text(encoding="utf-8")))
    assert named - set(get_commands()) == set()


@PAGE
def test_every_make_target_named_exists(page: Path) -> None:
    named = set(re.findall(r"`make ([a-z][a-z-]*)", page.read_text(encoding="utf-8")))
    targets = re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert named - set(targets) == set()


@PAGE
def test_every_setting_named_exists(page: Path) -> None:
    named = set(re.findall(r"\bMRD_[A-Z][A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8")))
    known = {f"MRD_{name.upper()}" for name in Config.model_fields}
    for name in named - known:
        assert name in ELSEWHERE, f"{name} is no setting"
        assert name in (ROOT / ELSEWHERE[name]).read_text(encoding="utf-8")


@PAGE
def test_every_file_of_the_project_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:mrd_project|research|reviews|tests|bench|deploy|docs)/[\w./-]+\.\w+)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


@PAGE
def test_no_path_of_one_machine_is_named(page: Path) -> None:
    assert re.findall(r"(?<![\w.:/])/(?:home|work|root|tmp|Users)/", page.read_text(encoding="utf-8")) == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        waiting += [
            (page.parent / target.partition("#")[0]).resolve() for _, target in links(page) if "://" not in target
        ]
    assert set(PAGES) - seen == set()


def test_every_decision_is_listed_and_has_its_three_parts() -> None:
    listed = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    decisions = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert path.name in listed, path.name
        assert all(f"**{part}.**" in text for part in ("Context", "Decision", "Consequence")), path.name


def code_of(page: str) -> str:
    """Return the first Python block of a page."""
    found = re.search(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None, page
    return found.group(1)


def test_the_vertical_of_the_guide_is_one() -> None:
    names: dict[str, object] = {
        "__name__": "research.engine.verticals.dental",
        "__package__": "research.engine.verticals",
    }
    exec(code_of("docs/how-to/add-a-vertical.md"), names)  # noqa: S102 - our own page
    assert names["VERTICAL"].name == "dental"


def test_the_tool_of_the_guide_is_one() -> None:
    names: dict[str, object] = {"__name__": "research.engine.tools.holidays"}
    exec(code_of("docs/how-to/add-a-tool.md"), names)  # noqa: S102 - our own page
    asked: list[str] = []

    class Nowhere:
        async def get(self, url: str, **_more: object) -> HttpReply:
            asked.append(url)
            return HttpReply(
                url=url, status=200, headers={}, media_type="text/csv", body=b"2026-07-01,Canada Day\n", fetched_at=NOW
            )

    context = ToolContext(library=None, http=Nowhere(), clock=None, options={"base_url": "https://a.example/"})
    tool = names["build"](context)
    # All that the shelf asks of a tool is there.
    assert [name for name in Tool.__annotations__ if not hasattr(tool, name)] == []
    found = asyncio.run(tool.run(tool.arguments.model_validate({"country": "CA", "year": 2026})))
    assert asked == ["https://a.example/CA/2026.csv"]
    assert found.documents[0].data.startswith(b"2026-07-01")


def check_offline(folder: Path, signed: dict, events: list[dict]) -> subprocess.CompletedProcess[str]:
    (folder / "verify.py").write_text(code_of("docs/how-to/verify-the-audit-trail.md"))
    (folder / "mrd.json").write_text(json.dumps(signed))
    (folder / "events.json").write_text(json.dumps(events))
    return subprocess.run(
        [sys.executable, "verify.py", "mrd.json", "events.json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def sample() -> tuple[dict, list[dict]]:
    """Return a document and a trail of two events, made here from what docs/reference/events.md says of them."""
    mrd = {"run_id": "r", "title": "Überblick"}
    document = hashlib.sha256(
        json.dumps(mrd, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()
    previous, events = hashlib.sha256(b"mrd-desk/trail/1/r").hexdigest(), []
    for seq, (kind, data) in enumerate([("run.created", {}), ("signature.made", {"digest": document})], start=1):
        payload = json.dumps({"seq": seq, "kind": kind, "data": data})
        link = hashlib.sha256((previous + payload).encode()).hexdigest()
        events.append({"seq": seq, "payload": payload, "previous": previous, "hash": link})
        previous = link
    return {"mrd": mrd, "digest": document, "signatures": [{"digest": document}], "status": "signed"}, events


def test_the_offline_check_of_the_guide_accepts_what_holds(tmp_path: Path) -> None:
    done = check_offline(tmp_path, *sample())
    assert done.returncode == 0, done.stderr
    assert "2 events hold" in done.stdout


@pytest.mark.parametrize("harm", ["document", "payload", "order", "signature"])
def test_the_offline_check_of_the_guide_refuses_what_was_changed(tmp_path: Path, harm: str) -> None:
    signed, events = sample()
    if harm == "document":
        signed["mrd"]["title"] = "Other"
    elif harm == "payload":
        events[0]["payload"] = events[0]["payload"].replace("run.created", "run.started")
    elif harm == "order":
        del events[0]
    else:
        signed["signatures"] = []
    assert check_offline(tmp_path, signed, events).returncode != 0
