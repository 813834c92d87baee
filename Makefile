# make demo    set up and look at it                 make test    every check and test, on both databases
#   ENGINE=replay   with the Claude engine, its API played by a double on this machine: no key
# make lint    the checks alone                      make format  put the code in shape
# make bench   the benchmarks, as tables             make clean   remove what these made
PYTHON ?= python3
SERVE ?= 1
ENGINE ?= extractive
BIN := .venv/bin
READY := .venv/.ready
READY_DEV := .venv/.ready-dev

.PHONY: demo test test-fast test-crash lint format bench bench-evidence clean
.DEFAULT_GOAL := test

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or later is needed; name one with: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { rm -rf .venv; echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# The stamp is younger than what it was made from: the second time costs nothing.
$(READY): .venv/bin/python requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(READY_DEV): .venv/bin/python requirements.txt requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $(READY) $@

demo: $(READY)
	$(BIN)/python $(if $(filter replay,$(ENGINE)),-m tests.doubles.replay,manage.py demo --engine $(ENGINE)) \
	  $(if $(filter 0 no false,$(SERVE)),--no-serve)

test: $(READY_DEV)
	$(BIN)/python -m tests.run_all

# One pass on SQLite, without the checks: while working.
test-fast: $(READY_DEV)
	$(BIN)/python -m pytest -q

test-crash: $(READY_DEV)
	$(BIN)/python -m tests.run_all crash

lint: $(READY_DEV)
	$(BIN)/python -m tests.run_all lint

format: $(READY_DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY_DEV)
	$(BIN)/python -m tests.run_all bench

# How good retrieval, verification and reading are, on real data in ../shared/data or MRD_DATA_DIR.
bench-evidence: $(READY_DEV)
	$(BIN)/python -m bench.evidence

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage .coverage.* htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
