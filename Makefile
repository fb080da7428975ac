# Everything this project does; `make help` lists it.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo web fleet test test-fleet soak lowest extras coverage check format \
	fix generate bump bench docs lock build release-check clean

PYTHON ?= python3
# The environments are in .envs, so a .venv of yours is never used or changed.
ENVS := .envs
DEV := $(ENVS)/dev
TEST := $(ENVS)/test
DEMO := $(ENVS)/demo
WEB := $(ENVS)/web
NEWEST := $(ENVS)/newest
LOWEST := $(ENVS)/lowest
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := $(DEV)/$(SCRIPTS)
READY := $(DEV)/.ready
# $(call install,ENVIRONMENT,WHAT) uses uv if there is one, which takes a tenth of the time;
# `make UV= …` uses pip. Both install exactly the locked versions, whose hashes they check.
# With --no-deps, they do not look for other versions of a package that is needed with
# different extras.
UV := $(shell command -v uv 2>/dev/null)
install = $(if $(UV),$(UV) pip install --quiet --python $(1)/$(SCRIPTS)/python,$(1)/$(SCRIPTS)/python \
	-m pip install --quiet --disable-pip-version-check) --no-deps $(2)
PARALLEL := --numprocesses 3 --dist worksteal
# `make check` runs the tests of the documentation, `make extras` and `make soak` those in
# tests/install and tests/soak, and `make test-fleet` those with workers, PostgreSQL or a
# browser in processes of their own. Walks through Stripe's specifications are long.
SLOW := codegen/test_real_bumps.py codegen/test_upstreams.py \
	compatibility/test_linkpage_in_chromium.py fleet/engines fleet/limits install soak \
	test_docs.py test_exports.py test_worker.py web/test_in_chromium.py web/test_postgres.py
# `make test` leaves these to `make coverage`: tests of the generator and of the examples in
# the documentation, tests with many requests or states, and those that start commands.
LONGER := cli/test_completion.py cli/test_documentation.py cli/test_export_interruptions.py \
	cli/test_process.py cli/test_screens.py cli/test_terminal.py codegen fleet/test_demo.py \
	fleet/test_examples.py rate_limits/test_storms.py sync/test_exploration.py \
	sync/test_exploration_ahead.py sync/test_load.py sync/test_platform.py \
	test_pytest_plugin.py web/test_processes.py webhooks/stores/test_workers.py
# Tests that need more than the SDK's own dependencies: the generator, and what `apps` and
# `peers` in pyproject.toml name.
NEWEST_ONLY := benchmarks codegen compatibility fleet install soak test_docs.py \
	test_examples.py test_exports.py test_worker.py web \
	webhooks/endpoint/test_requests.py webhooks/test_signature.py \
	webhooks/test_stripe_handlers.py webhooks/test_stripe_package.py

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 15

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@echo "Installing what all targets need into $(DEV): 1.4 GB, up to three minutes"
	@$(PYTHON) -m venv $(DEV)
	@$(call install,$(DEV),--require-hashes -r requirements/dev.txt)
	@$(call install,$(DEV),--no-build-isolation -e .)
	@touch $@

setup: $(READY) ## create the environment of the other targets, .envs/dev

$(TEST)/.ready: requirements/test.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@echo "Installing what the tests need into $(TEST): 480 MB, up to two minutes"
	@$(PYTHON) -m venv $(TEST)
	@$(call install,$(TEST),--require-hashes -r requirements/test.txt)
	@$(call install,$(TEST),--no-build-isolation -e .)
	@touch $@

# The tour needs only a few packages, and uses the code in src without installing it.
$(DEMO)/.ready: requirements/demo.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@echo "Installing what the tour needs into $(DEMO): 50 MB, a few seconds"
	@$(PYTHON) -m venv $(DEMO)
	@$(call install,$(DEMO),--require-hashes -r requirements/demo.txt)
	@touch $@

demo: $(DEMO)/.ready ## take a tour of the SDK against the embedded sandbox
	@PYTHONPATH=src $(DEMO)/$(SCRIPTS)/python -m examples.tour

# The application, too, uses the code in src. Its container installs the same packages.
$(WEB)/.ready: requirements/web.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@echo "Installing what the web application needs into $(WEB): 65 MB, up to half a minute"
	@$(PYTHON) -m venv $(WEB)
	@$(call install,$(WEB),--require-hashes -r requirements/web.txt)
	@touch $@

web: $(WEB)/.ready ## run a web application against the sandbox; PORT=8000
	@PYTHONPATH=src PORT=$(or $(PORT),8000) $(WEB)/$(SCRIPTS)/python -m examples.web.demo

fleet: $(READY) ## watch workers sync 500 accounts while one of them is killed
	@$(BIN)/fincon fleet demo

test: $(TEST)/.ready ## run the tests, except for the long ones
	$(TEST)/$(SCRIPTS)/python -m pytest $(PARALLEL) \
		$(addprefix --ignore tests/,$(SLOW) $(LONGER)) $(ARGS)

test-fleet: $(READY) ## run the tests with databases, workflow servers or a browser
	$(BIN)/python -m pytest --timeout 300 tests/fleet \
		tests/test_exports.py tests/test_worker.py \
		tests/compatibility/test_linkpage_in_chromium.py \
		tests/web/test_in_chromium.py tests/web/test_postgres.py $(ARGS)

soak: $(READY) ## run the long tests: many calls and faults, and more examples
	$(BIN)/python -m pytest --timeout 600 tests/soak tests/codegen/test_real_bumps.py \
		tests/codegen/test_upstreams.py $(ARGS)
	$(BIN)/python -m pytest $(PARALLEL) --timeout 600 -m hypothesis \
		--hypothesis-profile thorough $(addprefix --ignore tests/,$(SLOW))

extras: $(READY) ## install the wheel with each extra alone, and try it
	$(BIN)/python -m pytest --timeout 300 tests/install $(ARGS)

lowest: ## run the tests with the oldest supported dependencies
	$(PYTHON) -m venv $(LOWEST)
	@$(call install,$(LOWEST),--require-hashes -r requirements/lowest/requirements.txt)
	@$(call install,$(LOWEST),--no-build-isolation -e .)
	$(LOWEST)/$(SCRIPTS)/python -m pytest -q $(addprefix --ignore tests/,$(NEWEST_ONLY)) $(ARGS)

coverage: $(READY) ## run more tests than `make test`, and fail below a coverage of 96 %
	$(BIN)/python -m pytest -q $(PARALLEL) --timeout 300 --cov --cov-report term:skip-covered \
		--hypothesis-profile longer $(addprefix --ignore tests/,$(SLOW)) $(ARGS)

check: $(READY) ## check format, lint, types, layers, generated files and documentation
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/python -m codegen check
	$(BIN)/python -m pytest -q tests/test_layers.py tests/test_public_api.py tests/test_docs.py

format: $(READY) ## format the code
	$(BIN)/ruff format .

fix: $(READY) ## format the code, and fix what the linter can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

generate: $(READY) ## contract -> code
	$(BIN)/python -m codegen generate

bump: $(READY) ## upstream spec -> contract -> code: make bump SPEC=<file or URL> [FROM=<contract to compare with>]
	@$(if $(SPEC),,$(error make bump needs SPEC=<file or URL>))$(BIN)/python -m codegen bump $(if $(FROM),--from '$(FROM)') '$(SPEC)'

lock: ## resolve the dependencies again (needs uv)
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command 'make lock' --group dev --extra parquet pyproject.toml -o requirements/dev.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command 'make lock' --resolution lowest-direct --group build --group test \
		--extra parquet pyproject.toml -o requirements/lowest/requirements.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command 'make lock' --group demo --extra sandbox \
		--constraint requirements/dev.txt pyproject.toml -o requirements/demo.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command 'make lock' --group apps --group build --group codegen \
		--group demo --group test --extra parquet \
		--constraint requirements/dev.txt pyproject.toml -o requirements/test.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command 'make lock' --group web --extra sandbox \
		--constraint requirements/dev.txt pyproject.toml -o requirements/web.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
		--custom-compile-command 'make lock' --group bench \
		--constraint requirements/dev.txt pyproject.toml -o requirements/bench.txt

# The most important benchmarks also run with another Python, if there is one on the path or
# pyenv or uv has installed it. A command of pyenv may exist without a Python behind it.
PYTHON_NEWEST ?= $(shell for version in 3.14 3.13; do \
	for python in $$(which -a python$$version 2>/dev/null) \
		"$(HOME)"/.pyenv/versions/$$version.*/bin/python $$(uv python find $$version 2>/dev/null); \
	do $$python -c pass 2>/dev/null && echo $$python && exit; done; done)

$(NEWEST)/.ready: requirements/bench.txt
	@echo "Installing what the benchmarks need into $(NEWEST), for $(PYTHON_NEWEST)"
	@$(PYTHON_NEWEST) -m venv --clear $(NEWEST)
	@$(call install,$(NEWEST),--require-hashes -r requirements/bench.txt)
	@touch $@

bench: $(READY) ## compare the speed with other clients, and write docs/benchmarks.md
	@$(if $(PYTHON_NEWEST),$(MAKE) --no-print-directory $(NEWEST)/.ready PYTHON_NEWEST=$(PYTHON_NEWEST),echo \
		"There is no newer Python to compare with; PYTHON_NEWEST= can name one")
	$(BIN)/python -m benchmarks $(if $(PYTHON_NEWEST),--newest $(NEWEST)/$(SCRIPTS)/python) $(ARGS)

docs: $(READY) ## build the documentation into site/
	$(BIN)/python docs/screens.py
	$(BIN)/python docs/spending.py
	$(BIN)/python docs/trace.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

build: $(READY) ## build the wheel and the source distribution into dist/
	$(BIN)/python -m build --no-isolation

release-check: $(READY) ## check that TAG=v1.2.3 may be released
	$(BIN)/python -m scripts.check_release '$(TAG)'

clean: ## remove what make created
	rm -rf $(ENVS) dist build site .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
