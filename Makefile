# Every target sets up what it needs. `make help` lists them.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
LINTED := bot runbooks tests trials bench examples

.DEFAULT_GOAL := help
.PHONY: help demo run test lint format bench trial pictures lock clean

help:  ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: $(VENV)/.run  ## Watch opsbot diagnose a simulated cluster, in the browser
	@$(BIN)/opsbot demo

run: $(VENV)/.run  ## Start the server with your configuration
	@$(BIN)/opsbot serve

test: $(VENV)/.dev programs  ## Install what is missing and run all tests
	@$(BIN)/python -m pytest $(PYTEST)

lint: $(VENV)/.dev  ## Style, types and the direction of imports
	@$(BIN)/ruff check $(LINTED)
	@$(BIN)/ruff format --check $(LINTED)
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev  ## Bring the source into the house's format
	@$(BIN)/ruff check --fix $(LINTED)
	@$(BIN)/ruff format $(LINTED)

bench: $(VENV)/.dev  ## Measure: throughput, start, memory, time to the first message
	@$(BIN)/python -m bench $(BENCH)

trial: $(VENV)/.dev programs  ## Kill the bot at random moments and count what is lost or doubled
	@$(BIN)/python -m trials.kill $(TRIAL)

pictures: $(VENV)/.dev programs  ## Draw messages as a phone and a desk show them
	@$(BIN)/python -m trials.pictures $(PICTURES)

lock: $(VENV)/.dev  ## Choose the versions of all dependencies anew
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
	    --python-version 3.11 --extra build -o requirements.lock pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-emit-index-url \
	    --python-version 3.11 --extra build --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean:  ## Remove what make has made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

.PHONY: programs
programs:
	@setup/programs

$(BIN)/python:
	@setup/venv $(PYTHON) $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@setup/install $(VENV) requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@setup/install $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.run
