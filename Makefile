# Everything this project does, one word each: `make help`.
.DEFAULT_GOAL := help
.PHONY: help setup
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
SETUP := $(VENV)/.ready

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 12

# One lock with hashes; building the package itself needs nothing else from a registry.
$(SETUP): requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(SETUP) ## make the virtual environment
