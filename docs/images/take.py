"""Take the pictures of the documentation anew from a running `make demo`: python docs/images/take.py [ADDRESS].

Carries one more run from "New run" to the signed export, as docs/tutorial/first-document.md tells, so use a fresh demo.
"""  # noqa: INP001 - a script beside its pictures

from __future__ import annotations

import re
import shutil
import sys
import time
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
PASSWORD = "mrd-desk-demo"  # noqa: S105 - the demo's, known to everybody
PROMPT = "A contract-review SaaS for law firms in Germany"
PATIENCE_S = 60
SHEETS, SHEET_SCALE, GAP = (0, 2, 4, 5), 0.72, 14


def sign_in(browser: Browser, base: str, username: str) -> Page:
    page = browser.new_context(base_url=base, viewport={"width": 1200, "height": 780}).new_page()
    page.goto("/admin/login/")
    page.fill("#id_username", username)
    page.fill("#id_password", PASSWORD)
    page.click("[type=submit]")
    return page


def take(page: Page, name: str) -> None:
    page.evaluate("window.scrollTo(0, 0)")
    page.screenshot(path=HERE / f"{name}.png")


def take_sheets(pdf: bytes, name: str) -> None:
    """Put the sheets a reader turns to first side by side: cover, summary, the first with charts, the next."""
    document = pypdfium2.PdfDocument(pdf)
    sheets = [document[place].render(scale=SHEET_SCALE).to_pil() for place in SHEETS if place < len(document)]
    width = sum(sheet.width + GAP for sheet in sheets) + GAP
    picture = Image.new("RGB", (width, max(sheet.height for sheet in sheets) + 2 * GAP), "#dfe3e8")
    across = GAP
    for sheet in sheets:
        picture.paste(sheet, (across, GAP))
        across += sheet.width + GAP
    picture.save(HERE / f"{name}.png", optimize=True)
    document.close()


def wait_for(page: Page, run: str, state: str) -> None:
    """Reload the run's plan until the badge beside it names the state."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        page.goto(f"/reviews/{run}/plan/")
        if page.locator(".rv-badge").first.inner_text().casefold() == state:
            return
        time.sleep(1)
    raise SystemExit(f"The run did not come to '{state}' within {PATIENCE_S} s.")


def press_all(page: Page, path: str, button: str) -> None:
    page.goto(path)
    while (found := page.get_by_role("button", name=button, exact=True)).count():
        with page.expect_navigation():
            found.first.click()


def main(base: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        rita, ravi, rosa, anna = (sign_in(browser, base, name) for name in ("rita", "ravi", "rosa", "anna"))

        rita.goto("/admin/research/run/add/")
        rita.fill("[name=prompt]", PROMPT)
        rita.select_option("[name=vertical]", "saas")
        take(rita, "new-run")
        rita.click("#content [type=submit]")
        found = re.search(r"/run/([0-9a-f-]{36})/", rita.url)
        if found is None:
            raise SystemExit(f"The run was not begun: {rita.url}")
        run = found.group(1)
        wait_for(rita, run, "plan review")

        ravi.goto("/reviews/")
        take(ravi, "queue")
        ravi.goto(f"/reviews/{run}/plan/")
        take(ravi, "plan")
        ravi.get_by_role("button", name="Approve the plan").click()
        wait_for(ravi, run, "claim review")
        ravi.goto(f"/reviews/{run}/claims/")
        take(ravi, "claims")
        press_all(ravi, f"/reviews/{run}/claims/", "Accept")
        wait_for(ravi, run, "regulatory review")

        for page in (ravi, rosa):
            page.goto(f"/reviews/{run}/sections/")
            page.get_by_role("link", name="Data protection and privacy").first.click()
            if page is rosa:
                take(page, "section")
            page.get_by_role("button", name="Approve", exact=True).click()
        wait_for(ravi, run, "sign off")

        anna.goto(f"/reviews/{run}/document/")
        anna.fill("#meaning", "I approve this document for release.")
        anna.fill("#password", PASSWORD)
        take(anna, "sign-off")
        anna.get_by_role("button", name="Sign the document").click()
        wait_for(anna, run, "completed")
        anna.goto(f"/admin/research/run/{run}/change/")
        take(anna, "run")
        with anna.expect_download() as download:
            anna.get_by_role("link", name="Export html").click()
        reader = browser.new_page(viewport={"width": 1200, "height": 780})
        reader.set_content(download.value.path().read_text(encoding="utf-8"))
        take(reader, "export")
        with anna.expect_download() as download:
            anna.get_by_role("link", name="Export pdf").click()
        take_sheets(download.value.path().read_bytes(), "pdf")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
