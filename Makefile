# `make help` lists the targets: `##` is what a target is for, a star marks the daily ones.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
UV_VERSION := 0.13.8
BIN := .venv/bin
RUN := $(BIN)/python
PYTEST := $(BIN)/pytest

# Figures of a run by hand; the targets ending in -ci are the shorter ones that `make test` runs.
RUNS ?= 200
MINUTES ?= 10
TIMES ?= 20
N ?= 1000000
JOBS ?= 2
TESTS := tests/unit tests/properties tests/integration tests/contract tests/stacks tests/bitcoin tests/x402 tests/stripe tests/e2e \
  tests/migrations tests/tidy

export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { \
	  star = ($$2 ~ /^\* /) ? "*" : " "; sub(/^\* /, "", $$2); printf " %s %-15s %s\n", star, $$1, $$2 }' \
	  $(firstword $(MAKEFILE_LIST))
	@echo; echo " * daily"

# Setting up ---------------------------------------------------------------------------------------

.PHONY: setup
setup: .venv/.ready ## * .venv with everything the lock file names; quick and offline when it is there

.venv/.ready: uv.lock pyproject.toml | $(BIN)/uv
	$(BIN)/uv sync --frozen --quiet --inexact
	@touch $@

$(BIN)/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Sluice needs Python 3.11 or newer; this is $$($(PYTHON) --version)." \
	  "Name another one: make setup PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

NODE_PARTS := $(patsubst %/package-lock.json,%,$(wildcard tests/*/package-lock.json tests/*/*/package-lock.json))
BROWSERS := chromium chromium-browser google-chrome google-chrome-stable

.PHONY: test-tools
test-tools: $(NODE_PARTS:%=%/node_modules/.package-lock.json) ## what only tests need: node packages, a browser, a token, bitcoind
	@sh tests/signers/install.sh
	@timeout 180 sh tests/bitcoin/install.sh || echo "No bitcoind: the tests that need one are skipped."
	@timeout 180 sh tests/bitcoin/install_electrumx.sh || echo "No ElectrumX: the tests that need one are skipped."
	@for browser in $(BROWSERS); do command -v $$browser >/dev/null && exit 0; done; \
	if ! command -v apt-get >/dev/null; then \
	  echo "The page's tests need Chromium; install it and run this again."; exit 1; fi; \
	if [ "$$(id -u)" = 0 ]; then as_root=; elif command -v sudo >/dev/null; then as_root=sudo; else \
	  echo "The page's tests need Chromium; as root: apt-get install chromium"; exit 1; fi; \
	$$as_root apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive $$as_root apt-get install -y -qq --no-install-recommends chromium

%/node_modules/.package-lock.json: %/package-lock.json
	@command -v npm >/dev/null || { \
	  echo "$* needs node 20.11 or newer with npm; install it and run this again."; exit 1; }
	npm ci --prefix $* --no-audit --no-fund
	@touch $@

# Every day ----------------------------------------------------------------------------------------

# Each is fetched by itself: one that cannot be had leaves the others.
DEMO_PARTS := evm stacks

.PHONY: demo
demo: setup ## * a shop, a payment, its webhook and the books, in one process; ONCE=1 ends after the order
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory --keep-going $(DEMO_PARTS:%=tests/%/node_modules/.package-lock.json) || true; fi
	@timeout 90 sh tests/bitcoin/install.sh >/dev/null 2>&1 || true
	$(BIN)/sluice demo $(if $(ONCE),--once)

.PHONY: check
check: setup ## * format, lint, types, imports, tidy, lock file
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(PYTEST) -q -p no:cacheprovider tests/tidy
	$(BIN)/uv lock --check --quiet

.PHONY: format
format: setup ## * let the formatter and the linter mend what they can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

.PHONY: test
test: setup test-tools ## * every test: the suites, then the layers of faults
	$(PYTEST) -n 2 $(wildcard $(TESTS))
	$(MAKE) --no-print-directory simulate-ci crash-points-ci kill-loop-ci
	$(MAKE) -C contracts/stacks --no-print-directory check tools

.PHONY: migration
migration: setup ## NAME=… a migration to fill in, its check, and head.sql
	@[ -n "$(NAME)" ] || { echo "make migration NAME=intents_expire_index"; exit 1; }
	$(RUN) tools/migration.py new $(NAME)

.PHONY: migration-head
migration-head: setup ## head.sql anew, after editing a migration that no database has yet
	$(RUN) tools/migration.py head

.PHONY: doctor
doctor: setup ## settings, database, nodes and clock of this machine
	$(BIN)/sluice doctor

# Layers of faults (docs/explain/reliability.md) ---------------------------------------------------

.PHONY: simulate
simulate: setup ## SEED=… RUNS=… the whole system under seeded faults; the same seed, the same run
	$(RUN) -m tests.simulation.simulate $(if $(SEED),--seed $(SEED)) --runs $(RUNS)

.PHONY: simulate-twice
simulate-twice: setup ## SEED=… RUNS=… say which seeds do not repeat exactly
	$(RUN) -m tests.simulation.simulate --twice $(if $(SEED),--seed $(SEED)) --runs $(RUNS)

.PHONY: simulate-ci
simulate-ci: setup
	$(RUN) -m tests.simulation.simulate --runs 40 --processes 4
	$(RUN) -m tests.simulation.simulate --runs 2 --processes 2 --twice

.PHONY: crash-points
crash-points: setup ## stop one payment's life at every point, and see it finish
	$(RUN) -m tests.simulation.crash_points --processes 4

.PHONY: crash-points-ci
crash-points-ci: setup
	$(RUN) -m tests.simulation.crash_points --processes 4 --kinds kill_before --every 8

.PHONY: kill-loop
kill-loop: setup ## MINUTES=… real processes, killed again and again
	$(RUN) -m tests.simulation.kill_loop --minutes $(MINUTES)

.PHONY: kill-loop-ci
kill-loop-ci: setup
	$(RUN) -m tests.simulation.kill_loop --minutes 1

.PHONY: kill-sends
kill-sends: setup ## TIMES=… the process that sends, killed at every step of a send
	$(RUN) -m tests.simulation.kill_sends --network sandbox --network anvil --network stacks \
	  --network bitcoin --times $(TIMES)

.PHONY: planted-bugs
planted-bugs: setup ## switch each known-wrong design on; a layer must find it
	$(RUN) -m tests.simulation.planted_bugs

.PHONY: fuzz-codec
fuzz-codec: setup ## N=… SEED=… JOBS=… the Stacks codec against nearly good bytes
	$(RUN) -m tests.fuzz.codec --count $(N) $(if $(SEED),--seed $(SEED)) --jobs $(JOBS)

# Networks, figures, documents ---------------------------------------------------------------------

.PHONY: contracts
contracts: ## the Clarity contracts: rules, tests, coverage, costs, fuzzing, a sample of mutants
	$(MAKE) -C contracts/stacks --no-print-directory all

.PHONY: bench
bench: setup ## measure, beside pgbench in the same run
	$(RUN) -m benchmarks.run

.PHONY: spec
spec: setup ## spec/openapi.json and docs/reference from the code
	$(RUN) tools/spec.py
	$(RUN) tools/reference.py
