"""Reading pages as a browser does."""

from __future__ import annotations

from django.urls import reverse


def addresses(run) -> list[str]:
    """Return every address of the desk that has something of this run."""
    found = [reverse(f"reviews:{name}", args=[run.pk]) for name in ("plan", "claims", "sections", "sign_off")]
    found += [reverse("reviews:claim", args=[run.pk, pk]) for pk in run.claims.values_list("pk", flat=True)[:2]]
    found += [reverse("reviews:section", args=[run.pk, pk]) for pk in run.sections.values_list("pk", flat=True)[:8]]
    return found


def words(response) -> str:
    """Return the page's text as it is read."""
    html = response.content.decode()
    return html.replace("&#x27;", "'").replace("&quot;", '"').replace("&amp;", "&")
