# `make demo` and `make test` each work alone on a fresh machine with Python 3.11 or later.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two test processes: a third would only share the two cores that CI has. Who is done first takes
# work from the other.
PYTEST := $(BIN)/pytest -n 2 --dist worksteal
SERVER := cli/setterbase/platform/server
SQL := sql supabase/migrations cli/setterbase/platform/sql

.PHONY: demo test check bench docs types format clean

demo: $(VENV)/installed ## Three coaches' dashboards from nothing
	$(BIN)/setterbase demo

test: $(VENV)/installed-dev ## The quick tests, on the PostgreSQL that comes with them
	$(PYTEST) -m "not slow" --leg 18

check: $(VENV)/installed-dev ## Everything that CI looks at
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/sqlfluff lint $(wildcard $(SQL))
	$(BIN)/lint-imports
	$(BIN)/deno fmt --quiet --check --config $(SERVER)/deno.json $(SERVER)
	$(BIN)/deno lint --quiet --config $(SERVER)/deno.json $(SERVER)
	cd $(SERVER) && $(CURDIR)/$(BIN)/deno check --quiet --node-modules-dir=none --no-lock */main.ts
	$(PYTEST)

bench: $(VENV)/installed-dev ## Measure what is promised of speed and memory
	npm ci --prefix tests/npm --no-audit --no-fund --silent
	$(BIN)/python -m tests.benchmarks $(BENCH)

docs: $(VENV)/installed-dev ## Write the generated documents anew
	$(BIN)/typer setterbase.main utils docs --name setterbase \
	  --title "The setterbase command" --output docs/cli.md
	$(BIN)/python -m tests.support.schema_docs

types: $(VENV)/installed-dev ## Write the TypeScript types of the database anew
	npm ci --prefix tests/npm --no-audit --no-fund --silent
	$(BIN)/python -m tests.support.client_types

format: $(VENV)/installed-dev ## Format Python and mend SQL where that is safe
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/deno fmt --quiet --config $(SERVER)/deno.json $(SERVER)
	$(BIN)/sqlfluff fix $(wildcard $(SQL))

clean: ## Forget what was installed and the embedded platform
	-$(BIN)/setterbase down
	# A root's cluster lies elsewhere when the server's account cannot come here.
	for cluster in .setterbase/cluster .setterbase/demo/cluster; do \
	  if [ -L $$cluster ]; then rm -rf "$$(readlink -f $$cluster)"; fi; \
	done
	rm -rf $(VENV) .setterbase tests/npm/node_modules

# Installed anew when pyproject.toml changes, and not otherwise.
$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(VENV)/installed $@

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Setterbase needs Python 3.11 or later; set PYTHON=" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
