# Everything this project does, one word each: `make help`.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test soak lowest extras check generate bump bench docs lock build clean

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOWEST := .venv-lowest
# Tests of what needs more than the SDK's own dependencies: the generator, and what `peers` in pyproject.toml names.
NEWEST_ONLY := benchmarks codegen compatibility install soak test_docs.py test_examples.py test_worker.py \
	webhooks/test_endpoint.py webhooks/test_events.py webhooks/test_once.py

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 12

# One lock with hashes: what it installs is what was tested, and nothing is fetched that it does not name.
$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(READY) ## make the virtual environment .venv

demo: $(READY) ## a tour of the SDK against the embedded sandbox
	@$(BIN)/python -m examples.tour

test: $(READY) ## run the tests; check runs those of the documentation
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal $(addprefix --ignore tests/,install soak test_docs.py) $(ARGS)

soak: $(READY) ## run the long tests: ten thousand calls, with faults and cancellations
	$(BIN)/python -m pytest --timeout 600 tests/soak $(ARGS)

extras: $(READY) ## install the wheel with each extra alone, and try it
	$(BIN)/python -m pytest --timeout 300 tests/install $(ARGS)

lowest: ## run the tests with the oldest supported dependencies
	$(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lowest.txt
	$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(LOWEST)/bin/python -m pytest -q $(addprefix --ignore tests/,$(NEWEST_ONLY)) $(ARGS)

check: $(READY) ## format, lint, types, layers, drift, documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/python -m codegen check
	$(BIN)/python -m pytest -q tests/test_house.py tests/test_docs.py

generate: $(READY) ## contract -> code
	$(BIN)/python -m codegen generate

bump: $(READY) ## upstream spec -> contract -> code: make bump SPEC=<file or URL> [FROM=<what to compare with>]
	@$(if $(SPEC),,$(error make bump needs SPEC=<file or URL>))$(BIN)/python -m codegen bump $(if $(FROM),--from '$(FROM)') '$(SPEC)'

lock: ## resolve the dependencies anew (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command 'make lock' --group dev --extra parquet pyproject.toml -o requirements/dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command 'make lock' --resolution lowest-direct --group build --group test \
		--extra parquet pyproject.toml -o requirements/lowest.txt

bench: $(READY) ## measure, side by side, and write docs/performance.md
	$(BIN)/python -m benchmarks

docs: $(READY) ## build the documentation into site/
	$(BIN)/python docs/screens.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

build: $(READY) ## wheel and sdist into dist/
	$(BIN)/python -m build --no-isolation

clean: ## remove what make made
	rm -rf $(VENV) $(LOWEST) dist build site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
