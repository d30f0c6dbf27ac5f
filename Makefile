# On a fresh machine: `make run` (the workflow on simulated data) and `make test`.
# ARGS are passed to snakemake: make what-changed ARGS="--configfile mine.yaml". Those of make status: --watch, --all
# FOLDER is the folder with results/ that make status and make verify read; the default is the current one.
PYTHON ?= python3
FOLDER ?= .
BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --profile profiles/local
DEMO := --configfile config/demo.yaml
# Three on two cores: tests on SLURM mostly wait. The order is that of tests/conftest.py: long ones first.
# OMP_NUM_THREADS: with more threads than cores, they wait for each other.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 3 --no-loadscope-reorder

.PHONY: setup run test test-fast test-all lint docs status what-changed verify clean

setup: .venv/installed

.venv/installed: requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	touch $@

run: setup
	$(SNAKEMAKE) $(DEMO) $(ARGS)
	@cat results/scores.txt

test: setup lint
	$(PYTEST) -m "not exhaustive"

test-fast: setup lint
	$(PYTEST) -n 2 -m "not slow and not exhaustive"

test-all: setup lint
	$(PYTEST)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	PYTHONPATH=scripts $(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/snakemake --lint $(DEMO)

docs: setup
	@PYTHONPATH=scripts $(BIN)/python docs/tables.py

status: setup
	@PYTHONPATH=scripts $(BIN)/python -m radiofind.workflow.status "$(FOLDER)" $(ARGS)

what-changed: setup
	@PYTHONPATH="$(CURDIR)/scripts" $(SNAKEMAKE) $(ARGS) --logger survey --no-hooks --until index_tiles
	@PYTHONPATH="$(CURDIR)/scripts" $(SNAKEMAKE) $(ARGS) --logger survey --dry-run

verify: setup
	@PYTHONPATH=scripts $(BIN)/python -m radiofind.workflow.inventory "$(FOLDER)"

clean:
	rm -rf results logs benchmarks/*/ .snakemake
