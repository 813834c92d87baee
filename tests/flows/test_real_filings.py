"""Real filings in, signed documents out: every quote at its place, nothing rejected in the document."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction

from research.engine.domain.mrd import SignedMrd
from research.engine.domain.states import ClaimStatus, RunState, Verdict
from research.models import Call, Claim, Document, ExtractedText, Plan, Run, SectionRevision
from research.models.record import SubjectKind
from research.services import audit, exports, library, runs
from reviews import decide as deciding
from reviews.requests import DecisionRequest
from tests.doubles import world

from .conftest import wait_until

DATA = Path(os.environ.get("MRD_DATA_DIR") or settings.BASE_DIR.parent / "shared" / "data")
FILINGS = DATA / "financebench" / "pdfs"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.realdata,
    pytest.mark.skipif(
        not FILINGS.is_dir(), reason="the real filings are not here: set MRD_DATA_DIR to the data folder"
    ),
]
PASSWORD = "a-password-for-signing"

CASES = {
    "gambling": (
        ["MGM*"],
        "MGM Resorts",
        "An online casino and sports betting app for Nevada, New Jersey and Macau by MGM Resorts with BetMGM",
    ),
    "saas": (
        ["MICROSOFT*", "ADOBE*"],
        "",
        "A document and collaboration SaaS like Microsoft 365 and Adobe Acrobat for companies in the United States",
    ),
}


def approve(run: Run, person, kind: SubjectKind, pk: int, digest: str, **more) -> None:
    request = DecisionRequest(
        run_id=run.pk, subject=kind, subject_id=pk, digest=digest, verdict=more.pop("verdict", Verdict.APPROVE), **more
    )
    deciding.decide(person=person, door="desk", request=request, now=dt.datetime.now(dt.UTC))


def stands(claim: Claim) -> bool:
    """Tell whether all that a claim rests on was accepted."""
    keys = claim.current.premise_keys if claim.current else []
    return Claim.objects.filter(run=claim.run_id, key__in=keys, status=ClaimStatus.ACCEPTED).count() == len(keys)


def has_others(claim: Claim) -> bool:
    """Tell whether the claim's section would still have one that is accepted or waits."""
    left = Claim.objects.filter(run=claim.run_id, section=claim.section, status__in=("queued", "accepted"))
    return left.exclude(pk=claim.pk).exists()


def decide_gate(run: Run, people: world.People) -> None:
    """Decide what waits as a careful team would: every third claim is rejected, but not the last of its section."""
    match RunState(run.state):
        case RunState.PLAN_REVIEW:
            plan = Plan.objects.get(run=run, voided_at__isnull=True)
            approve(run, people.reviewer, SubjectKind.PLAN, plan.pk, plan.digest)
        case RunState.CLAIM_REVIEW:
            waiting = Claim.objects.filter(run=run, status=ClaimStatus.QUEUED).order_by("pk")
            for n, pk in enumerate(waiting.values_list("pk", flat=True)):
                # Read one by one: a rejection changes what is shown of all that rests on it.
                claim = Claim.objects.get(pk=pk)
                verdict = Verdict.REJECT if (n % 3 == 2 and has_others(claim)) or not stands(claim) else Verdict.APPROVE
                comment = "Not to the point." if verdict is Verdict.REJECT else ""
                approve(
                    run,
                    people.reviewer,
                    SubjectKind.CLAIM,
                    claim.pk,
                    claim.shown_digest,
                    verdict=verdict,
                    comment=comment,
                )
        case RunState.REGULATORY_REVIEW:
            for section in SectionRevision.objects.filter(run=run, regulatory=True, status="drafted"):
                for person in (people.reviewer, people.second_reviewer):
                    approve(run, person, SubjectKind.SECTION, section.pk, section.digest)
        case RunState.SIGN_OFF:
            document = Document.objects.get(run=run, status="composed")
            approve(
                run,
                people.approver,
                SubjectKind.DOCUMENT,
                document.pk,
                document.digest,
                meaning="I approve this document for release.",
                password=PASSWORD,
            )


@pytest.mark.parametrize("vertical", sorted(CASES))
def test_a_run_over_real_filings_ends_signed_and_traceable(vertical: str, people, drivers) -> None:
    patterns, publisher, prompt = CASES[vertical]
    people.approver.set_password(PASSWORD)
    people.approver.save()
    paths = sorted(path for pattern in patterns for path in FILINGS.glob(pattern))
    said = library.about(title=None, publisher=publisher or None, published_date=None, reliability=None)
    report = library.add_files(team=people.team, paths=paths, about=said, added_by=people.requester)
    assert (report.refused, report.unreadable) == ((), ())
    assert len(report.added) == len(paths)
    run = runs.create(
        team=people.team,
        requester=people.requester,
        prompt=prompt,
        vertical=vertical,
        engine="extractive",
        now=dt.datetime.now(dt.UTC),
    )
    driver = drivers.start(
        engines='{"extractive": "research.engine.providers.extractive.build"}', driver_linger_s="20", lease_s="20"
    )
    while run.state != RunState.COMPLETED:
        wait_until(
            lambda: (
                Run.objects.get(pk=run.pk).state
                in ("plan_review", "claim_review", "regulatory_review", "sign_off", "failed")
            ),
            seconds=150,
            what=f"a gate; {drivers.logs()[-2000:]}",
        )
        run.refresh_from_db()
        assert run.state != RunState.FAILED, run.state_reason
        decide_gate(run, people)
        run.refresh_from_db()
    driver.terminate()
    check_export(run, people)


def check_export(run: Run, people: world.People) -> None:
    assert list(audit.problems_of(run)) == []
    left = exports.export(run=run, format="json", actor=str(people.auditor.actor_id), now=dt.datetime.now(dt.UTC))
    signed = SignedMrd.model_validate_json(left.content)
    assert signed.status == "signed"
    texts = {row.sha256: row.text for row in ExtractedText.objects.filter(snapshot__source__team=people.team)}
    for citation in signed.mrd.citations:
        assert texts[citation.extracted_text_sha256][citation.start : citation.end] == citation.quote
    per_section = Counter(
        section.key
        for section in signed.mrd.sections
        if any(sentence.claims for sentence in section.sentences) and section.key != "executive_summary"
    )
    assert len(per_section) >= 12, sorted(per_section)
    rejected = Claim.objects.filter(run=run, status=ClaimStatus.REJECTED)
    assert rejected.exists()
    cited = {claim.key for claim in signed.mrd.claims}
    assert cited.isdisjoint(rejected.values_list("key", flat=True))
    accepted = set(Claim.objects.filter(run=run, status=ClaimStatus.ACCEPTED).values_list("key", flat=True))
    assert cited <= accepted
    # The same words may stand under another task, where a person found them to the point.
    said = " ".join(sentence.text for section in signed.mrd.sections for sentence in section.sentences)
    standing = {claim.text for claim in signed.mrd.claims}
    for claim in rejected.select_related("current"):
        assert claim.current.text in standing or claim.current.text not in said
    for form in ("md", "html"):
        body = exports.export(run=run, format=form, actor="auditor", now=dt.datetime.now(dt.UTC)).content.decode()
        assert "DRAFT" not in body
        assert people.approver.display_name in body
    with transaction.atomic():
        Call.objects.filter(run=run, state="done").update(outcome={"hits": []})
        assert any("calls of step" in problem for problem in audit.problems_of(run))
        transaction.set_rollback(True)
    assert json.loads(left.content)["digest"] == Document.objects.get(run=run, status="signed").digest
