# `make check` is exactly what CI runs. Every target sets up what it needs; a second call takes no time.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
STAMP := .venv/.installed

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 16

install: $(STAMP) ## virtualenv with pinned and hashed dependencies
$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "需要 Python 3.11 / Python 3.11 is needed"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "安装依赖 / installing dependencies ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: install ## the whole platform with a demonstration; Ctrl-C stops it
	@exec $(BIN)/wq run

demo: install ## the same, ends after the demonstration; exit 0 only if every figure was reproduced
	@exec $(BIN)/wq run --once

test: unit integration e2e ## every test

unit: install ## tests without servers, seconds
	$(BIN)/pytest tests/unit tests/contracts tests/properties tests/guards

integration: install ## tests on real RabbitMQ and PostgreSQL
	$(BIN)/pytest tests/integration

e2e: install ## tests on the whole platform
	$(BIN)/pytest tests/e2e

SECOND_BROKER := .run/second-broker
second-broker: install ## tests with a broker on RabbitMQ 4.0 of Debian 13 too, as root; a sentence says where that cannot be
	@$(BIN)/python -m tests.support.second_broker $(SECOND_BROKER) $(BIN)/pytest -m broker tests/integration

BENCH := .venv-bench/.installed
$(BENCH): requirements-dev.lock bench/requirements.lock pyproject.toml
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@echo "安装对照程序 / installing what is compared with ..."
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock -r bench/requirements.lock
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

bench: $(BENCH) ## every figure beside its reference; QUICK=1 takes a look, GROUPS="calls appends" some of them
	@QUICK=$(QUICK) .venv-bench/bin/python -W ignore -m bench $(GROUPS)

ROUNDS ?= 3
SEED ?= 1
campaign: install ## rounds of work under faults, each judged by a checker of its own; ROUNDS=n SEED=s
	$(BIN)/python -m campaign --rounds $(ROUNDS) --seed $(SEED)

lint: install ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install ## rewrite to the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

check: lint test second-broker ## exactly what CI runs

lock: install ## pin and hash the newest allowed versions
	env -u PIP_FIND_LINKS $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade pyproject.toml -o requirements.lock
	env -u PIP_FIND_LINKS $(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --upgrade --all-extras pyproject.toml -o requirements-dev.lock

clean: ## remove what install, run and tests left here
	rm -rf .venv .venv-bench .run .hypothesis .mypy_cache .ruff_cache .import_linter_cache build wangqian.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help install run demo campaign bench test unit integration e2e second-broker lint format check lock clean
