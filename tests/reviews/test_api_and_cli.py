"""What is particular to the API's and the command line's doors."""

from __future__ import annotations

import getpass
import io
import json
import subprocess
import sys
import uuid

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.test import APIClient

from research.engine.domain.states import RunState
from research.models import Decision
from research.services import tokens
from tests.doubles import rows

from . import doors

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(people):
    return rows.run_at(RunState.PLAN_REVIEW, people)


def client_of(person) -> APIClient:
    return APIClient(headers={"authorization": f"Bearer {tokens.create(user=person, name='t').key}"})


def body_for(run) -> dict[str, object]:
    plan = rows.plan_of(run)
    return {"subject": "plan", "id": plan.pk, "digest": plan.digest, "verdict": "approve"}


def test_the_api_answers_with_the_decision_and_lists_it(people, run):
    """201 with the row of the record and where the run is now; GET has it, for auditors too."""
    address = reverse("run-decisions", args=[run.pk])
    made = client_of(people.reviewer).post(address, body_for(run), format="json")
    assert made.status_code == 201
    answer = made.json()
    assert (answer["verdict"], answer["gate"], answer["person"], answer["door"]) == (
        "approve", "plan", "Vera Lind", "api",
    )  # fmt: skip
    assert answer["run_state"] == "researching"
    listed = client_of(people.auditor).get(address).json()["results"]
    assert [one["id"] for one in listed] == [answer["id"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": "coffee"}, "subject"),
        ({"id": "seven"}, "id"),
        ({"verdict": "perhaps"}, "verdict"),
        ({"digest": ""}, "digest"),
        ({"digest": "x" * 65}, "digest"),
        ({"back_to": "completed"}, "back_to"),
        ({"comment": ["a"]}, "comment"),
        ({"coment": "a"}, "coment"),
        ({"run_id": "seven"}, "run_id"),
    ],
)
def test_the_api_names_the_wrong_field(people, run, change, field):
    """Bad input is a problem that names the field, and changes nothing."""
    before = doors.snapshot(run)
    response = client_of(people.reviewer).post(
        reverse("run-decisions", args=[run.pk]), body_for(run) | change, format="json"
    )
    assert response.status_code == 400
    assert response["content-type"] == "application/problem+json"
    assert response.json()["errors"][0]["field"].startswith(field)
    assert doors.snapshot(run) == before


def test_the_api_names_the_rule_that_refused(people, run):
    """A refusal carries the name of its rule, for programs."""
    response = client_of(people.requester).post(reverse("run-decisions", args=[run.pk]), body_for(run), format="json")
    assert (response.status_code, response.json()["rule"]) == (403, "requester")


def test_the_api_asks_for_a_key_and_knows_no_other_teams_runs(people, run):
    """No key: 401. Another team's run, no run, no id at all: 404, to read and to decide."""
    address = reverse("run-decisions", args=[run.pk])
    assert APIClient().get(address).status_code == 401
    outsider = client_of(people.outsider)
    for wrong in (run.pk, uuid.uuid4(), "seven"):
        path = reverse("run-decisions", args=[wrong])
        assert outsider.get(path).status_code == 404
        assert outsider.post(path, body_for(run), format="json").status_code == 404


def command(run, *more, who, subject="plan", verdict="approve", **options) -> str:
    out = io.StringIO()
    plan = rows.plan_of(run)
    words = [str(run.pk), subject, str(plan.pk), verdict, "--as", who, "--digest", plan.digest, *more]
    call_command("decide", *words, stdout=out, **options)
    return out.getvalue()


def test_the_command_asks_for_the_password(people, run, monkeypatch):
    """Without the variable it asks; what it prints says what was decided and where the run is."""
    monkeypatch.delenv("MRD_DECIDE_PASSWORD", raising=False)
    asked = []
    monkeypatch.setattr(getpass, "getpass", lambda prompt: asked.append(prompt) or rows.PASSWORD)
    said = command(run, who=people.reviewer.username)
    assert people.reviewer.username in asked[0]
    assert "The run is now in state 'researching'." in said


@pytest.mark.parametrize("who", ["reviewer", "nobody"])
def test_the_command_believes_nobody_without_the_password(people, run, monkeypatch, who):
    """A wrong password and an unknown name are refused in the same words."""
    monkeypatch.setenv("MRD_DECIDE_PASSWORD", "open-sesame")
    name = people.reviewer.username if who == "reviewer" else "nobody-at-all"
    with pytest.raises(CommandError, match="do not go together") as error:
        command(run, who=name)
    assert error.value.returncode == 3
    assert not Decision.objects.exists()


def test_the_command_says_what_is_wrong_with_the_file(people, run, monkeypatch, tmp_path):
    """A missing file, and one that is not JSON: a sentence and exit code 2."""
    monkeypatch.setenv("MRD_DECIDE_PASSWORD", rows.PASSWORD)
    broken = tmp_path / "plan.json"
    broken.write_text("{", encoding="utf-8")
    binary = tmp_path / "plan.pdf"
    binary.write_bytes(b"%PDF\xff\xfe")
    for path, says in ((tmp_path / "none.json", "cannot be read"), (broken, "not JSON"), (binary, "not JSON")):
        with pytest.raises(CommandError, match=says) as error:
            command(run, "--comment", "x", "--file", str(path), who=people.reviewer.username, verdict="edit")
        assert error.value.returncode == 2


def test_the_command_knows_a_run_when_it_sees_one(people):
    """What is no id of a run is said so."""
    with pytest.raises(CommandError, match="not the id of a run") as error:
        call_command("decide", "seven", "plan", "1", "approve", "--as", "x", "--digest", "d")
    assert error.value.returncode == 2


def test_the_command_takes_the_beginning_of_an_id_as_the_others_do(people, run, monkeypatch):
    monkeypatch.setenv("MRD_DECIDE_PASSWORD", rows.PASSWORD)
    plan, other = rows.plan_of(run), "0" if str(run.pk)[0] != "0" else "1"
    more = ("plan", str(plan.pk), "approve", "--as", people.reviewer.username, "--digest", plan.digest)
    with pytest.raises(CommandError, match=f"There is no run '{other}'") as error:
        call_command("decide", other, *more)
    assert error.value.returncode == 4
    call_command("decide", str(run.pk)[:8], *more, stdout=io.StringIO())
    assert Decision.objects.get().run == run


@pytest.mark.parametrize(
    ("run_id", "says"), [("xyz", "not the id of a run"), (str(uuid.uuid4()), "MRD_DECIDE_PASSWORD")]
)
def test_the_command_ends_in_one_sentence_without_a_terminal(child_env, run_id, says):
    """A malformed id, and nobody to ask for the password: one line, exit code 2, no traceback."""
    words = f"decide {run_id} plan 1 approve --as x --digest d".split()
    ended = subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *words],
        env={name: value for name, value in child_env.items() if name != "MRD_DECIDE_PASSWORD"},
        # Without a session of its own it could ask at the terminal the tests run in.
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert says in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert (ended.returncode, ended.stdout) == (2, "")


def test_the_openapi_schema_has_the_decisions(client):
    """Input and output are described apart, and the password is only ever taken."""
    from drf_spectacular.generators import SchemaGenerator

    schema = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))
    path = schema["paths"]["/api/v1/runs/{run_id}/decisions/"]
    assert set(path["post"]["responses"]) >= {"201", "400", "403", "404", "409"}
    assert "DecisionInput" in json.dumps(path["post"]["requestBody"])
    assert "password" not in schema["components"]["schemas"]["DecisionOutput"]["properties"]
