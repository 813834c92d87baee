"""A small library for tests: people, teams and documents of invented firms."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from django.contrib.auth.models import Group

from research.adapters.db import Bridge
from research.models import Membership, Team, User

T = TypeVar("T")

CASINO = (
    "# Larkspur Gaming\n\nLarkspur Gaming had casino revenue of $13.4 million in 2022.\n\nIt is licensed in Ontario.\n"
)
CLOUD = "# Quillmark Cloud\n\nQuillmark sells subscriptions to clinics. Its churn was 2.1% in 2023.\n"
TWO_PAGES = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 5 0 R/Resources<</Font<</F 7 0 R>>>>>>endobj
4 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 6 0 R/Resources<</Font<</F 7 0 R>>>>>>endobj
5 0 obj<</Length 55>>stream
BT /F 12 Tf 20 200 Td (First page of Larkspur.) Tj ET
endstream endobj
6 0 obj<</Length 56>>stream
BT /F 12 Tf 20 200 Td (Second page of Larkspur.) Tj ET
endstream endobj
7 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
"""


def team(slug: str) -> Team:
    """Return the team of that slug, made when missing."""
    return Team.objects.get_or_create(slug=slug, defaults={"name": slug.title()})[0]


def person(name: str, *, teams: tuple[Team, ...] = (), group: str = "", staff: bool = True, root: bool = False) -> User:
    """Return a new user in the teams and the group ("" for none)."""
    user = User.objects.create(username=name, is_staff=staff, is_superuser=root)
    for one in teams:
        Membership.objects.create(team=one, user=user)
    if group:
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    return user


def write(folder: Path, **files: str | bytes) -> Path:
    """Write files into a folder, made when missing: `a_md="…"` becomes a.md. Return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / ".".join(name.rsplit("_", 1))
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def over_bridge(work: Callable[[Bridge], Awaitable[T]]) -> T:
    """Run async work that needs a bridge, and close the bridge's connections."""

    async def run() -> T:
        bridge = Bridge(threads=1)
        try:
            return await work(bridge)
        finally:
            await asyncio.to_thread(bridge.close)

    return asyncio.run(run())
