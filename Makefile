# The two commands: `make lab` for learners, `make test` for those who change something.
# ARGS go to the command behind: make lab ARGS="--no-browser --port 8900"

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# Python 2 cannot read the installer, which names every other Python that is too old.
SETUP = $(PYTHON) -c 'import sys; sys.version_info < (3, 6) and sys.exit("graph-duet: Python 3.11, 3.12 or 3.13 is \
	needed: name it with make PYTHON=...")' && $(PYTHON) tools/setup_environment.py
# One thread each for torch and TensorFlow: the workers share the cores, and wait for browsers and limits half the time.
TEST_ENV := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1

SITE_TESTS := tests/browser/test_site.py

.PHONY: lab test run-tests check bytecode course coverage bench lessons site test-site lock install install-test clean help

help:
	@echo "make lab    install, then open JupyterLab on the lessons (ARGS=--no-browser)"
	@echo "make test   install, then check and test; CI also runs test-site, course and coverage"
	@echo "make bench  measure, beside the peers"
	@echo "make site   the course as static pages, in build/site; make test-site tests them"
	@echo "make coverage  which lines the tests run"
	@echo "make course  run every lesson, try every answer; make test draws three (ARGS=\"-k L07\")"

lab: install
	@$(BIN)/duet lab $(ARGS)

install:
	@$(SETUP)

install-test:
	@$(SETUP) --extra test --extra jax --extra onnx
	@$(PYTHON) tools/system_packages.py
	@if command -v npm >/dev/null && ! test node_modules -nt package-lock.json; then \
		npm ci --silent --no-audit --no-fund && touch node_modules; fi
	@if command -v npm >/dev/null && ! test labextension/node_modules -nt labextension/package-lock.json; then \
		cd labextension && npm ci --silent --no-audit --no-fund && touch node_modules; fi

check:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@if command -v npm >/dev/null; then npm run --silent types; fi

test: install-test
	@$(MAKE) --no-print-directory -j2 check bytecode
	@$(MAKE) --no-print-directory run-tests

# Imports everything once while the types are checked on another core. Else every worker below, and every server and
# notebook kernel, would compile PyTorch and TensorFlow for itself after a new installation. An error here is shown there.
bytecode:
	@$(TEST_ENV) $(BIN)/python -m pytest --collect-only -q >/dev/null 2>&1 || true

# The browser's tests start first: they wait most, and would else run on when all others have ended.
# The site is built and tested by a job of its own, which publishes it: `make test-site`. Two workers and what they
# start keep two cores busy; with four, single tests take up to three times as long and meet their limits.
run-tests:
	@if command -v npm >/dev/null; then npm test --silent; fi
	@$(TEST_ENV) $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder --durations=10 \
		--ignore $(SITE_TESTS) $(ARGS)

# `make test` runs three of the lessons and labs, drawn, and gives each exercise one right answer and one batch
# of wrong ones; this runs them all and gives every answer.
course: install-test
	@$(TEST_ENV) DUET_DRAW=all $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder tests/lessons $(ARGS)

# Of the rooms whose tests must reach 90 % of the lines; the others are printed too.
coverage: install-test
	@$(BIN)/coverage erase
	@$(TEST_ENV) $(BIN)/coverage run -m pytest -n 2 --dist loadscope tests/graphviz_tools tests/gpu_labs tests/graph_duet \
		tests/widgets $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report
	@for room in graphviz_tools gpu_labs/executor graph_duet/grading; do \
		echo "$$room: $$($(BIN)/coverage report --include="$$room/*" --format=total) % of its lines"; \
		$(BIN)/coverage report --include="$$room/*" --fail-under=90 >/dev/null || exit 1; done

bench:
	@$(SETUP) --extra test
	@$(BIN)/python tools/peers_environment.py
	@$(BIN)/python -m benchmarks $(ARGS)

lessons:
	@$(SETUP) --extra teach
	@$(BIN)/duet build $(ARGS)

# The course as static pages, in build/site.
site:
	@$(SETUP) --extra site
	@if ! test -d node_modules/@mermaid-js/tiny; then npm ci --silent --no-audit --no-fund; fi
	@$(BIN)/python -m website $(ARGS)

test-site: install-test
	@$(TEST_ENV) $(BIN)/python -m pytest $(SITE_TESTS) $(ARGS)

# After a pin has changed: the versions that users get, which are those that CI then tests.
lock: install-test
	@$(BIN)/python tools/list_tested_versions.py

clean:
	rm -rf .venv .venv-peers node_modules artifacts
