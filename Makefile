# `make demo` and `make test` do everything on a fresh machine with Python 3.11 or newer; `make help` lists the rest.
# All of it happens in .venv, with the packages of the lock files, each checked against its hash.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --upgrade pyproject.toml

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check figures bench template lock clean

# List the targets
help:
	@awk '/^# /{caption=substr($$0,3)} /^[a-z]+:/{split($$1,name,":"); printf "make %-9s %s\n", name[1], caption}' Makefile

# Make a sample company in demo/, sync it, and say which files to open
demo: $(VENV)/.ready
	@if [ -e demo ] && [ ! -f demo/config.toml ]; then echo "demo/ holds something else; please move it away."; exit 1; fi
	@rm -rf demo
	$(BIN)/okrsync demo demo

# Run the tests (make test ARGS="-k scoring" for some of them)
test: $(VENV)/.ready-dev
	@bash .ci/system tests
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

# Lint, check the formatting and the types
check: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Print the totals of a quarter of reminders, and of a kill at every system call of a sending run (half an hour)
figures: $(VENV)/.ready-dev
	KILL_SWEEP_EVERY=1 $(BIN)/python -m pytest -s -q tests/test_quarter_of_reminders.py tests/test_trust_22_kill_sweep.py

# Measure speed and memory in one table (ARGS=--quick to try it, ARGS=--write to keep it, ARGS="--only hostile")
bench: $(VENV)/.ready-dev
	$(BIN)/python -m benchmarks $(ARGS)

# Build the blank template workbooks sheet_templates/team.xlsx and people.xlsx
template: $(VENV)/.ready
	$(BIN)/python -m sheet_templates.build

# Renew the lock files from pyproject.toml
lock: $(VENV)/.ready-dev
	$(COMPILE) --group build --extra google --extra keyring --extra chat --output-file requirements.lock
	$(COMPILE) --group build --extra dev --extra postgres --constraint requirements.lock --output-file requirements-dev.lock

# Remove everything that was made here
clean:
	rm -rf $(VENV) demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The virtual environment itself
$(VENV)/bin/python:
	@PYTHON="$(PYTHON)" bash .ci/system venv
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "okrsync needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)

# What runs okrsync
$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

# What runs, tests and checks okrsync
$(VENV)/.ready-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	$(INSTALL) --require-hashes -r requirements-dev.lock
	$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.ready
