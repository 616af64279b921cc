# Draftkeep. `make` alone lists what can be made; Python 3.11 or newer and make are enough for serve and test.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.SUFFIXES:

PORT ?= 3000
TENANT ?= local
ARGS ?=
FILE ?= local/catalog.jsonl
URL ?= http://127.0.0.1:$(PORT)
TOKEN ?=
MINUTES ?= 10
TABLE ?=
DRY_RUN ?=
ANYWAY ?=

VENV := .venv
SAM_VENV := .venv-sam
KINTO_VENV := .venv-kinto
AUDIT_VENV := .venv-audit
DEPLOY_VENV := .venv-deploy
LOCK_VENV := .venv-lock

PATHS := $(CURDIR)/functions:$(CURDIR)/layers/resolver:$(CURDIR)
# A worker for each processor; `-n0` in ARGS runs them in one process.
PYTEST := $(VENV)/bin/python -m pytest -n auto $(ARGS)
SAM := SAM_CLI_TELEMETRY=0 AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-us-east-1} $(SAM_VENV)/bin/sam

# The lists are complete and pinned by hash, so pip has nothing to resolve; Python compiles what it imports.
PIP_INSTALL := -m pip install --quiet --quiet --disable-pip-version-check --no-input --no-compile --no-deps --require-hashes -r

# ------------------------------------------------------------------------------------------------- running

.PHONY: help
help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: serve
serve: export PYTHONPATH := $(PATHS)
serve: export PORT := $(PORT)
serve: $(VENV)/.serve ## Run the API on this machine, with an embedded DynamoDB (PORT=3000)
	@$(VENV)/bin/python -m local.server

# USER is also a variable of the shell: only the one given to make counts.
.PHONY: token
token: export PYTHONPATH := $(PATHS)
token: $(VENV)/.serve ## Print a token for the local API (TENANT=local USER=dev)
	@$(VENV)/bin/python -m local.token --tenant '$(TENANT)' --user '$(if $(findstring command,$(origin USER)),$(USER),dev)'

.PHONY: import
import: export PYTHONPATH := $(PATHS)
import: $(VENV)/.serve ## Import resources into the catalog (FILE=catalog.jsonl URL=http://127.0.0.1:3000 TOKEN=)
	@$(VENV)/bin/python -m local.import_catalog '$(FILE)' --url '$(URL)' --token '$(TOKEN)'

# Runs against AWS, with the credentials of the environment.
.PHONY: after-restore
after-restore: export PYTHONPATH := $(PATHS)
after-restore: $(VENV)/.serve ## After a restore of the drafts table, move every draft on above the lost versions (TABLE= DRY_RUN=1)
	@test -n '$(TABLE)' || { echo 'make after-restore: TABLE= names the restored drafts table.' >&2; exit 2; }
	@$(VENV)/bin/python -m local.after_restore '$(TABLE)' $(if $(DRY_RUN),--dry-run) $(if $(ANYWAY),--anyway)

# ------------------------------------------------------------------------------------------------ checking

.PHONY: test
test: $(VENV)/.tests ## Run the tests that need Python alone (ARGS="-k undo")
	$(PYTEST) tests/unit tests/moto tests/e2e

.PHONY: test-engine
test-engine: $(VENV)/.tests ## Run the tests against DynamoDB Local; needs java and npm
	$(PYTEST) tests/engine

# The proofs of docs/reliability.md in full, one after the other; three quarters of an hour on two processors.
PROVE := PROOF=full $(VENV)/bin/python -m pytest -n0 -q $(ARGS)

.PHONY: proof proof-races proof-faults proof-model proof-hostile proof-load reliability
proof: proof-races proof-faults proof-model proof-hostile proof-load ## Run all proofs in full, and write docs/reliability.md
	@$(MAKE) reliability

proof-races: $(VENV)/.tests ## Prove the promises about races
	$(PROVE) tests/engine/test_races.py tests/engine/test_keyed_races.py tests/engine/test_form_races.py

proof-faults: $(VENV)/.tests ## Prove the promises about faults, dying processes and restores
	$(PROVE) tests/engine/test_fault_matrix.py tests/engine/test_killed.py tests/engine/test_recovery.py

proof-model: $(VENV)/.tests ## Prove that the API does what a model does
	$(PROVE) tests/engine/test_history.py tests/e2e/test_state_machine.py

proof-hostile: $(VENV)/.tests ## Prove isolation, and what hostile input does not do
	$(PROVE) tests/e2e/test_isolation.py tests/e2e/test_hostile.py tests/hostile

proof-load: $(VENV)/.tests ## Prove that no edit is lost under load
	@PYTHONPATH=$(PATHS) PROOF=full $(VENV)/bin/python -m tests.load --minutes 10

reliability: $(VENV)/.tests ## Write docs/reliability.md from what is kept of the last proofs
	@PYTHONPATH=$(PATHS) $(VENV)/bin/python -m tests.reliability

.PHONY: load
load: $(VENV)/.tests ## Have 50 editors at work, and look for lost edits (MINUTES=10)
	@PYTHONPATH=$(PATHS) $(VENV)/bin/python -m tests.load --minutes $(MINUTES) $(ARGS)

.PHONY: soak
soak: $(VENV)/.tests ## Compare the API with a model for as long as wanted (MINUTES=10)
	@PYTHONPATH=$(PATHS) $(VENV)/bin/python -m tests.machine --minutes $(MINUTES) $(ARGS)

# Both tell how long they took, the build included: docs/rehearsals.md has it.
.PHONY: test-sam test-deploy rehearsals sam-local
test-sam test-deploy rehearsals: export PYTHONPATH := $(PATHS)
test-sam: $(VENV)/.tests $(SAM_VENV)/.made ## Test the deployment in containers; needs docker (or root and dockerd), java, npm, pyenv's Python 3.13
	@started=$$(date +%s); $(MAKE) --no-print-directory build ARGS= && \
	    $(VENV)/bin/python -m pytest -n0 $(ARGS) tests/sam && \
	    $(VENV)/bin/python -m tests.rehearsals test-sam $$(($$(date +%s) - started))

test-deploy: $(VENV)/.tests $(SAM_VENV)/.made $(DEPLOY_VENV)/.made ## Rehearse sam deploy against an emulator; needs Python 3.13
	@started=$$(date +%s); $(MAKE) --no-print-directory build ARGS= && \
	    $(VENV)/bin/python -m pytest -n0 $(ARGS) tests/deploy && \
	    $(VENV)/bin/python -m tests.rehearsals test-deploy $$(($$(date +%s) - started))

rehearsals: $(VENV)/.tests ## Write docs/rehearsals.md from what test-sam and test-deploy kept last
	@$(VENV)/bin/python -m tests.rehearsals

sam-local: export PYTHONPATH := $(PATHS)
sam-local: export PORT := $(PORT)
sam-local: build $(VENV)/.tests ## Run the deployment in containers on this machine (PORT=3000); needs what test-sam needs
	@$(VENV)/bin/python -m tests.sam

.PHONY: test-clients
test-clients: $(VENV)/.tests ## Test docs/client.js and the tour of the README; needs Node 20, bash, curl
	$(VENV)/bin/python -m pytest -n0 $(ARGS) tests/clients

.PHONY: test-hostile
test-hostile: $(VENV)/.tests ## Send what the OpenAPI document allows, and what it forbids
	$(VENV)/bin/python -m pytest -n0 $(ARGS) tests/hostile

.PHONY: test-browser screenshots
test-browser: $(VENV)/.browser ## Work the console in a headless Chromium as a person would; needs chromium and npm
	$(VENV)/bin/python -m pytest -n 3 $(ARGS) tests/browser

screenshots: $(VENV)/.browser ## Take pictures of every view of the console into .cache/screenshots; needs chromium and npm
	$(VENV)/bin/python -m pytest -n 2 $(ARGS) tests/browser/test_look.py

# The console's libraries, and what makes one file of them.
VENDORED := preact@11.2.0 htm@3.1.1 esbuild@0.28.2

.PHONY: vendor
vendor: ## Make local/console/vendor/preact.js anew; needs npm
	@set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; cd "$$folder"; \
	vendor=$(CURDIR)/local/console/vendor; cp "$$vendor/entry.js" .; \
	npm install --silent --no-save --no-package-lock --no-audit --no-fund $(VENDORED); \
	node_modules/.bin/esbuild entry.js --bundle --format=esm --minify --legal-comments=none --log-level=warning \
	    --outfile="$$vendor/preact.js"; \
	for library in preact htm; do cp "node_modules/$$library/LICENSE" "$$vendor/$$library.LICENSE"; done

.PHONY: openapi
openapi: export PYTHONPATH := $(PATHS)
openapi: $(VENV)/.tests ## Make the reference anew: functions/reference/openapi.json and docs.html
	@$(VENV)/bin/python -m local.openapi

.PHONY: check
check: lint audit test ## Lint, audit, then test

.PHONY: lint
lint: export PYTHONPATH := $(PATHS)
lint: $(VENV)/.tests $(VENV)/.browser $(SAM_VENV)/.made ## Check formatting, style, types, imports and the template
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	PYTHONPATH= $(SAM) validate --lint

.PHONY: audit
audit: $(AUDIT_VENV)/.made ## Look for known weaknesses in the code and in the packages it is deployed with
	$(AUDIT_VENV)/bin/bandit --quiet --recursive functions layers/resolver/draftkeep local
	$(AUDIT_VENV)/bin/python -m tests.audit

.PHONY: format
format: $(VENV)/.tests ## Format the code, and mend what can be mended safely
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .

.PHONY: bench
bench: export PYTHONPATH := $(PATHS)
bench: $(VENV)/.tests $(KINTO_VENV)/.made ## Measure costs and times, by size of draft and depth of history; needs java and npm
	@$(VENV)/bin/python -m tests.bench $(ARGS)

# ------------------------------------------------------------------------------------------------ building

# The functions' own Python, for what is built for them and what runs them. A pyenv shim may be on the path and yet not run.
define FIND_PYTHON_313
for python in python3.13 "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/3.13.*/bin/python3.13; do \
    if "$$python" -c 'import pip, sys; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then \
        found=$$(command -v "$$python"); break; \
    fi; \
done; \
if [ -z "$${found-}" ]; then \
    echo "make: no python3.13 that runs and has pip, neither on PATH nor among pyenv's versions." >&2; \
    echo "The functions run on Python 3.13: install it (pyenv install 3.13) and try again." >&2; \
    exit 1; \
fi
endef

.PHONY: build
build: $(SAM_VENV)/.made ## Build what `sam deploy` deploys; needs Python 3.13
	@$(FIND_PYTHON_313); \
	echo "Building with $$found"; \
	PATH="$$(dirname "$$found"):$$PATH"; export PATH; \
	$(SAM) build $(ARGS)

# --------------------------------------------------------------------------------------------- environments

# python3 first; then, where that is older than 3.11, the newer ones beside it.
$(VENV)/.made:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        found=$$python; break; \
	    fi; \
	done; \
	if [ -z "$${found-}" ]; then \
	    echo "make: Python 3.11 or newer is needed, and python3 is not (PYTHON= names another one)." >&2; \
	    exit 1; \
	fi; \
	if ! "$$found" -m venv --clear $(VENV); then \
	    echo "make: $$found cannot make a virtual environment; on Debian and Ubuntu: apt install python3-venv" >&2; \
	    exit 1; \
	fi; \
	touch $@

$(VENV)/.serve: local/requirements.txt | $(VENV)/.made
	@echo "Installing local/requirements.txt into $(VENV): once, about half a minute"
	@$(VENV)/bin/python $(PIP_INSTALL) $<
	@touch $@

# What the tests need contains what the server needs, in the same versions.
$(VENV)/.tests: tests/requirements.txt | $(VENV)/.made
	@echo "Installing tests/requirements.txt into $(VENV): once, about a minute"
	@$(VENV)/bin/python $(PIP_INSTALL) $<
	@touch $(VENV)/.serve $@

$(VENV)/.browser: tests/browser/requirements.txt $(VENV)/.tests
	@echo "Installing tests/browser/requirements.txt into $(VENV)"
	@$(VENV)/bin/python $(PIP_INSTALL) $<
	@touch $@

$(SAM_VENV)/.made: tests/sam/requirements.txt | $(VENV)/.made
	@echo "Installing tests/sam/requirements.txt into $(SAM_VENV): once, about a minute"
	@$(VENV)/bin/python -m venv --clear $(SAM_VENV)
	@$(SAM_VENV)/bin/python $(PIP_INSTALL) $<
	@touch $@

$(DEPLOY_VENV)/.made: tests/deploy/requirements.txt
	@echo "Installing tests/deploy/requirements.txt into $(DEPLOY_VENV): once, about half a minute"
	@$(FIND_PYTHON_313); "$$found" -m venv --clear $(DEPLOY_VENV)
	@$(DEPLOY_VENV)/bin/python $(PIP_INSTALL) $<
	@touch $@

$(KINTO_VENV)/.made: tests/bench/requirements.txt | $(VENV)/.made
	@echo "Installing tests/bench/requirements.txt into $(KINTO_VENV): once, about half a minute"
	@$(VENV)/bin/python -m venv --clear $(KINTO_VENV)
	@$(KINTO_VENV)/bin/python $(PIP_INSTALL) $<
	@touch $@

$(AUDIT_VENV)/.made: tests/audit/requirements.txt | $(VENV)/.made
	@echo "Installing tests/audit/requirements.txt into $(AUDIT_VENV): once, about half a minute"
	@$(VENV)/bin/python -m venv --clear $(AUDIT_VENV)
	@$(AUDIT_VENV)/bin/python $(PIP_INSTALL) $<
	@touch $@

# uv writes lists that hold on every platform and for every Python that is supported. UPGRADE=--upgrade moves them on.
LISTS := layers/resolver local tests tests/sam tests/sam/runtime tests/deploy tests/browser tests/audit tests/bench
UPGRADE ?=

.PHONY: lock
lock: | $(VENV)/.made ## Pin the requirements.in files anew (UPGRADE=--upgrade for newer versions)
	@test -x $(LOCK_VENV)/bin/uv || { $(VENV)/bin/python -m venv --clear $(LOCK_VENV) && \
	    $(LOCK_VENV)/bin/python -m pip install --quiet --quiet --disable-pip-version-check uv==0.13.9; }
	@for list in $(LISTS); do \
	    echo "$$list/requirements.txt"; \
	    $(LOCK_VENV)/bin/uv pip compile --quiet --no-config --universal --generate-hashes --no-strip-extras \
	        --python-version 3.11 --custom-compile-command 'make lock' $(UPGRADE) \
	        $$list/requirements.in --output-file $$list/requirements.txt || exit 1; \
	done

.PHONY: clean
clean: ## Remove everything that make made
	rm -rf $(VENV) $(SAM_VENV) $(DEPLOY_VENV) $(KINTO_VENV) $(AUDIT_VENV) $(LOCK_VENV) .aws-sam .cache
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find functions layers local tests -name __pycache__ -type d -prune -exec rm -rf {} +
