# Trendwire's commands. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PORT ?= 8000
DEMO_HOME ?= .demo

# Many cases of few guarantees: with the long tests, so that `make test` stays short.
MANY_CASES := tests/sources/test_conformance.py tests/web/test_openapi_holds.py

# What needs Java 17 and the libraries of `make bench-engine`.
ENGINE := tests/heavy/spark tests/heavy/test_bench_engine.py

.PHONY: help setup dev compiled demo test check lint types imports pytest test-heavy test-browser screenshots soak quality bench-serve bench-engine test-engine sample docs lock clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(VENV)/.runtime: requirements/runtime.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Trendwire needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another with PYTHON=..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Could not make a virtual environment with $(PYTHON) (on Debian: apt install python3-venv)."; exit 1; }
	@echo "Installing Trendwire into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements/runtime.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.lock
	@echo "Installing the developers' tools into $(VENV) ..."
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

setup: $(VENV)/.runtime compiled ## build .venv with the command trendwire in it

dev: $(VENV)/.dev compiled ## the same, with the tools that tests and checks need

compiled: $(VENV)/.runtime
	@$(BIN)/python -m trendwire.engine.compiling

demo: setup ## simulate a world, publish it, serve it with a demo key (PORT=8000)
	@$(BIN)/trendwire --home $(DEMO_HOME) demo --port $(PORT)

test: check pytest ## every check and every test

check: lint types imports

lint: dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: dev
	@$(BIN)/mypy

imports: dev
	@$(BIN)/lint-imports

pytest: dev
	@$(BIN)/pytest -n auto --dist worksteal $(addprefix --ignore ,tests/heavy tests/browser $(MANY_CASES))

test-heavy: $(VENV)/.bench test-browser ## the long tests of the whole: pages, kills, full disks, crowds, stores, Spark
	@$(BIN)/pytest tests/heavy -n 2 $(addprefix --ignore ,$(ENGINE))
	@$(BIN)/pytest $(MANY_CASES) -n auto
	@$(MAKE) --no-print-directory test-engine

test-engine: $(VENV)/.engine ## the engine on a Spark cluster of this machine, and a small run of bench-engine
	@command -v java >/dev/null || { echo "test-engine needs Java 17 (on Debian: apt install openjdk-17-jre-headless)."; exit 1; }
	@$(BIN)/pytest $(ENGINE) -n 2 --dist loadgroup

# apart from the others: the driver of a browser keeps an event loop in its process
test-browser: dev ## the pages in a real browser (Debian's chromium)
	@$(BIN)/pytest tests/browser -n 2 --dist worksteal

screenshots: dev ## take the pictures of docs/images anew
	@$(BIN)/python -m tests.browser.screenshots

soak: $(VENV)/.bench $(VENV)/.engine ## the same tests at full size: 200 kills, 12,000 connections, a million guesses
	@KILLS=200 SLOW=2000 IDLE=10000 GUESSES=1000000 PAIRS=100000 STEPS=20000 $(BIN)/pytest tests/heavy -p no:randomly

quality: dev ## precision, recall and lead time of the charts in simulated worlds
	@$(BIN)/python -m tests.quality

$(VENV)/.bench: $(VENV)/.dev requirements/bench.lock
	@echo "Installing what the measurements compare with ..."
	@$(PIP) install --require-hashes -r requirements/bench.lock
	@touch $@

$(VENV)/.engine: $(VENV)/.dev requirements/engine.lock
	@echo "Installing what the engine is compared with ..."
	@$(PIP) install --require-hashes -r requirements/engine.lock
	@touch $@

bench-serve: $(VENV)/.bench ## this server beside nginx and FastAPI (ROUNDS=3 SECONDS_EACH=5)
	@have() { command -v nginx && command -v wrk && command -v taskset; } >/dev/null; \
	have || { [ "$$(id -u)" = 0 ] && apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	  apt-get install -y -qq --no-install-recommends nginx-light wrk util-linux; } \
	|| { echo "bench-serve needs nginx, wrk and taskset (on Debian: apt install nginx-light wrk util-linux)."; exit 1; }
	@$(BIN)/python -m bench.serve

bench-engine: $(VENV)/.engine ## the engine at 1 and 10 million posts (SIZES=1m,10m CORES=2 MEMORY_MB=6000)
	@$(BIN)/python -m bench.engine

sample: dev ## make the bundled sample edition anew, that test keys are answered from
	@$(BIN)/python -m tests.sample

docs: dev ## make the reference pages from the rows the program runs on
	@$(BIN)/python -m tests.docs.reference

lock: dev ## resolve the locks anew
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate \
	  -o requirements/runtime.lock pyproject.toml requirements/build.in
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate \
	  -c requirements/runtime.lock -o requirements/dev.lock --group dev pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate \
	  -c requirements/runtime.lock -c requirements/dev.lock -o requirements/bench.lock --group bench pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate \
	  -c requirements/runtime.lock -c requirements/dev.lock -o requirements/engine.lock --group engine pyproject.toml

clean: ## remove what the commands above have made
	rm -rf $(VENV) $(DEMO_HOME) .mypy_cache .ruff_cache .pytest_cache .hypothesis
