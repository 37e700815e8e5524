# Every command creates .venv and installs requirements.txt first, and again only when it changes.
PYTHON ?= python3
BIN := .venv/bin
PY := $(BIN)/python
INSTALLED := .venv/installed

# As in tweetsent_utils/__main__.py: threads that wait without spinning for long, and large pages of memory.
export OMP_WAIT_POLICY ?= PASSIVE
export GOMP_SPINCOUNT ?= 20000
export GLIBC_TUNABLES ?= glibc.malloc.hugetlb=1

.DEFAULT_GOAL := help
.PHONY: help run test lint lab full data sweeps notebooks bench mutants audit clean

help: ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

run: $(INSTALLED) ## run the whole pipeline on the shipped sample, into outputs/quick/
	$(PY) -m tweetsent_utils run

test: $(INSTALLED) ## unit tests with their coverage, every notebook under strict nbval, the pipeline on a tiny model
	$(PY) -m coverage run -m pytest
	$(PY) -m coverage report

lint: $(INSTALLED) ## check code and notebooks with ruff, and that the package's imports point one way
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

lab: $(INSTALLED) ## open JupyterLab on the notebooks
	$(BIN)/jupyter lab --notebook-dir=. notebooks/01_data_analysis.ipynb

data: $(INSTALLED) ## fetch the Kaggle files into data/ and check their SHA-256
	$(PY) data/download.py

full: $(INSTALLED) ## the original run, mended: Kaggle files, DistilBERT from the hub, cuda:0 (after make data)
	$(PY) -m tweetsent_utils run -f notebooks/params/full.yaml

SWEEP := -f notebooks/params/minilm-words.yaml -p num_epochs 3 -p max_train_rows 2000 -p max_eval_rows 2000 -p max_lr 3e-4 --seeds 2

sweeps: $(INSTALLED) ## what a cleaning is worth, and what later days cost: eight small trainings on the Kaggle files
	$(PY) -m tweetsent_utils run $(SWEEP) --run cleanings --sweep cleaning=raw,repaired,words
	$(PY) -m tweetsent_utils run $(SWEEP) --run splits --sweep validation_split=latest

notebooks: $(INSTALLED) ## execute all notebooks on their defaults and store their outputs
	$(PY) notebooks/store.py

bench: $(INSTALLED) ## our speed beside the original's and Trainer's, growth and start-up (outputs/bench/), three seeds
	$(PY) tests/benchmarks/speed.py
	$(PY) tests/benchmarks/scaling.py
	$(PY) tests/benchmarks/startup.py
	$(PY) tests/benchmarks/three_seeds.py

mutants: $(INSTALLED) ## plant the bugs of tests/mutations.py, one at a time: each must be caught by a test
	$(PY) tests/mutations.py

audit: $(INSTALLED) ## look the pinned packages up in the database of known vulnerabilities (needs a network)
	$(PY) -m pip_audit --requirement requirements.txt --no-deps --disable-pip

clean: ## remove .venv and caches; your runs in outputs/ and your data stay
	rm -rf .venv *.egg-info .pytest_cache .ruff_cache .coverage

$(INSTALLED): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("tweetsent needs Python 3.11 or newer: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --requirement requirements.txt
	@touch $(INSTALLED)
