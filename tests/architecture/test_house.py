"""The house keeps its shape: layers, pure engine, short files, paths that lead somewhere, nothing of one machine."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from tests import private_postgres

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("mrd_project", "research", "reviews")
CODE = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)
ENGINE = [path for path in CODE if path.is_relative_to(ROOT / "research" / "engine")]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LONGEST = 300


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def modules_in(folder: Path) -> set[str]:
    """Return the names of the packages and modules right below a package."""
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    return packages | {path.stem for path in folder.glob("*.py")} - {"__init__"}


def calls_in(tree: ast.AST) -> list[str]:
    return [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def imports_in(tree: ast.AST) -> list[str]:
    found = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return found + [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]


# ── import contracts: lint-imports keeps them in `make test`; here they must be able to catch something ────────────


@pytest.mark.parametrize(
    ("contract", "folder"), [("research layers", "research"), ("engine layers", "research/engine")]
)
def test_a_contract_names_every_package_there_is(contract, folder):
    """Each package of a layered folder has its layer, and no layer names a package that does not exist."""
    found = next(one for one in CONTRACTS["contracts"] if one["name"] == contract)
    named = {name.strip() for layer in found["layers"] for name in layer.split("|")}
    there = modules_in(ROOT / folder) - set(found.get("exhaustive_ignores", ()))
    assert found["exhaustive"] is True
    assert there <= {name.strip("()") for name in named}
    assert {name for name in named if not name.startswith("(")} <= there


PLANTED = [
    ("research/engine/domain/planted.py", "import django", "engine is Django-free"),
    ("research/engine/stages/planted.py", "from research.engine.tools import library_search", "engine layers"),
    ("research/models/planted.py", "from research.services import runs", "research layers"),
    ("research/services/planted.py", "from reviews import policy", "apps point one way"),
    ("research/api/planted.py", "from research.services import gates", "only reviews passes a gate"),
    ("research/tasks_planted.py", "", "research layers"),
    ("research/services/planted.py", "import anthropic", "only providers know a vendor SDK"),
    (
        "research/engine/verticals/saas.py",
        "from research.engine.verticals import gambling",
        "verticals are independent",
    ),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """Return a copy of the code, to plant violations in."""
    folder = tmp_path_factory.mktemp("house")
    for path in [*CODE, *(ROOT / package / "__init__.py" for package in PACKAGES)]:
        target = folder / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return folder


@pytest.mark.parametrize(("path", "line", "contract"), PLANTED)
def test_a_planted_violation_breaks_its_contract(copy, path, line, contract):
    """Each kind of wrong import is caught by the contract that is meant for it."""
    target = copy / path
    before = target.read_text() if target.exists() else None
    target.write_text(f"{before or ''}\n{line}\n")
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    try:
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    finally:
        target.unlink()
        if before is not None:
            target.write_text(before)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contract} BROKEN" in done.stdout, done.stdout


# ── the engine is pure ──────────────────────────────────────────────────────────────────────────────────────────────

IMPURE_CALLS = {
    "dt.datetime.now", "datetime.datetime.now", "datetime.now", "dt.datetime.utcnow", "dt.date.today", "date.today",
    "datetime.date.today", "time.time", "os.getenv", "os.environ.get",
}  # fmt: skip


def impurities(source: str) -> list[str]:
    """Return what in a module's source reads a clock, the environment or Django."""
    tree = ast.parse(source)
    wrong = [name for name in imports_in(tree) if name.split(".")[0] in {"django", "rest_framework", "django_q"}]
    wrong += [name for name in calls_in(tree) if name in IMPURE_CALLS]
    return wrong + [
        "os.environ" for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node) == "os.environ"
    ]


@pytest.mark.parametrize("path", ENGINE, ids=name_of)
def test_the_engine_reads_no_clock_no_environment_and_no_django(path):
    assert impurities(path.read_text()) == []


@pytest.mark.parametrize(
    "source",
    [
        "import django.conf",
        "from django.utils import timezone",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "import os\nos.environ['X']",
        "import time\ntime.time()",
    ],
)
def test_an_impure_line_is_seen(source):
    assert impurities(source) != []


# ── what STYLE asks of every file ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_a_file_is_short_and_asserts_nothing(path):
    """A file has at most 300 lines, and checks that matter are not `assert`, which `python -O` leaves out."""
    source = path.read_text()
    assert len(source.splitlines()) <= LONGEST
    assert [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)] == []


@pytest.mark.parametrize("path", [path for path in CODE if path.name != "__init__.py"], ids=name_of)
def test_a_file_says_what_it_is_for_unless_django_does(path):
    """A module begins with a docstring; Django's own kinds of file (apps) need none."""
    if path.name == "apps.py":
        return
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_no_model_sorts_by_default_and_no_signal_decides():
    """No `Meta.ordering`, and no receiver of model signals: what happens is called by name."""
    for path in CODE:
        source = path.read_text()
        assert not re.search(r"^\s{8}ordering = ", source, re.MULTILINE) or "models" not in path.parts, name_of(path)
        assert not re.search(r"\b(pre_save|post_save|pre_delete|post_delete|m2m_changed)\b", source), name_of(path)


def test_every_path_given_as_a_string_leads_somewhere():
    """Engines, tools, middleware and the dotted paths of queue tasks name things that exist."""
    named = [*settings.MRD.engines.values(), *settings.MRD.tools.values(), *settings.MIDDLEWARE]
    task = re.compile(r"""["'](research\.tasks\.\w+)["']""")
    tasks = {found for path in CODE for found in task.findall(path.read_text())}
    assert tasks
    for path in [*named, *tasks]:
        assert callable(import_string(path)), path


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_nothing_tracked_names_this_machine_or_a_registry():
    """No committed text holds a path of one machine or the host of a package registry."""
    machine = re.compile(r"/w[o]rk/|/home/[a-z]+/|\.pythonhosted\.o[r]g|registry\.npmjs\.o[r]g|pypi\.o[r]g/simple")
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        assert not machine.search(text), name_of(path)


def test_every_requirement_is_pinned():
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = [line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines()]
        assert [line for line in lines if line and not line.startswith("-r ") and "==" not in line] == []


# ── the tests' own server ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_private_postgresql_comes_up_comes_back_and_leaves_nothing():
    """The server keeps its rows over a restart; when the block ends, no file of it is left and nobody answers."""
    import psycopg

    with private_postgres.server() as server:
        home = server.home
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (7)")
        server.restart()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchall() == [(7,)]
        url = server.url
    assert not home.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server as somebody else")
def test_programs_that_root_alone_can_reach_are_copied_for_the_server(monkeypatch, tmp_path):
    """A checkout below a folder closed to others, such as root's home, is no hindrance."""
    package = private_postgres._wheel().parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in package.parent.glob(f"{package.name}*"):
        if folder.name in {package.name, f"{package.name}.libs"}:
            shutil.copytree(folder, closed / folder.name, symlinks=True)
    inside = closed / package.name / private_postgres._wheel().name
    monkeypatch.setattr(private_postgres, "_wheel", lambda: inside)
    with private_postgres.server() as server:
        assert server.programs.is_relative_to(server.home)
        assert server.url.startswith("postgres://")


def test_a_postgresql_that_cannot_start_is_said_in_one_sentence(monkeypatch):
    """Without the wheel's programs the tests do not skip: the sentence names the variable that helps."""
    monkeypatch.setattr(private_postgres.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(private_postgres.CannotStart, match="TEST_DATABASE_URL"), private_postgres.server():
        pytest.fail("it started")
