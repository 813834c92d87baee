"""What one step is handed: its team's ports, the tools of its approved task, and the engine of a run that may buy."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import SecretStr

from research.adapters import engines, outside, runtime
from research.engine.domain.errors import InvalidInput
from research.models import Run, Step, Task
from tests.doubles import rows
from tests.research import play
from tests.research.here_bridge import HereBridge

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _claude(settings, tmp_path):
    settings.SEARCH_INDEX_DIR = tmp_path / "index"
    changes = {"anthropic_api_key": SecretStr("sk-of-a-test"), "searxng_url": "http://searx.intranet:8080/find"}
    settings.MRD = settings.MRD.model_copy(update=changes)


@pytest.fixture
def step(people) -> Step:
    run = rows.run_at("plan_review", people)
    Run.objects.filter(pk=run.pk).update(engine="anthropic", state="researching")
    task = Task.objects.filter(plan__run=run).first()
    Task.objects.filter(pk=task.pk).update(tools=["library_search", "web_search", "no_more_there", "fetch_page"])
    Step.objects.create(run=run, kind="investigate", key=task.key, generation=1, task=task, created_at=play.NOW)
    return play.claim()[0]


def ports_for(step: Step) -> runtime.StepPorts:
    made = runtime.Runtime(bridge=HereBridge(), clock=None)

    async def go():
        try:
            return made.ports_for(step)
        finally:
            await made.aclose()

    return asyncio.run(go())


def test_the_shelf_holds_the_tools_of_the_task_in_order_and_none_that_the_engine_brings_itself(step):
    assert ports_for(step).shelf.names() == ("library_search", "fetch_page")


def test_a_step_that_investigates_nothing_has_no_tools(step):
    step.kind = "extract"
    assert ports_for(step).shelf.names() == ()


def test_a_run_that_is_finished_with_what_there_is_has_the_engine_that_buys_nothing(step):
    assert ports_for(step).model.name == "anthropic"
    step.run.finishing = True
    assert ports_for(step).model.name == "extractive"


def test_a_run_that_wants_nothing_kept_has_no_cache(step):
    assert ports_for(step).shelf._cache is not None
    step.run.bypass_cache = True
    assert ports_for(step).shelf._cache is None


def test_answers_are_kept_for_the_team_alone(step):
    assert ports_for(step).shelf._scope == f"team {step.run.team_id}"


def test_an_engine_that_is_not_there_or_has_no_key_is_refused(step, settings):
    step.run.engine = "oracle"
    with pytest.raises(InvalidInput, match="no engine called 'oracle'"):
        ports_for(step)
    step.run.engine = "anthropic"
    changes = {"anthropic_api_key": SecretStr(""), "anthropic_base_url": ""}
    settings.MRD = settings.MRD.model_copy(update=changes)
    with pytest.raises(InvalidInput, match="MRD_ANTHROPIC_API_KEY"):
        ports_for(step)
    assert "anthropic" not in engines.engine_names()


def test_a_plan_may_name_what_the_engine_brings_and_no_other_engines():
    assert {"web_search", "web_fetch", "library_search"} <= set(engines.tool_names("anthropic"))
    assert not {"web_search", "web_fetch"} & set(engines.tool_names("extractive"))


class Connection:
    def __init__(self, *, fails: bool = False) -> None:
        self.closed, self._fails = False, fails

    async def aclose(self) -> None:
        self.closed = True
        if self._fails:
            raise OSError("it is gone already")


def test_a_connection_is_made_once_and_each_is_closed_although_another_fails(caplog):
    shared = runtime.Connections()
    bad, good = shared.once("a", lambda: Connection(fails=True)), shared.once("b", Connection)
    assert shared.once("b", Connection) is good
    asyncio.run(shared.aclose())
    assert (bad.closed, good.closed) == (True, True)
    assert "could not be closed" in caplog.text
    assert shared.once("b", Connection) is not good


def test_a_tool_is_given_its_own_settings_and_trusts_its_own_service_alone(settings):
    changes = {"sensor_tower_token": SecretStr("st-of-a-test"), "trusted_origins": ("http://wiki.intranet",)}
    settings.MRD = settings.MRD.model_copy(update=changes)
    assert outside.tool_options("searxng") == {"base_url": "http://searx.intranet:8080/find"}
    assert outside.tool_options("sensor_tower") == {"auth_token": "st-of-a-test"}
    assert outside.tool_options("library_search") == {}
    assert outside.trusted_origins("searxng") == ("http://searx.intranet:8080",)
    assert outside.trusted_origins("fetch_page") == ("http://wiki.intranet",)
    assert outside.trusted_origins("sensor_tower") == ()


def test_how_a_tool_goes_out_is_as_the_deployment_says(settings):
    changes = {"http_proxy": SecretStr("http://name:pass@proxy:3128"), "upload_max_mb": 3}
    settings.MRD = settings.MRD.model_copy(update=changes)
    made = outside.http_settings()
    assert (made.proxy, made.max_bytes) == ("http://name:pass@proxy:3128", 3 * 1024 * 1024)
    assert "pass" not in repr(made)


def test_a_plan_may_name_only_tools_that_are_set_and_that_the_engine_can_use(settings):
    """What would fail half way through a run is refused before anybody approves it."""
    known = set(engines.tool_names("extractive"))
    assert {"library_search", "library_scan"} <= known
    assert not known & {"fetch_page", "structured_file", "world_bank", "searxng", "web_search"}
    settings.MRD = settings.MRD.model_copy(update={"searxng_url": ""})
    assert "searxng" not in engines.tool_names("anthropic")
    settings.MRD = settings.MRD.model_copy(update={"searxng_url": "http://127.0.0.1:8888"})
    assert "searxng" in engines.tool_names("anthropic")
