"""A plan: the list of tasks a reviewer approves, and the rules a plan must keep."""

from __future__ import annotations

import re
from collections.abc import Collection
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from .canonical import Frozen, Line, digest, readable
from .errors import InvalidInput, PlanInvalid
from .wrong_fields import first_wrong

MAX_PROMPT_CHARS = 8_000
MIN_PROMPT_CHARS = 12
MIN_PROMPT_LETTERS = 6
MAX_TASKS = 60
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Layer = Literal["research", "synthesis", "requirements"]
LAYERS: tuple[Layer, ...] = ("research", "synthesis", "requirements")


Query = Annotated[Line, Field(max_length=400)]
Name = Annotated[Line, Field(max_length=120)]


class PlanTask(Frozen):
    """One research question.

    key: unique in the plan, lower-case words joined by `-` or `_`.
    tools: names of tools in order of preference, at least one.
    depends_on: keys of tasks that must be done first.
    queries: searches in order, the narrowest first; empty means the question itself, and for a task of a later
    layer that depends on others, that nothing is searched: it follows from their claims.
    subject: the company or jurisdiction it is about, or None.
    """

    key: str = Field(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=80)
    question: Line = Field(min_length=8, max_length=600)
    section: str = Field(min_length=1, max_length=64)
    tools: tuple[str, ...] = Field(min_length=1, max_length=10)
    critical: bool = False
    depends_on: tuple[str, ...] = Field(default=(), max_length=MAX_TASKS)
    layer: Layer = "research"
    queries: tuple[Query, ...] = Field(default=(), max_length=12)
    subject: Line | None = Field(default=None, max_length=120)

    def searches_nothing(self) -> bool:
        """Tell whether the task only draws conclusions from the claims of other tasks."""
        return self.layer != "research" and bool(self.depends_on) and not self.queries


class Plan(Frozen):
    """What will be researched: the prompt's own products, jurisdictions and competitors, and the tasks."""

    vertical: str
    prompt: str
    products: tuple[Name, ...] = Field(default=(), max_length=40)
    jurisdictions: tuple[Name, ...] = Field(default=(), max_length=40)
    competitors: tuple[Name, ...] = Field(default=(), max_length=40)
    tasks: tuple[PlanTask, ...]

    def digest(self) -> str:
        """Return the SHA-256 a reviewer's approval is bound to."""
        return digest(self)


def check_prompt(prompt: object) -> str:
    """Return the prompt with its outer white space cut.

    Raises `InvalidInput` (field `prompt`) when it is empty, shorter than 12 or longer than 8,000 characters, or holds
    what no database stores: a NUL, half a surrogate pair.
    """
    if not isinstance(prompt, str) or not prompt.strip():
        raise InvalidInput("The prompt is empty: say in a sentence what market the document is about.", field="prompt")
    text = prompt.strip()
    if _UNSTORABLE.search(text):
        raise InvalidInput(
            "The prompt holds characters that cannot be stored (NUL or half a surrogate pair): take them out.",
            field="prompt",
        )
    try:
        readable(" ".join(text.split()))
    except ValueError as error:
        raise InvalidInput(f"The prompt cannot be used: {error}.", field="prompt") from error
    if len(text) < MIN_PROMPT_CHARS:
        raise InvalidInput(
            f"The prompt is too short ({len(text)} characters): name the product and the market, "
            f"in at least {MIN_PROMPT_CHARS} characters.",
            field="prompt",
        )
    if sum(sign.isalpha() for sign in text) < MIN_PROMPT_LETTERS:
        raise InvalidInput("The prompt has hardly a letter: name the product and the market in words.", field="prompt")
    if len(text) > MAX_PROMPT_CHARS:
        raise InvalidInput(
            f"The prompt has {len(text):,} characters and the limit is {MAX_PROMPT_CHARS:,}: "
            "shorten it, and add long material to the library instead.",
            field="prompt",
        )
    return text


def parse_plan(data: Any) -> Plan:
    """Return the plan in `data` (what JSON gives). Raises `PlanInvalid` naming the first wrong field."""
    try:
        return Plan.model_validate(data)
    except ValidationError as error:
        wrong = first_wrong(error)
        raise PlanInvalid(f"The plan is not valid: {wrong.says}.", field=wrong.field or "plan") from error


def check_plan(plan: Plan, *, sections: Collection[str], tools: Collection[str]) -> None:
    """Refuse a plan that cannot be carried out.

    `sections` are the keys of the vertical's sections, `tools` the names on the shelf.
    Raises `PlanInvalid`: no task, too many, a double key, an unknown section, tool or dependency,
    a cycle, a task that waits for a later layer.
    """
    if not plan.tasks:
        raise PlanInvalid("The plan has no tasks: keep at least one.", field="tasks")
    if len(plan.tasks) > MAX_TASKS:
        raise PlanInvalid(f"The plan has {len(plan.tasks)} tasks and the limit is {MAX_TASKS}.", field="tasks")
    by_key = {task.key: task for task in plan.tasks}
    if len(by_key) != len(plan.tasks):
        keys = [task.key for task in plan.tasks]
        double = next(key for key in keys if keys.count(key) > 1)
        raise PlanInvalid(f"Two tasks are called '{double}': give each its own key.", field="tasks")
    for task in plan.tasks:
        _check_task(task, by_key, sections, tools)
    try:
        TopologicalSorter({t.key: t.depends_on for t in plan.tasks}).prepare()
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        raise PlanInvalid(
            f"The tasks wait for one another in a circle ({circle}): remove one 'depends_on'.", field="depends_on"
        ) from error


def _check_task(task: PlanTask, by_key: dict[str, PlanTask], sections: Collection[str], tools: Collection[str]) -> None:
    if task.section not in sections:
        raise PlanInvalid(
            f"Task '{task.key}' names the unknown section '{task.section}'; "
            f"choose one of: {', '.join(sorted(sections))}.",
            field="section",
        )
    if len(set(task.tools)) != len(task.tools):
        raise PlanInvalid(f"Task '{task.key}' names a tool twice: name each once.", field="tools")
    for tool in task.tools:
        if tool not in tools:
            raise PlanInvalid(
                f"Task '{task.key}' names the unknown tool '{tool}'; choose from: {', '.join(sorted(tools))}.",
                field="tools",
            )
    for key in task.depends_on:
        if key not in by_key:
            raise PlanInvalid(f"Task '{task.key}' waits for '{key}', which is not in the plan.", field="depends_on")
        if LAYERS.index(by_key[key].layer) > LAYERS.index(task.layer):
            raise PlanInvalid(
                f"Task '{task.key}' ({task.layer}) waits for '{key}' of a later layer ({by_key[key].layer}).",
                field="depends_on",
            )
