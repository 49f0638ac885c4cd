# Every target sets up what it needs first; a second run starts at once.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
VENV := .venv/bin
SHELL_SCRIPTS = $(shell git ls-files '*.sh')

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

setup: ## install Debian packages, Python packages and the `coko` command
	@tools/setup.sh

pulumi: setup ## get a working `pulumi` of the pinned release into .venv/bin
	@tools/pulumi/install.sh

check: setup ## lint, types, shell scripts, size budgets, dependency rule
	@$(VENV)/ruff check .
	@$(VENV)/mypy
	@shellcheck $(SHELL_SCRIPTS)
	@$(VENV)/pytest tests/checks

test: setup pulumi check ## set up everything and run everything, as CI does
	@$(VENV)/pytest -n 2 --ignore tests/checks

rehearse: setup pulumi ## run what there is of the system on this machine, with no AWS account
	@$(VENV)/coko rehearse up

app: setup ## run the dashboard alone, on SQLite with generated data
	@$(VENV)/python -m app.dev

diagrams: setup ## draw docs/architecture.svg and the README's picture from the program
	@$(VENV)/python -m tools.diagrams

lock: setup ## resolve pyproject.toml into requirements.lock again (needs uv)
	@uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-header --quiet -o requirements.lock

.PHONY: help setup pulumi check test rehearse app diagrams lock
