# Every target works from a bare checkout: it installs what it needs first.

PORT ?= 8000
STARTED_AT := $(shell date +%s)
PYTHON_IN_VENV := .venv/bin/python
UV_COMPILE := .venv/bin/uv pip compile --quiet --generate-hashes --no-annotate --no-header \
	--python-version 3.11

# The settings must not depend on the shell that make was started from.
unexport DJANGO_SETTINGS_MODULE
# pytest compiles the tests with its own assertions, which takes longer than collecting them: each
# process of each pass would do it again if it could not store the result.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo test test-fast lint backup restore bench format messages sbom lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## create .venv/ with the locked packages, if it is not there yet
	@tools/install.sh runtime

install-dev: ## the same, with the packages for tests and lint
	@tools/install.sh dev
	@tools/install-encoder.sh || true

demo: install ## run a newsroom with sample briefings; PORT= sets the port
	@tools/install-encoder.sh || true
	@DEBUG=1 exec $(PYTHON_IN_VENV) manage.py demo --port $(PORT) --started-at $(STARTED_AT)

test: install-dev ## run all tests: PostgreSQL, Redis, SMTP, a browser, faults; then again on SQLite
	@tools/test.sh

test-fast: install-dev ## run the core tests in a minute: SQLite, no browser, no faults
	@$(PYTHON_IN_VENV) -m pytest -n auto --maxprocesses 4 -m "not (browser or faults or postgres or slow)"

lint: install-dev ## check code, format, types, templates, migrations and deployment settings
	@tools/lint.sh

bench: install-dev ## compare dispatches with other senders (a quarter of an hour); BENCH="--growth" measures growth
	@case "$(BENCH)" in \
		*--points*) tools/install-encoder.sh ;; \
		*) tools/test-packages.sh && tools/install-peers.sh && \
			{ command -v wrk >/dev/null || tools/apt-install.sh wrk; } ;; \
	esac
	@$(PYTHON_IN_VENV) -m bench $(BENCH)

backup: install ## back up database and uploads, with the variables of this shell; BACKUP="--list" lists
	@$(PYTHON_IN_VENV) manage.py backup $(BACKUP)

restore: install ## restore a backup into an empty server: BACKUP=latest, a name or a file
	@$(PYTHON_IN_VENV) manage.py restore $(BACKUP)

format: install-dev ## format the code and fix what ruff can fix
	@.venv/bin/ruff check --fix-only --quiet .
	@.venv/bin/ruff format .

messages: install-dev ## update locale/ with the words of templates and code, and compile it
	@tools/messages.sh update

sbom: install ## list all packages of an installation in var/sbom.cdx.json (CycloneDX)
	@$(PYTHON_IN_VENV) tools/sbom.py

lock: install-dev ## update the lock files, keeping pins that still fit; UPGRADE=1 upgrades all
	@$(UV_COMPILE) $(if $(UPGRADE),--upgrade) --group bootstrap -o requirements-uv.lock
	@$(UV_COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml -o requirements.lock
	@$(UV_COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --extra points -c requirements.lock \
		-o requirements-points.lock
	@$(UV_COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --extra points --group dev \
		-c requirements-points.lock -o requirements-dev.lock
	@$(UV_COMPILE) $(if $(UPGRADE),--upgrade) --group encoder --no-deps -o requirements-encoder.lock
	@$(UV_COMPILE) $(if $(UPGRADE),--upgrade) bench/newsletter/requirements.in -c requirements.lock \
		-o bench/newsletter/requirements.lock
	@tools/install.sh dev
