"""Role plan: fit the field's template to the prompt, in the model's judgement; no tools, nothing looked up."""

from __future__ import annotations

import json

from research.engine.domain.plans import Plan, check_plan, parse_plan
from research.engine.ports import RunBrief
from research.engine.prompts import loader
from research.engine.providers.extractive.plan import make_plan

from . import structured, wording
from .asking import Asker
from .forms import PlanForm


async def plan(asker: Asker, brief: RunBrief) -> Plan:
    """Return the model's plan, checked as a reviewer's edit is; wrong ones are repaired once.

    Raises `Permanent` when it is wrong again, and what `Asker.ask` raises.
    """
    vertical = brief.vertical
    tools = asker.context.tools
    prompt = loader.load("plan")
    template = [task.model_dump(mode="json", exclude_defaults=True) for task in make_plan(brief).tasks]
    rejected = [f"A person sent an earlier plan back: {wording.inert(each)}" for each in brief.rejections]

    def check(form: PlanForm) -> None:
        check_plan(_plan(brief, form), sections=vertical.section_keys(), tools=tools)

    given = await structured.ask(
        asker,
        role="plan",
        prompt=prompt,
        ask=prompt.fill(
            prompt=wording.inert(brief.prompt),
            vertical=vertical.title,
            sections=wording.listed(f"{section.key}: {section.purpose}" for section in vertical.sections),
            tools=wording.listed(f"{name}: {says}" for name, says in tools.items()),
            template=json.dumps(template, ensure_ascii=False, indent=1),
            rejections="\n".join(rejected),
        ),
        form=PlanForm,
        check=check,
    )
    return _plan(brief, given.value)


def _plan(brief: RunBrief, form: PlanForm) -> Plan:
    """Return the form as a plan of this run. Raises `PlanInvalid` for what no plan can hold."""
    tasks = [task.model_dump() | {"subject": task.subject or None} for task in form.tasks]
    return parse_plan(
        {
            "vertical": brief.vertical.name,
            "prompt": brief.prompt,
            "products": form.products,
            "jurisdictions": form.jurisdictions,
            "competitors": form.competitors,
            "tasks": tasks,
        }
    )
