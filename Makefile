# The two commands: `make lab` for learners, `make test` for everything that CI runs.
# ARGS go to the command behind: make lab ARGS="--no-browser --port 8900"

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
# One thread each for torch and TensorFlow: two test workers share two cores.
TEST_ENV := OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1

.PHONY: lab test check bench lessons install install-test clean help

help:
	@echo "make lab    install, then open JupyterLab on the lessons (ARGS=--no-browser)"
	@echo "make test   install, then run everything that CI runs"
	@echo "make bench  measure, beside the peers"

lab: install
	@$(BIN)/duet lab $(ARGS)

install:
	@$(PYTHON) tools/setup_environment.py

install-test:
	@$(PYTHON) tools/setup_environment.py --extra test --extra jax --extra onnx
	@$(PYTHON) tools/system_packages.py
	@if command -v npm >/dev/null && ! test node_modules -nt package-lock.json; then \
		npm ci --silent --no-audit --no-fund && touch node_modules; fi

check:
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/pyright
	@if command -v npm >/dev/null; then npm run --silent types; fi

test: install-test check
	@if command -v npm >/dev/null; then npm test --silent; fi
	@# What fails beside another worker is tried once more alone: a browser on a busy machine can be late.
	@$(TEST_ENV) $(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS) \
		|| $(TEST_ENV) $(BIN)/python -m pytest --last-failed --last-failed-no-failures none $(ARGS)

bench:
	@$(PYTHON) tools/setup_environment.py --extra test
	@$(BIN)/python tools/peers_environment.py
	@$(BIN)/python -m benchmarks $(ARGS)

lessons: install
	@$(BIN)/python tools/execute_notebooks.py $(ARGS)

clean:
	rm -rf .venv .venv-peers node_modules artifacts
