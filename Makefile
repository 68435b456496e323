# make demo, make test and make lint work from a bare checkout: each installs what it needs first.

PORT ?= 8000
PYTHON_IN_VENV := .venv/bin/python
UV_COMPILE := .venv/bin/uv pip compile --quiet --generate-hashes --no-annotate --no-header \
	--python-version 3.11

# Which settings these are is not a matter of what the shell happens to say.
unexport DJANGO_SETTINGS_MODULE

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo test test-fast lint bench format lock

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## make .venv/ with the locked packages, once
	@tools/install.sh runtime

install-dev: ## the same with what tests and lint need
	@tools/install.sh dev

demo: install ## a running newsroom with sample briefings; PORT= changes the port
	@DEBUG=1 $(PYTHON_IN_VENV) manage.py demo --port $(PORT)

test: install-dev ## everything: PostgreSQL, Redis, SMTP, a browser, faults; then once more on SQLite
	@tools/test.sh

test-fast: install-dev ## the core of it in a minute: SQLite, no browser, no faults
	@$(PYTHON_IN_VENV) -m pytest -n auto --maxprocesses 4 -m "not (browser or faults or postgres or slow)"

lint: install-dev ## ruff, format, types, templates, migrations, deployment settings
	@tools/lint.sh

bench: install-dev ## dispatches against their peers in about six minutes; BENCH="--growth" measures growth instead
	@tools/test-packages.sh
	@tools/install-peers.sh
	@$(PYTHON_IN_VENV) -m bench $(BENCH)

format: install-dev ## let ruff put the code in shape
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

lock: install-dev ## resolve the dependencies anew, keeping pins that still hold; UPGRADE=1 moves them
	@$(UV_COMPILE) $(if $(UPGRADE),--upgrade) --group bootstrap -o requirements-uv.lock
	@$(UV_COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements.lock
	@$(UV_COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --group dev -c requirements.lock \
		-o requirements-dev.lock
	@$(UV_COMPILE) $(if $(UPGRADE),--upgrade) bench/newsletter/requirements.in -c requirements.lock \
		-o bench/newsletter/requirements.lock
	@tools/install.sh dev
