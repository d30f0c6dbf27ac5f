# Everything on a fresh machine: `make run` (the main job on simulated data) and `make test`.
# ARGS are given to snakemake: make what-changed ARGS="--configfile mine.yaml"
PYTHON ?= python3
BIN := .venv/bin
SNAKEMAKE := $(BIN)/snakemake --profile profiles/local $(ARGS)

.PHONY: setup run test test-fast lint what-changed clean

setup: .venv/installed

.venv/installed: requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --quiet --require-hashes -r requirements.lock
	touch $@

run: setup
	$(SNAKEMAKE)
	@cat results/scores.txt
	@echo "The report lies in results/report.html"

test: setup lint
	$(BIN)/python -m pytest -n 2

test-fast: setup lint
	$(BIN)/python -m pytest -n 2 -m "not slow"

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

what-changed: setup
	$(SNAKEMAKE) --until index_tiles
	$(SNAKEMAKE) --dry-run

clean:
	rm -rf results logs benchmarks/*/ .snakemake
