"""From "New run" to a signed export in a real browser, each person at their own desk, over a real server and driver."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from research.models import Document, Run
from research.services import audit
from tests.doubles import world
from tests.flows.conftest import Drivers, wait_until

CHROMIUM = os.environ.get("MRD_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome") or ""
PASSWORD = "a-long-enough-password"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: install the package chromium, or set MRD_CHROMIUM"),
]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    # Playwright's loop runs in this thread; the test's own look at the tables is not made from inside it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        yield made
        made.close()


@pytest.fixture
def people(transactional_db) -> world.People:
    made = world.people("browser")
    for user in made[1:]:
        user.set_password(PASSWORD)
        user.save()
    return made


@pytest.fixture
def drivers(child_env, tmp_path) -> Iterator[Drivers]:
    made = Drivers(tmp_path, child_env)
    yield made
    made.stop()


class Desk:
    """One person's browser window; anything the page's console complains about fails the test at the end."""

    def __init__(self, browser: Browser, base: str, username: str) -> None:
        self.page: Page = browser.new_context(base_url=base, viewport={"width": 1280, "height": 900}).new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))
        self.page.goto("/admin/login/")
        self.page.fill("#id_username", username)
        self.page.fill("#id_password", PASSWORD)
        with self.page.expect_navigation(wait_until="networkidle"):
            self.page.click("[type=submit]")
        self.complaints.clear()  # the login page asks for a favicon

    def settle(self, path: str, button: str) -> None:
        """Open a page and press its first button of that name until there is none left."""
        self.page.goto(path)
        while (there := self.page.get_by_role("button", name=button, exact=True)).count():
            with self.page.expect_navigation():
                there.first.click()


def state_of(run: Run) -> str:
    return Run.objects.get(pk=run.pk).state


def test_a_document_is_asked_for_reviewed_signed_and_exported(browser, live_server, people, drivers, settings) -> None:
    settings.MRD = settings.MRD.model_copy(update={"engines": {"scripted": "tests.doubles.scripted.build"}})
    drivers.script(people, tasks=12, calls=1, seconds=0)
    drivers.start(driver_linger_s="40", lease_s="20")

    requester = Desk(browser, live_server.url, people.requester.username)
    requester.page.goto("/admin/research/run/add/")
    requester.page.fill("[name=prompt]", "Too short")
    requester.page.select_option("[name=vertical]", "saas")
    requester.page.click("#content [type=submit]")
    assert "too short" in requester.page.content()
    assert not Run.objects.exists()
    requester.page.fill("[name=prompt]", "A review desk for compliance teams in the United States")
    requester.page.click("#content [type=submit]")
    wait_until(lambda: Run.objects.filter(state="plan_review").exists(), seconds=150, what=f"a plan {drivers.logs()}")
    run = Run.objects.get()
    requester.page.goto(f"/reviews/{run.pk}/plan/")
    assert requester.page.get_by_role("button", name="Approve the plan").count() == 0

    reviewer = Desk(browser, live_server.url, people.reviewer.username)
    reviewer.page.goto("/reviews/")
    reviewer.page.get_by_role("link", name=re.compile("Review$")).first.click()
    reviewer.page.get_by_role("button", name="Approve the plan").click()
    wait_until(lambda: state_of(run) == "claim_review", seconds=150, what=f"the claims {drivers.logs()}")
    reviewer.settle(f"/reviews/{run.pk}/claims/", "Accept")
    wait_until(lambda: state_of(run) == "regulatory_review", seconds=150, what=f"the draft {drivers.logs()}")

    second = Desk(browser, live_server.url, people.second_reviewer.username)
    section = run.sections.filter(regulatory=True, status="drafted").first()
    for desk in (reviewer, second):
        desk.page.goto(f"/reviews/{run.pk}/sections/{section.pk}/")
        desk.page.get_by_role("button", name="Approve", exact=True).click()
    wait_until(lambda: state_of(run) == "sign_off", seconds=150, what="the document")

    approver = Desk(browser, live_server.url, people.approver.username)
    approver.page.goto(f"/reviews/{run.pk}/document/")
    approver.page.fill("#meaning", "I approve this document for release.")
    approver.page.fill("#password", "not the password at all")
    with approver.page.expect_navigation(wait_until="networkidle"):
        approver.page.get_by_role("button", name="Sign the document").click()
    assert state_of(run) == "sign_off"
    approver.complaints = [words for words in approver.complaints if "403" not in words]  # the refusal's own status
    approver.page.fill("#meaning", "I approve this document for release.")
    approver.page.fill("#password", PASSWORD)
    approver.page.get_by_role("button", name="Sign the document").click()
    wait_until(lambda: state_of(run) == "completed", seconds=150, what="the signature")

    document = Document.objects.get(run=run, status="signed")
    auditor = Desk(browser, live_server.url, people.auditor.username)
    auditor.page.goto(f"/admin/research/run/{run.pk}/change/")
    with auditor.page.expect_download() as download:
        auditor.page.get_by_role("link", name="Export html").click()
    text = download.value.path().read_text()
    assert document.digest in text
    assert people.approver.display_name in text
    for desk in (requester, reviewer, second, approver, auditor):
        assert desk.complaints == []
    assert list(audit.problems_of(Run.objects.get(pk=run.pk))) == []
