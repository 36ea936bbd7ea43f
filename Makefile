# `make demo` and `make test` need Python 3.11 or newer and nothing else: they make .venv themselves.

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := train,dev,docs

# The first interpreter that is new enough; `make PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$python && break; done)

# Another version of Python means another environment: .venv is made again for it.
STAMP = $(VENV)/.installed-$(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)

# Threads of one test process: with more, parallel tests would take the cores from each other.
TEST_ENV := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
WORKERS ?= auto

.DEFAULT_GOAL := help
# `make -j test` must not mix the output of lint and tests.
.NOTPARALLEL:
.PHONY: help install demo test lint pytest fuzz format docs bench clean messages

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

install: $(STAMP) ## make .venv with everything that training and development need

demo: $(STAMP) ## train a small model on synthetic patients and watch it
	@PATH="$(CURDIR)/$(BIN):$$PATH" examples/demo.sh

test: lint pytest ## everything that must hold: lint, types, import contracts, tests

lint: $(STAMP) ## ruff, mypy, import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

pytest: $(STAMP) ## the tests alone
	$(TEST_ENV) $(BIN)/pytest -q -n $(WORKERS)

fuzz: $(STAMP) ## search for failures with random examples, for SECONDS=120, from SEED
	$(TEST_ENV) $(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),120) $(if $(SEED),--seed $(SEED)) -- -n $(WORKERS)

format: $(STAMP) ## let ruff correct what it can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(STAMP) ## build the site in both languages, in docs/site
	rm -rf docs/site
	$(BIN)/python -m docs.reference
	$(BIN)/zensical build --strict --config-file docs/en.toml
	$(BIN)/zensical build --strict --config-file docs/zh.toml
	cp docs/site.html docs/site/index.html
	@echo "To read it: $(BIN)/python -m http.server --directory docs/site"

messages: $(STAMP) ## bring the catalogue of translations up to date
	$(BIN)/python -m tests.i18n.messages

bench: $(STAMP) ## measure training speed on this machine
	$(BIN)/seqsetvae-bench train

clean: ## remove .venv, caches and the demo's output
	rm -rf $(VENV) demo build dist docs/site docs/.cache *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find seqsetvae tui tests examples -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "No Python 3.11 or newer was found; install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is not Python 3.11 or newer; name one that is: make PYTHON=/path/to/python" >&2; exit 1; }
	@if [ -d $(VENV) ] && [ ! -e $@ ]; then rm -rf $(VENV); fi
	@$(PYTHON) -m venv $(VENV) || { \
		echo "$(PYTHON) cannot make virtual environments; install its venv module (Debian, Ubuntu: python3-venv)" >&2; \
		exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS)]"
	@touch $@
