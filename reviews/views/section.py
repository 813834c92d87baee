"""The regulatory gate: sections as drafted, each sentence with what it rests on; two people approve."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from research import queries
from research.engine.domain.errors import InvalidInput, MrdError, NotFound
from research.models import Claim, Run, SectionRevision
from research.models.record import SubjectKind
from reviews import cards, facts, forms, items

from . import common

_DONE = {"approve": "The section is approved.", "edit": "The section is edited.", "reject": "The section is sent back."}
_EDITABLE = ("regulatory_review", "sign_off")


class SentenceView(NamedTuple):
    """One sentence and the cards of the claims it cites."""

    text: str
    kind: str
    claims: tuple[cards.Card, ...]


@common.page
@require_safe
def sections(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """List the sections that stand, the regulatory ones first, with who approved each."""
    desk = common.open_desk(request, run_id)
    rows = queries.standing_sections(desk.run)
    entries = [
        (subject.row, cards.may(who=desk.who, run=desk.run, subject=subject))
        for subject in facts.section_subjects(rows)
    ]
    context = {
        "run": desk.run,
        "waits": common.gate_of(desk.run) == "regulatory",
        "regulatory": [entry for entry in entries if entry[0].regulatory],
        "others": [entry for entry in entries if not entry[0].regulatory],
    }
    return common.render(request, "reviews/sections.html", context, title="Regulatory sections")


@common.page
@require_safe
def short(request: HttpRequest, section_id: int) -> HttpResponse:
    """Lead from the short address of a section to its page."""
    rows = SectionRevision.objects.filter(run__in=queries.runs_of(common.person_of(request)))
    run_id = rows.filter(pk=min(section_id, facts.MAX_ID)).values_list("run_id", flat=True).first()
    if run_id is None:
        raise NotFound("There is no such section.")
    return redirect("reviews:section", run_id=run_id, section_id=section_id)


@common.page
@require_http_methods(["GET", "HEAD", "POST"])
def section(request: HttpRequest, run_id: UUID, section_id: int) -> HttpResponse:
    """Show a section, and take a decision or an edit."""
    desk = common.open_desk(request, run_id)
    subject = facts.locate(run=desk.run, kind=SubjectKind.SECTION, subject_id=section_id)
    if request.method != "POST":
        return _show(desk, subject)
    try:
        edit = _edited(request) if request.POST.get("verdict") == "edit" else None
        wanted = common.requested(desk, SubjectKind.SECTION, section_id, edit=edit)
        common.settle(desk, wanted)
    except NotFound:
        raise
    except MrdError as error:
        again = facts.locate(run=desk.run, kind=SubjectKind.SECTION, subject_id=section_id)
        return _show(desk, again, error=error)
    messages.success(request, f"{_DONE[wanted.verdict]} {common.now_is(desk.run)}")
    if desk.run.state != "regulatory_review":
        return redirect("reviews:queue")
    return redirect("reviews:sections", run_id=run_id)


def _edited(request: HttpRequest) -> list[dict[str, Any]]:
    rows = forms.SentenceFormSet(request.POST, prefix="sentence")
    if not rows.is_valid():
        raise InvalidInput("The form has mistakes: they are marked below.")
    return forms.sentence_data(rows)


def _show(desk: common.Desk, subject: facts.Subject, *, error: MrdError | None = None) -> HttpResponse:
    row: SectionRevision = subject.row
    editing = error is not None and desk.request.POST.get("verdict") == "edit"
    initial = [{"text": s["text"], "kind": s["kind"], "claims": s["claims"]} for s in row.body["sentences"]]
    rows = forms.SentenceFormSet(desk.request.POST if editing else None, initial=initial, prefix="sentence")
    shown = _cards(desk, row)
    ids = {number: card.id for number, card in shown.items()}
    context = {
        "run": desk.run,
        "section": row,
        "sentences": _sentences(row, shown),
        "tables": items.tables_of(row.draft, shown, ids=ids),
        "may": cards.may(who=desk.who, run=desk.run, subject=subject),
        "waits": common.gate_of(desk.run) == "regulatory" and row.status == "drafted" and row.regulatory,
        "editable": desk.run.state in _EDITABLE and row.status in ("drafted", "approved"),
        "formset": rows,
        "editing": editing,
        "comment": desk.request.POST.get("comment", "") if error else "",
        "citable": _citable(desk.run, row.key),
        "decisions": queries.decisions_on("section", row),
        "neighbours": [one for one in queries.standing_sections(desk.run) if one.regulatory],
    }
    return common.render(desk.request, "reviews/section.html", context, title=row.title, error=error)


def _cards(desk: common.Desk, row: SectionRevision) -> dict[int, cards.Card]:
    """Return the card of each claim the section cites, by revision id."""
    found = facts.with_last_editor(Claim.objects.filter(run=desk.run, current_id__in=row.draft.cited()))
    claims = list(found.select_related("current__author", "assessment"))
    made = cards.cards(run=desk.run, claims=claims, who=desk.who)
    pairs = zip(claims, made, strict=True)
    return {claim.current_id: card for claim, card in pairs if claim.current_id is not None}


def _sentences(row: SectionRevision, by_revision: dict[int, cards.Card]) -> list[SentenceView]:
    return [
        SentenceView(
            sentence["text"],
            sentence["kind"],
            tuple(by_revision[number] for number in sentence["claims"] if number in by_revision),
        )
        for sentence in row.body["sentences"]
    ]


def _citable(run: Run, key: str) -> list[Claim]:
    """Return the accepted claims of the section: those an edited sentence may cite first."""
    rows = Claim.objects.filter(run=run, section=key, status="accepted", current__isnull=False)
    return list(rows.select_related("current").order_by("pk"))
