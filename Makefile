# `make run` and `make test` each do all their set-up on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup run test ingest lint eval bench clean

setup: $(STAMP)

$(STAMP): constraints.txt pyproject.toml
	$(PYTHON) -c "import sys; sys.exit('Python 3.11 or newer is needed; this is ' + sys.version.split()[0] + '. Set PYTHON=python3.11') if sys.version_info < (3, 11) else None"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check torch -c constraints.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev,evals]"
	touch $(STAMP)

run: setup
	$(BIN)/python -m ingest --if-needed
	$(BIN)/python app.py

ingest: setup
	$(BIN)/python -m ingest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The tests and the evaluation are about the documents that ship, and stay off the network; what else is in the data folder is left out.
test: export ASSISTANT_DATA_DIR = $(CURDIR)/data/tested
test: lint
	$(BIN)/python -m ingest --if-needed --offline
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder
	$(BIN)/python -m evals run --half all --name make-test --fresh
	$(BIN)/python -m evals gate make-test

eval: setup
	$(BIN)/python -m ingest --if-needed --offline
	$(BIN)/python -m evals run

bench: setup
	$(BIN)/python -m ingest --if-needed --offline
	$(BIN)/python -m evals bench

clean:
	rm -rf $(VENV) data runs
